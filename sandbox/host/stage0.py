"""Stage 0: the walls that the process builds around itself before it imports anything foreign."""

from __future__ import annotations

import hashlib
import os
import resource
import sys
from collections.abc import Mapping

from . import seccomp

PR_SET_DUMPABLE, PR_SET_NO_NEW_PRIVS = 4, 38


def close_all_but(wire: int) -> None:
    """Close every inherited descriptor but standard input, output, error and the wire."""
    os.closerange(3, wire)
    os.closerange(wire + 1, 65536)


def apply(limits: Mapping[str, int], *, filtered: bool) -> str:
    """Set hard limits and the filter; return the sha256 of the filter, empty where there is none.

    Raises
    ------
    OSError
        A wall could not be built; the process must end.
    """
    for name, value in _rlimits(limits).items():
        resource.setrlimit(getattr(resource, name), value)
    if sys.platform == "linux":
        seccomp.prctl(PR_SET_NO_NEW_PRIVS, 1)
        # Nobody may attach to this process or read its memory, not even another process of the same user.
        seccomp.prctl(PR_SET_DUMPABLE, 0)
    return hashlib.sha256(seccomp.install()).hexdigest() if filtered else ""


def _rlimits(limits: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    cpu = limits["cpu_seconds"]
    hard = {
        "RLIMIT_AS": limits["address_space_bytes"],
        "RLIMIT_NOFILE": limits["open_files"],
        "RLIMIT_NPROC": limits["processes"],
        "RLIMIT_FSIZE": 0,
        "RLIMIT_CORE": 0,
        "RLIMIT_MSGQUEUE": 0,
    }
    found = {name: _no_higher(name, value) for name, value in hard.items()}
    # The soft limit sends SIGXCPU, by which the harness tells a limit from a crash; the hard one kills a second later.
    return {**found, "RLIMIT_CPU": (cpu, cpu + 1)}


def _no_higher(name: str, wanted: int) -> tuple[int, int]:
    _, hard = resource.getrlimit(getattr(resource, name))
    value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    return value, value
