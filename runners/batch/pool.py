"""One process for each submission: forked from this one, which has imported everything, and ended when its time is up.

A submission thus shares nothing with the others but the program: what it makes a library remember, the memory that it
takes and the time that it needs are its own. Its model runs behind walls besides, as always.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from types import FrameType

from proofbox.reports.batch import BatchRow, How
from proofbox.runners.batch.listing import Queued
from proofbox.runners.batch.one import Wanted, after, assess_one
from proofbox.runners.batch.preloading import preload
from proofbox.runners.exit_codes import ExitCode

GRACE_SECONDS = 10.0
"""Between asking a process to end, which takes its temporary copy away, and ending it."""
_MOST_BYTES = 1 << 20
"""Of what a process says at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What one submission of a batch may take at most."""

    wall_seconds: float = 3600.0
    memory_bytes: int = 4 << 30
    """Of the harness's process for it (RLIMIT_DATA); the walls bound the model's memory."""


@dataclass(slots=True, kw_only=True)
class _Child:
    one: Queued
    pid: int
    pipe: int
    began: float
    said: bytearray = field(default_factory=bytearray)
    asked_to_end: float | None = None


def assess_all(
    queue: Sequence[Queued], wanted: Wanted, budget: Budget, side_by_side: int, begun: Callable[[Queued], None]
) -> Iterator[BatchRow]:
    """Yield how each submission ended, in the order in which they end.

    Parameters
    ----------
    side_by_side
        Processes at a time, at least 1.
    begun
        Told of each one as it begins.
    """
    preload(wanted.settings.executor)
    waiting, running = list(reversed(queue)), list[_Child]()
    try:
        while waiting or running:
            while waiting and len(running) < side_by_side:
                one = waiting.pop()
                begun(one)
                running.append(_start(one, wanted, budget, running))
            _listen(running, budget)
            for child in [child for child in running if child.pipe < 0]:
                running.remove(child)
                yield _ended(child, budget)
    finally:
        _end(running)


def _start(one: Queued, wanted: Wanted, budget: Budget, others: Sequence[_Child]) -> _Child:
    reading, writing = os.pipe2(os.O_CLOEXEC)
    sys.stdout.flush()
    sys.stderr.flush()
    parent = os.getpid()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        for other in others:
            os.close(other.pipe)
        _be_child(one, wanted, budget, writing, parent)
    os.close(writing)
    return _Child(one=one, pid=pid, pipe=reading, began=time.monotonic())


def _be_child(one: Queued, wanted: Wanted, budget: Budget, writing: int, parent: int) -> None:
    """Assess, say how it ended, and go; nothing of the parent's is run on the way out."""
    code = int(ExitCode.DEFECT)
    try:
        _end_with(parent)
        resource.setrlimit(resource.RLIMIT_DATA, (budget.memory_bytes, budget.memory_bytes))
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        said = json.dumps(assess_one(one, wanted).to_json()).encode()
        for start in range(0, len(said), 1 << 16):
            os.write(writing, said[start : start + (1 << 16)])
        code = 0
    except KeyboardInterrupt:
        code = int(ExitCode.INTERRUPTED)
    finally:
        os._exit(code)


def _end_with(parent: int) -> None:
    """Be asked to end, by the batch or by its end (prctl(2), PR_SET_PDEATHSIG), and clear away undisturbed then."""
    signal.signal(signal.SIGTERM, interrupted)
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    if os.getppid() != parent:
        raise KeyboardInterrupt


def interrupted(number: int, frame: FrameType | None) -> None:
    """Be interrupted by the first call to end: another one does not stop the copy of a submission being removed."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _listen(running: Sequence[_Child], budget: Budget) -> None:
    """Take what the processes say until one has ended; ask those to end whose time is up, then end them."""
    now = time.monotonic()
    for child in running:
        if child.asked_to_end is not None and now - child.asked_to_end > GRACE_SECONDS:
            os.kill(child.pid, signal.SIGKILL)
        elif child.asked_to_end is None and now - child.began > budget.wall_seconds:
            child.asked_to_end = now
            os.kill(child.pid, signal.SIGTERM)
    ready, _, _ = select.select([child.pipe for child in running], [], [], 0.2)
    for child in running:
        if child.pipe not in ready:
            continue
        if part := os.read(child.pipe, 1 << 16):
            child.said += part[: _MOST_BYTES - len(child.said)]
            continue
        os.close(child.pipe)
        child.pipe = -1


def _ended(child: _Child, budget: Budget) -> BatchRow:
    """Return what an ended process said, or what its silence means."""
    _, status = os.waitpid(child.pid, 0)
    seconds = time.monotonic() - child.began
    with contextlib.suppress(ValueError):
        if status == 0:
            return after(BatchRow.from_json(json.loads(child.said)), seconds)
    how: How = "over-budget"
    code = ExitCode.UNDETERMINED
    why = f"ended after {budget.wall_seconds:g} seconds, its budget of time"
    if child.asked_to_end is None:
        how, code = "failed", ExitCode.DEFECT
        why = f"its process ended without a word (status {os.waitstatus_to_exitcode(status)})"
    return after(BatchRow(name=child.one.name, how=how, exit_code=int(code), why=why), seconds)


def _end(running: Sequence[_Child]) -> None:
    """Ask what still runs to end, and wait for it."""
    for child in running:
        with contextlib.suppress(OSError):
            os.kill(child.pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    for child in running:
        while os.waitpid(child.pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > deadline:
                os.kill(child.pid, signal.SIGKILL)
            time.sleep(0.05)
        with contextlib.suppress(OSError):
            os.close(child.pipe)
