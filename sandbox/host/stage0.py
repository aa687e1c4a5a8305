"""Stage 0: the walls that the process builds around itself before it imports anything foreign."""

from __future__ import annotations

import hashlib
import os
import resource
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from . import listener, seccomp

PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38


def close_all_but(kept: Iterable[int]) -> None:
    """Close every inherited descriptor but standard input, output, error and those that are ``kept``."""
    first = 3
    for descriptor in sorted(kept):
        os.closerange(first, descriptor)
        first = descriptor + 1
    os.closerange(first, 65536)


def wire_off_stdio() -> tuple[int, int]:
    """Take the wire off standard input and output; return the descriptors to read requests from and write replies to.

    From then on there is nothing to read from standard input, and what is printed goes where errors go.
    """
    wires = os.dup(0), os.dup(1)
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return wires


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What stage 0 built, as the evidence tells it."""

    filter_sha256: str = ""
    """Digest of the seccomp filter, with 0 for the number of the own process; empty where there is none."""
    runs_as: str = ""
    """Whom the process became; empty where stage 0 changed nothing."""
    landlock_abi: str = ""


def apply(config: Mapping[str, Any], wire: int) -> Built:
    """Build the walls that ``config`` (from the harness) asks for; ``wire`` is the descriptor that leads to it.

    Raises
    ------
    OSError
        A wall could not be built; the process must end.
    """
    runs_as = abi = ""
    landlock = config.get("landlock")
    counted = config["filtered"] and config["counted"]
    threads = listener.own_threads() if counted else -1  # Landlock would not let it be opened
    if landlock:
        from .identity import die_with, drop_privileges

        runs_as = drop_privileges(landlock["read"])
    for name, value in rlimits(config).items():
        resource.setrlimit(getattr(resource, name), _no_higher(name, value))
    if sys.platform == "linux":
        seccomp.prctl(PR_SET_NO_NEW_PRIVS, 1)
        # Nobody may attach to this process or read its memory, not even another process of the same user.
        seccomp.prctl(PR_SET_DUMPABLE, 0)
    if landlock:
        from .landlock import restrict

        die_with(config["parent"])  # changing the user would have undone it
        abi = str(restrict(landlock["read"], landlock["listed"], landlock["write"]))
    digest = ""
    if config["filtered"]:
        scratch = config["limits"]["scratch_bytes"] > 0
        program = listener.install(wire, threads, scratch=scratch) if counted else seccomp.install(scratch=scratch)
        digest = hashlib.sha256(program).hexdigest()
    return Built(filter_sha256=digest, runs_as=runs_as, landlock_abi=abi)


def rlimits(config: Mapping[str, Any]) -> dict[str, tuple[int, int]]:
    """Return name -> (soft, hard) of the limits to set."""
    limits = config["limits"]
    cpu = limits["cpu_seconds"]
    hard = {
        "RLIMIT_AS": limits["address_space_bytes"],
        "RLIMIT_NOFILE": limits["open_files"],
        # It counts every thread of the user, in the process namespace or not.
        "RLIMIT_NPROC": limits["processes"] + config["threads_outside"],
        "RLIMIT_FSIZE": limits["scratch_bytes"],
        "RLIMIT_CORE": 0,
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_SIGPENDING": 128,  # and timers: each is memory of the kernel, which no sum counts
    }
    # The soft limit sends SIGXCPU, by which the harness tells a limit from a crash; the hard one kills a second later.
    every = {**{name: (value, value) for name, value in hard.items()}, "RLIMIT_CPU": (cpu, cpu + 1)}
    return {name: pair for name, pair in every.items() if name not in config["unsettable"]}


def _no_higher(name: str, wanted: tuple[int, int]) -> tuple[int, int]:
    _, hard = resource.getrlimit(getattr(resource, name))
    highest = max(wanted) if hard == resource.RLIM_INFINITY else min(max(wanted), hard)
    return min(wanted[0], highest), highest
