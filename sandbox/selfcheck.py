"""Prove the walls before a model is let in: the same sandbox, a battery in the model's place, and a look from outside.

Nothing is ever sent beyond loopback: the listeners that must not be reached are the harness's own.
"""

from __future__ import annotations

import json
import os
import platform
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from proofbox.sandbox import interpreter, probes, wire
from proofbox.sandbox.denials import Tally
from proofbox.sandbox.errors import IsolationError, ModelError
from proofbox.sandbox.executor import Executor, Launch
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.rowmemory import row_memory
from proofbox.sandbox.running import Running
from proofbox.sandbox.scratch import scratch

CANARY = b"a file outside that no model may read or change\n"
LONGEST_PLACE_BYTES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfcheckRow:
    """One probe and what came of it."""

    probe: str
    expected: str
    got: str
    held: bool
    enforced_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selfcheck:
    """The proof of one executor's walls."""

    executor: str
    level: int
    isolated: bool
    """False for ``unsafe-none`` alone: there was nothing to prove."""
    backend: Mapping[str, str]
    """Version and digest of the program that built the walls, and as whom it runs."""
    filter_sha256: str = ""
    """Digest of the seccomp filter as it was installed, with 0 for the process's own number; empty without one."""
    denied_calls: str = "not counted: there is no filter"
    """Whether the system calls that are denied are counted by name, or why not."""
    limits: Mapping[str, Mapping[str, Any]]
    """Limit -> its value and what enforces it."""
    rows: tuple[SelfcheckRow, ...]

    def to_json(self) -> dict[str, object]:
        """Return the form that stands in ``assessment.json``; the same on every run but for ``backend``."""
        return {
            "executor": self.executor,
            "level": self.level,
            "isolated": self.isolated,
            "backend": dict(self.backend),
            "filter_sha256": self.filter_sha256,
            "denied_calls": self.denied_calls,
            "limits": {name: dict(value) for name, value in self.limits.items()},
            "rows": [asdict(row) for row in self.rows],
        }


def prove_walls(
    executor: Executor, limits: Limits | None = None, python: interpreter.Interpreter | None = None
) -> Selfcheck:
    """Run the battery in a sandbox of ``executor``, on the interpreter that the model will have; return what held.

    Raises
    ------
    IsolationError
        A probe got through, or the battery did not answer; no model may be loaded.
    """
    limits = limits or Limits()
    found = executor.probe()
    backend = {"version": found.version, "sha256": found.sha256, "runs_as": found.runs_as}
    table = {name: {"value": value, "enforced_by": probes.LIMITS[name]} for name, value in limits.to_json().items()}
    if executor.level == 0:
        nothing = {name: {**row, "enforced_by": "harness or nothing"} for name, row in table.items()}
        return Selfcheck(executor=executor.name, level=0, isolated=False, backend=backend, limits=nothing, rows=())
    with _outside(python or interpreter.current()) as outside:
        rows, built = _battery(executor, limits, outside)
        rows += outside.rows()
    through = [row for row in rows if not row.held]
    if through:
        told = "; ".join(f"{row.probe}: expected {row.expected}, got {row.got}" for row in through[:5])
        raise IsolationError(f"the walls of {executor.name} did not hold ({len(through)} of {len(rows)}): {told}")
    return Selfcheck(
        executor=executor.name,
        level=executor.level,
        isolated=True,
        backend={**backend, "runs_as": built.runs_as or found.runs_as},
        filter_sha256=built.filter_sha256,
        denied_calls=built.denied_calls,
        limits={
            name: {**row, "enforced_by": built.enforced.get(name, row["enforced_by"])} for name, row in table.items()
        },
        rows=tuple(rows),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outside:
    """Everything outside that the battery tries to reach."""

    folder: Path
    listeners: Mapping[str, socket.socket]
    socket_name: str
    decoy: subprocess.Popen[bytes]
    python: interpreter.Interpreter
    """What the battery runs on."""

    @property
    def canary(self) -> Path:
        return self.folder / "canary"

    @property
    def written(self) -> str:
        """Name of the file that the battery tries to write; one that nobody else has."""
        return f"written-by-{self.socket_name}"

    @property
    def model(self) -> Path:
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
            _row(f"outside.{name}", "not reached", "reached" if _arrived(one) else "not reached", "seen from outside")
            for name, one in self.listeners.items()
        ]
        unchanged = (
            self.canary.read_bytes() == CANARY
            and self.model.read_bytes() == CANARY
            and sorted(entry.name for entry in self.folder.iterdir()) == ["canary", "model.bin", "socket"]
        )
        rows.append(_row("outside.files", "unchanged", "unchanged" if unchanged else "changed", "seen from outside"))
        alive = "alive" if self.decoy.poll() is None else "ended"
        rows.append(_row("outside.decoy_process", "alive", alive, "seen from outside"))
        return rows


def _short_place() -> str:
    """Return a folder for temporary files whose path leaves room for a socket's (the kernel takes 107 bytes)."""
    for place in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108 only tempfile makes files there
        if len(os.fsencode(place)) <= LONGEST_PLACE_BYTES and os.access(place, os.W_OK | os.X_OK):
            return place
    raise IsolationError("the walls could not be proven: no folder for temporary files has a short enough path")


@contextmanager
def _outside(python: interpreter.Interpreter) -> Iterator[_Outside]:
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
        yield _Outside(folder=folder, listeners=listeners, socket_name=name, decoy=decoy, python=python)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Built:
    """What stage 0 built, as it tells it, and whether the kernel tells of denied calls."""

    filter_sha256: str
    runs_as: str
    denied_calls: str
    enforced: Mapping[str, str]


def _battery(executor: Executor, limits: Limits, outside: _Outside) -> tuple[list[SelfcheckRow], _Built]:
    denied = Tally()
    memory = row_memory(len(CANARY))
    try:
        shared = None if memory is None else memory.descriptor
        running = executor.launch(Launch(limits=limits, model=outside.model, rows=shared, python=outside.python))
    finally:
        if memory is not None:
            memory.close_descriptor()
    try:
        names, got, namespaces, built = _asked(running, limits, outside, denied)
    except ModelError as error:
        said = " ".join(running.head.split())[:300]
        raise IsolationError(
            f"the walls could not be proven: the battery did not answer ({error.what}) {said}"
        ) from error
    finally:
        running.kill()
        outside.tidy()
    answered = dict(zip(names, got, strict=False))
    rows = []
    for name, expectation in probes.expected(executor.name, executor.level).items():
        answer = answered.get(name, "no answer")
        held = answer in expectation.outcomes
        # One of several right outcomes is told as the expected one, so that the record is the same on every system.
        shown = expectation.outcomes[0] if held else answer
        rows.append(_row(name, expectation.outcomes[0], shown, expectation.enforced_by))
    told = dict(zip(probes.TOLD_NAMESPACES, namespaces, strict=False))
    for name, wall in probes.namespaces(executor.name, executor.level).items():
        own = told.get(name) not in {None, "", str(Path(f"/proc/self/ns/{name}").readlink())}
        rows.append(_row(f"namespaces.{name}", "its own", "its own" if own else "the harness's", wall))
    digest, runs_as, kernel = built
    if executor.level >= 3:
        own = kernel != f"{platform.release()} {platform.version()}"
        rows.append(_row("kernel.own", "its own", "its own" if own else "the harness's", "kernel of its own"))
    counted = f"not counted: {denied.uncounted}" if denied.uncounted else "counted by name and answered by the harness"
    return rows, _Built(filter_sha256=digest, runs_as=runs_as, denied_calls=counted, enforced=running.inside.enforced)


def _asked(running: Running, limits: Limits, outside: _Outside, denied: Tally) -> tuple[tuple[str, ...], ...]:
    facts = {
        **outside.facts(interpreter.SCRATCH if limits.scratch_bytes else ""),
        "mode": "walls",
        "limits": limits.to_json(),
        **running.inside.config(),
        "model": running.inside.model,
    }
    end = wire.Wire(running.wire)
    deadline = time.monotonic() + limits.start_seconds
    nonce = end.request(wire.CONFIGURE, memoryview(json.dumps(facts).encode()), wire.text_shape(), deadline)
    running.count_denied(denied, deadline)
    reply = end.reply(nonce, wire.WALLS, wire.text_shape(), deadline)
    if reply.kind != wire.WALLS:
        raise ModelError("garbage", "it refused")
    return wire.read_texts(reply.body, 4)


def _row(probe: str, expected: str, got: str, enforced_by: str) -> SelfcheckRow:
    return SelfcheckRow(probe=probe, expected=expected, got=got, held=got == expected, enforced_by=enforced_by)


def _arrived(listener: socket.socket) -> bool:
    try:
        if listener.type == socket.SOCK_STREAM:
            listener.accept()[0].close()
        else:
            listener.recv(1)
    except BlockingIOError:
        return False
    return True
