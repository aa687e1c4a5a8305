"""Memory over all processes of a sandbox, held by the kernel: a control group (version 2), where one is delegated.

Only groups that were handed to this user are written to: those that he owns, or that systemd has marked as delegated.
Whether it works is found by doing. Source: the kernel's ``Documentation/admin-guide/cgroup-v2.rst``, and "Control Group
APIs and Delegation" of systemd (CGROUP_DELEGATION).
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from proofbox.sandbox.limits import Limits

MOUNTS = Path("/proc/self/mounts")
OWN = Path("/proc/self/cgroup")
DELEGATED = ("user.delegate", "trusted.delegate")
ENTER = (
    "import os,sys;"
    "open(sys.argv[1],'w').write(str(os.getpid()));"
    "os.execve(sys.argv[2],sys.argv[2:],{k:v for k,v in os.environ.items() if k!='LC_CTYPE'})"
)
"""Enters the group before anything else runs, so that no process is ever outside it; Python adds LC_CTYPE by itself."""
ENFORCED_BY = "control group, and the harness every 20 ms"


@dataclass(frozen=True, slots=True)
class Group:
    """One sandbox's control group."""

    folder: Path

    def entering(self, command: Sequence[str]) -> list[str]:
        """Return the command line that enters this group and turns into ``command`` (its first part a path)."""
        return [sys.executable, "-I", "-S", "-B", "-c", ENTER, str(self.folder / "cgroup.procs"), *command]

    def ran_out(self) -> bool:
        """Return whether the kernel has ended a process of this group for want of memory."""
        return self._events().get("oom_kill", 0) > 0

    def remove(self) -> None:
        """End what is still in it and remove it; may be called again."""
        with contextlib.suppress(OSError):
            (self.folder / "cgroup.kill").write_text("1")
        with contextlib.suppress(OSError):
            self.folder.rmdir()

    def _events(self) -> dict[str, int]:
        try:
            lines = (self.folder / "memory.events").read_text(encoding="ascii").splitlines()
        except OSError:
            return {}
        return {name: int(number) for name, _, number in (line.partition(" ") for line in lines) if number.isdigit()}


def enforced_by(group: Group | None) -> dict[str, str]:
    """Return limit -> what enforces it, as far as a control group does."""
    return {} if group is None else {"resident_bytes": ENFORCED_BY}


def new_group(limits: Limits) -> Group | None:
    """Make a group that holds ``limits.resident_bytes`` over all its processes; None where none is delegated to us."""
    for parent in _delegated():
        group = Group(parent / f"proofbox-{os.getpid()}-{secrets.token_hex(6)}")
        try:
            group.folder.mkdir()
            (group.folder / "memory.max").write_text(str(limits.resident_bytes), encoding="ascii")
        except OSError:
            group.remove()
            continue
        for name, value in (("memory.swap.max", "0"), ("memory.oom.group", "1")):
            with contextlib.suppress(OSError):  # without swap, or before Linux 4.19
                (group.folder / name).write_text(value, encoding="ascii")
        return group
    return None


def _delegated() -> Iterator[Path]:
    """Yield groups in which a child with a limit on memory may be made: our own, then its parent.

    A group that holds processes itself may not give its children controllers, so it is mostly the parent's.
    """
    root, own = _root(), _own()
    if root is None or own is None:
        return
    for folder in dict.fromkeys((root / own, (root / own).parent)):
        if folder.is_relative_to(root) and folder != root and _is_ours(folder) and _gives_memory(folder):
            yield folder


def _is_ours(folder: Path) -> bool:
    try:
        owner = folder.stat().st_uid
    except OSError:
        return False
    if owner == os.geteuid() != 0:
        return True
    for name in DELEGATED:
        with contextlib.suppress(OSError):
            if os.getxattr(folder, name) == b"1":
                return owner == os.geteuid()
    return False


def _gives_memory(folder: Path) -> bool:
    try:
        return "memory" in (folder / "cgroup.subtree_control").read_text(encoding="ascii").split()
    except OSError:
        return False


def _root() -> Path | None:
    with contextlib.suppress(OSError):
        for line in MOUNTS.read_text(encoding="utf-8").splitlines():
            fields = line.split()
            if fields[2] == "cgroup2":
                return Path(fields[1])
    return None


def _own() -> str | None:
    with contextlib.suppress(OSError):
        for line in OWN.read_text(encoding="utf-8").splitlines():
            if line.startswith("0::/"):
                return line[4:]
    return None
