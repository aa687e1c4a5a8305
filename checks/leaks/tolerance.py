"""How far apart the numbers of near duplicates may lie, column by column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.late import np, pa, pt
from proofbox.checks.leaks.cells import floats
from proofbox.checks.leaks.rowmatch import Pairs
from proofbox.checks.subject import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float64]"


def tolerances(training: Dataset, columns: Pairs, share: float, own: Mapping[str, float]) -> list[float]:
    """Return how far apart the numbers of each column may lie: as declared, or a share of the standard deviation.

    Parameters
    ----------
    columns
        Names in the two files; a column that is no number in the training file has 0.
    own
        Name in the evaluation file -> tolerance in the column's own unit.
    """
    names = [other for _, other in columns if is_number(training.table.column(other).type)]
    moments = {name: np.zeros(3) for name in names}
    for batch in training.batches(list(moments)) if names else ():
        for name, sums in moments.items():
            values = floats(batch.column(name))
            values = values[np.isfinite(values)]
            if len(values):
                part = np.array([len(values), values.mean(), values.var() * len(values)])
                moments[name] = _added(sums, part)
    found = []
    for one, other in columns:
        count, _, squares = moments.get(other, np.zeros(3))
        found.append(own.get(one, share * float(np.sqrt(squares / count)) if count else 0.0))
    return found


def is_number(kind: pa.DataType) -> bool:
    """Whether a column of that type holds numbers."""
    return bool(pt.is_integer(kind) or pt.is_floating(kind) or pt.is_decimal(kind))


def _added(one: Floats, other: Floats) -> Floats:
    """Return (count, mean, sum of squares) of both parts together (Chan, Golub, LeVeque, 1979)."""
    count = one[0] + other[0]
    if not count:
        return one
    apart = other[1] - one[1]
    mean = one[1] + apart * other[0] / count
    return np.array([count, mean, one[2] + other[2] + apart**2 * one[0] * other[0] / count])
