"""Columns that number or name rows: left out where rows are compared, so that they hide no duplicate and make none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from proofbox.checks.counted.rowclasses import column_codes
from proofbox.checks.late import np, pa, pt
from proofbox.checks.leaks.cells import MISSING, Bits, Cells, kind_of
from proofbox.checks.leaks.prose import is_prose
from proofbox.checks.personal.plain import words_of
from proofbox.checks.subject import Dataset

FEWEST_ROWS = 20
"""In a shorter file, values may all differ by chance."""

_NAMED = re.compile(
    r" (?:id|uuid|guid|stt|so thu tu|so tt|ma so|ma ho so|ma kh|ma khach hang|ma bn|ma benh nhan|ma hs|ma sv|ma nv"
    r"|ma don"
    r"|so ho so|so hop dong|index|row|rowid|row number|key|serial|no|number|unnamed 0|record|cccd|cmnd|sdt"
    r"|so dien thoai|phone|email) "
)
_MOSTLY = 0.9
"""A column named like an identifier is one if so large a share of its values differs: a file may hold some rows twice,
identifier and all."""

_GOLDEN = 0x9E3779B97F4A7C15
"""2**64 over the golden ratio, which spreads numbers evenly (Knuth, The Art of Computer Programming 3, 6.4)."""

_SAMPLE = 1 << 21
"""Rows, about, in which the values of a file that is read in batches are counted."""


def identifier_columns(data: Dataset) -> Mapping[str, str]:
    """Return column -> why it is an identifier: ``declared``, ``named`` or ``all_differ``.

    ``named``: called like one, and nearly every row has a value of its own. ``all_differ``: whole numbers or text that
    differ in every row, in a column that has no other role. Of a file that is read in batches a sample of the values
    is counted, all rows of each, from which the number of values follows.
    """
    found = dict.fromkeys(data.id_columns, "declared")
    if data.rows < FEWEST_ROWS:
        return found
    roles = {data.target, data.prediction, data.weight, data.text, data.time, *data.sensitive}
    free = [name for name in data.table.column_names if name not in found and name not in roles]
    for name, (distinct, rows) in _counted(data, free).items():
        if _NAMED.search(words_of(name)) and distinct >= _MOSTLY * rows:
            found[name] = "named"
        elif name not in data.features and distinct == rows:
            found[name] = "all_differ"
    return found


def identifiers_of_both(data: Dataset, other: Dataset) -> Mapping[str, str]:
    """Return the columns that are left out where rows of two files are compared, and why.

    Those that either file declares, and those that are identifiers of one file and, where the other has them and is
    long enough to tell, of the other one too.
    """
    both = [(one, identifier_columns(one)) for one in (data, other)]
    found: dict[str, str] = {}
    for name in dict.fromkeys(name for _, identifiers in both for name in identifiers):
        why = [identifiers.get(name) for _, identifiers in both]
        tells = [name in one.table.column_names and one.rows >= FEWEST_ROWS for one, _ in both]
        if "declared" in why:
            found[name] = "declared"
        elif all(reason or not told for reason, told in zip(why, tells, strict=True)):
            found[name] = str(why[0] or why[1])
    return found


def _counted(data: Dataset, names: Sequence[str]) -> Mapping[str, tuple[int, int]]:
    """Return, for each column that may number rows, how many values differ among how many rows."""
    names = [name for name in names if _may_number(data.table.column(name))]
    if data.source is None:
        return {name: (_distinct(data.table.column(name)), data.rows) for name in names}
    # The first rows already show most columns to be none.
    names = [name for name in names if 2 * _distinct(data.table.column(name)) >= data.table.num_rows]
    share = max(1, -(-data.rows // _SAMPLE))
    kept: dict[str, list[Bits]] = {name: [np.zeros(0, dtype=np.uint64)] for name in names}
    gaps = dict.fromkeys(names, False)
    for batch in data.batches(names) if names else ():
        for name in names:
            column = batch.column(name)
            words = Cells.of(column, kind_of(column.type, column.type)).words(slice(None))
            gaps[name] |= bool((words == MISSING).any())
            words = words[words != MISSING]
            # By what the value is, so that all rows of a value are in the sample or none, and two runs agree.
            kept[name].append(words[((words * _GOLDEN) >> np.uint64(33)) % np.uint64(share) == 0])
    counted: dict[str, tuple[int, int]] = {}
    for name, several in kept.items():
        sample = np.concatenate(several)
        distinct = len(np.unique(sample))
        head = data.table.column(name)
        # A value that many rows share may be of no sample; the first rows would mostly show it.
        alone = distinct == len(sample) and not gaps[name] and _distinct(head) == len(head)
        counted[name] = (data.rows if alone else min(distinct * share, data.rows - 1), data.rows)
    return counted


def _distinct(column: pa.ChunkedArray) -> int:
    return int(np.count_nonzero(np.bincount(column_codes(column) + 1)[1:]))


def _may_number(column: pa.ChunkedArray) -> bool:
    kind = column.type
    return bool(pt.is_integer(kind) or ((pt.is_dictionary(kind) or pt.is_string(kind)) and not is_prose(column)))
