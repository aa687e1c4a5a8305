"""Bytes that can be read anywhere: a submitted file, a part of it, or a member that was unpacked."""

from __future__ import annotations

import io
import os
import struct
from typing import BinaryIO, Protocol

from proofbox.checks.errors import BadDataError, TooMuchError
from proofbox.checks.text import t

MOST_IN_MEMORY = 256_000_000
"""A member is unpacked into memory up to here."""


class Blob(Protocol):
    """Bytes of a known number."""

    @property
    def size(self) -> int:
        """Number of bytes."""
        ...

    def at(self, place: int, size: int) -> bytes:
        """Return up to ``size`` bytes from ``place`` on; fewer where they end."""
        ...


class Bytes:
    """Bytes in memory."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    @property
    def size(self) -> int:
        """Number of bytes."""
        return len(self._content)

    def at(self, place: int, size: int) -> bytes:
        """Return bytes from ``place`` on."""
        return self._content[place : place + size]


class Part:
    """A part of an open file."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._descriptor = file.fileno()
        self._file = file  # kept open as long as a part of it is in use
        self._start = start
        self.size = size

    def at(self, place: int, size: int) -> bytes:
        """Return bytes from ``place`` on."""
        size = min(size, self.size - place)
        return os.pread(self._descriptor, size, self._start + place) if size > 0 and place >= 0 else b""

    def part(self, start: int, size: int) -> Part:
        """Return a part of this part."""
        return Part(self._file, self._start + start, max(0, min(size, self.size - start)))


def part_of(blob: Blob, start: int, size: int) -> Blob:
    """Return bytes ``start`` to ``start + size`` of a blob, not copied where it is a file's."""
    if isinstance(blob, Part):
        return blob.part(start, size)
    return Bytes(blob.at(start, size))


def exactly(blob: Blob, place: int, size: int) -> bytes:
    """Return exactly ``size`` bytes.

    Raises
    ------
    BadDataError
        There are fewer, or more than are held in memory.
    """
    if size > MOST_IN_MEMORY:
        raise TooMuchError(
            t("one part has {size} bytes, more than the {most} that are held in memory", size=size, most=MOST_IN_MEMORY)
        )
    found = blob.at(place, size)
    if len(found) != size:
        raise BadDataError(t("it breaks off"))
    return found


def number(blob: Blob, place: int, form: str) -> int:
    """Return one number; ``form`` is a letter of :mod:`struct`, little-endian. Raises as :func:`exactly`."""
    packed = struct.Struct(f"<{form}")
    return int(packed.unpack(exactly(blob, place, packed.size))[0])


class Stream(io.RawIOBase):
    """A blob as a stream."""

    def __init__(self, blob: Blob) -> None:
        self._blob = blob
        self._place = 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """Fill the buffer as far as there are bytes."""
        data = self._blob.at(self._place, len(buffer))
        buffer[: len(data)] = data
        self._place += len(data)
        return len(data)


def stream_of(blob: Blob) -> io.BufferedReader:
    """Return a buffered stream over a blob from its beginning."""
    return io.BufferedReader(Stream(blob), 1 << 16)
