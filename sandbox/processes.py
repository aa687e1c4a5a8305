"""The processes of a sandbox as the harness sees them in ``/proc``: who they are, what they use, that they are gone."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
STATE, PARENT, THREADS, STARTED, RESIDENT = 0, 1, 17, 19, 21
"""Fields of ``/proc/PID/stat`` after the name, counted from 0 (proc(5): fields 3, 4, 20, 22, 24)."""


@dataclass(frozen=True, slots=True)
class Member:
    """One process, told from a later one of the same number by the time it started."""

    pid: int
    started: int
    """Clock ticks after boot."""


def member(pid: int) -> Member:
    """Return the process of that number as it is now; one that is not there started at 0."""
    fields = _stat(pid)
    return Member(pid, int(fields[STARTED]) if fields else 0)


def usage(root: int) -> dict[Member, tuple[int, int]]:
    """Return (resident bytes, threads) of the process ``root`` and of all its descendants, parents before children."""
    found: dict[Member, tuple[int, int]] = {}
    waiting = [root]
    while waiting:
        pid = waiting.pop(0)
        fields = _stat(pid)
        if fields is not None:
            used = int(fields[RESIDENT]) * PAGE_BYTES
            found[Member(pid, int(fields[STARTED]))] = used, int(fields[THREADS])
            waiting += _children(pid)
    return found


def threads_of(user: int) -> int:
    """Return how many threads ``user`` (real user id) has now, as RLIMIT_NPROC counts them."""
    threads = 0
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            try:
                # Not by the folder's owner: a process that may not be traced belongs to root there.
                lines = (entry / "status").read_text(encoding="utf-8", errors="replace").splitlines()
            except OSError:
                continue
            said = dict(line.split(":", 1) for line in lines if line.startswith(("Uid:", "Threads:")))
            if len(said) == 2 and int(said["Uid"].split()[0]) == user:
                threads += int(said["Threads"])
    return threads


def lives(member: Member) -> bool:
    """Return whether it still runs; one that has ended and waits to be reaped does not."""
    fields = _stat(member.pid)
    return fields is not None and int(fields[STARTED]) == member.started and fields[STATE] not in {"Z", "X"}


def kill(member: Member) -> None:
    """Send SIGKILL, unless its number belongs to another process by now."""
    if lives(member):
        # A container engine without root runs processes as other users; it ends them itself.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(member.pid, signal.SIGKILL)


def await_end(pid: int, seconds: float) -> None:
    """Return as soon as a child has ended or the time is up; at once where the kernel cannot tell (before Linux 5.3).

    :meth:`subprocess.Popen.wait` with a time looks again and again, up to 50 ms apart.
    """
    if sys.platform != "linux" or not hasattr(os, "pidfd_open"):  # a Python that was built on an older kernel has none
        return
    try:
        descriptor = os.pidfd_open(pid)
    except OSError:
        return
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        poll.poll(seconds * 1000)
    finally:
        os.close(descriptor)


def _stat(pid: int) -> list[str] | None:
    try:
        text = _read(f"{PROC}/{pid}/stat")
    except OSError:
        return None
    # The name stands in brackets and may hold any character, brackets too.
    return text.rpartition(")")[2].split()


def _read(path: str) -> str:
    """Return what the kernel says; every sandbox is looked at so fifty times a second, which a ``Path`` makes dear."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        said = b""
        while part := os.read(descriptor, 65536):
            said += part
    finally:
        os.close(descriptor)
    return said.decode("utf-8", "replace")


def _children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        for task in os.listdir(f"{PROC}/{pid}/task"):  # noqa: PTH208 as in _read
            found += [int(child) for child in _read(f"{PROC}/{pid}/task/{task}/children").split()]
    except FileNotFoundError:
        if (PROC / str(pid)).exists():
            return _children_by_parent(pid)
    except OSError:
        return found
    return found


def _children_by_parent(pid: int) -> list[int]:
    """Find children where the kernel was built without lists of them (CONFIG_PROC_CHILDREN)."""
    numbers = [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]
    return [n for n in numbers if (fields := _stat(n)) is not None and int(fields[PARENT]) == pid]
