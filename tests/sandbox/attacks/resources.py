"""Attacks on the machine's resources: memory that no limit sees, time, files, output, kernel objects."""

from __future__ import annotations

import ctypes
import os

from attacks.kit import HELD, MARK, attack, call, first, surface

MEMORY = "the sum of the sandbox's memory goes over its limit by more than what can be touched between two looks"
UNSEEN = "the machine's shared memory grows by 100 MB and falls again when the model is stopped"
TIME = "the harness waits longer than its deadline"
MIB = 1 << 20
GVISOR_TIMERS = (
    "timers are gVisor's own, which has no such limit; their memory is that of its process, which is watched"
)


@attack("take all memory", MEMORY, ends=("limit",), limits="tight")
def memory(world):
    kept = []
    for _ in range(60):  # 600 MB, where 400 are allowed
        kept.append(bytearray(10 * MIB))
        kept[-1][::4096] = b"x" * len(kept[-1][::4096])
    return f"{len(kept) * 10} MB"


@attack("take memory by mappings without a file", MEMORY, ends=("limit",), limits="tight")
def anonymous(world):
    import mmap

    kept = [mmap.mmap(-1, 100 * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS) for _ in range(6)]
    for one in kept:
        for place in range(0, 100 * MIB, 4096):
            one[place] = 1
    return "600 MB"


@attack("take more address space than its limit", "a mapping of that size is made")
def address_space(world):
    import mmap

    one = mmap.mmap(-1, world.address_space_bytes, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000)
    return f"mapped {len(one)} bytes"


@attack("hold memory in shared pages of which one alone stays mapped", UNSEEN, ends=(HELD, "limit"), shared=True)
def shared_pages(world):
    return _held(world, lambda: _shared(-1, 3))


@attack("hold memory in shared pages of /dev/zero", UNSEEN, ends=(HELD, "limit"), shared=True)
def shared_zero(world):
    return first([
        lambda: _held(world, lambda: _shared(os.open("/dev/zero", os.O_RDWR), 3)),
        lambda: _held(world, lambda: _shared(os.open("/dev/zero", os.O_RDONLY), 1)),
    ])  # fmt: skip


def _shared(number, protection):
    """Map 50 MB, touch every page and leave none of them in the process's own sum."""
    import mmap

    one = mmap.mmap(number, 50 * MIB, mmap.MAP_SHARED | (mmap.MAP_ANONYMOUS if number < 0 else 0), protection)
    for place in range(0, 50 * MIB, 4096):
        if protection & mmap.PROT_WRITE:
            one[place] = 1
        one[place]
    one.madvise(mmap.MADV_DONTNEED)
    return one


def _held(world, made):
    import time

    world.kept = [made() for _ in range(10)]  # until it has been looked at from outside
    time.sleep(1)
    return "500 MB, where 400 are allowed"


@attack("hold memory in a file without a name (memfd)", UNSEEN, shared=True)
def memfd(world):
    return first([lambda: os.write(os.memfd_create("x"), bytes(MIB)), lambda: call("memfd_secret", 0)])


@attack("hold memory in System V shared memory", UNSEEN, shared=True)
def system_v(world):
    return first([lambda: call("shmget", 0, MIB, 0o1600), lambda: call("msgget", 0, 0o1600),
                  lambda: call("semget", 0, 1000, 0o1600)])  # fmt: skip


@attack("hold memory in message queues", UNSEEN, shared=True)
def message_queues(world):
    return surface("mq_open", MARK.encode(), os.O_CREAT | os.O_RDWR, 0o600, None)


@attack("take huge pages, which no process's sum holds", UNSEEN, shared=True)
def huge_pages(world):
    import mmap

    mmap.mmap(-1, 2 * MIB, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000)[0] = 1
    return "2 MB"


@attack("lock its memory, so that the machine cannot move it", "mlock is answered")
def lock_memory(world):
    buffer = ctypes.create_string_buffer(MIB)
    libc = ctypes.CDLL(None, use_errno=True)

    def locked(result):
        if result == -1:
            raise OSError(ctypes.get_errno(), "mlock")

    return first([lambda: locked(libc.mlock(buffer, MIB)), lambda: locked(libc.mlockall(1))])


@attack("let its stack grow without end", MEMORY, ends=("crash", HELD), limits="tight", alone=True)
def stack(world):
    import sys

    sys.setrecursionlimit(10**7)

    def deeper(depth):
        return depth if depth > 5 * 10**5 else sorted([depth], key=lambda _: deeper(depth + 1))

    deeper(0)


@attack("raise its own limits", "a limit of the process is higher, as /proc says")
def raise_limits(world):
    import resource

    names = ("RLIMIT_AS", "RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_FSIZE", "RLIMIT_CORE", "RLIMIT_SIGPENDING")
    raised = []
    for name in names:
        kind = getattr(resource, name, 11)
        before = resource.getrlimit(kind)[1]
        try:
            resource.setrlimit(kind, (before, before + 10**6))
            raised.append(name)
        except (OSError, ValueError) as error:
            last = error
    if not raised:
        raise PermissionError(1, str(last))
    return f"{raised}"


@attack("never answer, using the processor", TIME, ends=("hang",), limits="short")
def spin(world):
    while True:
        pass


@attack("never answer, asleep", TIME, ends=("hang",), limits="short")
def sleep(world):
    import time

    time.sleep(30)


@attack("use processor time beyond its limit, deaf to the signal that says so", "processor time goes over the limit",
        ends=("limit", "crash"), limits="processor")  # fmt: skip
def processor(world):
    import signal

    signal.signal(signal.SIGXCPU, signal.SIG_IGN)
    while True:
        pass


@attack("fill a disk", "a file of the attack's name is found outside")
def disk(world):
    def fill(folder):
        with open(f"{folder}/{MARK}-disk", "wb") as file:
            for _ in range(8):
                file.write(bytes(MIB))

    return first([lambda f=f: fill(f) for f in ("/tmp", "/dev/shm", "/var/tmp", "/", "/model", world.outside)])


@attack("use up the entries of a file system", "a file of the attack's name is found outside")
def entries(world):
    def fill(folder):
        for place in range(1000):
            os.close(os.open(f"{folder}/{MARK}-{place}", os.O_CREAT | os.O_WRONLY))

    return first([lambda f=f: fill(f) for f in ("/dev/shm", "/tmp", "/dev", "/", "/run", world.outside)])


@attack("open files without end", "more files than the limit are open")
def descriptors(world):
    kept = []
    try:
        while len(kept) < 4096:
            kept.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        pass
    opened = len(kept)
    for number in kept:
        os.close(number)
    return f"{opened} files" if opened > world.open_files else None


@attack("hold memory in pipes", "more than a megabyte a pipe", alone=True)
def pipes(world):
    import fcntl

    _, end = os.pipe()
    fcntl.fcntl(end, 1031, 64 * MIB)  # F_SETPIPE_SZ
    return "a pipe of 64 MB"


@attack(
    "fill the kernel's memory with timers",
    "more timers than the limit are made",
    alone=True,
    known={"gvisor": GVISOR_TIMERS},
)
def timers(world):
    made = 0
    for _ in range(2000):
        timer = ctypes.c_int()
        call("timer_create", 1, None, ctypes.byref(timer))
        made += 1
    return f"{made} timers"


@attack("write without end to its output", "more output than the limit is kept or shown", ends=("limit",))
def output(world):
    import time

    for _ in range(64):
        os.write(1, b"x" * 65536)
    time.sleep(5)


@attack("write without end to its error output", "more output than the limit is kept or shown", ends=("limit",))
def errors(world):
    import time

    for _ in range(64):
        os.write(2, b"\x1b[2J\x1b]0;owned\x07" + b"x" * 65536)
    time.sleep(5)


@attack("keep the harness busy by calls that it must deny", "the harness waits longer than its deadline", alone=True)
def denied_calls(world):
    for _ in range(3_000):
        try:
            call("acct", None)
        except OSError:
            continue
        return "it was not denied"
    return None


@attack("make the machine's log grow", "the call is answered")
def kernel_log(world):
    return surface("syslog", 3, ctypes.create_string_buffer(64), 64)


@attack("drop the caches and swap of the machine", "the call is answered")
def swap(world):
    return first([lambda: surface("swapoff", b"/nothing"), lambda: surface("swapon", b"/nothing", 0)])
