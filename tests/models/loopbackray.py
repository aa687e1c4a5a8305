"""A real Ray cluster for tests: every node a `ray start`, all in one network namespace that has nothing but loopback.

Only processes that were started here are ever ended, by their number, and with them what they started.
"""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

import pytest

PORT = 46379
RAY = (sys.executable, "-m", "ray.scripts.scripts")
START_SECONDS = 60.0


class Cluster:
    """A head with one processor, and the nodes that are added to it."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pbray-", dir="/tmp"))  # the paths of Ray's sockets must be short
        (self.folder / "driver").mkdir()
        (self.folder / "node").mkdir()
        self.environment = {
            **os.environ,
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
            "RAY_USAGE_STATS_ENABLED": "0",
            "TMPDIR": str(self.folder / "node"),
            "CI": "true",
            "NO_COLOR": "1",
        }
        self.nodes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        head = f"--head --port={PORT} --include-dashboard=false --temp-dir={self.folder}"
        script = f"ip link set lo up && exec {' '.join(RAY)} start {head} --num-cpus=1 --block"
        self._start(["unshare", "--net", "sh", "-c", script], "head")
        self.address = f"127.0.0.1:{PORT}"
        return self

    def __exit__(self, *_given: object) -> None:
        for node in reversed(self.nodes):
            self.kill(node)
        shutil.rmtree(self.folder, ignore_errors=True)

    def add_node(self) -> subprocess.Popen[bytes]:
        """Start one more node, with one processor, which does not see the driver's temporary files."""
        start = f"exec {' '.join(RAY)} start --address={self.address} --num-cpus=1 --block"
        script = f"mount -t tmpfs none {self.folder / 'driver'} && {start}"
        return self._start(self.inside("unshare", "--mount", "sh", "-c", script), f"node{len(self.nodes)}")

    def run(self, *argv: object, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the namespace of the cluster."""
        return subprocess.run(
            self.inside(*argv),
            env={**self.environment, "TMPDIR": str(self.folder / "driver"), **environment},
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=180,
            check=False,
        )

    def inside(self, *argv: object) -> list[str]:
        """Return a command that runs in the namespace of the cluster."""
        return ["nsenter", f"--net=/proc/{self.nodes[0].pid}/ns/net", *map(str, argv)]

    def kill(self, node: subprocess.Popen[bytes]) -> None:
        """End a node with SIGKILL, and all that it started."""
        for process in reversed(descendants(node.pid)):
            with_signal(process, signal.SIGKILL)
        node.kill()
        node.wait()

    def _start(self, argv: list[str], name: str) -> subprocess.Popen[bytes]:
        log = self.folder / f"{name}.log"
        with log.open("wb") as out:
            node = subprocess.Popen(argv, env=self.environment, stdout=out, stderr=subprocess.STDOUT)
        self.nodes.append(node)
        deadline = time.monotonic() + START_SECONDS
        while b"Ray runtime started" not in log.read_bytes():
            said = log.read_text(errors="replace")
            if node.poll() is not None and "Operation not permitted" in said:
                shutil.rmtree(self.folder, ignore_errors=True)
                pytest.skip("container: no network namespace can be made here, and Ray would listen to the network")
            assert node.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.1)
        return node


def descendants(pid: int) -> list[int]:
    """Return the processes that a process started, and those that they started, parents first."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        below = children.get(waiting.pop(0), [])
        found += below
        waiting += below
    return found


def with_signal(pid: int, number: int) -> None:
    """Send a signal to a process, which may have ended."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
