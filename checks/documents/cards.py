"""The cards that describe a model or a system: Markdown with a block of YAML before it, as Hugging Face writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from proofbox.checks.documents.blocks import text_of
from proofbox.checks.documents.document import Document
from proofbox.checks.documents.problem import RefusedError
from proofbox.checks.documents.yamltext import read_yaml
from proofbox.checks.personal.plain import plain
from proofbox.checks.subject import Subject
from proofbox.checks.text import Text, t

_FENCE = "---"
_TITLE = re.compile(r" {0,3}#\s.*\b(?:model card|system card|the mo hinh|the he thong)\b")
"""A title says which card it is and names no block of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One card."""

    path: str
    body: str
    """The text after the YAML block; its lines keep their numbers, those of the block and the title are empty."""
    front: Document | Text | None
    """The YAML block with the positions that it has in the file, why it cannot be read, or None where there is none."""


def read_card(subject: Subject, key: str) -> Card | Text:
    """Read the card under ``documents.<key>``, or say why it cannot be read."""
    text = text_of(subject, key)
    if isinstance(text, Text):
        return text
    path = subject.documents[key]
    lines = text.splitlines()
    end = _end_of_front(lines)
    body = [""] * end + ["" if _TITLE.match(plain(line)) else line for line in lines[end:]]
    return Card(path=path, body="\n".join(body), front=_front("\n".join(lines[: end - 1]), path) if end else None)


def _end_of_front(lines: list[str]) -> int:
    """Return how many lines the YAML block takes with both its fences; 0 where there is none."""
    if not lines or lines[0].rstrip() != _FENCE:
        return 0
    return next((place + 1 for place, line in enumerate(lines) if place and line.rstrip() == _FENCE), 0)


def _front(text: str, path: str) -> Document | Text:
    try:
        # The opening fence is YAML's own sign of a document's beginning, so that lines keep their numbers.
        return read_yaml(text.encode(), path)
    except RefusedError as err:
        return t("the YAML block cannot be read: {why}", why=str(err))
