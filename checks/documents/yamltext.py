"""The one door to the YAML reader: bytes that a person wrote become plain data with positions, or a refusal.

Only what two readers cannot understand differently is let in. Anchors, tags, merge keys and duplicate keys are
refused; scalars follow the YAML 1.2 core schema, so that ``NO`` (Norway) stays text and ``1e3`` is a number.
The data are built from the parser's events and not by its constructors: nothing of the file ever names a class.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from proofbox.checks.documents.document import Document, decoded
from proofbox.checks.documents.problem import refuse
from proofbox.checks.documents.yamlbuilding import Builder

if TYPE_CHECKING:
    from ruamel.yaml.events import DocumentStartEvent, Event

MAX_BYTES = 1 << 20


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
    return _Reader(name).read(decoded(raw, name, most_bytes))


class _Reader:
    """One document being read."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.builder = Builder(name)
        self.documents = 0

    def read(self, text: str) -> Document:
        for event in self._events(text):
            self._take(event)
        return self.builder.document()

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
        return max(self.builder.positions.values(), default=(1, 1))

    def _take(self, event: Event) -> None:
        from ruamel.yaml import events

        place = (event.start_mark.line + 1, event.start_mark.column + 1) if event.start_mark else (1, 1)
        if isinstance(event, events.NodeEvent) and event.anchor is not None:
            what = "an alias" if isinstance(event, events.AliasEvent) else "an anchor"
            self.builder.no(place, f"{what} '{event.anchor}'", "no anchors or aliases", "write the value out")
        if isinstance(event, events.ScalarEvent | events.CollectionStartEvent) and event.tag is not None:
            self.builder.no(place, f"the tag '{event.tag}'", "no tags", "leave the tag out")
        if isinstance(event, events.DocumentStartEvent):
            self._start(event, place)
        elif isinstance(event, events.ScalarEvent):
            self.builder.scalar(str(event.value), place, plain=not event.style)
        elif isinstance(event, events.CollectionStartEvent):
            self.builder.open([] if isinstance(event, events.SequenceStartEvent) else {}, place)
        elif isinstance(event, events.CollectionEndEvent):
            self.builder.close()

    def _start(self, event: DocumentStartEvent, place: tuple[int, int]) -> None:
        self.documents += 1
        if self.documents > 1:
            self.builder.no(place, "a second document", "one document in the file", "remove the '---' and what follows")
        if event.tags or (event.version is not None and tuple(event.version) != (1, 2)):
            self.builder.no(place, "a directive", "YAML 1.2 without directives", "remove the line that begins with '%'")
