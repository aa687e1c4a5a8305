"""The declared population: shares by attribute and category, read from ``data.reference`` and checked to make sense."""

from __future__ import annotations

import math
from collections.abc import Iterator

from proofbox.checks.labels import label_text
from proofbox.checks.subject import ReferenceShare, Subject
from proofbox.runners.submitted.problems import Place, Problems
from proofbox.runners.submitted.tables import OpenFile, UnreadableTableError, read_table

COLUMNS = ("attribute", "category", "share")
MOST_ROWS = 10_000
"""A population of more categories than this cannot be compared with anything."""

_PLACE: Place = ("data", "reference", "path")
_TOLERANCE = 0.005
"""How far the shares of one attribute may be from 1: tables of statistics are rounded to tenths of a per cent."""


def reference_shares(subject: Subject, problems: Problems, open_file: OpenFile) -> tuple[ReferenceShare, ...]:
    """Return the declared shares, those of one attribute scaled to add up to 1; empty where none are declared."""
    path = next((file.path for file in subject.declared_files if file.role == "reference"), None)
    if path is None:
        return ()
    try:
        table = read_table(subject.root / path, open_file).table
    except UnreadableTableError as err:
        problems.add(_PLACE, got=f"in {path}: {err.got}", expected=err.expected, hint=err.hint)
        return ()
    if missing := [name for name in COLUMNS if name not in table.column_names]:
        problems.add(
            _PLACE,
            got=f"in {path}: no column '{missing[0]}' (its columns are {', '.join(table.column_names[:8])})",
            expected="the columns attribute, category and share",
            hint="one row for each category, for example: sex,female,0.502",
        )
        return ()
    if table.num_rows > MOST_ROWS:
        problems.add(_PLACE, got=f"in {path}: {table.num_rows} rows", expected=f"at most {MOST_ROWS}")
        return ()
    rows = list(zip(*(table.column(name).to_pylist() for name in COLUMNS), strict=True))
    wrong = next(_wrong(rows), None)
    if wrong is not None:
        row, got, expected, hint = wrong
        # The header is line 1 of the file.
        problems.add(_PLACE, got=f"in {path}, line {row + 2}: {got}", expected=expected, hint=hint)
        return ()
    before = len(problems.found)
    shares = tuple(_shares(rows, path, problems))
    return shares if len(problems.found) == before else ()


def _wrong(rows: list[tuple[object, ...]]) -> Iterator[tuple[int, str, str, str]]:
    """Yield what is wrong with single rows: (row, got, expected, hint)."""
    first: dict[tuple[str, str], int] = {}
    for row, (attribute, category, share) in enumerate(rows):
        if attribute is None or category is None:
            yield row, "an empty attribute or category", "both filled", "leave out the row of missing values"
            continue
        if isinstance(share, bool) or not isinstance(share, int | float) or not math.isfinite(share):
            got = "no share" if share is None else f"the share {str(share)[:40]!r}"
            yield row, got, "a number from 0 to 1", "write 51.2 % as 0.512; if the comma is the decimal sign, use ';'"
        elif not 0 <= share <= 1:
            yield row, f"the share {share:g}", "a number from 0 to 1", "write 51.2 % as 0.512"
        key = label_text(attribute), label_text(category)
        if key in first:
            yield row, f"{key[0]} = '{key[1]}' a second time", "each category once", f"see line {first[key] + 2}"
        first.setdefault(key, row)


def _shares(rows: list[tuple[object, ...]], path: str, problems: Problems) -> Iterator[ReferenceShare]:
    totals: dict[str, float] = {}
    for attribute, _, share in rows:
        totals[label_text(attribute)] = totals.get(label_text(attribute), 0.0) + float(str(share))
    for attribute, total in totals.items():
        if abs(total - 1) > _TOLERANCE:
            problems.add(
                _PLACE,
                got=f"in {path}: shares of '{attribute}' that add up to {total:.4g}",
                expected="1",
                hint="add the categories that are left out, or a category 'other'",
            )
    for name, category, share in rows:
        attribute = label_text(name)
        if total := totals[attribute]:
            yield ReferenceShare(attribute=attribute, category=label_text(category), share=float(str(share)) / total)
