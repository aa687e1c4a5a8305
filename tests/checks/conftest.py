"""Fakes of ten lines: a model that is a function, data that are a dict, and a way to run a check by its id."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from proofbox.checks.broker import answered
from proofbox.checks.counts import Counts
from proofbox.checks.errors import ModelFailedError
from proofbox.checks.registry import get_check
from proofbox.checks.result import Inapplicable, Measured, Measurement, Result
from proofbox.checks.subject import Dataset, Decisions, DeclaredFile, FileRecord, Subject
from proofbox.checks.surroundings import WAYS, Surroundings
from proofbox.checks.timing import Timed


@dataclass
class FakeModel:
    """A model that is a function from a table to the scores of the positive class."""

    score: Callable[[pa.Table], np.ndarray]
    features: tuple[str, ...]
    threshold: float = 0.5
    on_restart: Callable[[], None] = lambda: None
    batches: list[int] = field(default_factory=list)
    around: Surroundings | None = None
    """What is different around it since its last start."""

    def predict(self, rows: pa.Table, deadline_seconds: float | None = None) -> Decisions:
        assert tuple(rows.column_names) == self.features, "a model must be shown its features and nothing else"
        self.batches.append(rows.num_rows)
        try:
            with np.errstate(all="ignore"):
                score = np.asarray(self.score(rows), dtype=np.float64)
        except (ValueError, TypeError, pa.ArrowException) as err:
            raise ModelFailedError(str(err), "raised") from err  # as the sandbox tells it
        if not np.isfinite(score).all():
            raise ModelFailedError("no finite numbers", "garbage", np.flatnonzero(~np.isfinite(score)).tolist())
        codes = (score >= self.threshold).astype(np.int64)
        return Decisions(classes=("0", "1"), codes=codes, score=score, positive_label="1", source="model")

    def restart(self, surroundings: Surroundings | None = None) -> None:
        self.around = surroundings
        self.on_restart()


@dataclass
class FakeTimed:
    """A model whose calls cost what functions of their number (and of their rows) say."""

    seconds: Callable[[int, int], float] = lambda call, rows: 0.001 + rows * 1e-6
    held: Callable[[int], int] = lambda call: 100_000_000
    most_rows: int = 10**9
    call_seconds: float = 120.0
    resident_bytes: int = 2**31
    calls: int = 0
    peak: int = 0

    def restart(self) -> None:
        self.calls = self.peak = 0

    def timed(self, rows: pa.Table) -> Timed:
        if rows.num_rows > self.most_rows:
            raise ModelFailedError("was killed", "limit")
        self.calls += 1
        held = self.held(self.calls)
        self.peak = max(self.peak, held)
        return Timed(seconds=self.seconds(self.calls, rows.num_rows), held_bytes=held, peak_bytes=self.peak)


def build_data(
    columns: Mapping[str, Sequence[object]],
    *,
    features: Sequence[str] = (),
    target: str | None = None,
    role: str = "evaluation",
    **others: object,
) -> Dataset:
    table = pa.table({name: _column(values) for name, values in columns.items()})
    given = {"positive_label": "1"} | others
    return Dataset(role=role, path=f"{role}.csv", table=table, features=tuple(features), target=target, **given)


def _column(values: object) -> pa.Array:
    array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    return array.dictionary_encode() if pa.types.is_string(array.type) else array


@dataclass
class Source:
    """A table read in batches."""

    table: pa.Table
    size: int

    @property
    def rows(self) -> int:
        return self.table.num_rows

    def batches(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        for at in range(0, self.rows, self.size):
            part = self.table.select(list(columns)).slice(at, self.size)
            # Each batch has a dictionary of its own, as the reader's have.
            yield pa.table(
                [
                    pa.chunked_array([column.cast(pa.string()).combine_chunks().dictionary_encode()])
                    if pa.types.is_dictionary(column.type)
                    else column
                    for column in part.columns
                ],
                names=part.column_names,
            )


def build_decisions(labels: Sequence[object], score: Sequence[float] | None = None, source: str = "model") -> Decisions:
    texts = [str(label) for label in labels]
    classes = tuple(sorted({"0", "1", *texts}))
    return Decisions(
        classes=classes,
        codes=np.array([classes.index(text) for text in texts], dtype=np.int64),
        score=None if score is None else np.asarray(score, dtype=np.float64),
        positive_label="1",
        source=source,
    )


def run_check(
    check_id: str,
    *,
    params: Mapping[str, object] | None = None,
    seed: int = 7,
    model: object = None,
    **given: object,
) -> Result:
    spec = get_check(check_id)
    if "counts" in spec.needs:
        given["counts"] = Counts(given["data"], given["decisions"])
    inputs = {
        "training": None,
        "opinions": (),
        "as_of": "2026-11-22",
        "varies": frozenset(WAYS),
        "model": model,
        **given,
        "params": spec.params(params or {}),
        "rng": np.random.default_rng(seed),
    }
    result = spec.run(**{name: inputs[name] for name in spec.needs})
    return answered(model, result) if spec.asks else result


def by_measure(result: Result) -> dict[str, Measurement]:
    assert isinstance(result, Measured), result
    return {found.measure: found for found in result.measurements}


def reason(result: Result) -> str:
    assert isinstance(result, Inapplicable), result
    return str(result.reason)


@pytest.fixture
def data() -> Callable[..., Dataset]:
    return build_data


@pytest.fixture
def in_batches() -> Callable[..., Dataset]:
    """Return data as they are where their rows are too many to hold: the first ones, and a source of all."""

    def build(held: Dataset, size: int = 7, head: int = 10) -> Dataset:
        return replace(held, table=held.table.slice(0, head), source=Source(held.table, size))

    return build


@pytest.fixture
def decisions() -> Callable[..., Decisions]:
    return build_decisions


@pytest.fixture
def model() -> type[FakeModel]:
    return FakeModel


@pytest.fixture
def timed() -> type[FakeTimed]:
    return FakeTimed


@pytest.fixture
def run() -> Callable[..., Result]:
    return run_check


@pytest.fixture
def measures() -> Callable[..., dict[str, Measurement]]:
    """Run a check and return its measurements by name."""
    return lambda *given, **named: by_measure(run_check(*given, **named))


@pytest.fixture
def why() -> Callable[..., str]:
    """Run a check and return why it is inapplicable."""
    return lambda *given, **named: reason(run_check(*given, **named))


@pytest.fixture
def subject(tmp_path: Path) -> Callable[..., Subject]:
    """Write files below a folder and return the subject made of them."""

    def build(
        files: Mapping[str, bytes],
        *,
        declared: Sequence[tuple[str, str, str | None]] = (),
        model: str | None = None,
        model_format: str | None = None,
        provenance: Mapping[str, str] | None = None,
        **others: object,
    ) -> Subject:
        records = []
        for path, content in sorted(files.items()):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_bytes(content)
            digest = hashlib.sha256(content).hexdigest()
            records.append(FileRecord(path=path, size=len(content), sha256=digest))
        return Subject(
            root=tmp_path,
            files=tuple(records),
            declared_files=tuple(
                DeclaredFile(role=role, path=path, declared_sha256=digest) for role, path, digest in declared
            ),
            task="binary-classification",
            model_path=model,
            model_format=model_format,
            provenance=provenance or {},
            product={},
            **others,
        )

    return build
