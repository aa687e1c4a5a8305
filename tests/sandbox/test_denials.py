"""Denied system calls are counted by name, and counting weakens nothing."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pyarrow as pa
import pytest

from proofbox.sandbox import callnames, denials
from proofbox.sandbox.denials import Tally, receive_listener
from proofbox.sandbox.errors import ModelError
from proofbox.sandbox.executor import choose
from proofbox.sandbox.host import listener
from proofbox.sandbox.host.dangerous import DANGEROUS
from proofbox.sandbox.host.syscalls import ALLOWED, INSPECTED
from proofbox.sandbox.hosted import open_model
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.selfcheck import prove_walls

TABLE = pa.table({"a": [1.0], "b": [1.0]})

TRYING = """
import os, socket, subprocess
import numpy as np
def tried(action, *given):
    try:
        action(*given)
    except OSError as error:
        return error.errno
    return 0
said = [tried(os.mkdir, "/new")]
class Model:
    classes_ = np.array([0, 1])
    def predict(self, rows):
        for _ in range(3):
            said.append(tried(socket.socket))
        said.append(tried(os.fork))
        said.append(tried(os.execv, "/bin/true", ["true"]))
        said.append(tried(os.kill, 1, 9))
        if set(said) != {1}:
            raise RuntimeError(str(said))
        return np.zeros(len(rows), dtype=int)
"""


def test_every_denied_call_is_counted_by_its_name(executor, limits, hostile):
    with open_model(executor, hostile(TRYING), limits) as hosted:
        assert hosted.stats()["denied_calls"] == {}
        for _ in range(2):
            assert hosted.predict(TABLE).values.tolist() == [0]
        found = hosted.stats()
        hosted.restart()
        again = hosted.stats()
    assert found["denied_calls_at_start"] == {"mkdir": 1}
    counted = {name: number for name, number in found["denied_calls"].items() if name not in {"clone", "fork", "vfork"}}
    assert counted == {"socket": 6, "execve": 2, "kill": 2}
    assert sum(found["denied_calls"].values()) == 12
    assert again["denied_calls_at_start"] == {"mkdir": 2}
    assert again["denied_calls"] == found["denied_calls"]
    assert not found["denied_calls_uncounted"]


MANY = """
import os, socket
import numpy as np
class Model:
    classes_ = np.array([0, 1])
    def predict(self, rows):
        said = []
        for _ in range(30):
            try:
                socket.socket()
                said.append(0)
            except OSError as error:
                said.append(error.errno)
        raise RuntimeError(str(said))
"""


def test_who_asks_too_often_is_not_listened_to_and_is_denied_all_the_same(executor, limits, hostile, monkeypatch):
    monkeypatch.setattr(denials, "MOST_ANSWERED", 20)
    with open_model(executor, hostile(MANY), limits) as hosted:
        with pytest.raises(ModelError) as caught:
            hosted.predict(TABLE)
        found = hosted.stats()
    answers = json.loads(caught.value.what.split("RuntimeError: ")[1])
    assert answers == [1] * 20 + [38] * 10
    assert found["denied_calls"] == {"socket": 20}
    assert found["denied_calls_at_least"] is True


def test_a_harness_that_does_not_answer_holds_nobody_beyond_the_deadline(executor, hostile, monkeypatch):
    released = threading.Event()
    monkeypatch.setattr(denials.Answering, "_answer", lambda self: released.wait(60) and 0)
    started = time.monotonic()
    try:
        with open_model(executor, hostile(MANY), Limits(call_seconds=1)) as hosted:
            with pytest.raises(ModelError, match="within 1 seconds") as caught:
                hosted.predict(TABLE)
            assert hosted.stopped
        assert caught.value.kind == "hang"
        assert time.monotonic() - started < 30
    finally:
        released.set()


LOOKING = """
import os, fcntl, errno
found = sorted(os.listdir("/proc/self/fd"), key=int)
threads = len(os.listdir("/proc/self/task"))
answered = []
for number in range(64):
    for request in (0xC0502100, 0xC0182101):
        try:
            fcntl.ioctl(number, request, bytearray(80))
            answered.append(number)
        except OSError as error:
            if error.errno not in (errno.EBADF, errno.EPERM):
                answered.append((number, error.errno))
raise RuntimeError(f"{threads} threads, answered {answered}")
"""


def test_a_model_cannot_answer_for_the_harness(limits, hostile):
    """The thread that sent the descriptor is gone, and no descriptor takes an answer."""
    with pytest.raises(ModelError, match=r"RuntimeError: 1 threads, answered \[\]"):
        open_model(choose("bubblewrap"), hostile(LOOKING), limits)


OLD_KERNEL = """
import ctypes, errno, json, struct, sys
from proofbox.sandbox.host import seccomp
from proofbox.sandbox.executor import choose
from proofbox.sandbox.selfcheck import prove_walls
number = seccomp.SECCOMP_CALL[seccomp.ARCHITECTURES[seccomp.platform.machine()][0]]
program = [(seccomp.LD, 0, 0, seccomp.NR), (seccomp.JEQ, 0, 3, number), (seccomp.LD, 0, 0, seccomp.ARG1),
           (seccomp.JSET, 0, 1, seccomp.NEW_LISTENER), (seccomp.RET, 0, 0, seccomp.ERRNO | errno.EINVAL), seccomp.PASS]
described = seccomp._described(b"".join(struct.pack("=HBBI", *one) for one in program))
seccomp.prctl(38, 1)
seccomp.prctl(22, 2, ctypes.addressof(described))
found = prove_walls(choose(sys.argv[1]))
print(json.dumps([found.isolated, found.denied_calls]))
"""


def test_a_kernel_that_tells_of_nothing_denies_all_the_same(executor):
    run = subprocess.run(
        [sys.executable, "-c", OLD_KERNEL, executor.name], capture_output=True, text=True, check=False, timeout=120
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == [True, "not counted: this kernel does not tell of denied calls"]
    assert prove_walls(executor).denied_calls == "counted by name and answered by the harness"


def test_a_thread_without_the_filter_is_not_left_behind(monkeypatch):
    monkeypatch.setattr(listener, "GONE_SECONDS", 0.05)
    waiting = threading.Event()
    thread = threading.Thread(target=waiting.wait, args=(10,))
    thread.start()
    try:
        with pytest.raises(OSError, match="a thread without the filter is left"):
            listener._await_one_thread(listener.own_threads())
    finally:
        waiting.set()
        thread.join()


SAID = {
    "nothing in time": (None, "hang"),
    "the end": (b"", "crash"),
    "something else": (b"x", "garbage"),
    "a listener without one": (b"l", "garbage"),
}


@pytest.mark.parametrize(("said", "kind"), SAID.values(), ids=SAID)
def test_what_is_no_listener_is_refused(said, kind):
    ours, theirs = socket.socketpair()
    with ours, theirs:
        if said:
            theirs.send(said)
        elif said is not None:
            theirs.close()
        with pytest.raises(ModelError) as caught:
            receive_listener(ours, time.monotonic() + 0.1)
    assert caught.value.kind == kind


def test_a_descriptor_that_was_not_announced_is_closed():
    ours, theirs = socket.socketpair()
    before = open_descriptors()
    with ours, theirs, Path(os.devnull).open() as other:
        socket.send_fds(theirs, [b"n"], [other.fileno()])
        assert receive_listener(ours, time.monotonic() + 1) is None
    assert open_descriptors() == before - 2


def open_descriptors():
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def test_a_kernel_without_is_taken_at_its_word():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(b"n")
        assert receive_listener(ours, time.monotonic() + 1) is None


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_names_are_those_of_the_filter_and_no_number_has_two(machine):
    names = callnames.call_names(machine)
    column = callnames.COLUMNS[machine]
    listed = [numbers[column] for numbers in callnames.NAMES.values() if numbers[column] is not None]
    assert len(listed) == len(set(listed)) > 280
    assert len(set(names.values())) == len(names)
    known = {"x86_64": {41: "socket", 83: "mkdir", 87: "unlink"}, "aarch64": {198: "socket", 34: "mkdirat"}}[machine]
    assert known.items() <= names.items()
    assert {**ALLOWED, **INSPECTED, **DANGEROUS}.items() <= callnames.NAMES.items()


def test_an_unknown_machine_has_numbers_alone():
    assert callnames.call_names("riscv64") == {}


def test_nothing_is_said_where_nothing_was_counted():
    assert Tally().to_json() == {
        "denied_calls": {},
        "denied_calls_at_start": {},
        "denied_calls_uncounted": "",
        "denied_calls_at_least": False,
    }
