"""Byte streams with a bound: plain files, and what joblib compressed, never more than agreed."""

from __future__ import annotations

import bz2
import io
import lzma
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, BinaryIO

from proofbox.checks.artefacts import lz4frame
from proofbox.checks.errors import BadDataError, TooMuchError
from proofbox.checks.text import t

if TYPE_CHECKING:
    from typing_extensions import Buffer

MOST_DECOMPRESSED_BYTES = 1_000_000_000
MOST_RATIO = 1100
"""Decompressed to compressed size: zlib packs zeros, of which honest arrays may be full, 1,032 to 1 and no tighter."""

MOST_DICTIONARY_BYTES = 1 << 28
FEW_BYTES = 1 << 24
"""Up to here nobody asks how well it was compressed."""

MOST_AT_ONCE_BYTES = 1 << 28
"""An opcode's argument is read into memory: 256 MiB at most."""

COMPRESSED = (b"\x78", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x5d\x00", b"\x04\x22M\x18")
"""How zlib, gzip, bzip2, xz, lzma and lz4 begin: what joblib's loader goes by."""


class ByteSource:
    """A stream that can be read, stepped over and told the position of, up to a number of bytes."""

    def __init__(self, stream: io.BufferedIOBase | BinaryIO, most_bytes: int) -> None:
        self._stream = stream
        self._most_bytes = most_bytes
        self._position = 0

    def read(self, size: int, /) -> bytes:
        """Return up to ``size`` bytes.

        Raises
        ------
        BadDataError
            One value or the whole is larger than agreed.
        """
        if size > MOST_AT_ONCE_BYTES:
            raise TooMuchError(
                t("one value has {size} bytes, more than the {most} that are read", size=size, most=MOST_AT_ONCE_BYTES)
            )
        return self._counted(self._stream.read(size))

    def readline(self) -> bytes:
        """Return up to and with the next line end; raises as :meth:`read`."""
        return self._counted(self._stream.readline(MOST_AT_ONCE_BYTES))

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._position

    def skip(self, size: int) -> None:
        """Step over bytes; raises as :meth:`read`, and where there are fewer."""
        while size > 0:
            found = len(self.read(min(size, 1 << 20)))
            if not found:
                raise BadDataError(t("it breaks off inside an array"))
            size -= found

    def _counted(self, data: bytes) -> bytes:
        self._position += len(data)
        if self._position > self._most_bytes:
            raise TooMuchError(t("it holds more than the {most} bytes that are read", most=self._most_bytes))
        return data


def most_unpacked(size: int) -> int:
    """Return how many bytes ``size`` compressed ones may become."""
    return min(MOST_DECOMPRESSED_BYTES, max(size * MOST_RATIO, FEW_BYTES))


def decompressed(file: io.BufferedIOBase | BinaryIO, head: bytes) -> io.BufferedIOBase:
    """Return what comes out of a stream that begins with ``head``, one of :data:`COMPRESSED`."""
    if head.startswith(b"BZh"):
        return io.BufferedReader(_Expanded(file, bz2.BZ2Decompressor))
    if head.startswith((b"\xfd7zXZ", b"\x5d\x00")):
        return io.BufferedReader(_Expanded(file, _lzma_decompressor))
    if head.startswith(b"\x04\x22M\x18"):
        return io.BufferedReader(lz4frame.Lz4Frame(file), 1 << 16)
    return io.BufferedReader(_Inflated(file, 31 if head.startswith(b"\x1f\x8b") else 15))


def _lzma_decompressor() -> lzma.LZMADecompressor:
    # A header of 13 bytes may ask for a dictionary of 4 GiB.
    return lzma.LZMADecompressor(memlimit=MOST_DICTIONARY_BYTES)


class _Expanded(io.RawIOBase):
    """One or more bzip2 or lzma streams after each other."""

    def __init__(
        self,
        file: io.BufferedIOBase | BinaryIO,
        make: Callable[[], bz2.BZ2Decompressor | lzma.LZMADecompressor],
    ) -> None:
        self._file = file
        self._make = make
        self._expander = make()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer).cast("B")
        while True:
            given = b""
            if self._expander.eof:
                given = self._expander.unused_data or self._file.read(1 << 16)
                if not given.lstrip(b"\0"):
                    return 0
                self._expander = self._make()
            elif self._expander.needs_input:
                given = self._file.read(1 << 16)
                if not given:
                    raise BadDataError(t("its compressed bytes break off"))
            data = self._expander.decompress(given, len(view))
            if data:
                view[: len(data)] = data
                return len(data)


class _Inflated(io.RawIOBase):
    """One or more zlib or gzip streams after each other, as joblib reads them."""

    def __init__(self, file: io.BufferedIOBase | BinaryIO, window_bits: int) -> None:
        self._file = file
        self._window_bits = window_bits
        self._inflater = zlib.decompressobj(window_bits)
        self._input = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer).cast("B")
        while True:
            if self._inflater.eof:
                self._input = self._inflater.unused_data or self._file.read(1 << 16)
                if not self._input:
                    return 0
                self._inflater = zlib.decompressobj(self._window_bits)
            elif not self._input:
                self._input = self._file.read(1 << 16)
                if not self._input:
                    return 0
            data = self._inflater.decompress(self._input, len(view))
            self._input = self._inflater.unconsumed_tail
            if data:
                view[: len(data)] = data
                return len(data)
