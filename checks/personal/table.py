"""Search a whole table: each column's distinct values once, whatever their type, and the rows that hold each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.counted.counting import as_dictionary
from proofbox.checks.late import np, pa, pc, pt
from proofbox.checks.personal.columnnames import declared_kind
from proofbox.checks.personal.numbers import kinds_of_integers, plausible
from proofbox.checks.personal.search import Found, search
from proofbox.checks.subject import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EXAMPLES = 3
_SHOWN = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnFinding:
    """One kind of personal data in one column."""

    column: str
    kind: str
    by: str
    """``value``: the values look like it; ``name``: the column's name says it and the values could be it."""
    rows: NDArray[np.bool_]
    """Shape (rows,): whether the cell holds it."""
    distinct: int
    examples: tuple[str, ...]
    """Masked."""


def findings_of(data: Dataset) -> Iterator[ColumnFinding]:
    """Yield what is found in each column, kinds in the order in which they were recognised."""
    for name, column in zip(data.table.column_names, data.table.columns, strict=True):
        values, codes = _distinct(column)
        if values is None:
            continue
        by_kind: dict[tuple[str, str], list[Found]] = {}
        for found in _search(values, name, column.type):
            by_kind.setdefault((found.kind, found.by), []).append(found)
        for (kind, by), several in by_kind.items():
            there = np.unique(np.concatenate([found.values for found in several]))
            held = np.zeros(len(values) + 1, dtype=np.bool_)
            held[there] = True
            examples = tuple(_examples(values, several))
            rows = held[codes]
            yield ColumnFinding(column=name, kind=kind, by=by, rows=rows, distinct=len(there), examples=examples)


def mask(text: str) -> str:
    """Return text in its form, with no more than three signs readable: first letters of words, or leading digits."""
    shown: list[str] = []
    left = min(3, len(text) // 4)
    for place, sign in enumerate(text[:_SHOWN]):
        leading = place == 0 or not text[place - 1].isalnum() or (sign.isdigit() and text[place - 1] == shown[-1])
        if not sign.isalnum():
            shown.append(sign if sign in " .-@+()/" else "•")
        elif left and leading:
            shown.append(sign)
            left -= 1
        else:
            shown.append("•")
    return "".join(shown) + ("…" if len(text) > _SHOWN else "")


def _distinct(column: pa.ChunkedArray) -> tuple[pa.Array | None, NDArray[np.int64]]:
    """Return the distinct values as text, and each row's place among them (one past the end where it is missing)."""
    kind = column.type
    if pt.is_boolean(kind) or pt.is_null(kind):
        return None, np.zeros(0, dtype=np.int64)
    if pt.is_nested(kind):
        column = pa.chunked_array([pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())])
    elif pt.is_floating(kind):
        values = column.to_numpy()
        there = values[~np.isnan(values)]
        # A column of whole numbers with gaps is read as one of floats; any other holds measurements.
        if len(there) == 0 or np.abs(there).max() >= 2**53 or (there != np.rint(there)).any():
            return None, np.zeros(0, dtype=np.int64)
        column = pa.chunked_array([pa.array(np.nan_to_num(values).astype(np.int64), mask=np.isnan(values))])
    dictionary = as_dictionary(column)
    values = dictionary.dictionary.cast(pa.string())
    indices = pc.fill_null(dictionary.indices.cast(pa.int64()), len(values)).to_numpy(zero_copy_only=False)
    if values.null_count:
        # A null among the categories is one more way to say that the value is missing.
        indices = np.where(
            np.append(values.is_null().to_numpy(zero_copy_only=False), False)[indices], len(values), indices
        )
        values = pc.fill_null(values, "")
    return values, indices


def _search(values: pa.Array, name: str, kind: pa.DataType) -> Iterator[Found]:
    if pt.is_dictionary(kind) or pt.is_string(kind) or pt.is_large_string(kind) or pt.is_nested(kind):
        yield from search(values, name)
        return
    declared = declared_kind(name)
    if pt.is_temporal(kind):
        if declared == "date_of_birth":
            yield _all(declared, "name", np.ones(len(values), dtype=np.bool_), values)
        return
    whole = pt.is_integer(kind) or pt.is_floating(kind)
    if not whole:
        return
    if declared is not None:
        named = [_all(one, "name", mask, values) for one, mask in plausible(declared, values)]
        if any(len(found.values) for found in named):
            yield from (found for found in named if len(found.values))
            return
    for one, mask in kinds_of_integers(values.cast(pa.int64()).to_numpy()):
        yield _all(one, "value", mask, values)


def _all(kind: str, by: str, held: NDArray[np.bool_], values: pa.Array) -> Found:
    where = np.flatnonzero(held)
    ends = pc.utf8_length(pc.take(values, pa.array(where))).to_numpy(zero_copy_only=False)
    return Found(
        kind=kind, by="name" if by == "name" else "value", values=where, starts=np.zeros_like(where), ends=ends
    )


def _examples(values: pa.Array, several: list[Found]) -> Iterator[str]:
    shown = 0
    for found in several:
        for place, start, end in zip(found.values, found.starts, found.ends, strict=True):
            if shown == _EXAMPLES:
                return
            shown += 1
            yield mask(values[int(place)].as_py()[int(start) : int(end)])
