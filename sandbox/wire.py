"""The harness's end of the wire: 32-byte headers, typed raw answers, one deadline, nothing parsed that is not counted.

Request: header and body: JSON once to configure, then rows, as an Arrow stream in the body or as the place in the
shared memory (:mod:`proofbox.sandbox.rowmemory`) where they lie. Reply: header and either exactly ``rows x columns x
itemsize`` little-endian bytes, or a bounded list of texts. The harness computes how long a reply may be before it reads
one; a length in a header is compared, never obeyed. Replies come in the order of the requests.
"""

from __future__ import annotations

import secrets
import select
import socket
import struct
import time
from dataclasses import dataclass
from typing import Final

from proofbox.sandbox.errors import ModelError

HEADER: Final = struct.Struct("<4sBBHQQQ")
"""magic, type, dtype, columns, nonce, rows, body length: 32 bytes."""
MAGIC: Final = b"PBX1"
PLACE: Final = struct.Struct("<QQQ")
"""Body of a request whose rows lie in the shared memory: offset and length in bytes, and the number of columns."""
CONFIGURE, PREDICT, PREDICT_SHARED, PREDICT_MATRIX, COLUMNS = 1, 2, 3, 4, 5
HELLO, ANSWER, REFUSED, WALLS = 16, 17, 18, 19
TABLE, BATCH, WORDS, PIECE, DONE = 32, 33, 34, 35, 36
FLOAT64, INT64, TEXT = 1, 2, 3
ITEM_BYTES: Final = 8
MAX_TEXT_BYTES: Final = 64 * 1024
MAX_REFUSAL_BYTES: Final = 4 * 1024
SHORT_BYTES: Final = 4 * 1024
"""Bodies up to this are sent in one piece with their header."""
NONCE_BITS: Final = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What an answer must look like; computed by the harness before the request is sent."""

    dtype: int
    rows: int
    columns: tuple[int, ...]
    """The numbers of columns that are allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One frame of the host that passed every check of form."""

    kind: int
    columns: int
    body: bytearray


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The header of one frame of a stream; its body has not been read."""

    kind: int
    dtype: int
    columns: int
    rows: int
    length: int


class Wire:
    """A socketpair's end on which requests are answered one by one, in order.

    Every method raises :class:`ModelError` where the other end does not keep to the protocol: ``garbage`` for wrong
    bytes, ``hang`` for a deadline, ``crash`` for an end of the stream.
    """

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._poll = select.poll()
        self._unanswered = 0

    def request(self, kind: int, body: memoryview, shape: Shape, deadline: float) -> int:
        """Send one request; return its nonce. ``deadline`` is a :func:`time.monotonic` time in seconds.

        While an earlier one is unanswered, ``body`` must be short enough to lie in the socket's buffer: the other end
        may be writing its answer.
        """
        if not self._unanswered:
            self.expect_silence()
        nonce = secrets.randbits(NONCE_BITS)
        header = HEADER.pack(MAGIC, kind, shape.dtype, shape.columns[0], nonce, shape.rows, body.nbytes)
        if body.nbytes <= SHORT_BYTES:
            self._send(memoryview(header + body.cast("B").tobytes()), deadline)
        else:
            self._send(memoryview(header), deadline)
            self._send(body, deadline)
        self._unanswered += 1
        return nonce

    def reply(self, nonce: int, expected: int, shape: Shape, deadline: float) -> Reply:
        """Return the reply to ``nonce``: a frame of type ``expected`` in ``shape``, or a refusal."""
        magic, kind, dtype, columns, echoed, rows, length = HEADER.unpack(self._receive(HEADER.size, deadline))
        if magic != MAGIC:
            raise ModelError("garbage", "the model wrote bytes into the wire that are no frame")
        if echoed != nonce:
            raise ModelError("garbage", "the model answered a request that was not asked")
        if kind == REFUSED:
            _bounded(dtype, length, MAX_REFUSAL_BYTES)
        elif kind != expected:
            raise ModelError("garbage", "the model answered with a frame of the wrong type")
        elif shape.dtype == TEXT:
            _bounded(dtype, length, MAX_TEXT_BYTES)
        else:
            _exact(shape, (dtype, rows, columns, length))
        body = self._receive(length, deadline)
        self._unanswered -= 1
        return Reply(kind=kind, columns=columns, body=body)

    def head(self, nonce: int, deadline: float) -> Head:
        """Return the next header of the stream of frames that answers ``nonce``; the caller bounds its body."""
        magic, kind, dtype, columns, echoed, rows, length = HEADER.unpack(self.receive(HEADER.size, deadline))
        if magic != MAGIC or echoed != nonce:
            raise ModelError("garbage", "the model wrote bytes into the wire that were not asked for")
        return Head(kind=kind, dtype=dtype, columns=columns, rows=rows, length=length)

    def receive(self, length: int, deadline: float) -> bytearray:
        """Return the next ``length`` bytes, a number that the caller has bounded."""
        return self._receive(length, deadline)

    def answered(self) -> None:
        """Say that the stream of frames which answers the oldest request has come to its end."""
        self._unanswered -= 1

    def expect_silence(self) -> None:
        """Refuse bytes that nobody asked for."""
        try:
            early = self._end.recv(1)
        except BlockingIOError:
            return
        except OSError as error:
            raise ModelError("crash", "the model's process has ended") from error
        if early:
            raise ModelError("garbage", "the model wrote into the wire before it was asked")
        raise ModelError("crash", "the model's process has ended")

    def close(self) -> None:
        """Close this end; the host then ends by itself."""
        self._end.close()

    def _send(self, view: memoryview, deadline: float) -> None:
        view = view.cast("B")
        while view:
            try:
                view = view[self._end.send(view) :]
            except BlockingIOError:
                watched = select.POLLOUT if self._unanswered else select.POLLOUT | select.POLLIN
                if self._wait(watched, deadline) & select.POLLIN:
                    self.expect_silence()
            except OSError as error:
                raise ModelError("crash", "the model's process ended while it was given rows") from error

    def _receive(self, length: int, deadline: float) -> bytearray:
        buffer = bytearray(length)
        view = memoryview(buffer)
        while view:
            try:
                got = self._end.recv_into(view)
            except BlockingIOError:
                self._wait(select.POLLIN, deadline)
                continue
            except OSError as error:
                raise ModelError("crash", "the model's process ended before it had answered") from error
            if got == 0:
                raise ModelError("crash", "the model's process ended before it had answered")
            view = view[got:]
        return buffer

    def _wait(self, events: int, deadline: float) -> int:
        left = deadline - time.monotonic()
        self._poll.register(self._end, events)
        found = self._poll.poll(left * 1000) if left > 0 else []
        if not found:
            raise ModelError("hang", "the model did not answer within its deadline")
        return int(found[0][1])


def _bounded(dtype: int, length: int, most: int) -> None:
    if dtype != TEXT or length > most:
        raise ModelError("garbage", f"the model sent a text frame of {length} bytes, at most {most} are read")


def _exact(shape: Shape, got: tuple[int, int, int, int]) -> None:
    dtype, rows, columns, length = got
    if rows != shape.rows or columns not in shape.columns:
        wanted = " or ".join(str(number) for number in shape.columns)
        raise ModelError(
            "garbage", f"the model answered {rows} x {columns} values where {shape.rows} x {wanted} were asked for"
        )
    if dtype != shape.dtype or length != rows * columns * ITEM_BYTES:
        raise ModelError("garbage", "the model's answer is not of the type and length that were asked for")


def read_texts(body: bytes | bytearray, lists: int) -> tuple[tuple[str, ...], ...]:
    """Return exactly ``lists`` lists of texts from a text frame's body.

    Raises
    ------
    ModelError
        ``garbage``: a count or length that does not fit, text that is not UTF-8, or a byte too many.
    """
    found: list[tuple[str, ...]] = []
    place = 0
    try:
        for _ in range(lists):
            count, place = _number(body, place)
            if count * 4 > len(body) - place:
                raise struct.error
            texts = []
            for _ in range(count):
                length, place = _number(body, place)
                if length > len(body) - place:
                    raise struct.error
                texts.append(body[place : place + length].decode("utf-8"))
                place += length
            found.append(tuple(texts))
    except (struct.error, UnicodeDecodeError) as error:
        raise ModelError("garbage", "the model sent a list of texts that cannot be read") from error
    if place != len(body):
        raise ModelError("garbage", "the model sent more bytes than its list of texts holds")
    return tuple(found)


def _number(body: bytes | bytearray, place: int) -> tuple[int, int]:
    return int(struct.unpack_from("<I", body, place)[0]), place + 4


def text_shape() -> Shape:
    """Return the shape of a reply that is a list of texts."""
    return Shape(dtype=TEXT, rows=0, columns=(0,))
