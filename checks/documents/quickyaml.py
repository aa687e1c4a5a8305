"""The same YAML read by libyaml, thirty times quicker: for files of whoever runs Proofbox, and never the last word.

What libyaml reads is taken where no two readers could read it differently. For everything else (a mistake, a tab, a
directive, a block of text with more than a plain beginning) there is no answer here, and the careful reader of
:mod:`proofbox.checks.documents.yamltext` reads the file from the start, and tells what is wrong with it. A stranger's
file is not read here at all: libyaml is written in C (docs/decisions/0016-two-yaml-readers.md).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from proofbox.checks.documents.document import Document
from proofbox.checks.documents.problem import RefusedError
from proofbox.checks.documents.yamlbuilding import Builder

if TYPE_CHECKING:
    from yaml.events import Event

# Line feed, and what is printed; no tab, no other end of line that one version of YAML knows and another does not.
_ODD = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202f-\ud7ff\uf900-\ufefe\U00010000-\U0010ffff]")
_BLOCK = re.compile(r"[|>]-?")
_FIRST_LINE = re.compile(r" +[^ ]")


def read_quickly(text: str, name: str) -> Document | None:
    """Return what the careful reader would return of a document, or None where it has to be asked."""
    if _ODD.search(text):
        return None
    import yaml

    if not yaml.__with_libyaml__:
        return None
    builder, lines = Builder(name), text.split("\n")
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            if not _taken(event, builder, lines):
                return None
    except (yaml.YAMLError, RefusedError):
        return None
    return builder.document()


def _taken(event: Event, builder: Builder, lines: Sequence[str]) -> bool:
    import yaml

    if getattr(event, "anchor", None) is not None or getattr(event, "tag", None) is not None:
        return False
    place = (event.start_mark.line + 1, event.start_mark.column + 1)
    if isinstance(event, yaml.ScalarEvent):
        if event.style in {"|", ">"} and not _plain_block(*place, lines):
            return False
        builder.scalar(event.value, place, plain=not event.style)
    elif isinstance(event, yaml.CollectionStartEvent):
        builder.open([] if isinstance(event, yaml.SequenceStartEvent) else {}, place)
    elif isinstance(event, yaml.CollectionEndEvent):
        builder.close()
    # A document with a beginning or an end of its own may have directives, or be one of several.
    return not getattr(event, "explicit", False)


def _plain_block(line: int, column: int, lines: Sequence[str]) -> bool:
    """Return whether a block of text begins with ``|``, ``|-``, ``>`` or ``>-`` alone and a line that is not blank."""
    begins = _BLOCK.fullmatch(lines[line - 1], column - 1) is not None
    return begins and line < len(lines) and _FIRST_LINE.match(lines[line]) is not None
