"""The landlock executor: walls that need no package, no root and no user namespaces.

The host program is started as a plain process with an empty environment, and builds all its walls itself before it
imports anything foreign: it gives up root, Landlock leaves it the interpreter, its libraries and the model, and the
filter leaves it no process, no socket and no signal but its own.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import os
import platform
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from proofbox.sandbox import interpreter, processes, wire
from proofbox.sandbox.cgroups import enforced_by, new_group
from proofbox.sandbox.denials import Tally
from proofbox.sandbox.errors import IsolationError, ModelError
from proofbox.sandbox.executor import Launch, Probe
from proofbox.sandbox.launcher import on_launcher
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.running import Inside, Keeping, Running

PROBE_SECONDS = 10
NOBODY = 65534
SYSTEM_FOLDERS = ("/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib")
SYSTEM_FILES = (
    # The dynamic loader and the time zones.
    *("/etc/ld.so.cache", "/usr/share/zoneinfo"),
    *("/dev/random", "/dev/urandom"),
    # How many processors and how much memory there is: libraries set themselves up by it.
    *("/proc/cpuinfo", "/proc/meminfo", "/proc/sys/vm/overcommit_memory"),
    *("/proc/self/maps", "/proc/self/stat", "/proc/self/status"),
)
LISTED = ("/proc/self/fd",)
WRITTEN = ("/dev/null",)


class Landlock:
    """Stage 0 alone: Landlock, the filter and the limits, in the namespaces of the harness."""

    name = "landlock"
    level = 1
    filtered = True
    own_hostname = False

    def __init__(self) -> None:
        self._found: Probe | None = None

    def probe(self) -> Probe:
        """Start the host program, let it build its walls, and hear what it could; what was found is kept."""
        if self._found is None:
            self._found = self._look()
        return self._found

    def launch(self, launch: Launch) -> Running:
        """Start the host program; it builds the walls before it answers anything.

        Raises
        ------
        IsolationError
            The walls cannot be built on this machine.
        """
        found = self.probe()
        if not found.available:
            raise IsolationError(f"no isolation could be had: {found.reason}", advice=found.advice)
        launch.refuse_scratch(self.name)
        return self._start(launch)

    def opened(self, launch: Launch) -> dict[str, list[str]]:
        """Return the files and folders that stay open: ``read``, ``listed`` (names only) and ``write``."""
        python = launch.interpreter()
        folders = [python.prefix, python.program, *python.sites, *(Path(name) for name in SYSTEM_FOLDERS)]
        read, listed = _without_the_harness(tuple(folders), python.sites)
        model = [str(launch.model.resolve())] if launch.model else []
        return {
            "read": [*read, *SYSTEM_FILES, str(interpreter.HOST), *model],
            "listed": [*listed, *LISTED],
            "write": list(WRITTEN),
        }

    def _start(self, launch: Launch) -> Running:
        python = launch.interpreter()
        outer, inner = socket.socketpair()
        group = new_group(launch.limits)
        try:
            passed = launch.inherited(inner.fileno())
            command = python.command(str(interpreter.HOST), *passed)
            command = command if group is None else group.entering(command)
            process = on_launcher(
                lambda: subprocess.Popen(  # noqa: S603 our own program, no shell
                    command,
                    env=launch.environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    pass_fds=passed,
                    cwd="/",
                    start_new_session=True,  # without a terminal
                )
            )
        except OSError as error:
            outer.close()
            if group is not None:
                group.remove()
            raise IsolationError(f"the host program could not be started: {error.strerror}") from error
        finally:
            inner.close()
        inside = dataclasses.replace(self._inside(launch, python), enforced=enforced_by(group))
        return Running(process, outer, launch.limits, inside, Keeping(group=group))

    def _inside(self, launch: Launch, python: interpreter.Interpreter) -> Inside:
        return Inside(
            model=str(launch.model.resolve()) if launch.model else "",
            sites=tuple(str(folder) for folder in python.sites),
            walled=True,
            filtered=self.filtered,
            rows=launch.rows,
            counted=True,
            threads_outside=processes.threads_of(os.getuid() or NOBODY),
            landlock=self.opened(launch),
        )

    def _look(self) -> Probe:
        try:
            abi, runs_as = self._built()
        except IsolationError as error:
            return Probe(available=False, reason=str(error), advice=_advice())
        return Probe(
            available=True,
            reason="a Python built its own walls and answered from behind them",
            version=f"Landlock ABI {abi}, Linux {platform.release()}",
            sha256=_digest(),
            runs_as=runs_as,
        )

    def _built(self) -> tuple[str, ...]:
        """Return the kernel's ABI and as whom the process runs, told from behind the walls."""
        running = self._start(Launch(limits=Limits()))
        try:
            end, deadline = wire.Wire(running.wire), time.monotonic() + PROBE_SECONDS
            config = {"mode": "ready", "limits": running.limits.to_json(), **running.inside.config()}
            nonce = end.request(wire.CONFIGURE, memoryview(json.dumps(config).encode()), wire.text_shape(), deadline)
            running.count_denied(Tally(), deadline)
            reply = end.reply(nonce, wire.WALLS, wire.text_shape(), deadline)
            return wire.read_texts(reply.body, 1)[0]
        except ModelError as error:
            running.kill()  # which also reads its output to the end
            # Its last line is stage 0's own error: nothing foreign runs here.
            said = (running.head.strip().splitlines() or [error.what])[-1]
            raise IsolationError(f"Landlock: {said[:300]}") from error
        finally:
            running.kill()


@functools.cache
def _without_the_harness(folders: tuple[Path, ...], sites: tuple[Path, ...]) -> tuple[list[str], list[str]]:
    """Return the folders to read, and those of which the names alone are shown because the harness lies in them.

    Its policies and thresholds are none of the model's business, and Landlock can add but not take away.
    """
    hidden = tuple(folder / "proofbox" for folder in sites if (folder / "proofbox").is_dir())
    read: dict[str, None] = {}
    listed: dict[str, None] = {}
    for folder in folders:
        for path, whole in _parts(Path(os.path.realpath(folder)), hidden):
            (read if whole else listed)[str(path)] = None
    return list(read), list(listed)


def _parts(path: Path, hidden: tuple[Path, ...]) -> Iterator[tuple[Path, bool]]:
    if path in hidden:
        return
    if not any(other.is_relative_to(path) for other in hidden):
        yield path, True
        return
    yield path, False
    for entry in path.iterdir():
        if not entry.is_symlink():
            yield from _parts(entry, hidden)


@functools.cache
def _digest() -> str:
    """Return the digest of the program that builds the walls: the host's files by name."""
    found = hashlib.sha256()
    for path in sorted(interpreter.HOST.glob("*.py")):
        content = path.read_bytes()
        found.update(f"{path.name} {len(content)}\n".encode() + content)
    return found.hexdigest()


def _advice() -> tuple[str, ...]:
    return (
        "Landlock needs Linux 5.13 or newer with 'landlock' among the security modules (/sys/kernel/security/lsm)",
        "in a container, run as an ordinary user, or as root with the right to become one",
    )
