"""Tables of what was measured and of files, whatever policy asked for them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from proofbox.reports.papers.paper import Block, Cell, Column, Table, Words

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment, MeasurementRecord
    from proofbox.reports.i18n import Translator
    from proofbox.reports.papers.form import Measured

MOST_ROWS = 40
"""Rows of one table; a paper is read by people, and the record holds the rest."""


def measured_table(form: Measured, assessment: Assessment, translator: Translator) -> tuple[Block, ...]:
    """Return the measurements of some checks; where there are none, what a person must write."""
    say, found = translator, [item for item in assessment.measurements if item.check in form.checks]
    write = say.words(form.write.words())
    rows = [_row(item, say) for item in found[:MOST_ROWS]]
    if not rows:
        checks = ", ".join(form.checks)
        empty = Cell(lines=(say.gettext("Not measured in this bundle ({checks}).", checks=checks),), to_write=write)
        rows = [(empty, *[Cell()] * 3)]
    titles = ((say.gettext("Measure"), 5), (say.gettext("Measured on"), 4), (say.gettext("Value"), 6),
              (say.gettext("Sample size"), 2))  # fmt: skip
    table = Table(
        caption=say.words(form.caption.words()),
        columns=tuple(Column(title=title, width=width) for title, width in titles),
        rows=tuple(rows),
    )
    return (table, *_left_out(len(found), say))


def _row(item: MeasurementRecord, say: Translator) -> tuple[Cell, ...]:
    from proofbox.reports.figures import value_in_words

    group = say.category("; ".join(f"{name}: {value}" for name, value in item.group.items()))
    attribute = item.params.get("attribute")
    by = say.gettext("between the groups of {attribute}", attribute=_said(attribute)) if attribute else ""
    role = item.params.get("role")
    of = group or by or (say.gettext(role) if isinstance(role, str) else say.gettext("all rows"))
    return (
        Cell(lines=(say.heading(say.measure(item.measure)),), sources=(item.id,)),
        Cell(lines=(of,)),
        Cell(lines=(value_in_words(item, say),)),
        Cell(lines=(say.number(item.sample_size),), number=True),
    )


def _said(attribute: object) -> str:
    return ", ".join(map(str, attribute)) if isinstance(attribute, list | tuple) else str(attribute)


def files_table(files: Sequence[tuple[str, int, str]], caption: str, translator: Translator) -> tuple[Block, ...]:
    """Return files with size in bytes and SHA-256."""
    say = translator
    titles = ((say.gettext("File"), 5), (say.gettext("Bytes"), 2), ("SHA-256", 8))
    table = Table(
        caption=caption,
        columns=tuple(Column(title=title, width=width) for title, width in titles),
        rows=tuple(
            (Cell(lines=(path,)), Cell(lines=(say.number(size),), number=True), Cell(lines=(digest,)))
            for path, size, digest in files[:MOST_ROWS]
        ),
    )
    return (table, *_left_out(len(files), say))


def _left_out(number: int, say: Translator) -> tuple[Block, ...]:
    if number <= MOST_ROWS:
        return ()
    return (
        Words(text=say.gettext("and {count} more, listed in assessment.json.", count=number - MOST_ROWS), note=True),
    )
