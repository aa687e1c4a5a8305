"""Container engines of this machine, as far as the container executor asks them: podman and docker."""

from __future__ import annotations

import functools
import hashlib
import io
import os
import re
import secrets
import shutil
import subprocess
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from proofbox.sandbox import oci, processes
from proofbox.sandbox.executor import Launch
from proofbox.sandbox.limits import Limits

ENGINES = ("podman", "docker")
PROGRAM_FOLDERS = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
IMAGE = "proofbox-empty"
LABEL = "proofbox.harness"
ENGINE_SECONDS = 60
_NAME = re.compile(r"proofbox-(\d+)-(\d+)-(\d+)-[0-9a-f]{16}")
KEPT_ENVIRONMENT = (
    *("HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CONFIG_HOME"),
    *("DOCKER_HOST", "CONTAINER_HOST", "DBUS_SESSION_BUS_ADDRESS"),
)
"""What an engine's client needs to find its store or its daemon; none of it enters the container."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A container engine of this machine, and what it can do here."""

    binary: Path
    cgroups: bool = True
    """Whether it can limit memory and processes of the whole container."""

    @property
    def name(self) -> str:
        """``podman`` or ``docker``."""
        return self.binary.name

    def ask(self, *arguments: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """Run the engine's client and return what it said; one that hangs or is not there has failed."""
        return run([str(self.binary), *arguments], seconds=ENGINE_SECONDS, given=given)

    def with_image(self) -> str:
        """Make the empty image unless it is there, and return why it cannot be made; empty if it is there."""
        if self.ask("image", "inspect", image_name()).returncode == 0:
            return ""
        said = self.ask("import", "-", image_name(), given=_image())
        return "" if said.returncode == 0 else told(said.stderr)


def installed() -> tuple[Path, ...]:
    """Return the engines of this machine, podman first."""
    found = [shutil.which(name, path=PROGRAM_FOLDERS) for name in ENGINES]
    return tuple(Path(path) for path in found if path)


def sweep(engine: Engine) -> tuple[str, ...]:
    """Remove the containers of harnesses that are gone; return their names."""
    listed = engine.ask("ps", "--all", "--filter", f"label={LABEL}", "--format", "{{.Names}}")
    gone = tuple(name for name in listed.stdout.decode("utf-8", "replace").split() if _is_left(name))
    for name in gone:
        engine.ask("rm", "--force", name)
    return gone


def new_name() -> str:
    """Return a container's name, which tells whose it is: process namespace, number of the process, and its start."""
    own = processes.member(os.getpid())
    return f"proofbox-{_process_namespace()}-{own.pid}-{own.started}-{secrets.token_hex(8)}"


def _process_namespace() -> int:
    return Path("/proc/self/ns/pid").stat().st_ino


def _is_left(name: str) -> bool:
    """Return whether the harness that ``name`` tells of is gone; of another process namespace nothing can be said."""
    match = _NAME.fullmatch(name)
    if match is None:
        return False
    namespace, pid, started = (int(part) for part in match.groups())
    return namespace == _process_namespace() and not processes.lives(processes.Member(pid, started))


@functools.cache
def _image() -> bytes:
    """Return a tar of an empty root: places to mount at, and the system's links."""
    seen = oci.view(Launch(limits=Limits()))
    into = io.BytesIO()
    with tarfile.open(fileobj=into, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name in ("dev", "etc", "host", "model", "proc", "sys", "tmp", "usr"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(folder)
        for link, target in seen.links:
            entry = tarfile.TarInfo(link.lstrip("/"))
            entry.type, entry.linkname = tarfile.SYMTYPE, target
            archive.addfile(entry)
    return into.getvalue()


def image_name() -> str:
    """Return the image's name and tag; the tag is a digest of its content."""
    return f"{IMAGE}:{hashlib.sha256(_image()).hexdigest()[:16]}"


def run(command: Sequence[str], *, seconds: float, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run a client's command line; no answer within ``seconds`` is a failure."""
    try:
        return subprocess.run(  # noqa: S603 no shell; the engine's path is one of installed()
            command, input=given, capture_output=True, env=environment(), timeout=seconds, check=False, cwd="/"
        )
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(command, 1, b"", f"no answer within {seconds:g} seconds".encode())
    except OSError as error:
        return subprocess.CompletedProcess(command, 1, b"", (error.strerror or "it cannot be started").encode())


def environment() -> Mapping[str, str]:
    """Return the environment of the engine's client."""
    kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    return {"PATH": PROGRAM_FOLDERS, **kept}


def told(said: bytes) -> str:
    """Return what a client said, as one line."""
    return " ".join(said.decode("utf-8", "replace").split())[:300] or "it said nothing"
