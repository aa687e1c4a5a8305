"""What the battery tries to reach outside the walls, laid out for it, and what is seen of it from outside afterwards.

Nothing is ever sent beyond loopback: the listeners that must not be reached are the harness's own.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proofbox.sandbox import interpreter, probes
from proofbox.sandbox.errors import IsolationError
from proofbox.sandbox.proof import SelfcheckRow, row_of
from proofbox.sandbox.scratch import scratch

CANARY = b"a file outside that no model may read or change\n"
LONGEST_PLACE_BYTES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """Everything outside that the battery tries to reach."""

    folder: Path
    listeners: Mapping[str, socket.socket]
    socket_name: str
    decoy: subprocess.Popen[bytes]
    python: interpreter.Interpreter
    """What the battery runs on."""

    @property
    def canary(self) -> Path:
        """The file that lies beside everything else, and that no model may read or change."""
        return self.folder / "canary"

    @property
    def written(self) -> str:
        """Name of the file that the battery tries to write; one that nobody else has."""
        return f"written-by-{self.socket_name}"

    @property
    def model(self) -> Path:
        """The file that is shown to the battery in a model's place."""
        return self.folder / "model.bin"

    def facts(self, granted: str) -> dict[str, object]:
        """Return what the battery is told; it need not try to write where writing was ``granted``."""
        home = interpreter.home()
        python = self.python
        shown = [path for path in (python.prefix, python.program, *python.sites) if path.is_relative_to(home)]
        return {
            "tcp_port": self.listeners["tcp"].getsockname()[1],
            "udp_port": self.listeners["udp"].getsockname()[1],
            "socket_path": str(self.folder / "socket"),
            "socket_name": self.socket_name,
            "canary": str(self.canary),
            "home": str(home),
            "home_shown": [path.relative_to(home).parts[0] for path in shown],
            "folders": [folder for folder in self.folders() if folder != granted],
            "written": self.written,
            "devices": probes.DEVICES,
            "decoy": self.decoy.pid,
            "environment": [*interpreter.environment(scratch=bool(granted)), "PWD", "LC_CTYPE"],
        }

    def folders(self) -> list[str]:
        """Return where the battery tries to write."""
        python = self.python
        return [*probes.FOLDERS, str(self.folder), str(python.prefix), *(str(site) for site in python.sites)]

    def tidy(self) -> None:
        """Remove what a battery behind walls that do not hold has left; ``folder`` is yet looked at."""
        for folder in self.folders():
            if folder != str(self.folder):
                with suppress(OSError):
                    Path(folder, self.written).unlink()

    def rows(self) -> list[SelfcheckRow]:
        """Return what is seen from outside once the battery has run."""
        rows = [
            row_of(f"outside.{name}", "not reached", "reached" if _arrived(one) else "not reached", "seen from outside")
            for name, one in self.listeners.items()
        ]
        unchanged = (
            self.canary.read_bytes() == CANARY
            and self.model.read_bytes() == CANARY
            and sorted(entry.name for entry in self.folder.iterdir()) == ["canary", "model.bin", "socket"]
        )
        rows.append(row_of("outside.files", "unchanged", "unchanged" if unchanged else "changed", "seen from outside"))
        alive = "alive" if self.decoy.poll() is None else "ended"
        rows.append(row_of("outside.decoy_process", "alive", alive, "seen from outside"))
        return rows


def _short_place() -> str:
    """Return a folder for temporary files whose path leaves room for a socket's (the kernel takes 107 bytes)."""
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108 only tempfile makes files there
        if len(os.fsencode(place)) <= LONGEST_PLACE_BYTES and os.access(place, os.W_OK | os.X_OK):
            return place
    raise IsolationError("the walls could not be proven: no folder for temporary files has a short enough path")


@contextmanager
def laid_out(python: interpreter.Interpreter) -> Iterator[Outside]:
    """Lay everything out for a battery that runs on ``python``; it is all gone afterwards.

    Raises
    ------
    IsolationError
        No folder for temporary files has a path that is short enough for a socket.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(scratch("walls", place=_short_place()))
        (folder / "canary").write_bytes(CANARY)
        (folder / "model.bin").write_bytes(CANARY)
        name = f"proofbox-{secrets.token_hex(8)}"
        addresses: dict[str, tuple[int, int, Any]] = {
            "tcp": (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            "udp": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            "path_socket": (socket.AF_UNIX, socket.SOCK_STREAM, str(folder / "socket")),
            "abstract_socket": (socket.AF_UNIX, socket.SOCK_STREAM, "\0" + name),
        }
        listeners = {}
        for kind, (family, type_, address) in addresses.items():
            one = stack.enter_context(socket.socket(family, type_))
            one.bind(address)
            if type_ == socket.SOCK_STREAM:
                one.listen(4)
            one.setblocking(False)
            listeners[kind] = one
        waiting = [sys.executable, "-I", "-S", "-c", "input()"]
        decoy = subprocess.Popen(waiting, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)  # noqa: S603 our own
        stack.callback(decoy.wait)
        stack.callback(decoy.kill)
        if decoy.stdin is not None:
            stack.callback(decoy.stdin.close)
        yield Outside(folder=folder, listeners=listeners, socket_name=name, decoy=decoy, python=python)


def _arrived(listener: socket.socket) -> bool:
    try:
        if listener.type == socket.SOCK_STREAM:
            listener.accept()[0].close()
        else:
            listener.recv(1)
    except BlockingIOError:
        return False
    return True
