"""Which rows are wrong: how many, and the first three, as a person finds them in the file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa

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
