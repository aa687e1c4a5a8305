"""What the parts of benchmarks/robustness.py share: a fitted model behind the walls, its throughput, a check timed."""

from __future__ import annotations

import pickle
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from proofbox.checks.broker import Broker, Queries
from proofbox.checks.registry import get_check
from proofbox.checks.result import Result
from proofbox.checks.subject import Dataset
from proofbox.runners.deciding import DecidingModel
from proofbox.runners.submission import ModelBlock
from proofbox.sandbox.executor import choose
from proofbox.sandbox.hosted import HostedModel, ModelSpec, open_model
from proofbox.sandbox.limits import Limits

LIMITS = Limits(wall_seconds=3600, cpu_seconds=3600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the command line says."""

    rows: int
    executor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A check that ran alone."""

    result: Result
    queries: Queries
    seconds: float
    """Wall."""


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
        prediction=None,
        sensitive=(),
        weight=None,
        id_columns=(),
        positive_label="1",
        favourable_label=None,
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


def throughput(model: DecidingModel, data: Dataset, least_seconds: float = 0.5) -> float:
    """Return rows a second (wall) that the model answers, asked again and again about the whole table."""
    table = data.feature_table()
    model.predict(table)
    rows, started = 0, time.perf_counter()
    while time.perf_counter() - started < least_seconds:
        hosted_of(model).predict(table)
        rows += table.num_rows
    return rows / (time.perf_counter() - started)


def timed(check_id: str, model: DecidingModel, data: Dataset, **params: object) -> Timed:
    """Run one check that asks, alone before the model."""
    spec = get_check(check_id)
    given = {"data": data, "decisions": model.predict(data.feature_table()), "training": None}
    given |= {"params": spec.params(params), "rng": np.random.default_rng(1)}
    started = time.perf_counter()
    (done,) = Broker(model).run([(check_id, lambda: spec.run(**{name: given[name] for name in spec.needs}))])
    seconds = time.perf_counter() - started
    if isinstance(done.result, Exception):
        raise done.result
    return Timed(result=done.result, queries=done.queries, seconds=seconds)
