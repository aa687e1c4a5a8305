"""A submitted data file, parsed behind the walls: numbers of a fixed width and texts come out, never Arrow.

CSV, Parquet, Arrow and JSON are read by native code, which a stranger's file can crash, fill with memory or worse. So
none of it runs on this side: the host reads (``sandbox/host/reader.py``) and sends columns as raw buffers whose length
the harness computes before it reads them. What is built from them here has no offset that a stranger has chosen.
"""

from __future__ import annotations

import json
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from proofbox.sandbox import answers, endings, pieces, wire
from proofbox.sandbox.denials import Tally
from proofbox.sandbox.errors import DataError, ModelError
from proofbox.sandbox.executor import Executor, Launch
from proofbox.sandbox.limits import GIB, Limits

if TYPE_CHECKING:
    import pyarrow as pa

MAX_SCHEMA_BYTES = 4 * 1024 * 1024
"""Names and types of all columns: some hundred thousand of them."""

MAX_HELD_BYTES = 8 * GIB
"""Bytes that one answer may make the harness hold: all of a table, or one batch and the texts known so far."""

READ_LIMITS = Limits(
    wall_seconds=3600,
    call_seconds=600,
    start_seconds=300,
    cpu_seconds=7200,
    address_space_bytes=64 * GIB,
    resident_bytes=8 * GIB,
)
"""What reading one file may use; a file that needs more is refused with a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSpec:
    """Which file to read, and how it is written."""

    path: Path
    """The file, or the folder of :attr:`parts`."""
    format: str
    """``csv``, ``parquet``, ``arrow`` or ``jsonl``."""
    csv: Mapping[str, str] = field(default_factory=dict)
    """``delimiter``, ``decimal`` (one character each) and ``encoding``, where it is CSV."""
    parts: tuple[str, ...] = ()
    """Names of the Parquet files in the folder that are read as one, in this order; empty where it is one file."""


class DataFile:
    """A data file in its own process behind walls; made by :func:`open_data`, closed by ``with`` or :meth:`close`."""

    def __init__(
        self, executor: Executor, spec: FileSpec, limits: Limits, proven: Callable[[], object] = lambda: None
    ) -> None:
        self._limits = limits
        self._ends = time.monotonic() + limits.wall_seconds
        self._held = 0
        self._running = executor.launch(Launch(limits=limits, model=spec.path))
        try:
            self._wire = wire.Wire(self._running.wire)
            proven()  # until it is configured it knows no file, and has nothing of a stranger's before it
            self.names, self._kinds, self.rows = self._asked(spec)
        except BaseException:
            self.close()
            raise

    @property
    def types(self) -> tuple[str, ...]:
        """Type of each column: Arrow's name of it, or ``text``."""
        return self._kinds

    def table(self) -> pa.Table:
        """Return all columns and rows; text columns are dictionary-encoded.

        Raises
        ------
        DataError
            The file cannot be read, or reading it went over a limit.
        """
        import pyarrow as pa

        # Not Table.from_batches, which wants names that differ.
        places = range(len(self.names))
        columns = list(self._stream(places, 0, 0, self.rows))
        arrays = columns[0] if columns else [pieces.empty(self._kinds[place]) for place in places]
        return pa.table(arrays, names=list(self.names))

    def batches(self, columns: Sequence[str], rows: int, start: int = 0, stop: int | None = None) -> Iterator[pa.Table]:
        """Yield the rows of those columns in order, ``rows`` at once; text columns are dictionary-encoded.

        Parameters
        ----------
        rows
            Rows of each table, at least 1; the last one may hold fewer.
        start, stop
            The first row, and the one before which to end; None: all there are. What lies before is passed over at
            little cost in a Parquet or Arrow file, and has to be parsed in a CSV file.

        Raises
        ------
        DataError
            As for :meth:`table`, and where a column is not there.
        """
        import pyarrow as pa

        missing = [name for name in columns if name not in self.names]
        if missing:
            raise DataError(f"it has no column {missing[0]!r}")
        places = [self.names.index(name) for name in columns]
        for arrays in self._stream(places, rows, start, self.rows if stop is None else min(stop, self.rows)):
            yield pa.table(arrays, names=list(columns))

    def close(self) -> None:
        """End the process; none is left when this returns. May be called again."""
        self._running.kill()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _asked(self, spec: FileSpec) -> tuple[tuple[str, ...], tuple[str, ...], int]:
        config = {
            "mode": "read",
            "limits": self._limits.to_json(),
            **self._running.inside.config(),
            "sites": self._running.inside.sites,
            "path": self._running.inside.model,
            "format": spec.format,
            "csv": dict(spec.csv),
            "parts": list(spec.parts),
        }
        deadline = self._deadline(self._limits.start_seconds)
        body = memoryview(json.dumps(config).encode())
        with _explained(self, loading=True):
            nonce = self._wire.request(wire.CONFIGURE, body, wire.text_shape(), deadline)
            self._running.count_denied(Tally(), deadline)
            frame = self._frame(nonce, (wire.TABLE,), deadline)
            told = self._body(frame, MAX_SCHEMA_BYTES, deadline)
            self._wire.answered()
            names, kinds, counted = wire.read_texts(told, 3)
            if len(names) != len(kinds) or not set(kinds) <= pieces.KINDS.keys() or len(counted) != 1:
                raise ModelError("garbage", "the reader told columns that cannot be")
            return names, kinds, pieces.count(counted[0])

    def _stream(self, places: Sequence[int], rows: int, start: int, stop: int) -> Iterator[list[Any]]:
        wanted = {"columns": list(places), "rows": rows, "start": start, "stop": stop}
        body = memoryview(json.dumps(wanted).encode())
        deadline = self._deadline(self._limits.call_seconds)
        with _explained(self, loading=False):
            nonce = self._wire.request(wire.COLUMNS, body, wire.text_shape(), deadline)
        words: list[pieces.Words] = [pieces.Words() for _ in places]
        left = max(0, stop - start)
        while True:
            deadline = self._deadline(self._limits.call_seconds)
            with _explained(self, loading=False):
                frame = self._frame(nonce, (wire.BATCH, wire.DONE), deadline)
                if frame.kind == wire.DONE:
                    self._wire.answered()
                    break
                if frame.length or frame.rows > left or (rows and frame.rows != min(rows, left)):
                    raise ModelError("garbage", "the reader sent another number of rows than it told")
                left -= frame.rows
                self._held = sum(known.bytes for known in words)
                arrays = [
                    self._column(nonce, self._kinds[place], frame.rows, known, deadline)
                    for place, known in zip(places, words, strict=True)
                ]
            yield arrays
        if left:
            self.close()
            raise DataError("the reader sent fewer rows than it told")

    def _column(self, nonce: int, kind: str, rows: int, known: pieces.Words, deadline: float) -> Any:  # noqa: ANN401
        if kind == "null":
            return pieces.nulls(rows)
        if kind == "text":
            frame = self._frame(nonce, (wire.WORDS,), deadline)
            known.add(self._body(frame, pieces.MAX_WORD_BYTES, deadline), frame.rows)
        frame = self._frame(nonce, (wire.PIECE,), deadline)
        expected = rows * (pieces.width(kind) + (1 if frame.columns else 0))
        if frame.rows != rows or frame.columns > 1 or frame.length != expected or (kind == "text" and frame.columns):
            raise ModelError("garbage", "the reader sent a column that is not of the length that was told")
        body = self._body(frame, expected, deadline)
        if kind == "text":
            return known.column(body)
        return pieces.column(kind, body, rows, nullable=bool(frame.columns))

    def _frame(self, nonce: int, kinds: tuple[int, ...], deadline: float) -> wire.Head:
        frame = self._wire.head(nonce, deadline)
        if frame.kind == wire.REFUSED:
            body = self._body(frame, wire.MAX_REFUSAL_BYTES, deadline)
            told = wire.read_texts(body, 1)[0]
            raise _Refused(answers.printable(answers.PATH.sub("the file", told[1] if len(told) == 2 else ""), 300))
        if frame.kind not in kinds:
            raise ModelError("garbage", "the reader sent a frame that was not asked for")
        return frame

    def _body(self, frame: wire.Head, most: int, deadline: float) -> bytearray:
        if frame.length > most:
            raise ModelError("garbage", f"the reader sent {frame.length} bytes at once, at most {most} are read")
        self._held += frame.length
        if self._held > MAX_HELD_BYTES:
            raise ModelError("limit", f"holding it takes more than {MAX_HELD_BYTES} bytes of memory")
        return self._wire.receive(frame.length, deadline)

    def _deadline(self, seconds: float) -> float:
        return min(time.monotonic() + seconds, self._ends)


class _Refused(Exception):  # noqa: N818 the reader's own word on its way to the caller
    pass


class _explained:  # noqa: N801 reads as a statement: with _explained(...)
    """Turns what went wrong on the wire into one sentence about the file, and ends the reader."""

    def __init__(self, file: DataFile, *, loading: bool) -> None:
        self._file, self._loading = file, loading

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        file = self._file
        if isinstance(error, _Refused):
            file.close()
            raise DataError(str(error) or "it cannot be read") from None
        if isinstance(error, ModelError | struct.error):
            found = (
                error if isinstance(error, ModelError) else ModelError("garbage", "the reader sent what is no frame")
            )
            told = endings.explained(found, file._running, file._limits, loading=self._loading)
            file.close()
            raise DataError(told.what.replace("the model", "its reader"), over_limit=told.kind == "limit") from error
        if error is not None:
            file.close()


def open_data(
    executor: Executor, spec: FileSpec, limits: Limits | None = None, proven: Callable[[], object] = lambda: None
) -> DataFile:
    """Start a reader of one file behind the walls of ``executor`` and wait until it knows the columns.

    Parameters
    ----------
    limits
        :data:`READ_LIMITS` where none are given.
    proven
        Returns once the walls have been proven, and raises where they have not: the reader's process is started
        meanwhile, and told of the file afterwards.

    Raises
    ------
    DataError
        The file is not what it is said to be, crashed its reader, or went over a limit.
    IsolationError
        The walls could not be built; the file was not opened.
    """
    return DataFile(executor, spec, limits or READ_LIMITS, proven)
