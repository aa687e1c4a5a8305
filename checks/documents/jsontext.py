"""JSON that a stranger wrote, read with positions and within limits, or refused.

The standard library's reader has no positions, goes as deep as the bytes say until the stack ends, and takes the last
of two equal keys. Here containers are walked without recursion and only single values are left to the library.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NoReturn

from proofbox.checks.documents.document import Data, Document, Path, Scalar, decoded, path_text, unprintable
from proofbox.checks.documents.problem import refuse

MAX_BYTES = 5_000_000
MAX_DEPTH = 64
MAX_NODES = 100_000
MAX_NUMBER_CHARACTERS = 40

_BLANKS = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?", re.ASCII)
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_WORD = re.compile(r"[A-Za-z]+|.", re.DOTALL)
_STRINGS = json.JSONDecoder()


def read_json(raw: bytes, name: str, most_bytes: int = MAX_BYTES) -> Document:
    """Read one JSON document (RFC 8259).

    Parameters
    ----------
    raw
        The file's bytes.
    name
        What messages call the file.
    most_bytes
        More are refused unread.

    Raises
    ------
    RefusedError
        The bytes are not one JSON document in UTF-8, have a key twice in one object, or go beyond a limit; the problem
        carries line and column.
    """
    return _Reader(name, decoded(raw, name, most_bytes)).read()


@dataclass(slots=True)
class _Open:
    """A list or object whose end has not been read yet."""

    path: Path
    value: list[Data] | dict[str, Data]

    @property
    def end(self) -> str:
        return "}" if isinstance(self.value, dict) else "]"


@dataclass(slots=True)
class _Reader:
    """Reads a text from its beginning to its end, keeping what is open on a stack of its own."""

    name: str
    text: str
    at: int = 0
    root: Data = None
    stack: list[_Open] = field(default_factory=list)
    positions: dict[Path, tuple[int, int]] = field(default_factory=dict)
    lines: list[int] = field(init=False)
    """Where each line begins."""

    def __post_init__(self) -> None:
        self.lines = [0, *(found.end() for found in re.finditer("\n", self.text))]

    def read(self) -> Document:
        self._skip()
        self._value((), self.at)
        while self.stack:
            self._step(self.stack[-1])
        self._skip()
        if self.at < len(self.text):
            self._no(f"more text after the end: {self._here()}", "one JSON document")
        return Document(name=self.name, data=self.root, positions=self.positions, texts={})

    def _step(self, top: _Open) -> None:
        """Read on in the innermost container: its end, or its next value."""
        self._skip()
        if self.text.startswith(top.end, self.at):
            self.at += 1
            self.stack.pop()
            return
        if top.value:
            self._take(",", f"',' or '{top.end}'")
        start = self.at
        path: Path = (*top.path, len(top.value)) if isinstance(top.value, list) else (*top.path, self._key(top.value))
        self._value(path, self.at if isinstance(top.value, list) else start)

    def _key(self, known: dict[str, Data]) -> str:
        start = self.at
        if not self.text.startswith('"', start):
            self._no(self._here(), "a key in double quotes")
        key = self._string()
        if key in known:
            self._no(f"the key '{key[:60]}' a second time", "each key once", start)
        self._skip()
        self._take(":", "':' after the key")
        return key

    def _value(self, path: Path, place: int) -> None:
        if len(self.positions) >= MAX_NODES:
            self._no(f"more than {MAX_NODES} values", f"at most {MAX_NODES} values")
        self.positions[path] = self._place(place)
        opened: list[Data] | dict[str, Data] | None = None
        if self.text.startswith(("{", "["), self.at):
            if len(self.stack) >= MAX_DEPTH:
                self._no(f"more than {MAX_DEPTH} levels", f"at most {MAX_DEPTH} levels")
            opened = {} if self.text[self.at] == "{" else []
            self.at += 1
        value: Data = self._scalar() if opened is None else opened
        if not self.stack:
            self.root = value
        elif isinstance(self.stack[-1].value, dict):
            self.stack[-1].value[str(path[-1])] = value
        else:
            self.stack[-1].value.append(value)
        if opened is not None:
            self.stack.append(_Open(path, opened))

    def _scalar(self) -> Scalar:
        if self.text.startswith('"', self.at):
            return self._string()
        if number := _NUMBER.match(self.text, self.at):
            return self._number(number[0])
        word = _WORD.match(self.text, self.at)
        if word is None or word[0] not in _WORDS:
            self._no(self._here(), "a JSON value")
        self.at = word.end()
        return _WORDS[word[0]]

    def _string(self) -> str:
        start = self.at
        try:
            text, self.at = _STRINGS.raw_decode(self.text, start)
        except json.JSONDecodeError as err:
            self._no(f"broken text ({err.msg.lower()})", "text in double quotes", min(err.pos, len(self.text)))
        if odd := unprintable(text, "\n\t\r"):
            self._no(f"the character {odd}", "printable text", start)
        return str(text)

    def _number(self, text: str) -> int | float:
        if len(text) > MAX_NUMBER_CHARACTERS:
            self._no("a number of that length", f"at most {MAX_NUMBER_CHARACTERS} characters")
        number = float(text) if set(text) & set(".eE") else int(text)
        if not math.isfinite(number):
            self._no(text, "a finite number")
        self.at += len(text)
        return number

    def _skip(self) -> None:
        blanks = _BLANKS.match(self.text, self.at)
        self.at = blanks.end() if blanks else self.at

    def _take(self, sign: str, expected: str) -> None:
        if not self.text.startswith(sign, self.at):
            self._no(self._here(), expected)
        self.at += 1
        self._skip()

    def _here(self) -> str:
        word = _WORD.match(self.text, self.at)
        return f"'{word[0][:20]}'" if word else "the end of the file"

    def _place(self, at: int) -> tuple[int, int]:
        line = bisect_right(self.lines, at)
        return line, at - self.lines[line - 1] + 1

    def _no(self, got: str, expected: str, at: int | None = None) -> NoReturn:
        where = path_text(self.stack[-1].path) if self.stack else ""
        refuse(self.name, self._place(self.at if at is None else at), got, expected, where=where)
