"""Fakes of ten lines: a model that is a function, data that are a dict, and a way to run a check by its id."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from proofbox.checks.asked.broker import answered
from proofbox.checks.asked.timing import Timed
from proofbox.checks.counted.counts import Counts
from proofbox.checks.errors import ModelFailedError
from proofbox.checks.registry import get_check
from proofbox.checks.result import Result
from proofbox.checks.subject import Dataset, Decisions, DeclaredFile, FileRecord, Subject
from proofbox.checks.surroundings import WAYS, Surroundings, Way


@dataclass
class FakeModel:
    """A model that is a function from a table to the scores of the positive class."""

    score: Callable[[pa.Table], NDArray[Any]]
    features: tuple[str, ...]
    threshold: float = 0.5
    on_restart: Callable[[], None] = lambda: None
    batches: list[int] = field(default_factory=list)
    around: Surroundings | None = None
    """What is different around it since its last start."""

    @property
    def varies(self) -> frozenset[Way]:
        """Everything can be different around it: it does not look."""
        return frozenset(WAYS)

    def predict(self, rows: pa.Table, deadline_seconds: float | None = None) -> Decisions:
        """Return decisions by the threshold, or fail as the sandbox tells of a failure."""
        assert tuple(rows.column_names) == self.features, "a model must be shown its features and nothing else"
        self.batches.append(rows.num_rows)
        try:
            with np.errstate(all="ignore"):
                score = np.asarray(self.score(rows), dtype=np.float64)
        except (ValueError, TypeError, pa.ArrowException) as err:
            raise ModelFailedError(str(err), "raised") from err
        if not np.isfinite(score).all():
            raise ModelFailedError("no finite numbers", "garbage", np.flatnonzero(~np.isfinite(score)).tolist())
        codes = (score >= self.threshold).astype(np.int64)
        return Decisions(classes=("0", "1"), codes=codes, score=score, positive_label="1", source="model")

    def restart(self, surroundings: Surroundings | None = None) -> None:
        """Remember what is different around it."""
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
        """Forget the calls so far."""
        self.calls = self.peak = 0

    def timed(self, rows: pa.Table) -> Timed:
        """Return what a call costs."""
        if rows.num_rows > self.most_rows:
            raise ModelFailedError("was killed", "limit")
        self.calls += 1
        held = self.held(self.calls)
        self.peak = max(self.peak, held)
        return Timed(seconds=self.seconds(self.calls, rows.num_rows), held_bytes=held, peak_bytes=self.peak)


def build_data(
    columns: Mapping[str, Any],
    *,
    features: Sequence[str] = (),
    target: str | None = None,
    role: Any = "evaluation",  # noqa: ANN401 a literal, spelled out in Dataset
    **others: Any,  # noqa: ANN401 further fields of Dataset
) -> Dataset:
    """Return a data set of these columns, texts as the reader has them."""
    table = pa.table({name: _column(values) for name, values in columns.items()})
    given = {"positive_label": "1"} | others
    return Dataset(role=role, path=f"{role}.csv", table=table, features=tuple(features), target=target, **given)


def _column(values: Any) -> pa.Array:  # noqa: ANN401 whatever Arrow takes
    array = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    return array.dictionary_encode() if pa.types.is_string(array.type) else array


@dataclass
class Source:
    """A table read in batches."""

    table: pa.Table
    size: int

    @property
    def rows(self) -> int:
        """Number of rows in all."""
        return int(self.table.num_rows)

    def batches(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield the rows; each batch has a dictionary of its own, as the reader's have."""
        for at in range(0, self.rows, self.size):
            part = self.table.select(list(columns)).slice(at, self.size)
            yield pa.table(
                [
                    pa.chunked_array([column.cast(pa.string()).combine_chunks().dictionary_encode()])
                    if pa.types.is_dictionary(column.type)
                    else column
                    for column in part.columns
                ],
                names=part.column_names,
            )


def in_batches(held: Dataset, size: int = 7, head: int = 10) -> Dataset:
    """Return data as they are where their rows are too many to hold: the first ones, and a source of all."""
    return replace(held, table=held.table.slice(0, head), source=Source(held.table, size))


def run_check(
    check_id: str,
    *,
    params: Mapping[str, object] | None = None,
    seed: int = 7,
    model: Any = None,  # noqa: ANN401 anything that serves as a Model
    **given: Any,  # noqa: ANN401 the inputs by name
) -> Result:
    """Run one check on what it is given by name, and return what it found."""
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
    result: Any = spec.run(**{name: inputs[name] for name in spec.needs})
    found: Result = answered(model, result) if spec.asks else result
    return found


def build_log(*events: str | tuple[str, dict[str, object]]) -> bytes:
    """Return an operation log as ``logging.operation_log`` reads it: an event is a name, or with what else it says."""
    lines: list[bytes] = []
    before = "0" * 64
    for minute, event in enumerate(events):
        name, more = event if isinstance(event, tuple) else (event, {})
        said = {"time": f"2026-05-01T08:{minute:02}:00+07:00", "event": name, "previous": before} | more
        lines.append(json.dumps(said).encode())
        before = hashlib.sha256(lines[-1]).hexdigest()
    return b"\n".join(lines) + b"\n"


def build_subject(
    root: Path,
    files: Mapping[str, bytes],
    *,
    declared: Sequence[tuple[Any, str, str | None]] = (),
    model: str | None = None,
    model_format: str | None = None,
    provenance: Mapping[str, str] | None = None,
    **others: Any,  # noqa: ANN401 further fields of Subject
) -> Subject:
    """Write files below ``root`` and return the subject made of them."""
    records = []
    for path, content in sorted(files.items()):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
        digest = hashlib.sha256(content).hexdigest()
        records.append(FileRecord(path=path, size=len(content), sha256=digest))
    return Subject(
        root=root,
        files=tuple(records),
        declared_files=tuple(
            DeclaredFile(role=role, path=path, declared_sha256=digest) for role, path, digest in declared
        ),
        task="binary-classification",
        model_path=model,
        model_format=model_format,
        provenance=provenance or {},
        **{"product": {}, **others},
    )
