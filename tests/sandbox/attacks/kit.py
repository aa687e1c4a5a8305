"""What an attack is, and what attacks have in common. It runs on both sides: standard library alone."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import socket
import struct
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace

HELD = "held"
"""It was denied or came to nothing, and the model's process lives on."""
NO_ANSWER = "no answer"
"""What it answered in the right form is no answer: nothing of it is used, and the model's process lives on."""
ANSWERED = "answered"
"""The model answered rows in the right form, and that answer is what is measured."""
MARK = f"written-by-an-attack-{globals().get('RUN') or os.urandom(4).hex()}"
"""Begin of every name that an attack makes, so that it is found wherever it was written. Runs do not see each other's:
the model inside is told the ``RUN`` of the suite that made it."""
NOT_LOOKED_AT = (errno.EPERM, errno.EACCES, errno.ENOSYS)
DENIALS = (MemoryError, OverflowError, RecursionError, RuntimeError, ValueError)
"""What Python makes of a denial besides OSError; anything else means that the attack is broken."""
MORE_CALLS = {"setfsuid": (122, 151), "setfsgid": (123, 152), "capset": (126, 91)}
HEADER = struct.Struct("<4sBBHQQQ")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One attack: tried by a model behind the walls, judged from outside."""

    id: str
    """``family.name``."""
    goal: str
    """What the attacker wants."""
    proof: str
    """What would show from outside that it got through."""
    run: Callable[[SimpleNamespace], object]
    """Run inside; what it returns is what it claims to have got, None for nothing."""
    ends: tuple[str, ...] = (HELD,)
    """How it may end: ``held``, ``answered``, ``no answer`` or the kinds of ModelError with which the harness stops the
    model."""
    limits: str = "usual"
    """Name of the limits it is tried under, see ``engine.LIMITS``."""
    calls: int = 1
    """How often the model is asked; a finding may come only with the next question."""
    rows: int = 4
    alone: bool = False
    """Whether the process is not used for another attack."""
    shared: bool = False
    """Whether memory that belongs to no process is looked for."""
    known: Mapping[str, str] = field(default_factory=dict)
    """Executor -> why it gets through there, as docs/sandbox.md says."""


class Report(Exception):  # noqa: N818 what a quiet attack came to, on its way out as the model's own error
    """Ends a quiet attack; its text is all that the model says."""


class Outcry(Exception):  # noqa: N818 goes to the harness as the model raised it
    """An error of the model that is itself the attack."""


ATTACKS: dict[str, Attack] = {}


def attack(goal: str, proof: str, **more: object) -> Callable[[Callable[[SimpleNamespace], object]], Callable]:
    """Register the function below as an attack named by its file and its own name."""

    def register(run):
        family = run.__module__.rpartition(".")[2]
        found = Attack(id=f"{family}.{run.__name__}", goal=goal, proof=proof, run=run, **more)
        ATTACKS[found.id] = found
        return run

    return register


def attempt(number: int, world: SimpleNamespace) -> None:
    """Run the attack of that place in the suite's list; return only where it wants the model to answer."""
    found = ATTACKS[world.order[number]]
    try:
        got = found.run(world)
    except OSError as error:
        # Too many open files are this suite's own mistake.
        word = "BROKEN" if error.errno == errno.EMFILE else "denied"
        said = f"{word} {errno.errorcode.get(error.errno, 'without a number')}"
    except Outcry:
        raise
    except DENIALS as error:
        said = f"denied {type(error).__name__}"
    except BaseException as error:
        said = f"BROKEN {type(error).__name__}: {error}"
    else:
        if got is ANSWERED:
            return
        said = "came to nothing" if got is None else f"THROUGH {got}"
    raise Report(f"{found.id} {said}")


def surface(name: str, *arguments: object) -> str:
    """Make a system call that no model needs; any answer but a plain no means that the kernel looked at it."""
    code, result = raw(name, *arguments)
    if result != -1:
        return f"{name} returned {result}"
    if code in NOT_LOOKED_AT:
        raise OSError(code, name)
    return f"the kernel looked at {name}: {errno.errorcode.get(code, code)}"


def call(name: str, *arguments: object) -> int:
    """Make a system call; raise what it is denied with."""
    code, result = raw(name, *arguments)
    if result == -1:
        raise OSError(code, name)
    return result


def raw(name: str, *arguments: object) -> tuple[int, int]:
    """Return (errno, result) of a system call by its name."""
    from pbxhost.dangerous import DANGEROUS
    from pbxhost.syscalls import ALLOWED, INSPECTED

    number = {**ALLOWED, **DANGEROUS, **INSPECTED, **MORE_CALLS}[name][0 if platform.machine() == "x86_64" else 1]
    if number is None:
        raise OSError(errno.ENOSYS, name)
    function = ctypes.CDLL(None, use_errno=True).syscall
    function.restype = ctypes.c_long
    ctypes.set_errno(0)
    plain = [ctypes.c_long(a) if isinstance(a, int) else ctypes.c_char_p(a) if isinstance(a, bytes) else a
             for a in arguments]  # fmt: skip
    result = function(ctypes.c_long(number), *plain)
    return ctypes.get_errno(), result


def stay(world: SimpleNamespace) -> None:
    """Be a child that got away: leave a mark, wait a little to be seen, end."""
    try:
        os.close(os.open(f"{world.outside}/{MARK}-child", os.O_CREAT | os.O_WRONLY, 0o600))
    finally:
        time.sleep(5)
        os._exit(0)


def first(actions: list[Callable[[], object]]) -> str | None:
    """Return the claim of the first action that is not denied; raise the last one's error if all are."""
    last: OSError | None = None
    for place, action in enumerate(actions):
        try:
            got = action()
        except OSError as error:
            last = error
        else:
            return f"by way {place}: {got!r}"
    if last:
        raise last
    return None


def channel():
    """Return the host program's end of the wire, found in the frames that called the model."""
    frame = sys._getframe()
    while frame:
        for value in frame.f_locals.values():
            if type(value).__name__ == "Channel":
                return value
        frame = frame.f_back
    raise LookupError("no channel in any frame")


def wire() -> int:
    """Return the number of the descriptor on which answers go out; to be asked on the model's own thread."""
    return channel()._writer


def frame(nonce=None, *, kind=17, dtype=1, columns=2, rows=4, length=None, body=b"", magic=b"PBX1") -> bytes:
    """Return a frame as the host would send it; by default an answer to what is asked just now."""
    nonce = channel()._nonce if nonce is None else nonce
    return HEADER.pack(magic, kind, dtype, columns, nonce, rows, len(body) if length is None else length) + body


GOOD = struct.pack("<8d", *[0.5] * 8)
"""The body of a right answer to four rows."""


def connected(family: int, kind: int, address: object) -> str:
    """Send one byte to ``address``, which is a listener of the suite."""
    with socket.socket(family, kind) as one:
        one.settimeout(1)
        one.connect(address)
        one.send(b"x")
    return "sent"
