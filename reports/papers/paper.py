"""A paper as it is laid out, the same for every writer: sections of places, tables, words and pictures.

Everything in it is text that a reader sees, in one language. What a person must still write is a value of its own and
never an empty text, so that no writer can forget to mark it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["good", "bad", "open", "plain"]
"""How a result is coloured; its word says the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One place of a form."""

    lines: tuple[str, ...] = ()
    """What the evidence says, a paragraph each."""
    sources: tuple[str, ...] = ()
    """Where the lines come from: requirements, measurements, places of the record."""
    named: bool = False
    """Whether the lines name their sources themselves, so that a page need not list them again."""
    to_write: str = ""
    """What a person must write here; empty where nothing is left to write."""
    tone: Tone = "plain"
    number: bool = False
    """Whether it is set flush right, as figures are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place with its label."""

    id: str
    """As JSON names it."""
    label: str
    cell: Cell


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Labelled places, one under the other."""

    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """The head of a column."""

    title: str
    width: int
    """Its share of the table's width, in relation to the others'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; the first cell of each row is the row's head."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A paragraph that is the same for every product."""

    text: str
    note: bool = False
    """Whether it is smaller than the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture with the words that say the same."""

    svg: str
    alt: str
    title: str


Block = Places | Table | Words | Picture


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A section, as the form numbers it."""

    title: str
    basis: str
    """The clauses that ask for it, and how well they are known; empty where none does."""
    blocks: tuple[Block, ...]
    level: Literal[1, 2, 3] = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """What a reader must see first."""

    title: str
    lines: tuple[str, ...]
    tone: Tone


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A whole paper in one language."""

    id: str
    language: str
    title: str
    subtitle: str
    notices: tuple[str, ...]
    """What every page says, in the paper's own language first."""
    marks: tuple[str, ...]
    """Short words beside the title, for example that nothing is signed."""
    banner: Banner
    head: Places
    sections: tuple[Section, ...]
    made: str
    """Moment of the assessment, ISO 8601: the only time that a paper carries."""
    words: PaperWords
    wide: bool = False
    """Whether its pages lie on their side, for a table of many columns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperWords:
    """The few words that every writer adds."""

    source: str
    to_write: str
    page: str
    """With the places ``{page}`` and ``{pages}``."""


def places_left(paper: Paper) -> tuple[int, int]:
    """Return how many places a person must still write, and how many places there are; a row of a table is one."""
    every = [
        cells_of
        for section in paper.sections
        for block in section.blocks
        for cells_of in _rows(block)
        if any(cell.sources or cell.to_write for cell in cells_of)
    ]
    return sum(1 for cells_of in every if any(cell.to_write for cell in cells_of)), len(every)


def _rows(block: Block) -> tuple[tuple[Cell, ...], ...]:
    if isinstance(block, Places):
        return tuple((place.cell,) for place in block.places)
    return block.rows if isinstance(block, Table) else ()
