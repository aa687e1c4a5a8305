"""A started sandbox: its process, its end of the wire, its keeper thread, and a kill that leaves nothing behind."""

from __future__ import annotations

import array
import contextlib
import fcntl
import os
import select
import signal
import socket
import subprocess
import termios
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from proofbox.sandbox import denials, processes
from proofbox.sandbox.cgroups import Group
from proofbox.sandbox.limits import Limits

READ_SECONDS = 1.0
"""How long what was printed is waited for to be counted; the keeper needs a moment, on a busy machine a longer one."""
SAMPLE_SECONDS = 0.02
HEAD_BYTES = 2048
GONE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What the host program needs to know about where it runs."""

    model: str
    """Path of the model as seen inside; empty without a model."""
    sites: tuple[str, ...]
    """Folders of libraries as seen inside."""
    walled: bool
    """Whether stage 0 sets limits."""
    filtered: bool
    """Whether stage 0 installs the seccomp filter."""
    rows: int | None = None
    """Number inside of the descriptor of the shared memory; None: the host program did not inherit it."""
    counted: bool = False
    """Whether stage 0 hands over a descriptor on which the kernel tells of denied calls; it needs a wire that can."""
    threads_outside: int = 0
    """Threads of the same user that RLIMIT_NPROC counts as well; none where the sandbox has a user namespace."""
    launcher_processes: int = 0
    """Processes of the sandbox, of one thread each, that are the backend's own."""
    unsettable: tuple[str, ...] = ()
    """Names of limits that the sandbox's kernel lets nobody set."""
    enforced: Mapping[str, str] = field(default_factory=dict)
    """Limit -> what enforces it here, where that is not what enforces it everywhere (``probes.LIMITS``)."""
    landlock: Mapping[str, Sequence[str]] | None = None
    """Files and folders that stage 0 leaves open, ``read``, ``listed`` and ``write``; None: it does not restrict."""

    @property
    def tells(self) -> bool:
        """Whether the host program begins by saying if the kernel tells of denied calls."""
        return self.walled and self.filtered and self.counted

    def config(self) -> dict[str, object]:
        """Return what stage 0 is told."""
        return {
            "walled": self.walled,
            "filtered": self.filtered,
            "counted": self.tells,
            "threads_outside": self.threads_outside,
            "unsettable": self.unsettable,
            "landlock": self.landlock,
            "parent": os.getpid(),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningStats:
    """What the harness saw of a sandbox from outside."""

    output_bytes: int
    """Bytes on standard output and error together."""
    peak_resident_bytes: int
    """Highest sum of resident memory over the sandbox's processes."""
    peak_threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Keeping:
    """What a backend adds to how its sandboxes are watched and ended."""

    tidy: Callable[[], None] = lambda: None
    """Removes what it made, once the outermost process has ended; may be called again."""
    roots: Callable[[], tuple[int, ...]] = lambda: ()
    """Tells the first processes of the sandbox that are no children of the outermost one."""
    group: Group | None = None
    """The control group that holds the sandbox's memory."""
    held: Callable[[Iterable[processes.Member]], int] = lambda _: 0
    """Tells the bytes of memory that the sandbox holds, where the resident memory of its processes shows a part."""


class Running:
    """A started sandbox. The wire's outer end is ``wire``; ``kill`` is safe to call at any time and more than once."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        wire: socket.socket,
        limits: Limits,
        inside: Inside,
        keeping: Keeping | None = None,
    ) -> None:
        self.wire = wire
        self.inside = inside
        self.limits = limits
        self._process = process
        self._keeping = keeping or Keeping()
        self._group = self._keeping.group
        self._lock = threading.Lock()
        self._reading = threading.Lock()
        self._output = 0
        self._head = b""
        self._peak_bytes = 0
        self._peak_threads = 0
        self._over = ""
        self._seen: set[processes.Member] = set()
        self._answering: denials.Answering | None = None
        self._ended = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="proofbox-sandbox-keeper", daemon=True)
        self._keeper.start()

    @property
    def pid(self) -> int:
        """Process id of the outermost process, as seen by the harness."""
        return self._process.pid

    @property
    def over_limit(self) -> str:
        """The limit at which the keeper or the kernel stopped the sandbox, as half a sentence; empty if none."""
        if not self._over and self._group is not None and self._group.ran_out():
            return self._too_much_memory()
        return self._over

    @property
    def head(self) -> str:
        """The first 2 KiB of its output; of use only where no model is inside."""
        return self._head.decode("utf-8", "replace")

    def poll(self) -> int | None:
        """Return the exit code, None while it runs. Negative, or above 128, stands for a signal."""
        return self._process.poll()

    def stats(self) -> RunningStats:
        """Return what was seen so far; what was printed before this is in it, though nobody had looked yet."""
        end = time.monotonic() + READ_SECONDS
        while self._printed_and_not_read() and time.monotonic() < end:
            time.sleep(0.0005)
        return RunningStats(
            output_bytes=self._output, peak_resident_bytes=self._peak_bytes, peak_threads=self._peak_threads
        )

    def used_bytes(self) -> int:
        """Return the memory that it holds now, as the limit on it counts."""
        return self._used()[0]

    def count_denied(self, tally: denials.Tally, deadline: float) -> None:
        """Count and answer the calls that are denied from now on. To be called once it has been configured.

        Raises
        ------
        ModelError
            It ended, or did not answer within the deadline, a :func:`time.monotonic` time in seconds.
        """
        if not self.inside.tells:
            tally.uncounted = "this executor does not tell of denied calls"
            return
        listener = denials.receive_listener(self.wire, deadline)
        if listener is None:
            tally.uncounted = "this kernel does not tell of denied calls"
        else:
            self._answering = denials.Answering(listener, tally)

    def members(self) -> tuple[processes.Member, ...]:
        """Return the processes of the sandbox that can be found now, the outermost first."""
        return tuple(self._looked_at())

    def ended_within(self, seconds: float) -> int | None:
        """Wait for the end; return the exit code, None if it still runs."""
        end = time.monotonic() + seconds
        processes.await_end(self._process.pid, seconds)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(max(0.0, end - time.monotonic()))
        return None

    def kill(self) -> None:
        """End every process of the sandbox and wait until none is left."""
        with self._lock:
            members = self.members()
            # The innermost first: the outer process then reaps them and ends by itself.
            for member in reversed(members[1:]):
                processes.kill(member)
            if self.ended_within(1.0 if len(members) > 1 else 0.0) is None:
                self._process.kill()
                self._process.wait()
            self._ended.set()
            self._keeping.tidy()
            end = time.monotonic() + GONE_SECONDS
            while any(processes.lives(member) for member in self._seen) and time.monotonic() < end:
                time.sleep(0.002)
            with contextlib.suppress(OSError):
                self.wire.close()
            if self._group is not None:
                self._group.remove()
            if self._answering is not None:
                self._answering.cease()
        if threading.current_thread() is not self._keeper:
            self._keeper.join(GONE_SECONDS)

    def _keep(self) -> None:
        # Where standard input and output are the wire, what it prints comes on standard error alone.
        printed = self._process.stdout or self._process.stderr
        assert printed is not None
        output = printed.fileno()
        next_sample = 0.0
        open_ = True
        while open_ or self._process.poll() is None:
            if open_ and select.select([output], [], [], SAMPLE_SECONDS)[0]:
                open_ = self._drain(output)
            elif not open_:
                self._ended.wait(SAMPLE_SECONDS)
            if time.monotonic() >= next_sample:
                self._sample()
                next_sample = time.monotonic() + SAMPLE_SECONDS
        printed.close()

    def _printed_and_not_read(self) -> bool:
        """Whether bytes lie in the pipe that the keeper has not counted (ioctl(2), FIONREAD)."""
        printed, waiting = self._process.stdout or self._process.stderr, array.array("i", [0])
        assert printed is not None
        try:
            with self._reading:
                fcntl.ioctl(printed, termios.FIONREAD, waiting)
        except (OSError, ValueError):  # closed: all of it was read
            return False
        return waiting[0] > 0

    def _drain(self, output: int) -> bool:
        with self._reading:
            chunk = os.read(output, 65536)
            if len(self._head) < HEAD_BYTES:
                self._head += chunk[: HEAD_BYTES - len(self._head)]
            self._output += len(chunk)
        if self._output > self.limits.output_bytes:
            self._stop(f"wrote more than {self.limits.output_bytes} bytes to its output")
        return bool(chunk)

    def _sample(self) -> None:
        used, threads = self._used()
        self._peak_bytes = max(self._peak_bytes, used)
        self._peak_threads = max(self._peak_threads, threads)
        if used > self.limits.resident_bytes:
            self._stop(self._too_much_memory())
        elif threads > self.limits.processes + self.inside.launcher_processes:
            self._stop(f"started more than {self.limits.processes} threads")

    def _used(self) -> tuple[int, int]:
        found = self._looked_at()
        used = sum(resident for resident, _ in found.values())
        return max(used, self._keeping.held(found)), sum(threads for _, threads in found.values())

    def _looked_at(self) -> dict[processes.Member, tuple[int, int]]:
        found = processes.usage(self._process.pid)
        # Processes that an engine started are no children of its client.
        for root in self._keeping.roots():
            found |= processes.usage(root)
        # Once its parent has ended, a process is found from no root any more: remember it.
        self._seen |= found.keys()
        return found

    def _too_much_memory(self) -> str:
        return f"used more than {self.limits.resident_bytes} bytes of memory"

    def _stop(self, why: str) -> None:
        self._over = self._over or why
        # All but the outermost, which ends by itself and reaps them.
        for member in reversed(self.members()[1:] or self.members()):
            processes.kill(member)


def signal_name(code: int) -> str:
    """Return the name of the signal behind an exit code of a shell or of ``subprocess``; empty if there is none."""
    number = -code if code < 0 else code - 128
    try:
        return signal.Signals(number).name if number > 0 else ""
    except ValueError:
        return ""
