"""The same rates, gaps and intervals by Proofbox, fairlearn, bare numpy, AIF360 and aequitas: what ``fairness.py`` times."""

from __future__ import annotations

import json
import subprocess
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa

SIZES = {"race": 5, "sex": 2, "age": 6}
CROSSED = tuple(SIZES)
JOINED = ("joined",)
"""The crossing of the three as one column, made beforehand: AIF360 and aequitas take no other."""
RATES = ("selection_rate", "true_positive_rate", "false_positive_rate", "false_negative_rate", "precision", "accuracy")
STREAM_ROWS = (1_000_000, 10_000_000, 100_000_000)


def made(rows: int, seed: int = 7) -> pa.Table:
    """Rows with three dictionary-encoded attributes, true labels and decisions that depend on them a little."""
    rng = np.random.default_rng(seed)
    columns = {}
    lean = np.zeros(rows, dtype=np.float32)
    for name, size in SIZES.items():
        codes = rng.integers(0, size, rows, dtype=np.int8)
        lean += codes * np.float32(0.02)
        columns[name] = pa.DictionaryArray.from_arrays(
            codes.astype(np.int32), [f"{name} {code}" for code in range(size)]
        )
    truth = rng.random(rows, dtype=np.float32) < 0.4 + lean
    columns["y_true"] = truth.astype(np.int8)
    columns["y_pred"] = (rng.random(rows, dtype=np.float32) < np.where(truth, 0.75, 0.25) - lean).astype(np.int8)
    return pa.table(columns)


def timed(call: Callable[[], object], repeats: int = 1) -> tuple[float, float, object]:
    """Processor and wall seconds of the quickest of some calls, and what it returned."""
    best, result = (float("inf"), float("inf")), None
    for _ in range(repeats):
        cpu, wall = time.process_time(), time.perf_counter()
        result = call()
        best = min(best, (time.process_time() - cpu, time.perf_counter() - wall))
    return *best, result


# What is compared.


def ours(table: pa.Table, attribute: tuple[str, ...]) -> dict[str, dict[str, float]]:
    """Every rate of every group, and the gaps, from the columns as they come."""
    from proofbox.checks.counted.counts import Counts
    from proofbox.checks.grouped.outcomes import compare, count_outcomes
    from proofbox.checks.grouped.refusals import GroupParams

    outcomes = count_outcomes(Counts(dataset(table, attribute)), GroupParams(attribute=attribute))
    names = [" ".join(category.values()) for category in outcomes.categories]
    found = {}
    for rate in RATES:
        compared = compare(outcomes, rate)
        found[rate] = dict(zip(names, compared.family.rates.tolist(), strict=True)) | {
            "gap": compared.family.difference
        }
    return found


def counted(table: pa.Table, attribute: tuple[str, ...]) -> object:
    """The counting pass alone: from the columns to counts of group x true label x decision."""
    from proofbox.checks.counted.counts import Counts

    return Counts(dataset(table, attribute)).grouped(attribute)


def joined(table: pa.Table) -> pa.DictionaryArray:
    """The three attributes as one dictionary-encoded column."""
    codes = np.zeros(table.num_rows, dtype=np.int32)
    names = [""]
    for name, size in SIZES.items():
        codes = codes * size + table.column(name).combine_chunks().indices.to_numpy()
        names = [f"{before} {name} {code}".strip() for before in names for code in range(size)]
    return pa.DictionaryArray.from_arrays(codes, names)


def ours_with_intervals(table: pa.Table, attribute: tuple[str, ...]) -> int:
    """The two checks of gaps and the one of rates, with every interval; returns how many intervals."""
    from proofbox.checks.counted.counts import Counts
    from proofbox.checks.registry import get_check

    counts = Counts(dataset(table, attribute))
    found = []
    for name in ("fairness.group_rates", "fairness.demographic_parity", "fairness.equalized_odds"):
        spec = get_check(name)
        found += spec.run(counts=counts, params=spec.params({"attribute": list(attribute)})).measurements
    return sum(item.interval is not None for item in found)


def dataset(table: pa.Table, attribute: tuple[str, ...], source: object = None) -> object:
    from proofbox.checks.subject import Dataset

    return Dataset(
        role="evaluation", path="made", table=table, features=(), target="y_true", prediction="y_pred",
        sensitive=attribute, positive_label="1", source=source,
    )  # fmt: skip


def fairlearns(table: pa.Table, attribute: tuple[str, ...], *, strings: bool, n_boot: int = 0) -> Callable[[], object]:
    import fairlearn.metrics as theirs
    from sklearn.metrics import accuracy_score, precision_score

    metrics = {
        "selection_rate": theirs.selection_rate,
        "true_positive_rate": theirs.true_positive_rate,
        "false_positive_rate": theirs.false_positive_rate,
        "false_negative_rate": theirs.false_negative_rate,
        "precision": precision_score,
        "accuracy": accuracy_score,
        "count": theirs.count,
    }
    frame = pandas_frame(table, strings=strings)
    boot = {"n_boot": n_boot, "ci_quantiles": [0.025, 0.975], "random_state": 1} if n_boot else {}

    def call() -> object:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made_of = theirs.MetricFrame(
                metrics=metrics, y_true=frame["y_true"], y_pred=frame["y_pred"],
                sensitive_features=frame[list(attribute)], **boot,
            )  # fmt: skip
            gaps = made_of.difference()
            return (made_of.by_group_ci, made_of.difference_ci()) if n_boot else (made_of.by_group, gaps)

    return call


def pandas_frame(table: pa.Table, *, strings: bool) -> object:
    return (as_strings(table) if strings else table).to_pandas()


def as_strings(table: pa.Table) -> pa.Table:
    return pa.table({
        name: column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    })  # fmt: skip


def bare(table: pa.Table, attribute: tuple[str, ...]) -> Callable[[], object]:
    """``numpy.bincount`` of joint codes that stand ready: what no counting pass by numpy can be quicker than."""
    joint = np.zeros(table.num_rows, dtype=np.int64)
    for name in attribute:
        joint = joint * SIZES[name] + table.column(name).combine_chunks().indices.to_numpy()
    joint = (joint * 2 + table.column("y_true").to_numpy()) * 2 + table.column("y_pred").to_numpy()
    return lambda: np.bincount(joint)


def bootstrap(table: pa.Table, attribute: tuple[str, ...], replicates: int) -> int:
    """The percentile bootstrap that fairlearn makes of rows, made of the table's cells: count, draw, quantiles."""
    from proofbox.checks.counted.counts import Counts

    cells = Counts(dataset(table, attribute)).grouped(attribute).cells[:, :2]
    total = int(cells.sum())
    drawn = np.random.default_rng(1).multinomial(total, cells.ravel() / total, replicates).astype(np.float64)
    tn, fp, fn, tp = (drawn.reshape(replicates, -1, 4)[:, :, place] for place in range(4))
    rows = tn + fp + fn + tp
    shares = (fp + tp, rows), (tp, tp + fn), (fp, fp + tn), (fn, tp + fn), (tp, tp + fp), (tp + tn, rows)
    rates = np.stack([above / np.maximum(below, 1) for above, below in shares])
    gaps = rates.max(axis=2) - rates.min(axis=2)
    return np.quantile(rates, [0.025, 0.975], axis=1).size + np.quantile(gaps, [0.025, 0.975], axis=1).size


# ruff: noqa: E501 - programs of other interpreters
PEER = r"""
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np, pandas as pd, pyarrow.parquet as pq
who, path, attribute = sys.argv[1], sys.argv[2], sys.argv[3].split(",")
table = pq.read_table(path)
frame = pd.DataFrame({"label_value": table["y_true"].to_numpy().astype(int), "score": table["y_pred"].to_numpy().astype(int)})
parts = [table[name].cast("string").to_pandas().astype(object) for name in attribute]
joint = parts[0]
for part in parts[1:]:
    joint = joint + " " + part
frame["group"] = joint
groups = sorted(frame["group"].unique())
if who == "aequitas":
    from aequitas.group import Group
    def call():
        found, _ = Group().get_crosstabs(frame, attr_cols=["group"])
        return {row.attribute_value: {"selection_rate": row.pprev, "true_positive_rate": row.tpr} for row in found.itertuples()}
else:
    from aif360.datasets import BinaryLabelDataset
    from aif360.metrics import ClassificationMetric
    numbers = pd.DataFrame({"group": frame["group"].map({name: float(i) for i, name in enumerate(groups)}).astype(float),
                            "label": frame["label_value"].astype(float)})
    def call():
        true = BinaryLabelDataset(df=numbers, label_names=["label"], protected_attribute_names=["group"])
        pred = true.copy(deepcopy=True)
        pred.labels = frame["score"].to_numpy(float).reshape(-1, 1)
        found = {}
        for place, name in enumerate(groups):
            others = [{"group": float(other)} for other in range(len(groups)) if other != place]
            metric = ClassificationMetric(true, pred, unprivileged_groups=[{"group": float(place)}], privileged_groups=others)
            found[name] = {"selection_rate": metric.selection_rate(False), "true_positive_rate": metric.true_positive_rate(False),
                           "false_positive_rate": metric.false_positive_rate(False), "false_negative_rate": metric.false_negative_rate(False),
                           "precision": metric.precision(False), "accuracy": metric.accuracy(False)}
        return found
cpu, wall = time.process_time(), time.perf_counter()
found = call()
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
print(json.dumps({"cpu": cpu, "wall": wall, "found": found}))
"""


def peer(python: str | None, who: str, path: Path, attribute: tuple[str, ...]) -> dict | None:
    """Run aif360 or aequitas on the same rows in an environment of their own; None where it is not installed."""
    if python is None:
        return None
    done = subprocess.run(
        [python, "-c", PEER, who, str(path), ",".join(attribute)], capture_output=True, text=True, check=False
    )
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else None
