"""The traps of a whole table: those that its values show, those that the reader mended, those that reading hides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from proofbox.checks.artefacts.files import open_submitted
from proofbox.checks.errors import BadDataError
from proofbox.checks.late import pa, pt
from proofbox.checks.subject import Dataset, Subject
from proofbox.checks.traps.numbertraps import SAMPLE_BYTES, traps_before_reading


def traps_of_table(subject: Subject, data: Dataset, seen: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Put together what the values, the reader and the file's first bytes say.

    Parameters
    ----------
    seen
        Column -> trap -> rows, from the values as they were read.

    Returns
    -------
    dict
        The same with what reading had put right or hidden; columns without a trap are left out.
    """
    traps = {name: dict(found) for name, found in seen.items()}
    forms = data.detail.get("text_forms")
    for name, found in forms.items() if isinstance(forms, dict) else ():
        for trap, rows in found.items() if isinstance(found, dict) else ():
            if name in traps and isinstance(rows, int):
                traps[name][_READER_SAYS[trap]] = rows
    if data.detail.get("encoding") == "utf-8-sig":
        traps[data.table.column_names[0]]["byte_order_mark"] = data.rows
    for name, trap, rows in _before_reading(subject, data):
        if name in traps:
            traps[name][trap] = rows
    return {name: dict(sorted(found.items())) for name, found in traps.items() if found}


_READER_SAYS = {
    "not_nfc": "decomposed_unicode",
    "blanks_at_ends": "blanks_at_ends",
    "only_blanks": "only_blanks",
}


def _before_reading(subject: Subject, data: Dataset) -> Iterator[tuple[str, str, int]]:
    if data.detail.get("format") != "csv":
        return
    try:
        file, _ = open_submitted(subject.root, data.path)
        with file:
            head = file.read(SAMPLE_BYTES)
    except BadDataError:
        return
    numeric = frozenset(n for n in data.table.column_names if kind_of(data.table.column(n).type) == "numbers")
    yield from traps_before_reading(head, str(data.detail["delimiter"]), str(data.detail["encoding"]), numeric)


def kind_of(kind: pa.DataType) -> str:
    """Return what a column holds, in one word."""
    if pt.is_null(kind):
        return "nothing"
    if pt.is_boolean(kind) or pt.is_integer(kind) or pt.is_floating(kind) or pt.is_decimal(kind):
        return "numbers"
    return "dates" if pt.is_temporal(kind) else "text" if pt.is_dictionary(kind) or pt.is_string(kind) else str(kind)
