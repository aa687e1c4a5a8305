"""A paper as JSON: the same places, with ``null`` where a person must still write, and the text that says what."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from proofbox.reports.papers.paper import Block, Cell, Paper, Picture, Places, Section, Table, Words

if TYPE_CHECKING:
    from proofbox.checks.result import Json

SCHEMA = "proofbox/paper/v1"


def json_bytes(paper: Paper) -> bytes:
    """Return a paper as JSON in UTF-8; equal papers give equal bytes."""
    return (json.dumps(paper_data(paper), ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def paper_data(paper: Paper) -> dict[str, Json]:
    """Return a paper as JSON data; ``fields`` holds every labelled place by its id."""
    return {
        "schema": SCHEMA,
        "form": paper.id,
        "language": paper.language,
        "title": paper.title,
        "basis": paper.subtitle,
        "notices": list(paper.notices),
        "about": paper.banner.title,
        "state": list(paper.banner.lines),
        "evidence": dict(_fields(paper.head)),
        "fields": {name: value for section in paper.sections for name, value in _section_fields(section)},
        "sections": [_section(section) for section in paper.sections],
    }


def _section_fields(section: Section) -> Iterator[tuple[str, Json]]:
    for block in section.blocks:
        if isinstance(block, Places):
            yield from _fields(block)


def _fields(places: Places) -> Iterator[tuple[str, Json]]:
    for place in places.places:
        yield place.id, "\n".join(place.cell.lines) or None


def _section(section: Section) -> Json:
    return {"title": section.title, "basis": section.basis, "blocks": [_block(block) for block in section.blocks]}


def _block(block: Block) -> Json:
    match block:
        case Places():
            return {"places": [{"id": one.id, "label": one.label, **_cell(one.cell)} for one in block.places]}
        case Table():
            return {
                "table": block.caption,
                "columns": [one.title for one in block.columns],
                "rows": [[_cell(cell) for cell in row] for row in block.rows],
            }
        case Words():
            return {"text": block.text}
        case Picture():
            return {"picture": block.title, "text": block.alt}


def _cell(cell: Cell) -> dict[str, Json]:
    return {"value": "\n".join(cell.lines) or None, "sources": list(cell.sources), "to_write": cell.to_write or None}
