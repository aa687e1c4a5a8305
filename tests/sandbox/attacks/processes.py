"""Attacks on processes: have more than one, outlive the harness, reach another's."""

from __future__ import annotations

import ctypes
import os

from attacks.kit import HELD, MARK, attack, call, first, stay, surface

CHILD = "a process of the sandbox more than before, or one that is left when it is closed"
DECOY = "the decoy process has ended, stopped, or is signalled, traced, slowed or limited"
HARNESS = "the harness has ended, or counted a signal"


@attack("start a process by fork", CHILD)
def fork(world):
    if os.fork() == 0:
        stay(world)
    return "forked"


@attack("start a process by vfork", CHILD, alone=True)
def vfork(world):
    if call("vfork") == 0:
        os._exit(0)
    return "forked"


@attack("start a process by the clone call itself", CHILD)
def clone(world):
    if call("clone", 17, 0, 0, 0, 0) == 0:
        stay(world)
    return "cloned"


@attack("start a process as root of a new user namespace", CHILD)
def clone_with_namespaces(world):
    if call("clone", 0x10000000 | 0x20000000 | 0x40000000 | 17, 0, 0, 0, 0) == 0:
        stay(world)
    return "cloned"


@attack("start a process by clone3, whose arguments no filter can see", CHILD)
def clone3(world):
    arguments = (ctypes.c_uint64 * 8)(0, 0, 0, 0, 17, 0, 0, 0)
    if call("clone3", ctypes.byref(arguments), ctypes.sizeof(arguments)) == 0:
        stay(world)
    return "cloned"


@attack("start a program by posix_spawn", CHILD)
def spawn(world):
    return f"process {os.posix_spawn('/bin/sleep', ['sleep', '5'], {})}"


@attack("start a shell", "a file of the attack's name is found outside")
def shell(world):
    import subprocess

    subprocess.run(["/bin/sh", "-c", f"echo > {world.outside}/{MARK}-shell"], check=True)
    return "a shell ran"


@attack("become another program", "the host program is replaced and a file of the attack's name is found outside")
def execute(world):
    os.execve("/bin/sh", ["sh", "-c", f"echo > {world.outside}/{MARK}-exec"], {})


@attack("become a program without a file of its own", "the host program is replaced", alone=True)
def execute_a_descriptor(world):
    import sys

    number = os.open(sys.executable, os.O_RDONLY)
    pointers = (ctypes.c_char_p * 3)(b"python", b"-V", None)
    try:
        return call("execveat", number, b"", pointers, None, 0x1000)
    finally:
        os.close(number)


@attack("fork again and again", CHILD)
def fork_bomb(world):
    def once():
        if os.fork() == 0:
            stay(world)

    return first([once] * 32)


@attack("become a daemon that writes after the run", "a file of the attack's name is found outside")
def daemon(world):
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            stay(world)
        os._exit(0)
    return "a daemon lives"


@attack("start threads without end", "more threads than the limit are counted", ends=(HELD, "limit", "crash"),
        limits="tight", alone=True)  # fmt: skip
def thread_bomb(world):
    import threading
    import time

    for _ in range(80):
        threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
    time.sleep(2)
    return "80 threads"


@attack("live on when the harness has ended", CHILD)
def outlive(world):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(1, 0, 0, 0, 0) == -1:
        raise OSError(ctypes.get_errno(), "PR_SET_PDEATHSIG")
    return "no signal at the harness's end"


@attack("adopt the children of others", "prctl says that it did")
def adopt_orphans(world):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(36, 1, 0, 0, 0) == -1:
        raise OSError(ctypes.get_errno(), "PR_SET_CHILD_SUBREAPER")
    return "adopts"


@attack("leave its session and its process group", "its process group in /proc has changed")
def new_session(world):
    return first([os.setsid, lambda: os.setpgid(0, 0)])


@attack("trace the decoy", DECOY)
def trace_the_decoy(world):
    return surface("ptrace", 0x4206, world.decoys[0], 0, 0)


@attack("trace the harness", "the harness is traced, as /proc says")
def trace_the_harness(world):
    return surface("ptrace", 0x4206, world.harness, 0, 0)


@attack("be traced by its parent", "ptrace says that it is")
def trace_me(world):
    return surface("ptrace", 0, 0, 0, 0)


def _vector(size, address=None):
    buffer = ctypes.create_string_buffer(size)
    place = address if address is not None else ctypes.addressof(buffer)
    return (ctypes.c_uint64 * 2)(place, size), buffer


@attack("read the memory of the harness", "the secret of its memory stands in what the model says")
def read_the_harness(world):
    mine, _keep = _vector(64)
    theirs, _ = _vector(64, world.secret_address)
    return surface("process_vm_readv", world.harness, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0)


@attack("write the memory of the harness", "the secret in its memory has changed")
def write_the_harness(world):
    mine, _keep = _vector(64)
    theirs, _ = _vector(64, world.secret_address)
    return surface("process_vm_writev", world.harness, ctypes.byref(mine), 1, ctypes.byref(theirs), 1, 0)


@attack("take over a descriptor of the harness", "bytes arrive in a file that the harness holds open")
def steal_a_descriptor(world):
    return first([lambda: call("pidfd_getfd", call("pidfd_open", world.harness, 0), world.secret_descriptor, 0)])


@attack("signal the decoy by its process descriptor", DECOY)
def signal_by_descriptor(world):
    return first([
        lambda pid=pid: call("pidfd_send_signal", call("pidfd_open", pid, 0), 9, None, 0) for pid in world.decoys
    ])  # fmt: skip


@attack("end the decoy by kill", DECOY)
def kill_the_decoy(world):
    return first([lambda pid=pid: os.kill(pid, 9) for pid in world.decoys])


@attack("end the decoy by tkill and tgkill", DECOY)
def kill_its_thread(world):
    ways = [lambda pid=pid: call("tgkill", pid, pid, 9) for pid in world.decoys]
    return first([*ways, *[lambda pid=pid: call("tkill", pid, 9) for pid in world.decoys]])


@attack("end the decoy by a queued signal", DECOY)
def queue_a_signal(world):
    info = ctypes.create_string_buffer(128)
    return first([lambda pid=pid: call("rt_sigqueueinfo", pid, 9, info) for pid in world.decoys])


@attack("signal the harness", HARNESS)
def signal_the_harness(world):
    return first([lambda: os.kill(world.harness, 10), lambda: os.kill(os.getppid(), 10)])


@attack("reach every process of the user at once", "kill says that it may")
def signal_all(world):
    return first([lambda: os.kill(-1, 0), lambda: os.killpg(0, 0)])


@attack("let a file signal the decoy (F_SETOWN)", DECOY)
def signal_of_a_file(world):
    import fcntl

    from attacks.kit import wire

    def own(pid):
        fcntl.fcntl(wire(), 10, 9)  # F_SETSIG: SIGKILL
        fcntl.fcntl(wire(), fcntl.F_SETOWN, pid)
        fcntl.fcntl(wire(), fcntl.F_SETFL, fcntl.fcntl(wire(), fcntl.F_GETFL) | os.O_ASYNC)

    def own_ex(pid):
        fcntl.fcntl(wire(), 15, (ctypes.c_int * 2)(1, pid))

    return first([lambda how=how, pid=pid: how(pid) for pid in world.decoys for how in (own, own_ex)])


@attack("let a socket signal the decoy (FIOSETOWN)", DECOY)
def signal_of_a_socket(world):
    import fcntl
    import struct

    from attacks.kit import wire

    return first([lambda pid=pid: fcntl.ioctl(wire(), 0x8901, struct.pack("i", pid)) for pid in world.decoys])


@attack("let a timer signal the decoy", DECOY)
def signal_of_a_timer(world):
    import struct

    def timed(pid):
        event = ctypes.create_string_buffer(struct.pack("<qiiI", 0, 9, 4, pid), 64)  # SIGEV_THREAD_ID
        timer = ctypes.c_int()
        call("timer_create", 1, event, ctypes.byref(timer))
        call("timer_settime", timer.value, 0, ctypes.create_string_buffer(struct.pack("<4q", 0, 0, 0, 1), 32), None)

    return first([lambda pid=pid: timed(pid) for pid in world.decoys])


@attack("type into the terminal of the harness (TIOCSTI)", "ioctl says that it did")
def type_for_the_user(world):
    import fcntl

    def typed(path):
        with open(path) as terminal:
            fcntl.ioctl(terminal, 0x5412, b"x")

    return first([lambda: fcntl.ioctl(0, 0x5412, b"x"), lambda: typed("/dev/tty"), lambda: typed("/dev/console")])


@attack("slow the decoy down", DECOY)
def slow_the_decoy(world):
    ways = [lambda pid=pid: os.setpriority(os.PRIO_PROCESS, pid, 19) for pid in world.decoys]
    return first([*ways, *[lambda pid=pid: call("ioprio_set", 1, pid, 3 << 13) for pid in world.decoys]])


@attack("tie the decoy to another processor or a policy of idleness", DECOY)
def tie_the_decoy(world):
    policy = ctypes.create_string_buffer(4)
    ways = [lambda pid=pid: os.sched_setaffinity(pid, {0}) for pid in world.decoys]
    return first([*ways, *[lambda pid=pid: call("sched_setscheduler", pid, 5, policy) for pid in world.decoys]])


@attack("lower the limits of the decoy", DECOY)
def limit_the_decoy(world):
    import resource

    return first([lambda pid=pid: resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0)) for pid in world.decoys])


@attack("compare the harness's kernel objects with its own", "the call answers")
def compare_objects(world):
    return surface("kcmp", os.getpid(), world.harness, 0, 0, 0)


@attack("throw away the memory of the decoy", DECOY)
def reap_the_decoy(world):
    return first([lambda pid=pid: call("process_mrelease", call("pidfd_open", pid, 0), 0) for pid in world.decoys])


@attack("leave a dump of its memory on the machine", "a core file of the sandbox is found", ends=("crash",))
def core_dump(world):
    os.abort()
