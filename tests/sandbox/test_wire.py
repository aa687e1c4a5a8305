import contextlib
import os
import socket
import struct
import threading
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofbox.sandbox import answers, wire
from proofbox.sandbox.errors import ModelError
from proofbox.sandbox.host import channel

LABELS = wire.Shape(dtype=wire.INT64, rows=3, columns=(1,))
PROBABILITIES = wire.Shape(dtype=wire.FLOAT64, rows=2, columns=(2,))


def frame(nonce, *, kind=wire.ANSWER, dtype=wire.INT64, columns=1, rows=3, length=None, body=b"", magic=wire.MAGIC):
    length = len(body) if length is None else length
    return wire.HEADER.pack(magic, kind, dtype, columns, nonce, rows, length) + body


def asked(host, shape=LABELS, *, expected=wire.ANSWER, seconds=0.5, body=b"rows"):
    """Ask a fake host that runs in a thread; return the reply."""
    ours, theirs = socket.socketpair()

    def serve():
        try:
            header = theirs.recv(wire.HEADER.size, socket.MSG_WAITALL)
            if len(header) < wire.HEADER.size:
                return
            *_, nonce, _, length = wire.HEADER.unpack(header)
            if host is not never_reading:
                theirs.recv(length, socket.MSG_WAITALL)
            host(theirs, nonce)
        except OSError:
            pass

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    end = wire.Wire(ours)
    try:
        deadline = time.monotonic() + seconds
        nonce = end.request(wire.PREDICT, memoryview(body), shape, deadline)
        return end.reply(nonce, expected, shape, deadline)
    finally:
        end.close()
        theirs.close()
        thread.join(5)


def never_reading(theirs, nonce):
    time.sleep(1)


def slow_drip(theirs, nonce):
    for byte in frame(nonce, body=bytes(24)):
        theirs.send(bytes([byte]))
        time.sleep(0.05)


GOOD = struct.pack("<3q", 0, 1, 1)

MISBEHAVING = {
    "wrong nonce": (lambda s, n: s.send(frame(n ^ 1, body=GOOD)), "garbage", "not asked"),
    "nonce of zero": (lambda s, n: s.send(frame(0, body=GOOD)), "garbage", "not asked"),
    "wrong magic": (lambda s, n: s.send(frame(n, body=GOOD, magic=b"HTTP")), "garbage", "no frame"),
    "noise": (lambda s, n: s.send(b"GET / HTTP/1.1\r\n" * 4), "garbage", "no frame"),
    "wrong type": (lambda s, n: s.send(frame(n, kind=wire.HELLO, body=GOOD)), "garbage", "wrong type"),
    "unknown type": (lambda s, n: s.send(frame(n, kind=255, body=GOOD)), "garbage", "wrong type"),
    "wrong dtype": (lambda s, n: s.send(frame(n, dtype=wire.FLOAT64, body=GOOD)), "garbage", "type and length"),
    "too few rows": (lambda s, n: s.send(frame(n, rows=2, body=GOOD[:16])), "garbage", "2 x 1"),
    "too many rows": (lambda s, n: s.send(frame(n, rows=4, body=GOOD + GOOD[:8])), "garbage", "4 x 1"),
    "too many columns": (lambda s, n: s.send(frame(n, columns=2, body=GOOD * 2)), "garbage", "3 x 2"),
    "huge length": (lambda s, n: s.send(frame(n, length=2**40)), "garbage", "type and length"),
    "huge everything": (lambda s, n: s.send(frame(n, rows=2**60, columns=65535, length=2**63)), "garbage", "x"),
    "short body": (lambda s, n: s.send(frame(n, length=24, body=GOOD[:10])), "hang", "deadline"),
    "body then end": (lambda s, n: (s.send(frame(n, length=24, body=GOOD[:10])), s.close()), "crash", "ended"),
    "half a header": (lambda s, n: (s.send(frame(n)[:16]), s.close()), "crash", "ended"),
    "silence": (lambda s, n: time.sleep(1), "hang", "deadline"),
    "end": (lambda s, n: s.close(), "crash", "ended"),
    "slow drip": (slow_drip, "hang", "deadline"),
    "long refusal": (lambda s, n: s.send(frame(n, kind=wire.REFUSED, dtype=wire.TEXT, length=5000)), "garbage", "5000"),
    "typed refusal": (lambda s, n: s.send(frame(n, kind=wire.REFUSED, length=50)), "garbage", "text frame"),
}


@pytest.mark.parametrize(("host", "kind", "what"), MISBEHAVING.values(), ids=MISBEHAVING)
def test_misbehaving_hosts(host, kind, what):
    with pytest.raises(ModelError, match=what) as caught:
        asked(host)
    assert caught.value.kind == kind


def test_an_honest_host():
    reply = asked(lambda s, n: s.send(frame(n, body=GOOD)))
    assert answers.checked_values(reply, LABELS, "label", 2).tolist() == [0, 1, 1]


def test_a_host_that_never_reads():
    with pytest.raises(ModelError) as caught:
        asked(never_reading, body=bytes(20_000_000))
    assert caught.value.kind == "hang"


def test_a_host_that_answers_while_it_is_still_being_asked():
    def early(theirs, nonce):
        theirs.send(frame(nonce, body=GOOD))
        time.sleep(1)

    ours, theirs = socket.socketpair()
    theirs.send(b"x")
    with pytest.raises(ModelError, match="before it was asked"):
        wire.Wire(ours).request(wire.PREDICT, memoryview(b""), LABELS, time.monotonic() + 1)
    ours.close()
    theirs.close()


def test_two_replies_are_caught_before_the_next_request():
    ours, theirs = socket.socketpair()
    end = wire.Wire(ours)
    deadline = time.monotonic() + 1
    nonce = end.request(wire.PREDICT, memoryview(b""), LABELS, deadline)
    theirs.send(frame(nonce, body=GOOD) * 2)
    end.reply(nonce, wire.ANSWER, LABELS, deadline)
    with pytest.raises(ModelError, match="before it was asked"):
        end.request(wire.PREDICT, memoryview(b""), LABELS, deadline)
    ours.close()
    theirs.close()


def test_requests_are_answered_in_their_order():
    for turned in (False, True):
        ours, theirs = socket.socketpair()
        end = wire.Wire(ours)
        deadline = time.monotonic() + 1
        asked = [end.request(wire.PREDICT_MATRIX, memoryview(b"where"), LABELS, deadline) for _ in range(2)]
        theirs.send(b"".join(frame(nonce, body=GOOD) for nonce in (reversed(asked) if turned else asked)))
        if turned:
            with pytest.raises(ModelError, match="not asked"):
                end.reply(asked[0], wire.ANSWER, LABELS, deadline)
        else:
            assert [end.reply(nonce, wire.ANSWER, LABELS, deadline).columns for nonce in asked] == [1, 1]
            end.expect_silence()
        ours.close()
        theirs.close()


def test_a_second_answer_is_caught_although_one_request_was_ahead():
    ours, theirs = socket.socketpair()
    end = wire.Wire(ours)
    deadline = time.monotonic() + 1
    asked = [end.request(wire.PREDICT_MATRIX, memoryview(b"where"), LABELS, deadline) for _ in range(2)]
    theirs.send(b"".join(frame(nonce, body=GOOD) for nonce in (asked[0], asked[0], asked[1])))
    end.reply(asked[0], wire.ANSWER, LABELS, deadline)
    with pytest.raises(ModelError, match="not asked"):
        end.reply(asked[1], wire.ANSWER, LABELS, deadline)
    ours.close()
    theirs.close()


@pytest.mark.parametrize(
    ("values", "what"),
    [
        ([0.5, np.nan, 1, 0], "not finite"),
        ([0.5, np.inf, 1, 0], "not finite"),
        ([0.5, 0.5, 1.1, -0.1], "outside 0 to 1"),
        ([0.5, 0.4, 1, 0], "do not sum"),
    ],
)
def test_numbers_that_are_no_probabilities(values, what):
    body = bytearray(struct.pack("<4d", *values))
    with pytest.raises(ModelError, match=what):
        answers.checked_values(wire.Reply(kind=wire.ANSWER, columns=2, body=body), PROBABILITIES, "probability", 2)


@pytest.mark.parametrize("code", [-1, 2, 2**62])
def test_codes_that_are_no_class(code):
    body = bytearray(struct.pack("<3q", 0, 1, code))
    with pytest.raises(ModelError, match="does not have"):
        answers.checked_values(wire.Reply(kind=wire.ANSWER, columns=1, body=body), LABELS, "label", 2)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_instead_of_a_reply_are_a_model_error(noise):
    ours, theirs = socket.socketpair()
    end = wire.Wire(ours)
    deadline = time.monotonic() + 0.2
    nonce = end.request(wire.PREDICT, memoryview(b""), LABELS, deadline)
    theirs.send(noise)
    theirs.close()
    with pytest.raises(ModelError):
        end.reply(nonce, wire.ANSWER, LABELS, deadline)
    end.close()


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=120), st.integers(1, 3))
def test_any_bytes_as_a_list_of_texts_are_read_or_refused(body, lists):
    with contextlib.suppress(ModelError):
        assert len(wire.read_texts(body, lists)) == lists


@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=9), max_size=4), min_size=1, max_size=3
    )
)
def test_texts_go_over_the_wire_as_they_are(lists):
    ours, theirs = os.pipe()
    try:
        channel.Channel(theirs, theirs).texts(channel.HELLO, lists)
        raw = os.read(ours, 65536)
    finally:
        os.close(ours)
        os.close(theirs)
    assert wire.read_texts(raw[wire.HEADER.size :], len(lists)) == tuple(tuple(one) for one in lists)


def test_both_ends_speak_one_language():
    for name in (
        "MAGIC",
        "CONFIGURE",
        "PREDICT",
        "PREDICT_SHARED",
        "PREDICT_MATRIX",
        "HELLO",
        "ANSWER",
        "REFUSED",
        "WALLS",
        "FLOAT64",
        "INT64",
        "TEXT",
    ):
        assert getattr(wire, name) == getattr(channel, name), name
    assert wire.HEADER.format == channel.HEADER.format
    assert wire.PLACE.format == channel.PLACE.format
    assert wire.HEADER.size == 32


@pytest.mark.parametrize(
    ("classes", "what"),
    [
        ((), "0 classes"),
        (("a", "a"), "one name"),
        (("a\x1b[2J",), "printed"),
        (("a\u202eb",), "printed"),
        (("x" * 300,), "too long"),
    ],
)
def test_names_of_classes_are_held_to_bounds(classes, what):
    with pytest.raises(ModelError, match=what):
        answers.checked_classes(classes, "binary-classification")


def test_a_refusal_is_cleaned():
    said = "FileNotFoundError: \x1b[31m/home/user/.secret/key.pem\u202e is not there\n\tTraceback " + "x" * 1000
    encoded = [text.encode() for text in ("raised", said)]
    body = struct.pack("<I", 2) + b"".join(struct.pack("<I", len(text)) + text for text in encoded)
    error = answers.refusal(bytearray(body))
    assert error.kind == "raised"
    assert "/home" not in error.what
    assert "key.pem" in error.what
    assert error.what.isprintable()
    assert len(error.what) < 540
