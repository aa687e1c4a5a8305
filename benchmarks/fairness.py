"""Fairness by one counting pass against fairlearn, AIF360, aequitas, bare numpy and duckdb, in one run.

    python benchmarks/fairness.py [--quick] [--peers PYTHON] [--budget SECONDS] [--replicates N]
        [--only points|intervals|stream] [--rows N ...] [--forms FORM ...]

Processor seconds decide (user and system, all threads), wall stands beside them; quote the ratios. ``--peers`` names
the interpreter of an environment that holds aif360 and aequitas, which cannot share one with everything here. A call
that would take longer than ``--budget`` by what the size before took is not made, and says so.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

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


# The tables.


class Budget:
    """Decides which calls of fairlearn are made, and which of anybody's by what they took at the size before."""

    def __init__(self, seconds: float, forms: list[str]) -> None:
        self.seconds = seconds
        self.forms = forms
        self._last: dict[str, tuple[int, float]] = {}

    def expected(self, who: str, rows: int) -> float:
        before, seconds = self._last.get(who, (rows, 0.0))
        return seconds * rows / before

    def spent(self, who: str, rows: int, seconds: float) -> None:
        self._last[who] = (rows, seconds)


def points(sizes: list[int], peers: str | None, budget: Budget) -> None:
    print("\n### Rates and gaps of all groups, without intervals\n")
    print("| rows | groups | who | processor s | wall s | x ours from codes | x ours from strings |")
    print("|---|---|---|---|---|---|---|")
    for rows in sizes:
        table = made(rows)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.parquet"
            table = table.append_column("joined", joined(table))
            strings = as_strings(table)
            pq.write_table(table, path)
            for attribute in (("race",), CROSSED, JOINED):
                _points(rows, attribute, (table, strings), (peers, path), budget)


def _points(
    rows: int, attribute: tuple[str, ...], tables: tuple[pa.Table, pa.Table], peers: tuple[str | None, Path],
    budget: Budget,
) -> None:  # fmt: skip
    table, strings = tables
    sizes = SIZES | {"joined": 60}
    groups = f"{np.prod([sizes[name] for name in attribute])}{' in one column' if attribute == JOINED else ''}"
    codes_cpu, codes_wall, found = timed(lambda: ours(table, attribute), 7)
    text_cpu, text_wall, same = timed(lambda: ours(strings, attribute), 5)
    assert found == same
    bare_cpu, bare_wall, _ = timed(bare(table, CROSSED if attribute == JOINED else attribute), 7)
    pass_cpu, pass_wall, _ = timed(lambda: counted(table, attribute), 7)

    def line(who: str, cpu: float, wall: float) -> None:
        ratios = f"{cpu / codes_cpu:,.1f} | {cpu / text_cpu:,.1f}"
        print(f"| {rows:,} | {groups} | {who} | {cpu:.5f} | {wall:.5f} | {ratios} |", flush=True)

    line("proofbox, dictionary-encoded columns", codes_cpu, codes_wall)
    line("proofbox, string columns", text_cpu, text_wall)
    line(f"its counting pass alone: {pass_cpu / bare_cpu:.1f} times the next line", pass_cpu, pass_wall)
    line("bare `numpy.bincount` of ready joint codes", bare_cpu, bare_wall)
    for form in budget.forms:
        who = f"fairlearn MetricFrame, {form}"
        expected = budget.expected(f"{who} {groups}", rows)
        if expected > budget.seconds:
            print(f"| {rows:,} | {groups} | {who} | not run, about {expected:,.0f} | | | |", flush=True)
            continue
        cpu, wall, (by_group, gaps) = timed(fairlearns(table, attribute, strings=form == "strings"))
        budget.spent(f"{who} {groups}", rows, cpu)
        _same(found, by_group, gaps)
        line(who, cpu, wall)
    for who in ("aequitas", "aif360") if len(attribute) == 1 else ():
        expected = budget.expected(f"{who} {groups}", rows)
        if expected > budget.seconds:
            print(f"| {rows:,} | {groups} | {who} | not run, about {expected:,.0f} | | | |", flush=True)
        elif (told := peer(peers[0], who, peers[1], attribute)) is None:
            print(f"| {rows:,} | {groups} | {who} | not installed | | | |", flush=True)
        else:
            budget.spent(f"{who} {groups}", rows, told["cpu"])
            for group, rates in told["found"].items():
                for rate, value in rates.items():
                    assert abs(found[rate][group] - value) < 1e-9, (who, group, rate)
            line(who, told["cpu"], told["wall"])


def _same(found: dict, by_group: object, gaps: object) -> None:
    """Both give the same numbers to 1e-9."""
    for rate in RATES:
        for key, value in by_group[rate].items():
            assert abs(found[rate][" ".join(key) if isinstance(key, tuple) else key] - value) < 1e-9, (rate, key)
        assert abs(found[rate]["gap"] - gaps[rate]) < 1e-9, rate


def intervals(rows: int, n_boot: int) -> None:
    print(f"\n### Intervals of all rates and gaps at {rows:,} rows, 5 groups\n")
    print("| who | processor s | wall s | x less than fairlearn |")
    print("|---|---|---|---|")
    table, attribute = made(rows), ("race",)
    ours_with_intervals(table, attribute)
    cpu, wall, _ = timed(fairlearns(table, attribute, strings=False, n_boot=n_boot))
    print(f"| fairlearn MetricFrame, n_boot={n_boot} | {cpu:.1f} | {wall:.1f} | 1 |", flush=True)
    for who, call in (
        ("proofbox: three checks, every interval in closed form", lambda: ours_with_intervals(table, attribute)),
        ("2,000 replicates of the same bootstrap from our table's cells", lambda: bootstrap(table, attribute, 2_000)),
    ):
        mine, mine_wall, _ = timed(call, 7)
        print(f"| {who} | {mine:.5f} | {mine_wall:.5f} | {cpu / mine:,.0f} |", flush=True)


STREAM = r"""
import json, resource, sys, time
sys.path.insert(0, sys.argv[3])
path, who = sys.argv[1], sys.argv[2]
cells = 0
if who == "proofbox":
    import pyarrow as pa, pyarrow.parquet as pq
    from fairness import CROSSED, dataset
    from proofbox.checks.counted.counts import Counts
    class Source:
        rows = pq.read_metadata(path).num_rows
        def batches(self, columns):
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                for batch in file.iter_batches(batch_size=1 << 20, columns=list(columns), use_threads=False):
                    yield pa.Table.from_batches([batch]).select(list(columns))
    head = pq.ParquetFile(path).schema_arrow.empty_table()
    start = time.process_time(), time.perf_counter()
    grouped = Counts(dataset(head, CROSSED, Source())).grouped(CROSSED)
    cells = sorted(grouped.cells[grouped.cells > 0].tolist())
else:
    import duckdb
    con = duckdb.connect()
    con.execute(f"SET threads={who[-1]}")
    start = time.process_time(), time.perf_counter()
    query = f"SELECT race, sex, age, y_true, y_pred, count(*) FROM read_parquet('{path}') GROUP BY ALL"
    cells = sorted(row[-1] for row in con.execute(query).fetchall())
took = time.process_time() - start[0], time.perf_counter() - start[1]
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"cpu": took[0], "wall": took[1], "peak_mb": peak, "cells": cells}))
"""

SUBMISSION = """schema: proofbox/submission/v1
product: {{name: Stream, version: 1.0.0, provider: {{name: Bench}}, sector: other, risk_tier: low, intended_purpose: timing}}
data:
  evaluation: {{path: {path}, target: y_true, prediction: y_pred, sensitive: [race, sex, age], positive_label: 1}}
"""


def stream(sizes: list[int]) -> None:
    print("\n### Streaming from parquet: three attributes, true labels and decisions in one pass\n")
    print("| rows | who | processor s | wall s | peak MB | processor / duckdb, 1 thread |")
    print("|---|---|---|---|---|---|")
    per_row = {}
    with tempfile.TemporaryDirectory(prefix="proofbox-bench-") as folder:
        for rows in sizes:
            path = Path(folder) / "stream.parquet"
            _write(path, rows)
            told = {who: _streamed(path, who) for who in ("duckdb-1", "duckdb-2", "proofbox")}
            assert told["proofbox"]["cells"] == told["duckdb-1"]["cells"], "the counts differ"
            told["proofbox measure, parsed behind the walls"] = _command(path, Path(folder))
            names = {"duckdb-1": "duckdb GROUP BY, 1 thread", "duckdb-2": "duckdb GROUP BY, 2 threads",
                     "proofbox": "proofbox, the counting pass over pyarrow's batches, 1 thread"}  # fmt: skip
            for who, one in told.items():
                ratio = one["cpu"] / told["duckdb-1"]["cpu"]
                numbers = f"{one['cpu']:.2f} | {one['wall']:.2f} | {one['peak_mb']:.0f} | {ratio:.2f}"
                print(f"| {rows:,} | {names.get(who, who)} | {numbers} |", flush=True)
            per_row[rows] = told["proofbox"]["cpu"] / rows
            path.unlink()
    first, last = per_row[sizes[0]], per_row[sizes[-1]]
    print(f"\nprocessor time of a row, {sizes[-1]:,} rows / {sizes[0]:,} rows: {last / first:.2f} (linear: at most 1)")


def _write(path: Path, rows: int) -> None:
    step, writer = 1_000_000, None
    for start in range(0, rows, step):
        part = made(min(step, rows - start), seed=start)
        writer = writer or pq.ParquetWriter(path, part.schema, compression="none")
        writer.write_table(part)
    assert writer is not None
    writer.close()


def _streamed(path: Path, who: str) -> dict:
    here = str(Path(__file__).parent)
    done = subprocess.run(
        [sys.executable, "-c", STREAM, str(path), who, here], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def _command(path: Path, folder: Path) -> dict:
    """The installed command on the file as a submission, from intake to the printed result; processes together."""
    submission = folder / "submission"
    submission.mkdir(exist_ok=True)
    (submission / "submission.yaml").write_text(SUBMISSION.format(path="stream.parquet"))
    (submission / "stream.parquet").unlink(missing_ok=True)
    os.link(path, submission / "stream.parquet")
    argv = [str(Path(sys.executable).with_name("proofbox")), "measure", str(submission), "--check", "fairness.group_rates",
            "--set", "attribute=race,sex,age", "--rows-in-memory", "100000", "--json"]  # fmt: skip
    code = ("import json, resource, subprocess, sys, time; wall = time.perf_counter();"
            "done = subprocess.run(sys.argv[1:], capture_output=True, check=True); wall = time.perf_counter() - wall;"
            "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
            "print(json.dumps({'cpu': used.ru_utime + used.ru_stime, 'wall': wall, 'peak_mb': used.ru_maxrss / 1024,"
            "'measurements': len(json.loads(done.stdout)['measurements'])}))")  # fmt: skip
    done = subprocess.run([sys.executable, "-c", code, *argv], capture_output=True, text=True, check=True)
    (submission / "stream.parquet").unlink()
    told = json.loads(done.stdout)
    assert told["measurements"] > 500
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small sizes, in about a minute")
    parser.add_argument("--peers", help="python of an environment with aif360 and aequitas")
    parser.add_argument("--budget", type=float, default=600, help="most processor seconds of one call (default 600)")
    parser.add_argument("--replicates", type=int, default=100, help="of fairlearn's bootstrap, 11 s each (default 100)")
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000, 10_000_000], help="of the points")
    forms = ["categories", "strings"]
    parser.add_argument("--forms", nargs="+", choices=forms, default=forms, help="of the columns given to fairlearn")
    parser.add_argument("--only", choices=["points", "intervals", "stream"])
    args = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    pa.set_cpu_count(1)
    if args.only in (None, "points"):
        points([100_000] if args.quick else args.rows, args.peers, Budget(args.budget, args.forms))
    if args.only in (None, "intervals"):
        intervals(10_000 if args.quick else 100_000, 5 if args.quick else args.replicates)
    if args.only in (None, "stream"):
        stream([1_000_000, 3_000_000] if args.quick else list(STREAM_ROWS))


if __name__ == "__main__":
    main()
