"""Walk over the fields of a protocol buffers message without its schema; bounded by the message's own bytes.

Source of the layout: protobuf.dev, "Encoding".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from proofbox.checks.artefacts.blobs import Blob, exactly, part_of
from proofbox.checks.artefacts.budget import Budget
from proofbox.checks.errors import BadDataError, TooMuchError
from proofbox.checks.text import t

MOST_TEXT_BYTES = 1_000_000


class Message:
    """One message: a part of a file. Fields are read anew on each walk, and nothing is copied but what is asked for."""

    def __init__(self, blob: Blob, budget: Budget) -> None:
        self._blob = blob
        self._budget = budget

    @property
    def size(self) -> int:
        """Number of bytes."""
        return self._blob.size

    def fields(self) -> Iterator[tuple[int, int | Blob]]:
        """Yield (number, value): a whole number, or the bytes of a text, message or packed list.

        Of a run of numbers in one field, and of short texts that repeat, only some are yielded: the trees of a forest
        are written as millions of them, and nobody here asks for all.

        Raises
        ------
        BadDataError
            It breaks off, or uses a wire type that no reader of today knows.
        """
        place, runs = 0, _Runs(self._blob)
        while place < self._blob.size:
            self._budget.item()
            start = place
            key, place = self._varint(place)
            kind = key & 7
            if kind == 0:
                value, place = self._varint(place)
                yield key >> 3, value
                place = runs.after_numbers(start, place)
            elif kind in (1, 5):
                size = 8 if kind == 1 else 4
                yield key >> 3, int.from_bytes(exactly(self._blob, place, size), "little")
                place = runs.after_numbers(start, place + size)
            elif kind == 2:
                length, place = self._varint(place)
                if length > self._blob.size - place:
                    raise BadDataError(t("a field is longer than what holds it"))
                yield key >> 3, part_of(self._blob, place, length)
                place = runs.after_texts(start, place + length)
            else:
                raise BadDataError(t("a field is of a wire type that is not known"))

    def messages(self, number: int) -> Iterator[Message]:
        """Yield the fields of that number as messages."""
        for found, value in self.fields():
            if found == number and not isinstance(value, int):
                yield Message(value, self._budget)

    def parts(self, numbers: frozenset[int]) -> Iterator[tuple[int, Message]]:
        """Yield (number, message) of the fields of these numbers, in one walk."""
        for found, value in self.fields():
            if found in numbers and not isinstance(value, int):
                yield found, Message(value, self._budget)

    def texts(self, number: int) -> list[str]:
        """Return the fields of that number as texts."""
        return [text_of(value) for found, value in self.fields() if found == number and not isinstance(value, int)]

    def text(self, number: int) -> str:
        """Return the last text of that number, as readers do; empty where there is none."""
        return (self.texts(number) or [""])[-1]

    def whole(self, number: int) -> int | None:
        """Return the last whole number of that field."""
        found = [value for field, value in self.fields() if field == number and isinstance(value, int)]
        return found[-1] if found else None

    def content(self, number: int) -> bytes:
        """Return the first bytes of the last field of that number."""
        found = [value for field, value in self.fields() if field == number and not isinstance(value, int)]
        return found[-1].at(0, MOST_TEXT_BYTES) if found else b""

    def _varint(self, place: int) -> tuple[int, int]:
        value = 0
        for index, byte in enumerate(self._blob.at(place, 10)):
            value |= (byte & 0x7F) << 7 * index
            if not byte & 0x80:
                return value & 0xFFFFFFFFFFFFFFFF, place + index + 1
        raise BadDataError(t("a number breaks off"))


class _Runs:
    """Where runs of like fields end, found by an expression; the last number of a run is left to be read."""

    def __init__(self, blob: Blob) -> None:
        self._blob = blob
        self._texts: dict[bytes, None] = {}
        self._known: re.Pattern[bytes] | None = None

    def after_numbers(self, start: int, place: int) -> int:
        """Return where to go on after a number whose field stands at ``start`` and ends at ``place``."""
        key = self._blob.at(start, 1)
        if key[0] > 0x7F or self._blob.at(place, 1) != key:
            return place
        window = self._blob.at(place, _WINDOW_BYTES)
        match = _NUMBERS[key[0] & 7][key[0]].match(window)
        if match is None:
            return place
        last = match.end() - 1
        if key[0] & 7:
            return place + last - (8 if key[0] & 7 == 1 else 4)
        while window[last - 1] > 0x7F:  # back over the bytes of the last number; its key has no such bit
            last -= 1
        return place + last - 1

    def after_texts(self, start: int, place: int) -> int:
        """Return where to go on after a text."""
        if place - start > _SHORT_BYTES or self._blob.at(place, 1) != self._blob.at(start, 1):
            return place
        field = self._blob.at(start, place - start)
        if field not in self._texts:
            if len(self._texts) == _MOST_TEXTS:
                return place
            self._texts[field] = None
            self._known = re.compile(b"(?:" + b"|".join(map(re.escape, self._texts)) + b")*")
        assert self._known is not None
        match = self._known.match(self._blob.at(place, _WINDOW_BYTES))
        return place + match.end() if match else place


_WINDOW_BYTES = 1 << 20
_SHORT_BYTES = 64
_MOST_TEXTS = 8
_NUMBERS = {
    kind: {
        # Possessive: a run is taken whole or not at all, in one pass over its bytes.
        key: re.compile(b"(?:" + re.escape(bytes([key])) + body + b")++", re.DOTALL)
        for key in range(kind, 128, 8)
    }
    for kind, body in ((0, rb"[\x80-\xff]{0,9}+[\x00-\x7f]"), (1, b".{8}"), (5, b".{4}"))
}
"""Wire type -> key -> a run of fields of that key."""


def text_of(value: Blob) -> str:
    """Return bytes as text; raises BadDataError where they are longer than is read."""
    if value.size > MOST_TEXT_BYTES:
        raise TooMuchError(t("a text is longer than is read"))
    return value.at(0, value.size).decode("utf-8", "replace")
