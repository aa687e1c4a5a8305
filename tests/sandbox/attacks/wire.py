"""Attacks on the wire: a model owns its process and with it the inner end. Nothing but the form can be believed."""

from __future__ import annotations

import os
import struct
import time

from attacks.kit import ANSWERED, GOOD, MARK, NO_ANSWER, Outcry, attack, channel, first, frame, wire

USED = "the harness uses a value of it"
WAITS = "the harness waits longer than its deadline, or uses a value of it"


def _write(*parts):
    for part in parts:
        os.write(wire(), part)
    time.sleep(3)  # a right answer must not follow at once and hide what came first
    return ANSWERED


def _forged(name, goal, ends="garbage", **fields):
    """Register an attack that answers with one forged frame."""

    def forge(world):
        return _write(frame(**{"body": GOOD, **fields}))

    forge.__name__, forge.__module__ = name, __name__
    attack(goal, USED, ends=(ends,))(forge)


_forged("nonce_of_zero", "answer a question of number 0", nonce=0)
_forged("largest_nonce", "answer the question with the largest number", nonce=2**64 - 1)
_forged("wrong_magic", "answer in another protocol's words", magic=b"HTTP")
_forged("wrong_kind", "answer with a second hello", kind=16)
_forged("walls_again", "answer as the battery would: all walls hold", kind=19, dtype=3)
_forged("unknown_kind", "answer with a frame of no known kind", kind=255)
_forged("wrong_dtype", "answer with whole numbers where fractions were asked", dtype=2)
_forged("no_dtype", "answer with numbers of no known type", dtype=77)
_forged("few_rows", "answer fewer rows than were asked", rows=3, body=GOOD[:48])
_forged("many_rows", "answer more rows than were asked", rows=5, body=GOOD + GOOD[:16])
_forged("many_columns", "answer more columns than there are classes", columns=3, body=GOOD + GOOD[:32])
_forged("huge_header", "make the harness reserve a terabyte by a length in a header", length=2**40)
_forged("largest_header", "make lengths overflow", rows=2**64 - 1, columns=65535, length=2**64 - 1)
_forged("huge_refusal", "send a refusal without end", kind=18, dtype=3, length=2**32)
_forged(
    "bad_texts", "send a refusal whose inner lengths lie", kind=18, dtype=3, body=struct.pack("<II", 2, 2**31) + b"x"
)
_forged("nan", "answer with numbers that are none (NaN)", NO_ANSWER, body=struct.pack("<8d", *[float("nan")] * 8))
_forged("infinity", "answer with infinity", NO_ANSWER, body=struct.pack("<8d", *[float("inf")] * 8))
_beyond = struct.pack("<8d", *[1e300, -1e300] * 4)
_forged("no_probabilities", "answer with probabilities beyond 1", NO_ANSWER, body=_beyond)


@attack("answer a question that somebody else was asked", USED, ends=("garbage",))
def foreign_nonce(world):
    return _write(frame(channel()._nonce ^ 1, body=GOOD))


@attack("answer with Arrow, whose reader a few damaged bytes crash", USED, ends=("garbage",))
def arrow(world):
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, pa.schema([("p", pa.float64())])) as writer:
        writer.write_batch(pa.record_batch([[0.5] * 8], names=["p"]))
    return _write(frame(body=bytes(sink.getvalue()).replace(b"\x00\x00", b"\xff\xff")))


@attack("answer with a pickle that runs a program where it is read", "a file of the attack's name is found outside",
        ends=("garbage",))  # fmt: skip
def pickled(world):
    code = f"cposix\nsystem\n(S'echo > {world.outside}/{MARK}'\ntR."
    return _write(code.encode().ljust(64, b"."))


@attack("answer with words of a verdict", USED, ends=("garbage",))
def verdict(world):
    return _write(b'{"conclusion": "conforms", "findings": []}\n'.ljust(96, b" "))


@attack("flood the harness with bytes", "memory of the harness grows by 50 MB, or it waits longer", ends=("garbage",))
def flood(world):
    for _ in range(400):
        os.write(wire(), b"\xff" * 131072)
    return ANSWERED


@attack("answer twice: the second is for a question to come", USED, ends=("garbage",), calls=2)
def two_answers(world):
    os.write(wire(), frame(body=GOOD))
    time.sleep(0.3)
    return ANSWERED


@attack("speak before it is asked, from a thread", USED, ends=("garbage",), calls=2)
def early(world):
    import threading

    number = wire()

    def speak():
        time.sleep(0.2)
        os.write(number, frame(1, body=GOOD))

    threading.Thread(target=speak, daemon=True).start()
    return ANSWERED


@attack("begin an answer and end", USED, ends=("crash",))
def truncated(world):
    os.write(wire(), frame(length=64, body=GOOD[:20]))
    os._exit(0)


@attack("begin a header and end", USED, ends=("crash",))
def half_a_header(world):
    os.write(wire(), frame()[:13])
    os._exit(0)


@attack("begin an answer and keep silent", WAITS, ends=("hang",), limits="short")
def unfinished(world):
    os.write(wire(), frame(length=64, body=GOOD[:20]))
    time.sleep(30)


@attack("answer a byte at a time, always before patience ends", WAITS, ends=("hang",), limits="short")
def slow_drip(world):
    for byte in frame(body=GOOD):
        os.write(wire(), bytes([byte]))
        time.sleep(0.2)


@attack("answer after the deadline", WAITS, ends=("hang",), limits="short")
def late(world):
    time.sleep(2)
    os.write(wire(), frame(body=GOOD))
    time.sleep(30)


@attack("never read what it is asked", WAITS, ends=("hang",), limits="short", calls=2, rows=20_000)
def never_reading(world):
    type(channel())._read = lambda self, length: time.sleep(30)
    return ANSWERED


@attack("close the wire and go on", WAITS, ends=("crash",))
def closed(world):
    os.closerange(3, 4096)
    os.close(0)
    os.close(1)
    time.sleep(30)


@attack("put another file in the place of the wire", WAITS, ends=("crash",))
def replaced(world):
    null = os.open("/dev/null", os.O_RDWR)
    for number in {channel()._reader, channel()._writer}:
        os.dup2(null, number)
    return ANSWERED


@attack("read its own wire empty, so that questions get lost", WAITS, ends=("hang", "crash"), limits="short", calls=2)
def eaten(world):
    kind = type(channel())
    read = kind._read

    def eat(self, length):
        os.read(self._reader, 5)
        return read(self, length)

    kind._read = eat
    return ANSWERED


@attack("answer a later question before the one that was asked first", USED, ends=("garbage", "hang"), rows=15_000)
def swapped(world):
    later = channel().receive()
    return _write(frame(later.nonce, rows=later.rows, body=struct.pack("<2d", 0.5, 0.5) * later.rows))


@attack("change the rows under the harness's hands, or make their memory grow", "a way to write to it is given")
def rows_memory(world):
    numbers = [n for n in range(3, 4096) if "memfd" in _link(n)]
    if not numbers:
        return None
    numbers += [os.open(f"/proc/self/fd/{n}", os.O_RDWR) for n in numbers]  # a second one, opened for writing
    ways = (lambda n: os.pwrite(n, b"x", 0), lambda n: os.ftruncate(n, 1 << 30), _mapped)
    return first([lambda n=n, way=way: way(n) for way in ways for n in numbers])


def _link(number):
    try:
        return os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        return ""


def _mapped(number):
    import mmap

    with mmap.mmap(number, 4096, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ | mmap.PROT_WRITE) as page:
        page[0] = 1
    return "written"


@attack("end as if all were well", USED, ends=("crash",))
def leave(world):
    os._exit(0)


@attack("crash with the signal of another's making", USED, ends=("crash",))
def segfault(world):
    import ctypes

    ctypes.string_at(0)


@attack(
    "hide control characters, paths and a fake line of the harness in an error",
    "one of them is shown",
    ends=("raised",),
)
def dirty_error(world):
    raise Outcry(f"\x1b[2J\u202e{world.canary}\nproofbox: conforms\r\x07")
