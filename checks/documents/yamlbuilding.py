"""Plain data with positions from what a YAML parser sees one after the other, refused as early as possible."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import NoReturn

from proofbox.checks.documents.document import Data, Document, Path, Scalar, path_text, unprintable
from proofbox.checks.documents.problem import refuse

MAX_DEPTH = 40
MAX_NODES = 20_000
MAX_NUMBER_CHARACTERS = 40

# YAML 1.2.2, section 10.3.2 (core schema).
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read yet."""

    path: Path
    value: list[Data] | dict[str, Data]
    key: str | None = None
    key_place: tuple[int, int] = (1, 1)


@dataclass(slots=True)
class Builder:
    """Takes scalars, beginnings and ends; a place is line and column, from 1.

    Each method raises ``RefusedError`` where the document holds what is not let in.
    """

    name: str
    root: Data = None
    stack: list[_Open] = field(default_factory=list)
    positions: dict[Path, tuple[int, int]] = field(default_factory=dict)
    texts: dict[Path, str] = field(default_factory=dict)

    def document(self) -> Document:
        """Return what was built."""
        return Document(name=self.name, data=self.root, positions=self.positions, texts=self.texts)

    def scalar(self, text: str, place: tuple[int, int], *, plain: bool) -> None:
        """Take a scalar; a ``plain`` one stands without quotes, and may be a number."""
        if odd := unprintable(text, "\n\t"):
            self.no(place, f"the character {odd}", "printable text", "delete the character")
        value = self._resolved(text, place) if plain else text
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self._key(top, value, text, place)
            return
        path = self._add(value, place)
        if plain:
            self.texts[path] = text

    def close(self) -> None:
        """End the list or mapping that was begun last."""
        self.stack.pop()

    def _key(self, top: _Open, key: Data, text: str, place: tuple[int, int]) -> None:
        if not isinstance(key, str):
            self.no(place, f"the key {text or 'null'}", "a key that is text", f"write it in quotes: '{text}'")
        if key == "<<":
            self.no(place, "a merge key '<<'", "no merge keys", "write the keys out")
        if key in top.value:
            first = self.positions[(*top.path, key)][0]
            self.no(place, f"the key '{key}' a second time", "each key once", f"the first stands in line {first}")
        top.key, top.key_place = key, place

    def open(self, value: list[Data] | dict[str, Data], place: tuple[int, int]) -> None:
        """Begin a list or mapping, which is still empty."""
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self.no(place, "a list or mapping as a key", "a key that is text", "is a quote missing around '{' or '['?")
        if len(self.stack) >= MAX_DEPTH:
            self.no(place, f"more than {MAX_DEPTH} levels", f"at most {MAX_DEPTH} levels", "nest less deeply")
        self.stack.append(_Open(self._add(value, place), value))

    def _add(self, value: Data, place: tuple[int, int]) -> Path:
        if len(self.positions) >= MAX_NODES:
            self.no(place, f"more than {MAX_NODES} values", f"at most {MAX_NODES} values", "split the file")
        path: Path = ()
        if not self.stack:
            self.root = value
        else:
            top = self.stack[-1]
            if isinstance(top.value, dict):
                assert top.key is not None
                path, place = (*top.path, top.key), top.key_place
                top.value[top.key], top.key = value, None
            else:
                path = (*top.path, len(top.value))
                top.value.append(value)
        self.positions[path] = place
        return path

    def _resolved(self, text: str, place: tuple[int, int]) -> Scalar:
        if text in _NULL:
            return None
        if text in _BOOL:
            return _BOOL[text]
        is_int = _INT.fullmatch(text)
        if not is_int and not _FLOAT.fullmatch(text):
            if _NOT_FINITE.fullmatch(text):
                self.no(place, text, "a finite number", "quote it if it is text")
            return text
        if len(text) > MAX_NUMBER_CHARACTERS:
            self.no(place, "a number of that length", f"at most {MAX_NUMBER_CHARACTERS} characters", "quote text")
        if is_int:
            return int(text, {"0x": 16, "0o": 8}.get(text[:2], 10))
        number = float(text)
        if not math.isfinite(number):
            self.no(place, text, "a finite number", "quote it if it is text")
        return number

    def no(self, place: tuple[int, int], got: str, expected: str, hint: str = "") -> NoReturn:
        """Refuse the document, with what it is about."""
        path = (*self.stack[-1].path, self.stack[-1].key) if self.stack and self.stack[-1].key else ()
        where = path_text(path or (self.stack[-1].path if self.stack else ()))
        refuse(self.name, place, got, expected, hint, where)
