"""The container executor: podman or docker, told to give nothing; level 2.

The engine is found by really running something, podman first. Nothing is pulled: the image is made of an empty root on
the spot, and everything inside is a read-only view of this machine's interpreter. The wire is the container's standard
input and output, since engines pass on no other descriptor; what the model prints comes on standard error.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import resource
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

from proofbox.sandbox import cgroups, interpreter, oci, processes
from proofbox.sandbox.attached import start_attached
from proofbox.sandbox.engines import LABEL, Engine, environment, image_name, installed, new_name, run, sweep, told
from proofbox.sandbox.errors import IsolationError
from proofbox.sandbox.executor import Launch, Probe
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.running import Inside, Keeping, Running
from proofbox.sandbox.scratch import remove, scratch_folder

PROBE_SECONDS = 30
SAID = b"behind the walls of a container"
THREADS_OF_THE_CLIENT = 64
"""Threads of the engine's client, which the harness's count cannot tell from the model's."""
MOST_THREADS = 4096
EMPTY = "ro,size=65536,mode=0555"
LEFT_SECONDS = 30
"""A container of a harness that was killed is ended by the engine at the latest this long after its last deadline."""


class Container:
    """A container engine with stage 0 inside."""

    name = "container"
    level = 2
    filtered = True
    own_hostname = True

    def __init__(self, binaries: Sequence[Path] | None = None) -> None:
        self._binaries = binaries
        self._engine: Engine | None = None
        self._found: Probe | None = None

    def probe(self) -> Probe:
        """Run Python in a container of the first engine that can do it; what was found is kept."""
        if self._found is None:
            self._found = self._look()
        return self._found

    def _look(self) -> Probe:
        reasons = []
        for binary in installed() if self._binaries is None else self._binaries:
            # With limits by control groups, or without where the engine cannot have them.
            for engine in (Engine(binary=binary), Engine(binary=binary, cgroups=False)):
                reason = _try(engine)
                if not reason:
                    self._engine = engine
                    sweep(engine)
                    return _working(engine)
            reasons.append(f"{binary}: {reason}")
        return Probe(
            available=False,
            reason="; ".join(reasons) or "neither podman nor docker was found",
            advice=_advice(" ".join(reasons)),
        )

    def launch(self, launch: Launch) -> Running:
        """Start the host program in a container.

        Raises
        ------
        IsolationError
            There is no engine that works on this machine.
        """
        found = self.probe()
        if not found.available or self._engine is None:
            raise IsolationError(f"no isolation could be had: {found.reason}", advice=found.advice)
        launch.refuse_scratch(self.name)
        engine, seen = self._engine, oci.view(launch)
        folder, name = scratch_folder("container"), new_name()
        outer, inner = socket.socketpair()
        try:
            inside = launch.interpreter().command(oci.HOST_INSIDE, 0)
            command = run_command(engine, seen, launch, name=name, folder=folder, inside=inside)
            process = start_attached(
                command, stdin=inner.fileno(), stdout=inner.fileno(), stderr=subprocess.PIPE, env=environment()
            )
        except OSError as error:
            outer.close()
            remove(folder)
            raise IsolationError(f"{engine.name} could not be started: {error.strerror}") from error
        finally:
            inner.close()

        def tidy() -> None:
            engine.ask("rm", "--force", name)
            remove(folder)

        return Running(
            process,
            outer,
            launch.limits,
            Inside(
                model=seen.model,
                sites=seen.sites,
                walled=True,
                filtered=self.filtered,
                threads_outside=processes.threads_of(oci.NOBODY) if os.geteuid() == 0 else 0,
                launcher_processes=THREADS_OF_THE_CLIENT,
                enforced={"resident_bytes": cgroups.ENFORCED_BY} if engine.cgroups else {},
            ),
            Keeping(tidy=tidy, roots=lambda: _first_process(folder)),
        )


def _advice(reasons: str) -> tuple[str, ...]:
    found = []
    if "hybrid mode" in reasons:
        found.append(
            "this system has control groups of both versions, which podman's crun refuses: boot it with"
            " 'systemd.unified_cgroup_hierarchy=1', or use docker"
        )
    if "daemon" in reasons:
        found.append("start docker's daemon ('systemctl start docker'), and be in the group 'docker'")
    return tuple(found) or ("install podman, which needs no daemon: 'apt install podman crun'",)


def run_command(
    engine: Engine, seen: oci.View, launch: Launch, *, name: str, folder: Path, inside: Sequence[str]
) -> list[str]:
    """Return the command line that runs ``inside`` in a container that is given nothing but ``seen``, read-only."""
    limits = launch.limits
    kept = [part for key, value in launch.environment().items() for part in ("--env", f"{key}={value}")]
    return [
        *(str(engine.binary), "run", "--rm", "--interactive", "--name", name, "--pull", "never"),
        *("--label", f"{LABEL}=1", "--log-driver", "none"),
        *("--network", "none", "--ipc", "private", "--uts", "private", "--hostname", launch.surroundings.hostname),
        *("--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges", "--user", "65534:65534"),
        *("--ulimit", f"nofile={limits.open_files}:{limits.open_files}", "--ulimit", "core=0:0", "--workdir", "/"),
        *("--ulimit", f"nproc={_most_threads()}:{_most_threads()}"),  # stage 0 lowers it
        *_limits(engine, limits),
        *_of_podman(engine, limits, folder),
        *kept,
        *(part for outside, at in seen.shown for part in ("--volume", f"{outside}:{at}:ro")),
        *(part for path in (*seen.emptied, "/dev/mqueue") for part in ("--tmpfs", f"{path}:{EMPTY}")),
        *("--entrypoint", inside[0], image_name(), *inside[1:]),
    ]


def _most_threads() -> int:
    """Return a limit on threads that the engine may set: podman's own default is above what a user may have."""
    hard = resource.getrlimit(resource.RLIMIT_NPROC)[1]
    return MOST_THREADS if hard == resource.RLIM_INFINITY else min(hard, MOST_THREADS)


def _limits(engine: Engine, limits: Limits) -> tuple[str, ...]:
    if not engine.cgroups:
        # podman with crun alone; the harness watches memory and threads, as for every executor.
        return ("--cgroups", "disabled") if engine.name == "podman" else ()
    memory = str(limits.resident_bytes)
    return (
        "--memory",
        memory,
        "--memory-swap",
        memory,
        "--pids-limit",
        str(limits.processes),
        "--cpus",
        str(limits.threads),
    )


def _of_podman(engine: Engine, limits: Limits, folder: Path) -> tuple[str, ...]:
    if engine.name != "podman":
        return ("--cidfile", str(folder / "id"))
    longest = int(limits.wall_seconds + limits.start_seconds + LEFT_SECONDS)
    return (
        *("--read-only-tmpfs=false", "--unsetenv-all", "--http-proxy=false", "--no-hosts", "--timeout", str(longest)),
        *("--pidfile", str(folder / "pid"), "--cgroupns", "private", "--image-volume", "ignore"),
    )


def _try(engine: Engine) -> str:
    """Return why ``engine`` cannot hold a model; empty if it can."""
    if reason := engine.with_image():
        return reason
    folder = scratch_folder("container")
    launch = Launch(limits=Limits())
    try:
        program = str(interpreter.current().program)
        inside = [program, *interpreter.FLAGS, "-c", f"import os;os.write(1,{SAID!r})"]
        name = new_name()
        command = run_command(engine, oci.view(launch), launch, name=name, folder=folder, inside=inside)
        said = run(command, seconds=PROBE_SECONDS)
        return "" if said.returncode == 0 and said.stdout == SAID else told(said.stderr or said.stdout)
    finally:
        remove(folder)


def _working(engine: Engine) -> Probe:
    version = engine.ask("--version").stdout.decode("utf-8", "replace").strip()
    held_by = "limits by control groups" if engine.cgroups else "without control groups: the harness watches memory"
    return Probe(
        available=True,
        reason=f"a Python was run in a container and answered ({held_by})",
        version=version,
        binary=str(engine.binary),
        sha256=hashlib.sha256(engine.binary.read_bytes()).hexdigest(),
        runs_as="root" if os.geteuid() == 0 else "ordinary user",
    )


def _first_process(folder: Path) -> tuple[int, ...]:
    """Return the number of the container's first process, once the engine has told it."""
    with contextlib.suppress(OSError, ValueError):
        return (int((folder / "pid").read_text(encoding="ascii")),)
    return ()
