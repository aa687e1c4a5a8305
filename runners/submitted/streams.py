"""Data files that are larger than what is held in memory, read batch by batch as often as a pass asks for them.

They are parsed behind the walls like any other (``sandbox/reading.py``); what a batch holds is what
:func:`proofbox.runners.submitted.tables.read_table` would have put into those rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.runners.submitted.tables import (
    OpenFile,
    ReadTable,
    check_columns,
    described,
    held,
    normalise_text,
    unreadable,
)
from proofbox.sandbox.errors import DataError
from proofbox.sandbox.pieces import width
from proofbox.sandbox.reading import DataFile, FileSpec

if TYPE_CHECKING:
    import pyarrow as pa

    from proofbox.checks.result import Json
    from proofbox.runners.submitted.data import Csv

MOST_ROWS = 10_000_000
"""Rows that are held in memory at once unless the command says otherwise; a longer file is read in batches."""

BATCH_ROWS = 1 << 20
"""Rows of a block at most."""

BLOCK_BYTES = 1 << 28
"""Bytes of a block at most, all columns counted."""
HEAD_ROWS = 1_000
"""Rows that show what a file is like."""

BYTES_HELD = 1 << 30
"""A file that would take more memory than this is read in batches, however few its rows are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How the data of a submission are read."""

    opener: OpenFile
    """Opens a file behind the walls."""
    most_rows: int = MOST_ROWS
    """Rows of a data file that are held at once."""


@dataclass(slots=True, kw_only=True)
class Blocks:
    """A file that is open behind the walls and read block by block; the blocks are the same whoever reads them."""

    spec: FileSpec
    opener: OpenFile
    written: Mapping[str, str]
    """Name of each column -> as it is written in the file."""
    rows: int
    block_rows: int
    """Rows of each block but the last: it follows from the columns of the file, and nothing else."""
    _file: DataFile | None = None
    """The open file, while nothing is being read from it."""

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return -(-self.rows // self.block_rows)

    def batches(self, columns: Sequence[str], first: int = 0, end: int | None = None) -> Iterator[pa.Table]:
        """Yield the rows with these columns, in order, a block at a time.

        Parameters
        ----------
        first, end
            The first block, and the one before which to end; None: all there are.

        Raises
        ------
        UnreadableTableError
            The file is damaged further down.
        """
        # A pass that is given up in the middle leaves a file that is still sending: the next one opens its own.
        file, self._file = self._file, None
        whole = False
        try:
            file = file or self.opener(self.spec)
            start, stop = first * self.block_rows, None if end is None else end * self.block_rows
            for part in file.batches([self.written[name] for name in columns], self.block_rows, start, stop):
                yield normalise_text(part.rename_columns(list(columns)))[0]
            whole = True
        except DataError as err:
            raise unreadable(err, self.spec) from err
        finally:
            if whole and self._file is None:
                self._file = file
            elif file is not None:
                file.close()

    def close(self) -> None:
        """End the reader's process."""
        if self._file is not None:
            self._file.close()
            self._file = None


@dataclass(slots=True, kw_only=True)
class Stream(Blocks):
    """A file read in batches, as checks are given it; satisfies :class:`proofbox.checks.subject.Batches`."""

    head: pa.Table
    """The first rows."""
    detail: Mapping[str, Json] = field(default_factory=dict)


def read_or_open(path: Path, how: Reading, csv: Csv) -> ReadTable | Stream:
    """Read a file whole, or open it to be read in batches where it is too large to hold.

    Raises
    ------
    UnreadableTableError
        As for :func:`proofbox.runners.submitted.tables.read_table`.
    """
    spec, detail = described(path, csv)
    if spec.format == "csv" and _is_long(path, how.most_rows):
        spec = FileSpec(path=path, format="csv", csv={**spec.csv, "read": "in batches"})
    try:
        with how.opener(spec) as file:
            if "read" not in spec.csv and not _too_large(file, spec.format, how.most_rows):
                return held(file, detail)
            names = check_columns(file.names, file.rows, spec.format)
            first = next(file.batches(file.names, min(HEAD_ROWS, how.most_rows)))
            head = normalise_text(first.rename_columns(names))[0]
            return Stream(
                spec=spec,
                opener=how.opener,
                written=dict(zip(names, file.names, strict=True)),
                rows=file.rows,
                block_rows=_block_rows(file.types),
                head=head,
                detail={**detail, "read": "in batches"},
            )
    except DataError as err:
        raise unreadable(err, spec) from err


def _too_large(file: DataFile, kind: str, most_rows: int) -> bool:
    """Whether a file has more rows, or would take more memory, than is held at once; JSON lines are read whole."""
    if kind not in ("parquet", "arrow"):
        return False
    return file.rows > most_rows or file.rows * sum(map(width, file.types)) > BYTES_HELD


def _block_rows(types: Sequence[str]) -> int:
    return max(1, min(BATCH_ROWS, BLOCK_BYTES // max(1, sum(map(width, types)))))


def _is_long(path: Path, most_rows: int) -> bool:
    """Whether a file of lines has more of them, or more bytes, than is held at once; its bytes are only counted."""
    if path.stat().st_size > BYTES_HELD:
        return True
    lines = 0
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            lines += block.count(b"\n")
            if lines > most_rows + 1:
                return True
    return False
