"""The pieces that the printed report is made of: cells, tables, places and pictures, in few words."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from proofbox.reports import vocabulary
from proofbox.reports.papers.paper import Cell, Column, Picture, Place, Places, Table, Tone

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.reports.figures import Chart
    from proofbox.reports.i18n import Translator

TONES: Mapping[str, Tone] = {
    "pass": "good",
    "fail": "bad",
    "error": "bad",
    "inconclusive": "open",
    "not-run": "open",
    "conforms": "good",
    "does-not-conform": "bad",
    "undetermined": "open",
}
"""Verdict or conclusion -> its colour; others are plain."""

DATA = "data:image/svg+xml;base64,"


def text(*lines: str, tone: Tone = "plain") -> Cell:
    """Return a cell of words; lines without any are left out."""
    return Cell(lines=tuple(line for line in lines if line), tone=tone)


def figure(shown: str) -> Cell:
    """Return a cell with a number in it."""
    return Cell(lines=(shown,), number=True)


def table(caption: str, columns: Sequence[tuple[str, int]], rows: Iterable[tuple[Cell, ...]]) -> Table:
    """Return a table of (title, width) columns."""
    heads = tuple(Column(title=title, width=width) for title, width in columns)
    return Table(caption=caption, columns=heads, rows=tuple(rows))


def places(pairs: Iterable[tuple[str, str]]) -> Places:
    """Return labelled texts; those without any text are left out."""
    found = tuple(Place(id="", label=label, cell=text(said)) for label, said in pairs if said)
    return Places(places=found)


def picture(chart: Chart) -> Picture:
    """Return the report's own picture, as it stands in the page."""
    return Picture(svg=base64.b64decode(chart.uri.removeprefix(DATA)).decode(), alt=chart.alt, title=chart.title)


def badge(verdict: str, say: Translator) -> str:
    """Return a verdict as its sign and its word."""
    return f"{vocabulary.SYMBOLS.get(verdict, '·')} {vocabulary.word(say, vocabulary.VERDICTS, verdict)}"


def leaves(value: Mapping[str, Json], say: Translator, under: str = "") -> Iterator[tuple[str, str]]:
    """Yield each leaf of a tree of the record with its path in words; what holds nothing is left out."""
    for key, inner in value.items():
        name = vocabulary.word(say, vocabulary.FIELDS, key)
        path = f"{under} · {name}" if under else say.heading(name)
        if isinstance(inner, Mapping) and inner:
            yield from leaves(inner, say, path)
        elif key in vocabulary.WORDED and isinstance(inner, str):
            yield path, vocabulary.word(say, vocabulary.VALUES, inner)
        elif inner not in (None, [], {}, ""):
            yield path, scalar(inner, say)


def scalar(value: Json, say: Translator) -> str:
    """Return a value of the record as it stands."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key}: {scalar(inner, say)}" for key, inner in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(scalar(inner, say) for inner in value)
    return say.number(value) if isinstance(value, int) and not isinstance(value, bool) else say.scalar(value)
