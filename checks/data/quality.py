"""What is wrong with a file as data: gaps, repetitions, values that cannot be, and the traps of spreadsheets.

## Measures

- `missing_share`: [0, 1], lower is better, 0 is perfect. The share of cells without a value among the columns that the
  assessment uses: features, target and sensitive columns (all columns, where there are none of these).
- `duplicate_share`: [0, 1], lower is better, 0 is perfect. The share of rows that repeat an earlier row in every column
  but identifiers, recorded predictions and weights.
- `constant_columns`: [0, inf), lower is better, 0 is perfect. Features (all columns, where there are none) that hold
  one value or none.
- `impossible_values`: [0, inf), lower is better, 0 is perfect. Cells with a value that cannot be: infinite numbers,
  dates that no calendar has, and numbers outside what the column's name allows, such as an age above 120.
- `schema_faults`: [0, inf), lower is better, 0 is perfect. Columns in which numbers and words are mixed, or that are of
  one type in this file and of another in the other one.
- `text_traps`: [0, inf), lower is better, 0 is perfect. Traps found, each counted once for each column.

## Method

Words for nothing (`N/A`, `-`, `không rõ`) count as missing. Identifiers are the declared columns, columns that are
called like one and differ in nine rows of ten, and other columns of whole numbers or text without a role that differ in
every row. They hide no duplicate and make none; the detail says which were left out and how many rows repeat with them.

The traps are recognised by form and named: text that came in several Unicode forms or with blanks around it, a byte
order mark, decimal commas, points between thousands, dates with the day first (or in two orders, or in an unclear one),
scientific notation and lost leading zeros as Excel leaves them, Excel's error values, codes that it turned into dates,
UTF-8 read as Windows-1252, TCVN3 fonts, invisible signs, words for nothing, numbers such as -999 that stand for
nothing, and categories that differ by case, blanks or missing accents alone. Categories that differ in Unicode form or
in blanks at their ends are merged by the reader; these others are not. The detail never shows a value.

All are exact counts of the file, hence without interval.

## Limits

A range is known only for names that say what they are (age, tuổi, năm sinh, tháng, số con and some more), and is left
alone where more than one value in twenty lies outside of it: the column then means something else, such as ages in
months. A few houses of more than 120 years still look like impossible ages. A number such
as -999 may be meant. That a file is clean says nothing of whether it is true.

## References

- ISO/IEC 25012:2008: completeness, consistency and accuracy of data. Unicode Standard Annex 15: normal forms.
- Ziemann, Eren, El-Osta, "Gene name errors are widespread in the scientific literature", Genome Biology 17 (2016) 177.
- Decree 142/2026/NĐ-CP (Viet Nam), Article 15(2)(b): data quality.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from proofbox.checks.asked.batched import not_held
from proofbox.checks.counted.counting import as_dictionary, missing_mask
from proofbox.checks.counted.rowclasses import column_codes, row_classes
from proofbox.checks.late import np, pa, pt
from proofbox.checks.leaks.identifiers import identifier_columns
from proofbox.checks.params import CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.subject import Dataset, Subject
from proofbox.checks.text import t
from proofbox.checks.traps.numbertraps import impossible, sentinel
from proofbox.checks.traps.tabletraps import kind_of, traps_of_table
from proofbox.checks.traps.texttraps import read_text

_NEARLY_CONSTANT = 0.995
_PAIRS_SHOWN = 20


class Params(CheckParams):
    """Parameters of :func:`quality`."""

    role: Literal["evaluation", "training"] = "evaluation"
    """The data that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """What one column gave."""

    missing: int
    placeholders: int
    impossible: int
    mixed: int
    distinct: int
    most_common: int
    traps: Mapping[str, int]


@check("data.quality", streams=("training",))
def quality(subject: Subject, data: Dataset, training: Dataset | None, params: Params) -> Measured | Inapplicable:
    """Measure what is wrong with a file as data."""
    looked_at, other = (data, training) if params.role == "evaluation" else (training, data)
    if looked_at is None:
        return Inapplicable(t("the submission names no {role} data", role=params.role))
    if looked_at.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=params.role))
    if looked_at.source is not None:
        return Inapplicable(not_held(looked_at))
    columns = {name: _read(name, looked_at.table.column(name)) for name in looked_at.table.column_names}
    traps = traps_of_table(subject, looked_at, {name: found.traps for name, found in columns.items()})
    return Measured(
        measurements=(
            _missing(looked_at, columns),
            *_duplicates(looked_at),
            _constant(looked_at, columns),
            _impossible(looked_at, columns),
            _schema(looked_at, other, columns),
            Measurement(
                measure="text_traps",
                value=float(sum(len(found) for found in traps.values())),
                sample_size=looked_at.rows,
                detail={
                    "role": looked_at.role,
                    "rows_by_column_and_trap": {name: dict(one) for name, one in traps.items()},
                },
            ),
        )
    )


def _read(name: str, column: pa.ChunkedArray) -> _Column:
    codes = column_codes(column)
    counts = np.bincount(codes + 1)
    traps: dict[str, int] = {}
    placeholders = mixed = wrong = 0
    if pt.is_dictionary(column.type) or pt.is_string(column.type):
        dictionary = as_dictionary(column)
        rows = np.bincount(dictionary.indices.drop_null().to_numpy(), minlength=len(dictionary.dictionary))
        text = read_text(dictionary.dictionary.cast(pa.string()), rows)
        traps, placeholders, mixed, wrong = dict(text.traps), text.placeholders, text.mixed, text.impossible_dates
    elif pt.is_integer(column.type) or pt.is_floating(column.type):
        values = column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64)
        wrong = int(impossible(name, values).sum())
        if (stands_in := sentinel(values)) is not None:
            traps["number_for_nothing"] = stands_in[1]
    return _Column(
        missing=int(missing_mask(column).sum()),
        placeholders=placeholders,
        impossible=wrong,
        mixed=mixed,
        distinct=int(np.count_nonzero(counts[1:])),
        most_common=int(counts[1:].max(initial=0)),
        traps=traps,
    )


def _used(data: Dataset) -> list[str]:
    used = [name for name in dict.fromkeys((*data.features, data.target, *data.sensitive)) if name]
    return [name for name in used if name in data.table.column_names] or list(data.table.column_names)


def _missing(data: Dataset, columns: Mapping[str, _Column]) -> Measurement:
    used = _used(data)
    by_column: dict[str, Json] = {
        name: found.missing + found.placeholders
        for name, found in columns.items()
        if found.missing + found.placeholders
    }
    total = sum(columns[name].missing + columns[name].placeholders for name in used)
    words: dict[str, Json] = {name: found.placeholders for name, found in columns.items() if found.placeholders}
    return Measurement(
        measure="missing_share",
        value=total / (data.rows * len(used)),
        sample_size=data.rows * len(used),
        detail={
            "role": data.role,
            "columns": [*used],
            "missing_cells": total,
            "rows_missing_by_column": by_column,
            "of_these_words_for_nothing": words,
        },
    )


def _duplicates(data: Dataset) -> Iterator[Measurement]:
    identifiers = identifier_columns(data)
    every = [name for name in data.table.column_names if name not in {data.prediction, data.weight}]
    compared = [name for name in every if name not in identifiers]
    if not compared:
        return
    classes = row_classes(data.table, compared)
    repeats = data.rows - len(classes.sizes)
    later = np.flatnonzero(classes.first[classes.codes] != np.arange(data.rows))[:_PAIRS_SHOWN]
    pairs: list[Json] = [{"row": int(row), "repeats_row": int(classes.first[classes.codes[row]])} for row in later]
    with_all = data.rows - len(row_classes(data.table, every).sizes)
    repeated_ids: dict[str, Json] = {}
    for name in identifiers:
        counts = np.bincount(column_codes(data.table.column(name)) + 1)[1:]
        if again := int(counts.sum() - np.count_nonzero(counts)):
            repeated_ids[name] = again
    yield Measurement(
        measure="duplicate_share",
        value=repeats / data.rows,
        sample_size=data.rows,
        detail={
            "role": data.role,
            "rows_that_repeat": repeats,
            "pairs": pairs,
            "columns_compared": [*compared],
            "identifiers_left_out": dict(identifiers),
            "rows_that_repeat_identifiers_and_all": with_all,
            "rows_with_a_repeated_identifier": repeated_ids,
        },
    )


def _constant(data: Dataset, columns: Mapping[str, _Column]) -> Measurement:
    looked_at = [name for name in data.features if name in columns] or list(columns)
    constant: list[Json] = [name for name in looked_at if columns[name].distinct <= 1]
    nearly: list[Json] = [
        name
        for name in looked_at
        if columns[name].distinct > 1 and columns[name].most_common >= _NEARLY_CONSTANT * data.rows
    ]
    detail: dict[str, Json] = {"role": data.role, "constant": constant, "nearly_constant": nearly}
    return Measurement(measure="constant_columns", value=float(len(constant)), sample_size=data.rows, detail=detail)


def _impossible(data: Dataset, columns: Mapping[str, _Column]) -> Measurement:
    found: dict[str, Json] = {name: one.impossible for name, one in columns.items() if one.impossible}
    total = sum(one.impossible for one in columns.values())
    return Measurement(
        measure="impossible_values",
        value=float(total),
        sample_size=data.rows * len(columns),
        detail={"role": data.role, "rows_by_column": found},
    )


def _schema(data: Dataset, other: Dataset | None, columns: Mapping[str, _Column]) -> Measurement:
    mixed: dict[str, Json] = {name: one.mixed for name, one in columns.items() if one.mixed}
    differ: dict[str, Json] = {}
    for name in columns if other is not None else ():
        if other is not None and name in other.table.column_names:
            kinds = kind_of(data.table.column(name).type), kind_of(other.table.column(name).type)
            if kinds[0] != kinds[1] and "nothing" not in kinds:
                differ[name] = f"{data.role}: {kinds[0]}, {other.role}: {kinds[1]}"
    lacking: list[Json] = [] if other is None else [n for n in data.features if n not in other.table.column_names]
    return Measurement(
        measure="schema_faults",
        value=float(len({*mixed, *differ})),
        sample_size=len(columns),
        detail={
            "role": data.role,
            "rows_of_the_lesser_kind": mixed,
            "types_that_differ": differ,
            "features_absent_from_the_other_file": lacking,
        },
    )
