"""Make every text of a paper one that each writer can show: nothing hidden, nothing that XML forbids, one line."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from typing import TypeVar, cast

from proofbox.reports.papers.paper import Picture
from proofbox.reports.visible import visible

Part = TypeVar("Part")

_NONCHARACTER = re.compile("[\ufdd0-\ufdef]|[\ufffe\uffff]")
"""Of the basic plane; XML refuses the last two, and the record may hold any of them."""


def clean(text: str) -> str:
    """Return one text: composed letters, no line ends, hidden characters and noncharacters written as escapes."""
    one_line = " ".join(unicodedata.normalize("NFC", text).splitlines())
    return _NONCHARACTER.sub(lambda found: f"\\u{ord(found[0]):04x}", visible(one_line))


def cleaned(part: Part) -> Part:
    """Return a paper, or any part of one, with every text clean; a picture's own markup stays as it is."""
    return cast("Part", _cleaned(part))


def _cleaned(part: object) -> object:
    if isinstance(part, str):
        return clean(part)
    if isinstance(part, tuple):
        return tuple(map(_cleaned, part))
    if isinstance(part, Picture):
        return dataclasses.replace(part, alt=clean(part.alt), title=clean(part.title))
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        return dataclasses.replace(
            part, **{one.name: _cleaned(getattr(part, one.name)) for one in dataclasses.fields(part)}
        )
    return part
