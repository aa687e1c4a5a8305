"""The wire's outer end under mutated replies: the very answer that was sent, or a ModelError in time, and nothing else.

The oracle is stricter than *no crash*: a reply counts exactly where its header is the right one to the bit and each of
its numbers is one that a model may answer.
"""

from __future__ import annotations

import socket
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofbox.sandbox import answers, wire
from proofbox.sandbox.errors import ModelError

SECONDS = 0.15
"""Deadline of a reply; most that is cut short runs into it."""
PATIENCE_SECONDS = 2.0
LABELS = wire.Shape(dtype=wire.INT64, rows=3, columns=(1,))
PROBABILITIES = wire.Shape(dtype=wire.FLOAT64, rows=2, columns=(2,))
SCORES = wire.Shape(dtype=wire.FLOAT64, rows=2, columns=(1, 3))
CLASSES = {"label": 3, "probability": 2, "score": 3}
KINDS = {
    "label": (LABELS, np.array([0, 2, 1], "<i8").tobytes()),
    "probability": (PROBABILITIES, np.array([0.25, 0.75, 1.0, 0.0], "<f8").tobytes()),
    "score": (SCORES, np.array([-3.5, 1e300], "<f8").tobytes()),
}
INTERESTING = (0, 1, 2, 3, 0x7F, 0x80, 0xF0, 0xFF)

FIELDS = ((4, 1), (5, 1), (6, 2), (8, 8), (16, 8), (24, 8))
"""Place and size in bytes of a header's type, dtype, columns, nonce, rows and length."""
NUMBERS = (
    0,
    1,
    2,
    3,
    4,
    8,
    16,
    17,
    18,
    19,
    24,
    25,
    31,
    32,
    33,
    48,
    255,
    4096,
    65535,
    2**31,
    2**32 - 1,
    2**63,
    2**64 - 1,
)

place = st.integers(0, 200)
octet = st.sampled_from(INTERESTING) | st.integers(0, 255)
mutation = st.one_of(
    st.tuples(st.just("field"), st.sampled_from(FIELDS), st.sampled_from(NUMBERS)),
    st.tuples(st.just("set"), place, octet),
    st.tuples(st.just("insert"), place, st.binary(min_size=1, max_size=9)),
    st.tuples(st.just("delete"), place, st.integers(1, 40)),
    st.tuples(st.just("repeat"), place, st.integers(1, 64)),
    st.tuples(st.just("word"), st.sampled_from([0, 4, 5, 6, 8, 16, 24, 32, 40, 48]), st.binary(min_size=8, max_size=8)),
    st.tuples(st.just("add"), st.just(0), st.binary(min_size=1, max_size=80)),
)


def mutated(raw: bytes, changes) -> bytes:
    for kind, where, value in changes:
        if kind == "field":
            start, size = where
            raw = raw[:start] + (value % 256**size).to_bytes(size, "little") + raw[start + size :]
            continue
        at = min(where, len(raw))
        if kind == "set" and at < len(raw):
            raw = raw[:at] + bytes([value]) + raw[at + 1 :]
        elif kind == "insert":
            raw = raw[:at] + value + raw[at:]
        elif kind == "delete":
            raw = raw[:at] + raw[at + value :]
        elif kind == "repeat":
            raw = raw[: at + value] + raw[at : at + value] + raw[at + value :]
        elif kind == "word":
            raw = raw[:at] + value + raw[at + 8 :]
        elif kind == "add":
            raw += value
    return raw


def right(raw: bytes, header: bytes, body: bytes, output: str):
    """Return the values of a reply that must be taken, None where it must be refused."""
    if raw[:32] != header or len(raw) < 32 + len(body):
        return None
    told = raw[32 : 32 + len(body)]
    if output == "label":
        codes = np.frombuffer(told, "<i8")
        return codes if ((codes >= 0) & (codes < CLASSES[output])).all() else None
    values = np.frombuffer(told, "<f8").reshape(KINDS[output][0].rows, -1)
    if not np.isfinite(values).all():
        return None
    if output == "probability":
        inside = (values >= -answers.PROBABILITY_SLACK) & (values <= 1 + answers.PROBABILITY_SLACK)
        if not inside.all() or (abs(values.sum(axis=1) - 1) > answers.SUM_SLACK).any():
            return None
    return values


def sent_in_pieces(theirs: socket.socket, raw: bytes, pieces: int, *, then_close: bool) -> None:
    size = max(1, -(-len(raw) // pieces))
    try:
        for start in range(0, len(raw), size):
            theirs.send(raw[start : start + size])
        if then_close:
            theirs.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # refused by then


def taken(end: wire.Wire, nonce: int, output: str, deadline: float):
    """Return what the harness makes of the reply: values, or the ModelError that it raises."""
    shape = KINDS[output][0]
    try:
        reply = end.reply(nonce, wire.ANSWER, shape, deadline)
        return answers.checked_values(reply, shape, output, CLASSES[output])
    except ModelError as error:
        return error


@settings(max_examples=400, deadline=None)
@given(
    output=st.sampled_from(sorted(KINDS)),
    changes=st.lists(mutation, max_size=4),
    pieces=st.integers(1, 5),
    then_close=st.booleans(),
)
def test_a_mutated_reply_is_the_right_answer_or_a_model_error(output, changes, pieces, then_close):
    shape, body = KINDS[output]
    ours, theirs = socket.socketpair()
    end = wire.Wire(ours)
    try:
        nonce = end.request(wire.PREDICT, memoryview(b"rows"), shape, time.monotonic() + SECONDS)
        columns = shape.columns[0]
        header = wire.HEADER.pack(wire.MAGIC, wire.ANSWER, shape.dtype, columns, nonce, shape.rows, len(body))
        raw = mutated(header + body, changes)
        expected = right(raw, header, body, output)
        sender = threading.Thread(
            target=sent_in_pieces, args=(theirs, raw, pieces), kwargs={"then_close": then_close}, daemon=True
        )
        sender.start()
        # A busy machine may need its time for what is right.
        deadline = time.monotonic() + (SECONDS if expected is None else 20)
        got = taken(end, nonce, output, deadline)
        if expected is None:
            assert isinstance(got, ModelError), "a wrong answer was taken"
        else:
            assert not isinstance(got, ModelError), f"a right answer was refused: {got}"
            np.testing.assert_array_equal(got, expected)
        assert time.monotonic() < deadline + PATIENCE_SECONDS
        sender.join(PATIENCE_SECONDS)
        # What is left over is never taken for the next answer.
        if expected is not None and len(raw) > 32 + len(body):
            with pytest.raises(ModelError):
                end.request(wire.PREDICT, memoryview(b"rows"), shape, time.monotonic() + SECONDS)
    finally:
        end.close()
        theirs.close()


TEXTS = (("no", "yes"), ("numpy 2", "joblib 1"))


@settings(max_examples=300, deadline=None)
@given(changes=st.lists(mutation, min_size=1, max_size=4), refusal=st.booleans())
def test_a_mutated_hello_or_refusal_is_read_whole_or_not_at_all(changes, refusal):
    lists = (("raised", "ValueError: x"),) if refusal else TEXTS
    body = b"".join(
        len(texts).to_bytes(4, "little") + b"".join(len(t.encode()).to_bytes(4, "little") + t.encode() for t in texts)
        for texts in lists
    )
    ours, theirs = socket.socketpair()
    end = wire.Wire(ours)
    try:
        deadline = time.monotonic() + SECONDS
        nonce = end.request(wire.CONFIGURE, memoryview(b"{}"), wire.text_shape(), deadline)
        kind = wire.REFUSED if refusal else wire.HELLO
        raw = mutated(wire.HEADER.pack(wire.MAGIC, kind, wire.TEXT, 0, nonce, 0, len(body)) + body, changes)
        sent_in_pieces(theirs, raw, 1, then_close=True)
        try:
            reply = end.reply(nonce, wire.HELLO, wire.text_shape(), deadline)
            if reply.kind == wire.REFUSED:
                told = answers.refusal(reply.body)
                assert told.what.isprintable()
                assert len(told.what) < 600
            else:
                classes, libraries = wire.read_texts(reply.body, 2)
                classes = answers.checked_classes(classes, "binary-classification")
                assert all(name.isprintable() for name in classes)
                assert len(libraries) <= len(body)
        except ModelError:
            pass
        assert time.monotonic() < deadline + PATIENCE_SECONDS
    finally:
        end.close()
        theirs.close()
