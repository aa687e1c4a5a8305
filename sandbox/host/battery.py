"""The battery: try what a hostile model would try, and say plainly what came of it. Standard library and ctypes only.

It runs behind stage 0 in the place of a model. Each probe answers one short text; the harness knows what it should be
(``proofbox/sandbox/probes.py``) and looks from outside whether anything arrived.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import platform
import resource
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .channel import WALLS, Channel
from .dangerous import DANGEROUS
from .seccomp import ARCHITECTURES, prctl
from .stage0 import Built, rlimits
from .syscalls import INSPECTED

Facts = Mapping[str, Any]
NAMESPACES = ("cgroup", "ipc", "mnt", "net", "pid", "user", "uts")
NOBODY = 0x7FFFFFFF  # a process number that none has: without the filter the answer is ESRCH, and nothing is harmed


def run_battery(channel: Channel, facts: Facts, built: Built, inherited: set[int], shared: int | None) -> None:
    """Run every probe and send: names, what each got, namespaces, and of the sandbox what stage 0 built and its kernel.

    ``inherited`` are the descriptors that the harness passed on, ``shared`` the one of them that holds rows.
    """
    probes = {**_network(facts), **_files(facts), **_processes(facts, inherited), **_memory(facts), **_kernel()}
    probes["memory.rows"] = lambda: _written(shared)
    got = [_tried(probe) for probe in probes.values()]
    kernel = " ".join(part for part in (os.uname().release, os.uname().version))
    told = [built.filter_sha256, built.runs_as, kernel]
    channel.texts(WALLS, [list(probes), got, [_namespace(name) for name in NAMESPACES], told])


def _tried(probe: Callable[[], str]) -> str:
    try:
        return probe()
    except OSError as error:
        return f"denied {errno.errorcode.get(error.errno or 0, 'error')}"
    except (MemoryError, OverflowError):
        return "denied ENOMEM"


def _network(facts: Facts) -> dict[str, Callable[[], str]]:
    def stream(family: int, address: Any) -> str:  # noqa: ANN401 its type depends on the family
        with socket.socket(family, socket.SOCK_STREAM) as one:
            one.settimeout(1)
            one.connect(address)
        return "reached"

    def datagram() -> str:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.sendto(b"out", ("127.0.0.1", facts["udp_port"]))
        return "sent"

    def listeners() -> str:
        ports = {line.split()[1].rpartition(":")[2] for line in _lines("/proc/net/tcp")[1:]}
        return "seen" if f"{facts['tcp_port']:04X}" in ports else "not seen"

    return {
        "network.tcp": lambda: stream(socket.AF_INET, ("127.0.0.1", facts["tcp_port"])),
        "network.udp": datagram,
        "network.path_socket": lambda: stream(socket.AF_UNIX, facts["socket_path"]),
        "network.abstract_socket": lambda: stream(socket.AF_UNIX, "\0" + facts["socket_name"]),
        "network.interfaces": lambda: _words(line.split(":")[0].strip() for line in _lines("/proc/net/dev")[2:]),
        "network.routes": lambda: _words(line.split()[0] for line in _lines("/proc/net/route")[1:]),
        "network.listeners": listeners,
    }


def _files(facts: Facts) -> dict[str, Callable[[], str]]:
    def read(path: str) -> str:
        Path(path).read_bytes()
        return "read"

    def home() -> str:
        # Folders that lead to the interpreter are there and hold nothing but the way to it.
        return _words(_listed(facts["home"]) - set(facts["home_shown"]))

    def write() -> str:
        done = []
        for folder in facts["folders"]:
            target = str(Path(folder, facts["written"]))
            try:
                os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
            except OSError:
                continue
            done.append(folder)
        return _words(done)

    def settings() -> str:
        os.close(os.open("/proc/sys/kernel/core_pattern", os.O_WRONLY))
        return "opened"

    def change_mode() -> str:
        Path(facts["canary"]).chmod(0o600)
        return "changed"

    def change_times() -> str:
        os.utime(facts["canary"], (0, 0))
        return "changed"

    def change_model() -> str:
        os.close(os.open(facts["model"], os.O_WRONLY))
        return "opened"

    return {
        "files.shadow": lambda: read("/etc/shadow"),
        "files.outside": lambda: read(facts["canary"]),
        "files.through_process_1": lambda: read("/proc/1/root" + facts["canary"]),
        "files.home": home,
        "files.write": write,
        "files.model": change_model,
        "files.mode": change_mode,
        "files.times": change_times,
        "files.kernel_settings": settings,
        "files.devices": lambda: _words(_listed("/dev") - set(facts["devices"])),
    }


def _processes(facts: Facts, inherited: set[int]) -> dict[str, Callable[[], str]]:
    def fork() -> str:
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
        return "forked"

    def execute() -> str:
        os.execve("/nothing-of-this-name", ["x"], {})  # noqa: S606 must be denied before the name is looked at

    def signal_decoy() -> str:
        os.kill(facts["decoy"], 0)
        return "signalled"

    def slow_decoy() -> str:
        os.setpriority(os.PRIO_PROCESS, facts["decoy"], 19)
        return "slowed"

    def outlive() -> str:
        prctl(1, 0)  # PR_SET_PDEATHSIG
        return "allowed"

    def first_environment() -> str:
        names = {entry.split(b"=")[0].decode() for entry in Path("/proc/1/environ").read_bytes().split(b"\0") if entry}
        # Where there is no launcher, the first process is this one, with the environment that it was given.
        return "empty" if not names or (os.getpid() == 1 and names <= set(facts["environment"])) else "readable"

    def descriptors() -> str:
        with os.scandir("/proc/self/fd") as entries:
            numbers = {int(entry.name) for entry in entries}
        still = {n for n in numbers - {0, 1, 2} - inherited if _is_open(n)}
        return _words(str(n) for n in still)

    status = {line.split(":")[0]: line.split(":")[1].strip() for line in _lines("/proc/self/status")}
    return {
        "processes.foreign": lambda: _words(
            n for n in _listed("/proc") if n.isdigit() and int(n) not in {1, os.getpid()}
        ),
        "processes.signal": signal_decoy,
        "processes.fork": fork,
        "processes.execute": execute,
        "processes.priority": slow_decoy,
        "processes.outlive": outlive,
        "processes.trace": lambda: _call("ptrace", 16, NOBODY, 0, 0),
        "processes.descriptors": descriptors,
        "identity.user": lambda: str(os.getuid()),
        "identity.capabilities": lambda: "none" if int(status["CapEff"], 16) == 0 else "some",
        "identity.no_new_privileges": lambda: status.get("NoNewPrivs", "not told"),
        "identity.filter": lambda: status.get("Seccomp", "not told"),
        "environment.own": lambda: _words(set(os.environ) - set(facts["environment"])),
        "environment.process_1": first_environment,
    }


def _memory(facts: Facts) -> dict[str, Callable[[], str]]:
    limits = facts["limits"]

    def address_space() -> str:
        mmap.mmap(-1, limits["address_space_bytes"], flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close()
        return "mapped"

    def shared_pages() -> str:
        mmap.mmap(-1, mmap.PAGESIZE, flags=mmap.MAP_SHARED | mmap.MAP_ANONYMOUS).close()
        return "mapped"

    def hard_limits() -> str:
        wanted = {name: hard for name, (_, hard) in rlimits(facts).items()}
        higher = [n for n, value in wanted.items() if not 0 <= resource.getrlimit(getattr(resource, n))[1] <= value]
        return _words(higher)

    return {
        "memory.address_space": address_space,
        "memory.hard_limits": hard_limits,
        "memory.memfd": lambda: _call("memfd_create", b"x", 0),
        "memory.shared_pages": shared_pages,
        "memory.shared": lambda: _call("shmget", 0, 4096, 0o1600),
    }


def _written(shared: int | None) -> str:
    """Try to change the memory through which rows come, in every way that a descriptor gives."""
    if shared is None:
        return "none"

    def mapped() -> None:
        with mmap.mmap(shared, mmap.PAGESIZE, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ | mmap.PROT_WRITE) as memory:
            memory[0] = 1

    def reopened() -> None:
        again = os.open(f"/proc/self/fd/{shared}", os.O_RDWR)
        try:
            os.pwrite(again, b"x", 0)
        finally:
            os.close(again)

    ways: dict[str, Callable[[], object]] = {
        "grown": lambda: os.ftruncate(shared, 1 << 30),
        "mapped": mapped,
        "reopened": reopened,
        "shrunk": lambda: os.ftruncate(shared, 0),
        "written": lambda: os.pwrite(shared, b"x", 0),
    }
    done = []
    for name, way in ways.items():
        try:
            way()
        except OSError:
            continue
        done.append(name)
    return _words(done)


def _kernel() -> dict[str, Callable[[], str]]:
    return {
        "kernel.bpf": lambda: _call("bpf", 0, 0, 0),
        "kernel.clone3": lambda: _call("clone3", 0, 0),
        "kernel.io_uring": lambda: _call("io_uring_setup", 1, 0),
        "kernel.keys": lambda: _call("keyctl", 0, 0, 0),
        "kernel.mount": lambda: _call("mount", 0, 0, 0, 0, 0),
        "kernel.perf_events": lambda: _call("perf_event_open", 0, 0, 0, 0, 0),
        "kernel.user_namespace": lambda: _call("unshare", 0x10000000),
        "kernel.userfaultfd": lambda: _call("userfaultfd", 0),
    }


def _call(name: str, *arguments: int | bytes) -> str:
    number = {**DANGEROUS, **INSPECTED}[name][ARCHITECTURES[platform.machine()][0]]
    function = ctypes.CDLL(None, use_errno=True).syscall
    function.restype = ctypes.c_long
    converted = [ctypes.c_char_p(a) if isinstance(a, bytes) else ctypes.c_long(a) for a in arguments]
    if function(ctypes.c_long(number or -1), *converted) == -1:
        raise OSError(ctypes.get_errno(), name)
    return "allowed"


def _namespace(name: str) -> str:
    try:
        return str(Path(f"/proc/self/ns/{name}").readlink())
    except OSError:
        return ""


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _listed(folder: str) -> set[str]:
    return {entry.name for entry in Path(folder).iterdir()}


def _lines(path: str) -> list[str]:
    return Path(path).read_text(encoding=sys.getfilesystemencoding()).splitlines()


def _words(names: Any) -> str:  # noqa: ANN401 any iterable of texts
    return " ".join(sorted(names))[:300] or "none"
