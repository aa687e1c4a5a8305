"""Columns of free text, told apart from names and categories."""

from __future__ import annotations

from proofbox.checks.late import pa, pc, pt
from proofbox.checks.subject import Dataset

_WORDS = 8
"""A name or an address has fewer words, on average, and a sentence or two have more."""

_LOOKED_AT = 1_000


def is_prose(column: pa.ChunkedArray) -> bool:
    """Return whether a column holds free text: eight words to a value, on average, among its first thousand values."""
    kind = column.type
    if pt.is_dictionary(kind) and column.num_chunks:
        values = column.chunk(0).dictionary
    elif pt.is_string(kind) or pt.is_large_string(kind):
        values = column.slice(0, _LOOKED_AT)
    else:
        return False
    if not (pt.is_string(values.type) or pt.is_large_string(values.type)) or not len(values):
        return False
    words = pc.list_value_length(pc.utf8_split_whitespace(values.slice(0, _LOOKED_AT)))
    return bool((pc.mean(words).as_py() or 0) >= _WORDS)


def text_columns(data: Dataset, training: Dataset) -> list[tuple[str, str]]:
    """Return the columns of free text of both files: the declared one, or else those whose values are sentences."""
    names = [data.text] if data.text is not None else data.table.column_names
    shared = [name for name in names if name is not None and name in training.table.column_names]
    left_out = {data.target, data.prediction, data.weight, *data.id_columns}
    return [
        (name, name)
        for name in shared
        if name not in left_out and (name == data.text or is_prose(data.table.column(name)))
    ]
