"""Which blocks that a document must have are there, and whether each says something of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import Field

from proofbox.checks.artefacts.files import read_submitted
from proofbox.checks.documents.document import decoded
from proofbox.checks.documents.sections import dated, read_sections, words_said
from proofbox.checks.errors import BadDataError
from proofbox.checks.params import CheckParams
from proofbox.checks.result import Json, Measurement
from proofbox.checks.subject import Subject
from proofbox.checks.text import Text, t

MOST_BYTES = 2_000_000

Wanted = Mapping[str, tuple[str, ...]]
"""Block -> plain words, one of which a heading holds; the block whose word comes first in the heading counts."""


class BlockParams(CheckParams):
    """What a check of a document's blocks can be told."""

    min_words: int = Field(default=10, ge=1, le=1000)
    """Words of its own that a block needs in order to say something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """What became of the blocks that a document must have."""

    wanted: tuple[str, ...]
    words: Mapping[str, int]
    """Block that is there -> the words of its own."""
    empty: tuple[str, ...]
    """Blocks that are there and say nothing: too few words, or those of another block."""
    repeated: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The blocks that no heading names."""
        return tuple(name for name in self.wanted if name not in self.words)

    @property
    def filled(self) -> float:
        """The share of blocks that are there and say something, in [0, 1]."""
        return (len(self.words) - len(self.empty)) / len(self.wanted)

    def detail(self) -> dict[str, Json]:
        """Return what a reader needs to mend the document."""
        return {
            "missing": [*self.missing],
            "say_nothing": [*self.empty],
            "repeat_another": [*self.repeated],
            "words": dict(self.words),
        }


def blocks_of(text: str, wanted: Wanted, min_words: int) -> Blocks:
    """Return what a document in Markdown or plain text says under its headings, in English or Vietnamese."""
    said = {name: words_said(body) for name, body in read_sections(text, wanted).items()}
    repeated = {name for name in said if said[name] in [said[other] for other in said if other != name]}
    return Blocks(
        wanted=tuple(wanted),
        words={name: len(words) for name, words in said.items()},
        empty=tuple(name for name in wanted if name in said and (len(said[name]) < min_words or name in repeated)),
        repeated=tuple(sorted(repeated)),
    )


def text_of(subject: Subject, key: str) -> str | Text:
    """Return the text of the document ``documents.<key>``, or why there is none; its faults are values, not errors."""
    path = subject.documents.get(key)
    if path is None:
        return t("the submission names no such document (documents.{key})", key=key)
    try:
        return decoded(read_submitted(subject.root, path, MOST_BYTES), path, MOST_BYTES)
    except BadDataError as err:
        return t("the document cannot be read: {why}", why=str(err))


def measured_blocks(found: str | Text, wanted: Wanted, min_words: int, names: tuple[str, str]) -> list[Measurement]:
    """Return the share of blocks that are filled, and the number of those that say nothing.

    Parameters
    ----------
    found
        The document's text, or why there is none: then nothing is filled.
    names
        What the two measures are called.
    """
    blocks = blocks_of(found if isinstance(found, str) else "", wanted, min_words)
    detail = {**blocks.detail(), "dated": isinstance(found, str) and dated(found)}
    if isinstance(found, Text):
        detail["problem"] = found.to_json()  # type: ignore[assignment]
    size = len(wanted)
    nothing: dict[str, Json] = {"say_nothing": [*blocks.empty]}
    return [
        Measurement(measure=names[0], value=blocks.filled, sample_size=size, detail=detail),
        Measurement(measure=names[1], value=float(len(blocks.empty)), sample_size=size, detail=nothing),
    ]
