"""The inner end of the wire: whole frames in and out, with read(2) and write(2) alone (send(2) is a denied call).

The layout is that of ``proofbox/sandbox/wire.py``; a test holds the two together.
"""

from __future__ import annotations

import os
import select
import struct
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

HEADER = struct.Struct("<4sBBHQQQ")
"""magic, type, dtype, columns, nonce, rows, body length: 32 bytes."""
MAGIC = b"PBX1"
PLACE = struct.Struct("<QQQ")
"""Body of a request whose rows lie in the shared memory: offset and length in bytes, and the number of columns."""
CONFIGURE, PREDICT, PREDICT_SHARED, PREDICT_MATRIX, COLUMNS = 1, 2, 3, 4, 5
HELLO, ANSWER, REFUSED, WALLS = 16, 17, 18, 19
TABLE, BATCH, WORDS, PIECE, DONE = 32, 33, 34, 35, 36
FLOAT64, INT64, TEXT = 1, 2, 3
MAX_MESSAGE_CHARACTERS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One request of the harness."""

    kind: int
    rows: int
    nonce: int
    body: bytearray


class Channel:
    """The inherited socket, or a pair of descriptors for the two directions."""

    def __init__(self, reader: int, writer: int) -> None:
        self._reader = reader
        self._writer = writer
        self._nonce = 0

    def receive(self) -> Frame | None:
        """Return the next request; None when the harness has closed the wire."""
        header = self._read(HEADER.size)
        if header is None:
            return None
        magic, kind, _, _, nonce, rows, length = HEADER.unpack(header)
        body = self._read(length)
        if magic != MAGIC or body is None:
            return None
        self._nonce = nonce
        return Frame(kind=kind, rows=rows, nonce=nonce, body=body)

    def answer(self, dtype: int, values: Any) -> None:  # noqa: ANN401 an array; numpy is not imported here
        """Send the values of an answer, shape (rows, columns), little-endian and C-contiguous."""
        rows, columns = values.shape
        view = memoryview(values).cast("B")
        self._write(HEADER.pack(MAGIC, ANSWER, dtype, columns, self._nonce, rows, view.nbytes))
        self._write(view)

    def frame(self, kind: int, dtype: int, columns: int, rows: int, parts: Sequence[memoryview] = ()) -> None:
        """Send one frame whose body is ``parts``, one after the other."""
        views = [part.cast("B") if part.nbytes else memoryview(b"") for part in parts]
        length = sum(view.nbytes for view in views)
        self._write(HEADER.pack(MAGIC, kind, dtype, columns, self._nonce, rows, length))
        for view in views:
            self._write(view)

    def texts(self, kind: int, lists: Iterable[Iterable[str]]) -> None:
        """Send lists of texts: each list as a count, each text as a length and UTF-8 (32-bit little-endian)."""
        body = bytearray()
        for texts in lists:
            encoded = [text.encode("utf-8", "replace") for text in texts]
            body += struct.pack("<I", len(encoded))
            for text in encoded:
                body += struct.pack("<I", len(text)) + text
        self._write(HEADER.pack(MAGIC, kind, TEXT, 0, self._nonce, 0, len(body)) + body)

    def refuse(self, kind: str, message: str) -> None:
        """Send an error: its kind and what happened, as printable text of bounded length."""
        clean = "".join(" " if unicodedata.category(c).startswith("C") else c for c in message[:4000])
        self.texts(REFUSED, [[kind, " ".join(clean.split())[:MAX_MESSAGE_CHARACTERS]]])

    def _read(self, length: int) -> bytearray | None:
        buffer = bytearray(length)
        view, filled = memoryview(buffer), 0
        while filled < length:
            try:
                got = os.readv(self._reader, [view[filled:]])
            except BlockingIOError:  # gVisor hands on the state of the socket's other holders
                _await(self._reader, select.POLLIN)
                continue
            if got == 0:
                return None
            filled += got
        return buffer

    def _write(self, payload: bytes | bytearray | memoryview) -> None:
        view = memoryview(payload).cast("B")
        while view:
            try:
                view = view[os.write(self._writer, view) :]
            except BlockingIOError:
                _await(self._writer, select.POLLOUT)


def _await(descriptor: int, event: int) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    poll.poll()
