"""Columns that number or name rows: left out where rows are compared, so that they hide no duplicate and make none."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.types as pt

from proofbox.checks.personal.plain import words_of
from proofbox.checks.rowclasses import column_codes
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


def identifier_columns(data: Dataset) -> Mapping[str, str]:
    """Return column -> why it is an identifier: ``declared``, ``named`` or ``all_differ``.

    ``named``: called like one, and nearly every row has a value of its own. ``all_differ``: whole numbers or text that
    differ in every row, in a column that has no other role.
    """
    found = dict.fromkeys(data.id_columns, "declared")
    roles = {data.target, data.prediction, data.weight, *data.sensitive}
    for name in data.table.column_names:
        column = data.table.column(name)
        if name in found or name in roles or not _may_number(column.type) or data.rows < FEWEST_ROWS:
            continue
        distinct = int(np.count_nonzero(np.bincount(column_codes(column) + 1)[1:]))
        if _NAMED.search(words_of(name)) and distinct >= _MOSTLY * data.rows:
            found[name] = "named"
        elif name not in data.features and distinct == data.rows:
            found[name] = "all_differ"
    return found


def _may_number(kind: pa.DataType) -> bool:
    return bool(pt.is_dictionary(kind) or pt.is_string(kind) or pt.is_integer(kind))
