"""How the model was held: the attempts of the self-check, as far as the record has them in a known shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from proofbox.checks.result import Json
from proofbox.checks.text import Text, t

ATTEMPTS: Mapping[str, Text] = {
    "network.tcp": t("connect to a listener of this machine by TCP"),
    "network.udp": t("send to a listener of this machine by UDP"),
    "network.path_socket": t("connect to a socket that lies in a folder"),
    "network.abstract_socket": t("connect to a socket that has a name only"),
    "network.interfaces": t("see network interfaces beyond its own loopback"),
    "network.routes": t("see a network route"),
    "network.listeners": t("see what listens on this machine"),
    "files.shadow": t("read the password file"),
    "files.outside": t("read a file outside"),
    "files.through_process_1": t("read a file outside by way of the first process"),
    "files.home": t("see a home folder"),
    "files.write": t("write a file anywhere"),
    "files.model": t("change the model's own file"),
    "files.mode": t("change the rights of a file"),
    "files.times": t("change the times of a file"),
    "files.kernel_settings": t("change a setting of the kernel"),
    "files.devices": t("see devices beyond the harmless ones"),
    "processes.foreign": t("see a process that is not its own"),
    "processes.signal": t("send a signal to another process"),
    "processes.fork": t("start a second process"),
    "processes.execute": t("run another program"),
    "processes.trace": t("look into another process"),
    "processes.priority": t("change the priority of another process"),
    "processes.outlive": t("live on after the harness"),
    "processes.descriptors": t("find a file left open for it"),
    "identity.user": t("be another user than the one without rights"),
    "identity.capabilities": t("hold a special right of the kernel"),
    "identity.no_new_privileges": t("gain rights that it did not start with"),
    "identity.filter": t("run without the filter on system calls"),
    "environment.own": t("read the environment of the harness in its own"),
    "environment.process_1": t("read the environment of the first process"),
    "memory.address_space": t("take more memory than its limit"),
    "memory.hard_limits": t("raise its own limits"),
    "memory.memfd": t("take memory that no limit counts, as a file"),
    "memory.shared_pages": t("take memory that no limit counts, as shared pages"),
    "memory.shared": t("take memory that no limit counts, as shared memory"),
    "memory.rows": t("write into the memory through which rows come"),
    "kernel.bpf": t("load a program into the kernel"),
    "kernel.io_uring": t("pass the filter by a queue of calls"),
    "kernel.keys": t("use the kernel's key store"),
    "kernel.mount": t("mount a file system"),
    "kernel.perf_events": t("watch the processor's counters"),
    "kernel.user_namespace": t("make a new user namespace"),
    "kernel.userfaultfd": t("halt the kernel at a page of memory"),
    "kernel.clone3": t("start a process by a call that cannot be inspected"),
    "kernel.own": t("share the kernel with the harness"),
    "namespaces.ipc": t("share memory and queues with the harness"),
    "namespaces.mnt": t("share the file tree with the harness"),
    "namespaces.net": t("share the network with the harness"),
    "namespaces.pid": t("share the process list with the harness"),
    "namespaces.user": t("share the users with the harness"),
    "namespaces.uts": t("learn this machine's name"),
    "outside.tcp": t("seen from outside: whether a TCP listener was reached"),
    "outside.udp": t("seen from outside: whether a UDP listener was reached"),
    "outside.path_socket": t("seen from outside: whether a socket in a folder was reached"),
    "outside.abstract_socket": t("seen from outside: whether a named socket was reached"),
    "outside.files": t("seen from outside: whether a file was changed"),
    "outside.decoy_process": t("seen from outside: whether another process was harmed"),
}
"""Probe of the self-check -> what was attempted; a probe that is not here is shown by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attack on the walls, tried before the model was loaded."""

    probe: str
    about: Text | None
    """What was attempted, in words."""
    held: bool
    got: str
    """What the program inside was answered, in the kernel's words."""
    enforced_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRow:
    """One limit on the model's process."""

    name: str
    value: Json
    enforced_by: str
    """Empty where the record does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WallsView:
    """The attempts, the limits, and whatever else the self-check says."""

    isolated: bool | None
    """None where the model was not loaded."""
    attempts: tuple[Attempt, ...]
    got_through: int
    limits: tuple[LimitRow, ...]
    rest: Mapping[str, Json]


def walls_view(selfcheck: Mapping[str, Json], limits: Mapping[str, Json]) -> WallsView:
    """Lay out ``run.selfcheck`` and ``run.limits``; an attempt that does not say that it was held got through."""
    rows = selfcheck.get("rows")
    attempts = tuple(_attempt(row) for row in rows if isinstance(row, dict)) if isinstance(rows, list) else ()
    enforced = selfcheck.get("limits")
    enforced = enforced if isinstance(enforced, dict) else {}
    shown = {"limits", "isolated"} | ({"rows"} if attempts else set())
    return WallsView(
        isolated=isolated(selfcheck),
        attempts=attempts,
        got_through=sum(not attempt.held for attempt in attempts),
        limits=tuple(_limit(name, value, enforced.get(name)) for name, value in sorted(limits.items())),
        rest={key: value for key, value in selfcheck.items() if key not in shown},
    )


def isolated(selfcheck: Mapping[str, Json]) -> bool | None:
    """Return whether the model ran isolated; None where it was not loaded. What does not say so was not."""
    return selfcheck.get("isolated") is True if selfcheck else None


def _attempt(row: Mapping[str, Json]) -> Attempt:
    said = {key: str(row.get(key, "–")) for key in ("probe", "got", "enforced_by")}
    return Attempt(held=row.get("held") is True, about=ATTEMPTS.get(said["probe"]), **said)


def _limit(name: str, value: Json, enforced: Json) -> LimitRow:
    by = str(enforced.get("enforced_by", "")) if isinstance(enforced, dict) else ""
    return LimitRow(name=name, value=value, enforced_by=by)
