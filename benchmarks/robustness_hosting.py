"""What the parts of benchmarks/robustness.py share: a fitted model behind the walls, its throughput, a check timed."""

from __future__ import annotations

import os
import pickle
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.broker import Broker, Queries
from proofbox.checks.registry import get_check
from proofbox.checks.result import Result
from proofbox.checks.subject import Dataset
from proofbox.runners.hosted.deciding import DecidingModel
from proofbox.runners.submitted.submission import ModelBlock
from proofbox.sandbox.executor import choose
from proofbox.sandbox.hosted import HostedModel, ModelSpec, open_model
from proofbox.sandbox.limits import Limits

TICKS = os.sysconf("SC_CLK_TCK")
LIMITS = Limits(wall_seconds=3600, cpu_seconds=3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the command line says."""

    rows: int
    executor: str


@dataclass(frozen=True, slots=True)
class Seconds:
    """What something took."""

    cpu: float
    """Processor time of the harness and of the sandbox together."""
    wall: float


class Watch:
    """A stopwatch for both processes."""

    def __init__(self, model: DecidingModel) -> None:
        self._running = hosted_of(model)._running
        self._begun = self._now()

    def _now(self) -> Seconds:
        inside = 0.0
        for member in self._running.members() if self._running else ():
            # proc(5): utime and stime, to a hundredth of a second.
            fields = Path(f"/proc/{member.pid}/stat").read_text().rpartition(")")[2].split()
            inside += (int(fields[11]) + int(fields[12])) / TICKS
        return Seconds(time.process_time() + inside, time.perf_counter())

    def seconds(self) -> Seconds:
        """Return what it took since the watch was made."""
        now = self._now()
        return Seconds(now.cpu - self._begun.cpu, now.wall - self._begun.wall)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A check that ran alone."""

    result: Result
    queries: Queries
    seconds: Seconds


def classification(rows: int, numbers: int = 26, texts: int = 4) -> Dataset:
    """Return made-up rows with numbers, texts and a target that depends on some of them."""
    rng = np.random.default_rng(20261125)
    columns: dict[str, Any] = {f"x{place}": np.round(rng.normal(50, 12, rows), 3) for place in range(numbers)}
    towns = pa.array([f"town {place}" for place in range(12)])
    for place in range(texts):
        codes = pa.array(rng.choice(12, rows, p=np.arange(1, 13) / 78), pa.int32())
        columns[f"t{place}"] = pa.DictionaryArray.from_arrays(codes, towns)
    weight = columns["x0"] + columns["x1"] - columns["x2"] + rng.normal(0, 8, rows)
    return Dataset(
        role="evaluation",
        path="x.csv",
        table=pa.table({**columns, "y": (weight > 50).astype(int)}),
        features=tuple(columns),
        target="y",
        positive_label="1",
    )


def features_frame(data: Dataset) -> Any:
    """Return the features as pandas has them in the sandbox."""
    table = data.feature_table()
    plain = [one.cast(pa.string()) if pa.types.is_dictionary(one.type) else one for one in table.columns]
    return pa.table(plain, names=table.column_names).to_pandas()


@contextmanager
def behind_walls(estimator: Any, data: Dataset, executor: str) -> Iterator[DecidingModel]:
    """Yield a fitted scikit-learn classifier as checks are given it."""
    with tempfile.TemporaryDirectory(prefix="proofbox-bench-") as folder:
        path = Path(folder) / "model.pkl"
        path.write_bytes(pickle.dumps(estimator))
        spec = ModelSpec(
            path=path,
            format="pickle",
            features=data.features,
            output="probability",
            task="binary-classification",
        )
        with open_model(choose(executor), spec, LIMITS) as hosted:
            yield DecidingModel(hosted, block_of(data))


def block_of(data: Dataset) -> ModelBlock:
    """Return the model's block of a submission."""
    return ModelBlock(
        path="model.pkl",
        task="binary-classification",
        features=data.features,
        output="probability",
        positive_label=data.positive_label,
    )


def hosted_of(model: DecidingModel) -> HostedModel:
    """Return the sandbox's handle."""
    return model._hosted


def cost_of_a_row(model: DecidingModel, data: Dataset, least_seconds: float = 0.5) -> Seconds:
    """Return what a row costs, of both processes, where the model is asked again and again about the whole table."""
    table = data.feature_table()
    model.predict(table)
    rows, watch = 0, Watch(model)
    while (taken := watch.seconds()).wall < least_seconds:
        model.predict(table)
        rows += table.num_rows
    return Seconds(taken.cpu / max(1, rows), taken.wall / max(1, rows))


def timed(checks: Sequence[str], model: DecidingModel, data: Dataset) -> Mapping[str, Timed]:
    """Run checks that ask side by side before the model; the time is that of all together."""
    decisions = model.predict(data.feature_table())

    def begin(check_id: str) -> Asking[Result]:
        spec = get_check(check_id)
        given = {"data": data, "decisions": decisions, "training": None}
        given |= {"params": spec.params({}), "rng": np.random.default_rng(1)}
        return spec.run(**{name: given[name] for name in spec.needs})

    watch = Watch(model)
    done = list(Broker(model).run((one, partial(begin, one)) for one in checks))
    seconds = watch.seconds()
    for one in done:
        if isinstance(one.result, Exception):
            raise one.result
    return {one.key: Timed(result=one.result, queries=one.queries, seconds=seconds) for one in done}
