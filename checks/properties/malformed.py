"""Rows that no honest source of data would send, made from a real one, family by family."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from proofbox.checks.asked.changing import with_columns
from proofbox.checks.late import np, pa
from proofbox.checks.samples.features import is_numeric

HUGE = 1_000_000
"""Characters of a huge text."""
STRANGE = "\u202e\u0000\ud55c\u0130\u0041\u030a\U0001f9ea\u200b\ufeff Nguy\u1ec5n"
"""From right to left, with a NUL, Hangul, a dotted capital I, a combining ring, an emoji and invisible characters."""
MOST_ALONE = 4
"""Columns whose type alone is wrong: each is a table of its own form, and so a call of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Malformed rows of one kind, all of one schema."""

    name: str
    rows: pa.Table
    changed: tuple[tuple[str, ...], ...]
    """For each row, the columns that are malformed."""


def families(base: pa.Table) -> Iterator[Family]:
    """Yield the families for a table of one real row, each where there is a column that it applies to."""
    numbers = [name for name in base.column_names if is_numeric(base.column(name).type)]
    floats = [name for name in numbers if pa.types.is_floating(base.column(name).type)]
    texts = [name for name in base.column_names if pa.types.is_dictionary(base.column(name).type)]
    yield from _family("missing", base, base.column_names, [None])
    yield from _family("infinite", base, floats, [np.inf, -np.inf])
    yield from _extremes(base, numbers)
    yield from _family("unknown text", base, texts, ["never seen before", "", STRANGE])
    yield from _family("huge text", base, texts, ["x" * HUGE], each=False)
    for wrong in _wrong_types(numbers):
        yield _retyped("text for a number", base, wrong, pa.array(["not a number"]).dictionary_encode())
    for wrong in _wrong_types(texts):
        yield _retyped("number for a text", base, wrong, pa.array([1.5]))


def _family(
    name: str, base: pa.Table, columns: Sequence[str], values: Sequence[object], *, each: bool = True
) -> Iterator[Family]:
    """Yield each value in each of the columns alone, if wanted, and then in all of them at once."""
    if not columns:
        return
    sets = [*((column,) for column in columns if each and len(columns) > 1), tuple(columns)]
    made = [(_set(base, chosen, value), chosen) for value in values for chosen in sets]
    yield Family(name=name, rows=pa.concat_tables([row for row, _ in made]), changed=tuple(two for _, two in made))


def _extremes(base: pa.Table, numbers: Sequence[str]) -> Iterator[Family]:
    """Yield the largest and the smallest number of each column's type, and nothing at all."""
    made = []
    for chosen in [*((name,) for name in numbers if len(numbers) > 1), tuple(numbers)]:
        for end in (0, 1):
            columns = {name: _filled(base, name, _ends(base.column(name).type)[end]) for name in chosen}
            made.append((with_columns(base, columns), chosen))
    if numbers:
        made.append((_set(base, numbers, 0), tuple(numbers)))
        yield Family(
            name="extreme number",
            rows=pa.concat_tables([row for row, _ in made]),
            changed=tuple(two for _, two in made),
        )


def _wrong_types(columns: Sequence[str]) -> Iterator[tuple[str, ...]]:
    if columns:
        yield tuple(columns)
    if len(columns) > 1:
        yield from ((name,) for name in columns[:MOST_ALONE])


def _retyped(name: str, base: pa.Table, columns: tuple[str, ...], value: pa.Array) -> Family:
    return Family(name=name, rows=with_columns(base, dict.fromkeys(columns, value)), changed=(columns,))


def _set(base: pa.Table, columns: Sequence[str], value: object) -> pa.Table:
    return with_columns(base, {name: _filled(base, name, value) for name in columns})


def _filled(base: pa.Table, name: str, value: object) -> pa.Array:
    kind = base.column(name).type
    if pa.types.is_dictionary(kind):
        return pa.array([value], kind.value_type).dictionary_encode().cast(kind)
    if pa.types.is_decimal(kind) and isinstance(value, int | float):
        return pa.array([Decimal(value)], kind)
    return pa.array([value]).cast(kind) if value is not None else pa.array([None], kind)


def _ends(kind: pa.DataType) -> tuple[float | int, float | int]:
    """Return the smallest and the largest number that a type can hold; of floats, the finite ones."""
    if pa.types.is_integer(kind):
        bounds = np.iinfo(kind.to_pandas_dtype())
        return int(bounds.min), int(bounds.max)
    if pa.types.is_decimal(kind):
        return -9, 9
    largest = float(np.finfo(kind.to_pandas_dtype()).max)
    return -largest, largest
