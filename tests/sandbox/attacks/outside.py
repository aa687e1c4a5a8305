"""The world outside the walls as the suite lays it out: what hostile models aim at, and what is looked at then."""

from __future__ import annotations

import contextlib
import ctypes
import hashlib
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from attacks.kit import MARK
from proofbox.sandbox import interpreter, outliving, processes

PR_SET_CHILD_SUBREAPER = 36
WATCHED = ("/", "/tmp", "/var/tmp", "/dev", "/dev/shm", "/run", "/run/lock", "/etc", "/usr", "/var/log", "/model",
           "/host", "/sys/fs/cgroup")  # fmt: skip
"""Folders in which a file of the attack's name is looked for, besides those of the world itself."""
SHARED_BYTES = 100 << 20
"""Growth of the machine's shared memory that is taken for an attack's, if it also falls again with the sandbox."""
NOBODY = 65534


@dataclass(slots=True, kw_only=True)
class Outside:
    """Everything that an attack may aim at, and its state before."""

    root: Path
    world: SimpleNamespace
    """What the attack is told, see :func:`laid_out`."""
    secrets: tuple[str, ...]
    """Texts that no answer may hold."""
    listeners: dict[str, socket.socket]
    decoys: tuple[subprocess.Popen[bytes], ...]
    memory: ctypes.Array[ctypes.c_char]
    """A secret in the memory of the harness."""
    before: dict[str, object] = field(default_factory=dict)
    signals: list[int] = field(default_factory=list)

    def remember(self) -> None:
        """Take the state of everything that must not change."""
        self.before = self._state()

    def breaches(self, told: str, *, sandbox: int = 0) -> list[str]:
        """Return what shows that an attack got through; ``told`` is what the model said, ``sandbox`` its process."""
        found = [f"the {name} listener was reached" for name, one in self.listeners.items() if _arrived(one)]
        found += ["a secret was told" for secret in self.secrets if secret in told]
        found += [f"the harness was signalled ({number})" for number in self.signals]
        found += [f"{path} was left behind" for path in sorted(set(self._left()))]
        found += [f"a process is left or new: {pid}" for pid in self._strangers(sandbox)]
        after = self._state()
        for name, value in self.before.items():
            if after[name] != value:
                found.append(f"{name} is {after[name]}, was {value}")
        if found:
            self._clear()
        return found

    def _clear(self) -> None:
        """Take away what got through, so that it is told of one attack alone."""
        self.signals.clear()
        for path in self._left():
            with contextlib.suppress(OSError):
                os.rmdir(path) if os.path.isdir(path) else os.unlink(path)
        self.remember()

    def _left(self) -> Iterator[str]:
        folders = {*WATCHED, *self.world.sites, *self.world.host, os.getcwd(), sys.base_prefix, os.__file__[:-6]}
        for folder in folders:
            with contextlib.suppress(OSError):
                yield from (f"{folder}/{name}" for name in os.listdir(folder) if name.startswith(MARK))
        yield from (str(path) for path in self.root.rglob(f"*{MARK}*"))

    def _mounts(self) -> tuple[str, ...]:
        """Return what is mounted where attacks try to; elsewhere the machine may do as it likes."""
        points = {*WATCHED, "/proc", "/proc/sys"}
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
        return tuple(line for line in lines if line.split()[4] in points or str(self.root) in line)

    def _strangers(self, sandbox: int) -> list[int]:
        known = {sandbox, outliving.group(), *(decoy.pid for decoy in self.decoys)}
        return [
            pid for pid in processes._children(os.getpid())
            if pid not in known and (fields := processes._stat(pid)) and fields[0] not in "ZX"
        ]  # fmt: skip

    def _state(self) -> dict[str, object]:
        found: dict[str, object] = {
            "the secret in memory": self.memory.raw,
            "the tracer of the harness": _status(os.getpid(), "TracerPid"),
            "the host name": os.uname().nodename,
            "the mounts": self._mounts(),
            "the process that outlives the harness": _life(outliving.group()),
        }
        for place, decoy in enumerate(self.decoys):
            found[f"decoy {place}"] = _life(decoy.pid)
        for path in sorted(self.root.rglob("*")):
            if MARK not in path.name and not path.is_relative_to(self.root / "made"):
                found[str(path)] = _fingerprint(path)
        return found


@contextmanager
def laid_out(root: Path) -> Iterator[Outside]:
    """Lay out canaries, listeners, decoys and secrets under the fresh folder ``root``."""
    names = ("harness", "canary", "memory", "ssh", "key", "labels", "descriptor")
    secret = {name: f"{name}-{secrets.token_hex(8)}" for name in names}
    os.environ["ATTACK_SUITE_SECRET"] = secret["harness"]
    os.environ["HOME"] = str(root / "home")
    # Orphans of a sandbox become children of this process and are seen.
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    with ExitStack() as stack:
        paths = _files(root, secret)
        stack.callback(os.chdir, Path.cwd())
        os.chdir(root / "outside")  # the paths of sockets are short
        listeners = _listeners(stack)
        kept = stack.enter_context((root / "held-open").open("w+b"))
        kept.write(secret["descriptor"].encode())
        kept.flush()
        os.set_inheritable(kept.fileno(), True)
        os.set_inheritable(listeners["TCP"].fileno(), True)
        memory = ctypes.create_string_buffer(secret["memory"].encode(), 64)
        decoys = tuple(_decoy(stack, user) for user in ([None, NOBODY] if os.geteuid() == 0 else [None]))
        python = interpreter.current()
        world = SimpleNamespace(
            **paths,
            **_addresses(listeners, root / "outside"),
            decoys=[decoy.pid for decoy in decoys],
            harness=os.getpid(),
            secret_address=ctypes.addressof(memory),
            secret_descriptor=kept.fileno(),
            sites=[str(folder) for folder in python.sites],
            host=[str(interpreter.HOST), "/host"],
            policies=_policies(python),
            environment=sorted(interpreter.ENVIRONMENT),
            submission_name="a-submission-of-somebody",
        )
        found = Outside(root=root, world=world, secrets=tuple(secret.values()), listeners=listeners, decoys=decoys,
                        memory=memory)  # fmt: skip
        for number in (signal.SIGUSR1, signal.SIGIO, signal.SIGTERM):
            stack.callback(signal.signal, number, signal.signal(number, lambda n, _: found.signals.append(n)))
        yield found


def _files(root: Path, secret: dict[str, str]) -> dict[str, str]:
    submitted = root / "a-submission-of-somebody"
    texts = {
        "outside/canary": secret["canary"],
        "home/.ssh/id_ed25519": secret["ssh"],
        "home/keys/evidence.key": secret["key"],
        "home/result/assessment.json": '{"conclusion": "does-not-conform"}',
        f"{submitted.name}/labels.csv": secret["labels"],
    }
    for name, text in texts.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for name in ("attack_beside_the_model", "sitecustomize", "usercustomize", "numpy"):
        mark = f"import os\nos.close(os.open({str(root / 'outside')!r} + '/{MARK}', os.O_CREAT | os.O_WRONLY))\n"
        (submitted / f"{name}.py").write_text(mark)
    (root / "home/mlruns.db").write_bytes(b"")
    (root / "outside/empty").mkdir()
    (root / "made").mkdir()
    # Open to anyone: what keeps an attack out must be the walls, not the modes of files.
    for path in [root, *root.rglob("*")]:
        path.chmod(0o777 if path.is_dir() else 0o666)
    return {
        "outside": str(root / "outside"), "canary": str(root / "outside/canary"), "home": str(root / "home"),
        "ssh_key": str(root / "home/.ssh/id_ed25519"), "key": str(root / "home/keys/evidence.key"),
        "result": str(root / "home/result/assessment.json"), "store": str(root / "home/mlruns.db"),
        "labels": str(submitted / "labels.csv"), "empty_folder": str(root / "outside/empty"),
        "model_outside": str(submitted / "model.pkl"),
    }  # fmt: skip


def _listeners(stack: ExitStack) -> dict[str, socket.socket]:
    name = f"proofbox-attack-{secrets.token_hex(6)}"
    wanted = {
        "TCP": (socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
        "IPv6": (socket.AF_INET6, socket.SOCK_STREAM, ("::1", 0)),
        "UDP": (socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
        "path": (socket.AF_UNIX, socket.SOCK_STREAM, "stream"),
        "path datagram": (socket.AF_UNIX, socket.SOCK_DGRAM, "datagram"),
        "abstract": (socket.AF_UNIX, socket.SOCK_STREAM, f"\0{name}-s"),
        "abstract datagram": (socket.AF_UNIX, socket.SOCK_DGRAM, f"\0{name}-d"),
    }
    found = {}
    for label, (family, kind, address) in wanted.items():
        one = stack.enter_context(socket.socket(family, kind))
        with contextlib.suppress(OSError if family == socket.AF_INET6 else ()):  # a machine without IPv6
            one.bind(address)
            one.setblocking(False)
            if kind == socket.SOCK_STREAM:
                one.listen()
            found[label] = one
    for path in ("stream", "datagram"):
        Path(path).chmod(0o777)
    return found


def _addresses(listeners: dict[str, socket.socket], folder: Path) -> dict[str, object]:
    return {
        "tcp_port": listeners["TCP"].getsockname()[1], "udp_port": listeners["UDP"].getsockname()[1],
        "tcp6_port": listeners["IPv6"].getsockname()[1] if "IPv6" in listeners else 1,
        "path_socket": str(folder / "stream"), "path_datagram": str(folder / "datagram"),
        "abstract_socket": listeners["abstract"].getsockname()[1:].decode(),
        "abstract_datagram": listeners["abstract datagram"].getsockname()[1:].decode(),
    }  # fmt: skip


def _decoy(stack: ExitStack, user: int | None) -> subprocess.Popen[bytes]:
    """Start a process that waits; the program is one that every user may run."""
    decoy = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, user=user, group=user,
                             extra_groups=[] if user else None, env={}, start_new_session=True)  # fmt: skip
    for action in (decoy.wait, decoy.kill, decoy.stdin.close):
        stack.callback(action)
    return decoy


def _policies(python: interpreter.Interpreter) -> list[str]:
    import proofbox.policies

    own = Path(proofbox.policies.__path__[0])
    return [str(path) for folder in (own, *(site / "proofbox/policies" for site in python.sites))
            for path in sorted(folder.glob("**/*.yaml"))[:2]]  # fmt: skip


def _arrived(one: socket.socket) -> bool:
    try:
        if one.type == socket.SOCK_STREAM:
            one.accept()[0].close()
        else:
            one.recv(1)
    except BlockingIOError:
        return False
    return True


def _life(pid: int) -> tuple[object, ...]:
    """Return whether a process waits undisturbed: state, group, session, priority, tracer, processors, limits."""
    fields = processes._stat(pid)
    if fields is None or fields[0] in "ZX":
        return ("ended",)
    limits = hashlib.sha256(Path(f"/proc/{pid}/limits").read_bytes()).hexdigest()
    state = "stopped" if fields[0] in "Tt" else "lives"
    return (state, fields[2], fields[3], fields[16], _status(pid, "TracerPid"), os.sched_getaffinity(pid), limits,
            os.sched_getscheduler(pid), _status(pid, "SigPnd"))  # fmt: skip


def _status(pid: int, key: str) -> str:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return line.split()[1]
    return ""


def shared_bytes() -> int:
    """Return how much memory of the machine belongs to files without a name and to shared mappings."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("Shmem:"):
            return int(line.split()[1]) * 1024
    return 0


def _fingerprint(path: Path) -> tuple[object, ...]:
    told = path.lstat()
    content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
    return (told.st_mode, told.st_uid, told.st_gid, told.st_nlink, told.st_size, int(told.st_mtime), content)
