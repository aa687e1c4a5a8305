"""Which rows are wrong: how many, and the first three, as a person finds them in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.counted.rawcodes import is_missing, raw_column
from proofbox.checks.late import np

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

SHOWN = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Offenders:
    """Rows that are wrong."""

    count: int
    rows: tuple[int, ...]
    """The first of them; 1 is the first row of data, below the header."""

    def __str__(self) -> str:
        """Return them as a message shows them, for example ``data rows 3, 7, 12 and 40 more``."""
        said = ", ".join(map(str, self.rows))
        more = self.count - len(self.rows)
        return f"data row{'s' if self.count > 1 else ''} {said}{f' and {more} more' if more else ''}"


def offenders(
    batches: Iterable[pa.Table], column: str, wrong: Callable[[pa.ChunkedArray], NDArray[np.bool_]]
) -> Offenders:
    """Find the rows of a column that are wrong, batch by batch."""
    count, seen = 0, 0
    rows: list[int] = []
    for batch in batches:
        mask = wrong(batch.column(column))
        count += int(np.count_nonzero(mask))
        if len(rows) < SHOWN:
            rows += [seen + int(row) + 1 for row in np.flatnonzero(mask)[: SHOWN - len(rows)]]
        seen += batch.num_rows
    return Offenders(count=count, rows=tuple(rows))


def without_value(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    """Return shape (rows,): whether the value says nothing."""
    return by_value(column, is_missing)


def by_value(column: pa.ChunkedArray, wrong: Callable[[object], bool]) -> NDArray[np.bool_]:
    """Return shape (rows,): what ``wrong`` says of each row's value; it is asked once for each distinct value."""
    raw = raw_column("", column)
    answers = np.array([wrong(value) for value in raw.values], dtype=np.bool_)
    parts = [answers[raw.codes(part).astype(np.int64)] for part in raw.column.chunks]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.bool_)
