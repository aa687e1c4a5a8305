"""The bundle of an OCI runtime: a folder with ``config.json`` and a root that holds nothing but places to mount at.

Form: Open Container Initiative, runtime-spec 1.0.2, ``config.md`` and ``config-linux.md``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from proofbox.sandbox import interpreter
from proofbox.sandbox.executor import Launch

NOBODY = 65534
HOST_INSIDE = "/host"
MODEL_INSIDE = "/model"
SYSTEM_LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
LOADER_FILES = ("/etc/ld.so.cache", "/etc/alternatives")
EMPTY_FOLDERS = ("/dev/shm", "/tmp")  # noqa: S108 they are emptied and closed, not used
"""Covered by an empty folder that cannot be written to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What of the machine's files is shown inside, all of it read-only."""

    shown: tuple[tuple[str, str], ...]
    """(path outside, path inside)."""
    links: tuple[tuple[str, str], ...]
    """(path inside, where it leads)."""
    emptied: tuple[str, ...]
    """Paths inside that are covered by an empty folder."""
    model: str
    """Path of the model inside; empty without one."""
    sites: tuple[str, ...]
    """Folders of libraries inside."""


def view(launch: Launch) -> View:
    """Return what ``launch`` shows inside: the system's libraries, the interpreter, the host program and the model."""
    python = launch.interpreter()
    shown: list[tuple[str, str]] = [("/usr", "/usr")]
    links: list[tuple[str, str]] = []
    for name in SYSTEM_LINKS:
        path = Path("/", name)
        if path.is_symlink():
            links.append((str(path), str(path.readlink())))
        elif path.is_dir():
            shown.append((str(path), str(path)))
    shown += [(name, name) for name in LOADER_FILES if Path(name).exists()]
    already = [Path("/usr")]
    for folder in (python.prefix, python.program, *python.sites):
        if not any(folder.is_relative_to(other) for other in already):
            shown.append((str(folder), str(folder)))
            already.append(folder)
    shown.append((str(interpreter.HOST), HOST_INSIDE))
    model = ""
    if launch.model:
        model = f"{MODEL_INSIDE}/{interpreter.neutral_name(launch.model)}"
        shown.append((str(launch.model.resolve()), model))
    # The harness, its policies and thresholds included, is none of the model's business.
    hidden = [str(folder / "proofbox") for folder in python.sites if (folder / "proofbox").is_dir()]
    return View(
        shown=tuple(shown),
        links=tuple(links),
        emptied=(*EMPTY_FOLDERS, *hidden),
        model=model,
        sites=tuple(str(folder) for folder in python.sites),
    )


def write_bundle(folder: Path, seen: View, command: Sequence[str], launch: Launch) -> None:
    """Write the bundle that runs ``command`` with ``seen`` as all of its files into ``folder``."""
    root = folder / "rootfs"
    for path in ("proc", "dev", "sys", "tmp", "etc", "model"):
        (root / path).mkdir(parents=True)
    for link, target in seen.links:
        (root / link.lstrip("/")).symlink_to(target)
    for outside, inside in seen.shown:
        place = root / inside.lstrip("/")
        if Path(outside).is_dir():
            place.mkdir(parents=True, exist_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
    (folder / "config.json").write_text(json.dumps(config(seen, command, launch)), encoding="utf-8")


def config(seen: View, command: Sequence[str], launch: Launch) -> dict[str, object]:
    """Return ``config.json``: no capability, no network, no user but nobody, nothing that can be written to."""
    limits = launch.limits
    return {
        "ociVersion": "1.0.2",
        "process": {
            "terminal": False,
            "user": {"uid": NOBODY, "gid": NOBODY},
            "args": list(command),
            "env": [f"{name}={value}" for name, value in launch.environment().items()],
            "cwd": "/",
            "capabilities": {kind: [] for kind in ("bounding", "effective", "inheritable", "permitted", "ambient")},
            "noNewPrivileges": True,
            "rlimits": [
                {"type": kind, "soft": value, "hard": value}
                for kind, value in (("RLIMIT_NOFILE", limits.open_files), ("RLIMIT_CORE", 0), ("RLIMIT_FSIZE", 0))
            ],
        },
        "root": {"path": "rootfs", "readonly": True},
        "hostname": launch.surroundings.hostname,
        "mounts": [*_mounts(seen)],
        "linux": {
            "namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")],
            "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/sysrq-trigger", "/proc/timer_list", "/sys/firmware"],
            "readonlyPaths": ["/proc/sys", "/proc/irq", "/proc/bus", "/proc/fs"],
        },
    }


def _mounts(seen: View) -> Iterable[dict[str, object]]:
    yield {"destination": "/proc", "type": "proc", "source": "proc", "options": ["nosuid", "nodev", "noexec", "ro"]}
    for outside, inside in seen.shown:
        yield {"destination": inside, "type": "bind", "source": outside, "options": ["rbind", "ro", "nosuid", "nodev"]}
    for path in seen.emptied:
        options = ["ro", "nosuid", "nodev", "noexec", "size=65536"]
        yield {"destination": path, "type": "tmpfs", "source": "tmpfs", "options": options}
