"""A file as plain data, and where everything in it stands."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from proofbox.checks.documents.problem import Problem, refuse

Path = tuple[str | int, ...]
Scalar = str | int | float | bool | None
Data = Scalar | list["Data"] | dict[str, "Data"]

# Characters that make a line read otherwise than it is (CVE-2021-42574).
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A YAML or JSON file as plain data, and where everything in it stands."""

    name: str
    data: Data
    positions: Mapping[Path, tuple[int, int]]
    texts: Mapping[Path, str]
    """Unquoted scalars of YAML as they were written: ``2026.10`` is a number to YAML and a version to us."""

    def position(self, path: Path) -> tuple[int, int]:
        """Return line and column (1-based) of a key or list item, or of the nearest thing around it that exists."""
        while path and path not in self.positions:
            path = path[:-1]
        return self.positions.get(path, (1, 1))

    def problem(self, path: Path, *, got: str, expected: str, hint: str = "") -> Problem:
        """Return a :class:`Problem` at ``path``."""
        line, column = self.position(path)
        return Problem(
            file=self.name, line=line, column=column, where=path_text(path), got=got, expected=expected, hint=hint
        )


def path_text(path: Path) -> str:
    """Return ``controls[0].id`` for ``("controls", 0, "id")``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def decoded(raw: bytes, name: str, most_bytes: int) -> str:
    """Return the text of a file.

    Raises
    ------
    RefusedError
        It is larger than ``most_bytes``, or not text in UTF-8.
    """
    if len(raw) > most_bytes:
        refuse(name, (1, 1), f"{len(raw)} bytes", f"at most {most_bytes} bytes", "split the file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raw = err.object  # without a byte order mark, as the error counts
        start = raw.rfind(b"\n", 0, err.start) + 1
        column = len(raw[start : err.start].decode("utf-8", "replace")) + 1
        place = (raw.count(b"\n", 0, err.start) + 1, column)
        refuse(name, place, f"the byte 0x{raw[err.start]:02x}", "text in UTF-8", "save the file as UTF-8")


def unprintable(text: str, allowed: str) -> str:
    """Return the first control, surrogate or direction-changing character, as ``U+202E``; empty where there is none."""
    for character in text:
        if (unicodedata.category(character) in {"Cc", "Cs"} and character not in allowed) or character in _BIDI:
            return f"U+{ord(character):04X}"
    return ""
