"""The gVisor executor: a kernel of its own in user space (``runsc``), started from a bundle; level 3.

Never ``runsc do``, which shows the host's files. The wire is the sandbox's standard input and output: gVisor passes on
no other descriptor.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from proofbox.sandbox import interpreter, oci, processes
from proofbox.sandbox.attached import start_attached
from proofbox.sandbox.errors import IsolationError
from proofbox.sandbox.executor import Launch, Probe
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.running import Inside, Keeping, Running
from proofbox.sandbox.scratch import remove, scratch_folder

PROBE_SECONDS = 20
MEMORY_FILE = "/memfd:runsc-memory"
BLOCK_BYTES = 512
"""Unit of ``st_blocks`` (stat(2))."""
THREADS_OF_ITS_OWN = 200
"""Threads of runsc itself, which the harness's count of threads cannot tell from the model's."""


class Gvisor:
    """runsc with stage 0 inside."""

    name = "gvisor"
    level = 3
    filtered = True
    own_hostname = True

    def __init__(self, binary: Path | None = None) -> None:
        self._binary = binary
        self._found: Probe | None = None

    def probe(self) -> Probe:
        """Start Python on a kernel of its own; what was found is kept."""
        if self._found is None:
            self._found = self._look()
        return self._found

    def _look(self) -> Probe:
        found = self._binary or _installed()
        if found is None:
            return Probe(available=False, reason="no runsc program was found", advice=_ADVICE)
        self._binary = found
        reason = self._try()
        if reason:
            return Probe(available=False, reason=f"{found}: {reason}", advice=_ADVICE)
        return Probe(
            available=True,
            reason="a Python was started on a kernel of its own and answered",
            version=_version(found),
            binary=str(found),
            sha256=hashlib.sha256(found.read_bytes()).hexdigest(),
            runs_as="root" if os.geteuid() == 0 else "ordinary user",
        )

    def launch(self, launch: Launch) -> Running:
        """Start the host program on a kernel of its own.

        Raises
        ------
        IsolationError
            There is no working runsc on this machine.
        """
        found = self.probe()
        if not found.available:
            raise IsolationError(f"no isolation could be had: {found.reason}", advice=found.advice)
        launch.refuse_scratch(self.name)
        folder = scratch_folder("gvisor")
        outer, inner = socket.socketpair()
        try:
            seen = oci.view(launch)
            oci.write_bundle(folder, seen, launch.interpreter().command(oci.HOST_INSIDE, 0), launch)
            process = start_attached(
                self.command(folder), stdin=inner.fileno(), stdout=inner.fileno(), stderr=subprocess.PIPE
            )
        except OSError as error:
            outer.close()
            remove(folder)
            raise IsolationError(f"runsc could not be started: {error.strerror}") from error
        finally:
            inner.close()
        inside = Inside(
            model=seen.model,
            sites=seen.sites,
            walled=True,
            filtered=self.filtered,
            unsettable=("RLIMIT_MSGQUEUE", "RLIMIT_SIGPENDING"),
            launcher_processes=THREADS_OF_ITS_OWN,
        )
        keeping = Keeping(tidy=lambda: remove(folder), held=MemoryFile())
        return Running(process, outer, launch.limits, inside, keeping)

    def command(self, bundle: Path) -> list[str]:
        """Return the command line that runs ``bundle``."""
        return [
            *(str(self._binary), "--root", str(bundle / "state"), "--network", "none", "--ignore-cgroups"),
            *(("--rootless",) if os.geteuid() else ()),
            *("run", "--bundle", str(bundle), f"proofbox-{secrets.token_hex(8)}"),
        ]

    def _try(self) -> str:
        """Return why it cannot be started; empty if it can."""
        folder = scratch_folder("gvisor")
        try:
            launch = Launch(limits=Limits())
            answer = "import os;os.write(1,b'a kernel of its own')"
            program = str(interpreter.current().program)
            oci.write_bundle(folder, oci.view(launch), [program, *interpreter.FLAGS, "-c", answer], launch)
            process = start_attached(
                self.command(folder), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            return _said(process)
        except OSError as error:
            return error.strerror or "it cannot be started"
        finally:
            remove(folder)


class MemoryFile:
    """The file without a name in which a gVisor kernel keeps the memory of all its programs.

    Pages that a program has touched once and that no process of the machine maps any more are in it, and in nobody's
    resident memory.
    """

    def __init__(self) -> None:
        self._place: Path | None = None

    def __call__(self, members: Iterable[processes.Member]) -> int:
        """Return how many bytes the file holds; 0 before there is one, or where it may not be looked at."""
        if self._place is None:
            self._place = next((place for member in members for place in _memory_files(member.pid)), None)
        if self._place is None:
            return 0
        try:
            return self._place.stat().st_blocks * BLOCK_BYTES
        except OSError:
            self._place = None
            return 0


def _memory_files(pid: int) -> Iterator[Path]:
    try:
        for place in Path(f"/proc/{pid}/fd").iterdir():
            if str(place.readlink()).startswith(MEMORY_FILE):
                yield place
    except OSError:
        return


def _said(process: subprocess.Popen[bytes]) -> str:
    try:
        said, _ = process.communicate(timeout=PROBE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return f"it did not answer within {PROBE_SECONDS} seconds"
    if process.returncode == 0 and said == b"a kernel of its own":
        return ""
    return " ".join(said.decode("utf-8", "replace").split())[:300] or f"it ended with code {process.returncode}"


def _installed() -> Path | None:
    found = shutil.which("runsc", path="/usr/local/bin:/usr/bin:/usr/local/sbin:/usr/sbin")
    return Path(found) if found else None


def _version(binary: Path) -> str:
    command: Sequence[str | Path] = [binary, "--version"]
    found = subprocess.run(command, capture_output=True, text=True, env={}, check=False)  # noqa: S603 its own path
    return (found.stdout.splitlines() or [""])[0].removeprefix("runsc version ")


_ADVICE = (
    "for a kernel of its own install gVisor: 'apt install runsc', or the release of gvisor.dev; it needs no root",
)
