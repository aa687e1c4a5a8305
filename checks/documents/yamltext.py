"""The one door to the YAML reader: bytes that a person wrote become plain data with positions, or a refusal.

Only what two readers cannot understand differently is let in. Anchors, tags, merge keys and duplicate keys are
refused; scalars follow the YAML 1.2 core schema, so that ``NO`` (Norway) stays text and ``1e3`` is a number.
The data are built from the parser's events and not by its constructors: nothing of the file ever names a class.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from proofbox.checks.documents.document import Data, Document, Path, Scalar, decoded, path_text, unprintable
from proofbox.checks.documents.problem import refuse

if TYPE_CHECKING:
    from ruamel.yaml.events import DocumentStartEvent, Event, ScalarEvent


MAX_BYTES = 1 << 20
MAX_DEPTH = 40
MAX_NODES = 20_000
MAX_NUMBER_CHARACTERS = 40

# YAML 1.2.2, section 10.3.2 (core schema).
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")


def read_yaml(raw: bytes, name: str, most_bytes: int = MAX_BYTES) -> Document:
    """Read one YAML document.

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
        The bytes are not one plain YAML document; the problem carries line and column.
    """
    return _Builder(name).build(decoded(raw, name, most_bytes))


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read yet."""

    path: Path
    value: list[Data] | dict[str, Data]
    key: str | None = None
    key_place: tuple[int, int] = (1, 1)


@dataclass(slots=True)
class _Builder:
    """Turns the parser's events into plain data, refusing as early as possible."""

    name: str
    root: Data = None
    stack: list[_Open] = field(default_factory=list)
    positions: dict[Path, tuple[int, int]] = field(default_factory=dict)
    texts: dict[Path, str] = field(default_factory=dict)
    documents: int = 0

    def build(self, text: str) -> Document:
        for event in self._events(text):
            self._take(event)
        return Document(name=self.name, data=self.root, positions=self.positions, texts=self.texts)

    def _events(self, text: str) -> Iterator[Event]:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError
        from ruamel.yaml.reader import ReaderError

        yaml = YAML(typ="safe", pure=True)
        try:
            yield from yaml.parse(text)
        except ReaderError as err:
            before = text[: int(err.position or 0)]
            place = (before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1)
            refuse(self.name, place, "a control character", "printable text", "delete the character")
        except MarkedYAMLError as err:
            mark = err.problem_mark or err.context_mark
            place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            said = " ".join(str(err.problem or err.context or "broken YAML").split())
            refuse(self.name, place, f"broken YAML ({said})", "valid YAML 1.2", "check indentation, quotes, brackets")
        except (YAMLError, ValueError, TypeError, LookupError, AttributeError, AssertionError, ArithmeticError) as err:
            # The reader has defects of its own on odd input; a stranger's file must not show us a traceback.
            refuse(self.name, self._last_place(), f"broken YAML ({type(err).__name__})", "valid YAML 1.2")

    def _last_place(self) -> tuple[int, int]:
        return max(self.positions.values(), default=(1, 1))

    def _take(self, event: Event) -> None:
        from ruamel.yaml import events

        place = (event.start_mark.line + 1, event.start_mark.column + 1) if event.start_mark else (1, 1)
        if isinstance(event, events.NodeEvent) and event.anchor is not None:
            what = "an alias" if isinstance(event, events.AliasEvent) else "an anchor"
            self._no(place, f"{what} '{event.anchor}'", "no anchors or aliases", "write the value out")
        if isinstance(event, events.ScalarEvent | events.CollectionStartEvent) and event.tag is not None:
            self._no(place, f"the tag '{event.tag}'", "no tags", "leave the tag out")
        if isinstance(event, events.DocumentStartEvent):
            self._start(event, place)
        elif isinstance(event, events.ScalarEvent):
            self._scalar(event, place)
        elif isinstance(event, events.CollectionStartEvent):
            self._open([] if isinstance(event, events.SequenceStartEvent) else {}, place)
        elif isinstance(event, events.CollectionEndEvent):
            self.stack.pop()

    def _start(self, event: DocumentStartEvent, place: tuple[int, int]) -> None:
        self.documents += 1
        if self.documents > 1:
            self._no(place, "a second document", "one document in the file", "remove the '---' and what follows")
        if event.tags or (event.version is not None and tuple(event.version) != (1, 2)):
            self._no(place, "a directive", "YAML 1.2 without directives", "remove the line that begins with '%'")

    def _scalar(self, event: ScalarEvent, place: tuple[int, int]) -> None:
        text = str(event.value)
        if odd := unprintable(text, "\n\t"):
            self._no(place, f"the character {odd}", "printable text", "delete the character")
        plain = event.style is None or event.style == ""
        value = self._resolved(text, place) if plain else text
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self._key(top, value, text, place)
            return
        path = self._add(value, place)
        if plain:
            self.texts[path] = text

    def _key(self, top: _Open, key: Data, text: str, place: tuple[int, int]) -> None:
        if not isinstance(key, str):
            self._no(place, f"the key {text or 'null'}", "a key that is text", f"write it in quotes: '{text}'")
        if key == "<<":
            self._no(place, "a merge key '<<'", "no merge keys", "write the keys out")
        if key in top.value:
            first = self.positions[(*top.path, key)][0]
            self._no(place, f"the key '{key}' a second time", "each key once", f"the first stands in line {first}")
        top.key, top.key_place = key, place

    def _open(self, value: list[Data] | dict[str, Data], place: tuple[int, int]) -> None:
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self._no(place, "a list or mapping as a key", "a key that is text", "is a quote missing around '{' or '['?")
        if len(self.stack) >= MAX_DEPTH:
            self._no(place, f"more than {MAX_DEPTH} levels", f"at most {MAX_DEPTH} levels", "nest less deeply")
        self.stack.append(_Open(self._add(value, place), value))

    def _add(self, value: Data, place: tuple[int, int]) -> Path:
        if len(self.positions) >= MAX_NODES:
            self._no(place, f"more than {MAX_NODES} values", f"at most {MAX_NODES} values", "split the file")
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
                self._no(place, text, "a finite number", "quote it if it is text")
            return text
        if len(text) > MAX_NUMBER_CHARACTERS:
            self._no(place, "a number of that length", f"at most {MAX_NUMBER_CHARACTERS} characters", "quote text")
        if is_int:
            return int(text, {"0x": 16, "0o": 8}.get(text[:2], 10))
        number = float(text)
        if not math.isfinite(number):
            self._no(place, text, "a finite number", "quote it if it is text")
        return number

    def _no(self, place: tuple[int, int], got: str, expected: str, hint: str = "") -> NoReturn:
        path = (*self.stack[-1].path, self.stack[-1].key) if self.stack and self.stack[-1].key else ()
        where = path_text(path or (self.stack[-1].path if self.stack else ()))
        refuse(self.name, place, got, expected, hint, where)
