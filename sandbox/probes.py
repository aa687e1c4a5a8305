"""What each probe of the battery must answer behind working walls, and which wall makes it so."""

from __future__ import annotations

import os
from dataclasses import dataclass

NOBODY = 65534


@dataclass(frozen=True, slots=True)
class Expectation:
    """One probe's only right outcomes."""

    outcomes: tuple[str, ...]
    """Texts that mean that the wall held; the first is shown as expected."""
    enforced_by: str

    def by_own_kernel(self) -> Expectation:
        """Return the same, enforced by the kernel that the sandbox has for itself, where namespaces did it."""
        walls = "namespace" in self.enforced_by or "mounts" in self.enforced_by
        return Expectation(self.outcomes, "kernel of its own") if walls else self


_FILTER = "seccomp filter"
_MOUNTS = "mount namespace"
_STAGE0 = "stage 0"
_GONE = ("denied ENOENT", "denied EACCES", "denied ENOTDIR")
_READ_ONLY = ("denied EROFS", "denied EACCES", "denied ENOENT")
_EPERM = ("denied EPERM",)


def _filtered(*names: str) -> dict[str, Expectation]:
    return {name: Expectation(_EPERM, _FILTER) for name in names}


EXPECTED: dict[str, Expectation] = {
    **_filtered("network.tcp", "network.udp", "network.path_socket", "network.abstract_socket"),
    "network.interfaces": Expectation(("lo",), "network namespace"),
    "network.routes": Expectation(("none",), "network namespace"),
    "network.listeners": Expectation(("not seen",), "network namespace"),
    "files.shadow": Expectation(_GONE, _MOUNTS),
    "files.outside": Expectation(_GONE, _MOUNTS),
    "files.through_process_1": Expectation(_GONE, _MOUNTS),
    "files.home": Expectation(("none", *_GONE), _MOUNTS),
    "files.write": Expectation(("none",), "read-only mounts"),
    "files.model": Expectation(_READ_ONLY, "read-only mounts"),
    **_filtered("files.mode", "files.times"),
    "files.kernel_settings": Expectation(_READ_ONLY, "read-only mounts"),
    "files.devices": Expectation(("none",), _MOUNTS),
    "processes.foreign": Expectation(("none",), "process namespace"),
    **_filtered("processes.signal", "processes.fork", "processes.execute", "processes.trace"),
    **_filtered("processes.priority", "processes.outlive"),
    "processes.descriptors": Expectation(("none",), _STAGE0),
    "identity.user": Expectation(("65534",), "user namespace"),
    "identity.capabilities": Expectation(("none",), "user namespace"),
    "identity.no_new_privileges": Expectation(("1",), _STAGE0),
    "identity.filter": Expectation(("2",), _FILTER),
    "environment.own": Expectation(("none",), "empty environment"),
    "environment.process_1": Expectation(("empty", "denied EACCES", "denied EPERM"), "empty environment"),
    "memory.address_space": Expectation(("denied ENOMEM",), "RLIMIT_AS"),
    "memory.hard_limits": Expectation(("none",), _STAGE0),
    **_filtered("memory.memfd", "memory.shared_pages", "memory.shared"),
    "memory.rows": Expectation(("none",), "sealed memory"),
    **_filtered("kernel.bpf", "kernel.io_uring", "kernel.keys", "kernel.mount", "kernel.perf_events"),
    **_filtered("kernel.user_namespace", "kernel.userfaultfd"),
    "kernel.clone3": Expectation(("denied ENOSYS",), _FILTER),
}
"""Probe -> what it must answer; a probe that is missing from the answer has not held."""

_LANDLOCK_FILES = (
    *("network.interfaces", "network.routes", "network.listeners", "files.shadow", "files.outside", "files.home"),
    *("files.through_process_1", "files.model", "files.kernel_settings", "files.devices", "processes.foreign"),
    "environment.process_1",
)
WITHOUT_NAMESPACES: dict[str, Expectation] = {
    **{name: Expectation(("denied EACCES", "denied ENOENT"), "Landlock") for name in _LANDLOCK_FILES},
    "files.write": Expectation(("none",), "Landlock"),
    "identity.capabilities": Expectation(("none",), _STAGE0),
}
"""What other answers hold where one wall stands for all namespaces: the names themselves cannot be listed."""

BY_EXECUTOR: dict[str, dict[str, Expectation]] = {
    "container": {
        # The engine sets HOSTNAME, to the name that the sandbox was given.
        "environment.own": Expectation(("none", "HOSTNAME"), "container engine"),
        "identity.user": Expectation(("65534",), "container engine"),
        "identity.capabilities": Expectation(("none",), "container engine"),
    },
    "gvisor": {
        "files.devices": Expectation(("none", "fuse", "net", "fuse net"), "kernel of its own"),
        "identity.no_new_privileges": Expectation(("1", "not told"), _STAGE0),
    },
}
"""Other answers that hold of one executor; gVisor's kernel shows devices of its own, and tells less of itself."""

NAMESPACES: dict[str, str] = {
    "ipc": "IPC namespace",
    "mnt": "mount namespace",
    "net": "network namespace",
    "pid": "process namespace",
    "user": "user namespace",
    "uts": "host name namespace",
}
"""Namespaces that must not be those of the harness; ``cgroup`` is told too, but old kernels have none."""
TOLD_NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")

DEVICES = (
    *("console", "core", "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout"),
    *("tty", "urandom", "zero"),
)
"""All that may stand in ``/dev`` inside."""

FOLDERS = (
    *("/", "/dev", "/dev/mqueue", "/dev/shm", "/etc", "/home", "/host", "/model", "/proc/self"),  # noqa: S108
    *("/root", "/tmp", "/usr", "/var"),  # noqa: S108
)
"""Where writing is tried, besides the interpreter's folders and the canary's."""

LIMITS: dict[str, str] = {
    "wall_seconds": "harness",
    "call_seconds": "harness",
    "start_seconds": "harness",
    "cpu_seconds": "RLIMIT_CPU",
    "address_space_bytes": "RLIMIT_AS",
    "resident_bytes": "harness, every 20 ms",
    "processes": "harness, every 20 ms, and RLIMIT_NPROC where the user is not root; no process but threads at all",
    "open_files": "RLIMIT_NOFILE",
    "output_bytes": "harness",
    "threads": "told by its environment; bound by processes",
    "scratch_bytes": "size of the folder, and RLIMIT_FSIZE",
}
"""Limit -> what enforces it."""


def expected(executor: str, level: int) -> dict[str, Expectation]:
    """Return what the battery must answer in a sandbox of that executor and level, in the order of the table."""
    if executor == "landlock":
        # An ordinary user stays the same one; root has become nobody.
        user = Expectation(("not root", str(os.getuid() or NOBODY)), _STAGE0)
        return {**EXPECTED, **WITHOUT_NAMESPACES, "identity.user": user}
    found = {**EXPECTED, **BY_EXECUTOR.get(executor, {})}
    if level >= 3:
        return {name: one.by_own_kernel() for name, one in found.items()}
    return found


def namespaces(executor: str, level: int) -> dict[str, str]:
    """Return the namespaces that must be the sandbox's own, and what makes them."""
    if executor == "landlock" or level >= 3:
        return {}
    # Engines started by root run nobody's processes without a user namespace: there is no root inside to be mapped.
    return {name: wall for name, wall in NAMESPACES.items() if name != "user" or executor != "container"}
