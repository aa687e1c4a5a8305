"""The filter as the kernel holds it, asked by a model behind the walls of every executor."""

import json
import platform

import pytest

from proofbox.sandbox.errors import ModelError
from proofbox.sandbox.host.dangerous import DANGEROUS
from proofbox.sandbox.host.seccomp import ARCHITECTURES
from proofbox.sandbox.host.syscalls import ALLOWED, INSPECTED, NEWEST
from proofbox.sandbox.hosted import open_model

COLUMN = ARCHITECTURES[platform.machine()][0]

TRAMPOLINES = {335, 336} if platform.machine() == "x86_64" else set()
"""uretprobe and uprobe: the kernel (6.13 and newer) shows them to no filter, and ends whoever makes them by hand."""

CALLER = """
import ctypes, json
call = ctypes.CDLL(None, use_errno=True).syscall
call.restype = ctypes.c_long
def made(number, *arguments):
    ctypes.set_errno(0)
    found = call(ctypes.c_long(number), *[ctypes.c_long(a) for a in arguments])
    return ctypes.get_errno() if found == -1 else 0
"""


def said(executor, hostile, body):
    with pytest.raises(ModelError) as caught:
        open_model(executor, hostile(CALLER + body))
    assert "RuntimeError: " in caught.value.what, caught.value.what
    return json.loads(caught.value.what.split("RuntimeError: ")[1])


def numbers(*tables):
    return {entry[COLUMN] for table in tables for entry in table.values() if entry[COLUMN] is not None}


def test_every_call_that_is_not_allowed_is_denied(executor, hostile):
    """With arguments that are none: an answer of the kernel itself would be another one, or none at all."""
    asked = sorted(set(range(NEWEST + 40)) - numbers(ALLOWED, INSPECTED) - TRAMPOLINES)
    body = (
        f"got = {{n: made(n, -1, -1, -1, -1, -1, -1) for n in {asked}}}\n"
        f"odd = [n for n, code in got.items() if code != (1 if n <= {NEWEST} else 38)]\n"
        "raise RuntimeError(json.dumps([len(got), odd]))"
    )
    assert said(executor, hostile, body) == [len(asked), []]
    assert numbers(DANGEROUS) <= set(asked)


INSPECTED_ATTEMPTS = {
    "fork": ("clone", (17, 0, 0, 0, 0), 1),
    "user namespace": ("clone", (0x10000000 | 17, 0, 0, 0, 0), 1),
    "clone3": ("clone3", (0, 0), 38),
    "signal to all": ("kill", (-1, 0), 1),
    "signal to process 1": ("kill", (1, 0), 1),
    "signal to a thread of process 1": ("tgkill", (1, 1, 0), 1),
    "signal of a file": ("fcntl", (0, 8, 1), 1),
    "lock": ("fcntl", (0, 6, 0), 1),
    "typing": ("ioctl", (0, 0x5412, 0), 1),
    "limits of process 1": ("prlimit64", (1, 7, 0, 0), 1),
    "outlive the harness": ("prctl", (1, 0, 0, 0, 0), 1),
    "be traced": ("prctl", (4, 1, 0, 0, 0), 1),
    "shared pages": ("mmap", (0, 4096, 3, 0x21, -1, 0), 1),
    "huge pages": ("mmap", (0, 2 << 20, 3, 0x40022, -1, 0), 1),
    "another filter": ("prctl", (22, 2, 0, 0, 0), 1),
    "its own number": ("prctl", (3, 0, 0, 0, 0), 0),
    "its own limits": ("prlimit64", (0, 7, 0, 0), 0),
}


def test_calls_that_go_by_their_arguments(executor, hostile):
    wanted = {name: code for name, (_, _, code) in INSPECTED_ATTEMPTS.items()}
    asked = {name: (INSPECTED[call][COLUMN], *arguments) for name, (call, arguments, _) in INSPECTED_ATTEMPTS.items()}
    body = (
        f"got = {{name: made(*given) for name, given in {asked!r}.items()}}\n"
        f"wanted = {wanted!r}\n"
        "raise RuntimeError(json.dumps([n for n in got if got[n] != wanted[n]]))"
    )
    assert said(executor, hostile, body) == []


MACHINE_CODE = """
import mmap
page = mmap.mmap(-1, 4096, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, prot=7)
page.write(bytes.fromhex("b814000000cd80c3"))  # getpid by the call table of 32-bit programs
ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
"""


@pytest.mark.parametrize("way", ["made(0x40000027)", MACHINE_CODE], ids=["x32", "i386"])
def test_foreign_call_tables_kill(executor, hostile, way):
    if platform.machine() != "x86_64":
        assert platform.machine() in ARCHITECTURES  # other machines have no second table of calls
        return
    with pytest.raises(ModelError, match=r"ended with the signal SIG(SYS|SEGV)") as caught:
        open_model(executor, hostile(CALLER + way))
    assert caught.value.kind == "crash"
