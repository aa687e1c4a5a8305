"""Unpack LZ4 frames (as joblib writes them) in pure Python, a block at a time and never more than is asked for.

Source of the layout: ``lz4_Frame_format.md`` and ``lz4_Block_format.md``, version 1.6.x of the LZ4 project.
Checksums are stepped over: a file that fails them is refused by its loader.
"""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, BinaryIO

from proofbox.checks.errors import BadDataError
from proofbox.checks.text import t

if TYPE_CHECKING:
    from typing_extensions import Buffer

MAGIC = b"\x04\x22M\x18"
BLOCK_BYTES = {4: 1 << 16, 5: 1 << 18, 6: 1 << 20, 7: 1 << 22}
"""Code in the frame's header -> most bytes of one block."""
WINDOW_BYTES = 1 << 16


class Lz4Frame(io.RawIOBase):
    """The content of one frame as a stream."""

    def __init__(self, file: io.BufferedIOBase | BinaryIO) -> None:
        self._file = file
        self._ready = memoryview(b"")
        self._window = b""
        self._ended = False
        if self._take(4) != MAGIC:
            raise BadDataError(t("it is no LZ4 frame"))
        flags, sizes = self._take(2)
        if flags >> 6 != 1 or sizes >> 4 & 7 not in BLOCK_BYTES or flags & 1:
            raise BadDataError(t("it is an LZ4 frame of a form that is not read"))
        self._most = BLOCK_BYTES[sizes >> 4 & 7]
        self._linked = not flags & 0x20
        self._after_block = 4 if flags & 0x10 else 0
        self._take((8 if flags & 8 else 0) + 1)  # content size, and the header's checksum

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill the buffer from the block at hand."""
        view = memoryview(buffer).cast("B")
        while not self._ready and not self._ended:
            self._next()
        data = self._ready[: len(view)]
        view[: len(data)] = data
        self._ready = self._ready[len(data) :]
        return len(data)

    def _next(self) -> None:
        (word,) = struct.unpack("<I", self._take(4))
        if word == 0:
            self._ended = True
            return
        size = word & 0x7FFFFFFF
        if size > self._most:
            raise BadDataError(t("a block of its LZ4 frame is larger than the frame says"))
        packed = self._take(size)
        block = packed if word >> 31 else _unpacked(packed, self._window if self._linked else b"", self._most)
        self._take(self._after_block)
        self._window = (self._window + block)[-WINDOW_BYTES:]
        self._ready = memoryview(block)

    def _take(self, size: int) -> bytes:
        found = self._file.read(size)
        if len(found) != size:
            raise BadDataError(t("its LZ4 frame breaks off"))
        return found


def _unpacked(packed: bytes, window: bytes, most: int) -> bytes:
    """Return one block: runs of literals, each followed by a copy of something up to 64 KiB back."""
    out = bytearray(window)
    place = 0
    most += len(window)
    while True:
        token = _byte(packed, place)
        length, place = _length(packed, place + 1, token >> 4)
        if place + length > len(packed) or len(out) + length > most:
            raise BadDataError(t("a block of its LZ4 frame is damaged"))
        out += packed[place : place + length]
        place += length
        if place == len(packed):
            return bytes(out[len(window) :])
        back = _byte(packed, place) | _byte(packed, place + 1) << 8
        length, place = _length(packed, place + 2, token & 15)
        length += 4
        if not 0 < back <= len(out) or len(out) + length > most:
            raise BadDataError(t("a block of its LZ4 frame is damaged"))
        piece = out[-back:] if back >= length else out[-back:] * (length // back + 1)
        out += piece[:length]


def _length(packed: bytes, place: int, nibble: int) -> tuple[int, int]:
    length = nibble
    if nibble == 15:
        while True:
            more = _byte(packed, place)
            place += 1
            length += more
            if more != 255:
                break
    return length, place


def _byte(packed: bytes, place: int) -> int:
    if place >= len(packed):
        raise BadDataError(t("a block of its LZ4 frame breaks off"))
    return packed[place]
