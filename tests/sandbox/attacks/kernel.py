"""Attacks on the kernel's surface: calls that no model needs, other tables of calls, namespaces and mounts."""

from __future__ import annotations

import ctypes
import os
import platform

from attacks.kit import HELD, MARK, attack, call, first, surface

LOOKED_AT = "the kernel answers anything but a plain no"
MOUNTED = "the mounts of the harness have changed, or the call is answered"


@attack("load a program into the kernel (bpf)", LOOKED_AT)
def bpf(world):
    return surface("bpf", 5, ctypes.create_string_buffer(128), 128)


@attack("watch the processor's counters, a side channel (perf)", LOOKED_AT)
def perf(world):
    return surface("perf_event_open", ctypes.create_string_buffer(128), 0, -1, -1, 0)


@attack("halt the kernel at a page of memory (userfaultfd)", LOOKED_AT)
def userfaultfd(world):
    return surface("userfaultfd", 1)


@attack("use the kernel's key store", LOOKED_AT)
def keys(world):
    ways = [lambda: surface("keyctl", 0, -3, 0), lambda: surface("add_key", b"user", b"x", b"x", 1, -3)]
    return first([*ways, lambda: surface("request_key", b"user", b"x", None, -3)])


@attack("load another kernel (kexec)", LOOKED_AT)
def kexec(world):
    return first([lambda: surface("kexec_load", 0, -1, None, 0), lambda: surface("kexec_file_load", -1, -1, 0, 0, 0)])


@attack("load a module into the kernel", LOOKED_AT)
def modules(world):
    return first([lambda: surface("init_module", None, 0, b""), lambda: surface("finit_module", -1, b"", 0)])


@attack("reach the ports of the machine (ioperm, iopl)", LOOKED_AT)
def ports(world):
    return first([lambda: surface("ioperm", 0x80, 1, 1), lambda: surface("iopl", 3)])


@attack("make segments of its own (modify_ldt)", LOOKED_AT)
def segments(world):
    return surface("modify_ldt", 0, ctypes.create_string_buffer(64), 64)


@attack("switch off the random places of its memory (personality)", LOOKED_AT)
def personality(world):
    return surface("personality", 0x0040000)


@attack("change the machine's name", "the machine's name has changed")
def hostname(world):
    name = os.uname().nodename.encode()  # the same one: nothing changes should it get through
    return first([lambda: surface("sethostname", name, len(name)), lambda: surface("setdomainname", name, len(name))])


@attack("write the accounts of the machine's processes (acct, quotactl)", LOOKED_AT)
def accounts(world):
    return first([lambda: surface("acct", b"/nothing/at/all"), lambda: surface("quotactl", -1, None, 0, None)])


@attack("mount a file system", MOUNTED)
def mount(world):
    return first([
        lambda: surface("mount", b"none", b"/tmp", b"tmpfs", 0, None),
        lambda: surface("mount", world.outside.encode(), b"/model", None, 4096, None),
    ])  # fmt: skip


@attack("mount by the newer calls", MOUNTED)
def new_mount(world):
    return first([
        lambda: surface("fsopen", b"tmpfs", 0),
        lambda: surface("open_tree", -100, b"/", 1),
        lambda: surface("move_mount", -100, b"/", -100, b"/tmp", 0),
        lambda: surface("mount_setattr", -100, b"/", 0, ctypes.create_string_buffer(32), 32),
    ])  # fmt: skip


@attack("take away a mount, so that what it covers is seen", MOUNTED)
def unmount(world):
    return first([lambda p=p: surface("umount2", p, 2) for p in (b"/model", b"/dev/shm", b"/proc", b"/host")])


@attack("change its root folder (chroot, pivot_root)", LOOKED_AT)
def root(world):
    return first([lambda: surface("chroot", b"/"), lambda: surface("pivot_root", b".", b".")])


@attack("make namespaces of its own", "its namespaces are others than before")
def unshare(world):
    return first([lambda kind=kind: call("unshare", kind) for kind in (0x10000000, 0x00020000, 0x40000000)])


@attack("join a namespace of the harness", "its namespaces are the harness's")
def join(world):
    names = ("mnt", "user", "pid", "ipc", "uts")
    return first([lambda n=n: call("setns", os.open(f"/proc/{world.harness}/ns/{n}", os.O_RDONLY), 0) for n in names])


@attack("see the mounts of the machine by the newest calls", LOOKED_AT)
def list_mounts(world):
    request = ctypes.create_string_buffer((24).to_bytes(8, "little") + b"\xff" * 8, 64)
    return first(
        [lambda: surface("listmount", request, request, 1, 0), lambda: surface("statmount", request, request, 0, 0)]
    )


def _machine_code(code, text=b""):
    """Run x86 machine code from a page of low memory; ``text`` stands in its second half."""
    import mmap

    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40  # MAP_32BIT
    page = mmap.mmap(-1, 4096, flags=flags, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    place = ctypes.addressof(ctypes.c_char.from_buffer(page))
    page[2048 : 2048 + len(text)] = text
    page[: len(code)] = code.replace(b"PATH", (place + 2048).to_bytes(4, "little"))
    return ctypes.CFUNCTYPE(ctypes.c_int)(place)()


def _descriptor(result):
    """Return what was gained; on a kernel of its own such a call may be taken for another one, and fail."""
    if result < 0:
        raise OSError(1, "no descriptor")
    return f"got {result}"


@attack("open a file by the call table of 32-bit programs (int 0x80)", "a descriptor is given",
        ends=("crash", HELD))  # fmt: skip
def i386(world):
    if platform.machine() != "x86_64":
        return None
    # push rbx; mov eax, 5 (open); mov ebx, PATH; xor ecx, ecx; xor edx, edx; int 0x80; pop rbx; ret
    code = b"\x53\xb8\x05\0\0\0\xbbPATH\x31\xc9\x31\xd2\xcd\x80\x5b\xc3"
    return _descriptor(_machine_code(code, world.canary.encode() + bytes(1)))


@attack("open a socket by the x32 call table", "a descriptor is given", ends=("crash", "hang", HELD), limits="short")
def x32(world):
    if platform.machine() != "x86_64":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    return _descriptor(libc.syscall(ctypes.c_long(0x40000000 | 41), 1, 1, 0))


@attack("use a call whose number is larger than any (seccomp gaps)", "the call is answered",
        ends=(HELD, "crash", "hang"), limits="short")  # fmt: skip
def large_numbers(world):
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall.restype = ctypes.c_long
    for number in (481, 512, 548, 0x1FFFFFFF, -2, 0x80000029):
        if libc.syscall(ctypes.c_long(number), 2, 1, 0) >= 0:
            return f"number {number} was answered"
    return None


@attack("jump into the page of calls of old programs (vsyscall)", "it goes on",
        ends=("crash",) if platform.machine() == "x86_64" else (HELD,))  # fmt: skip
def vsyscall(world):
    if platform.machine() != "x86_64":
        return None
    return f"got {ctypes.CFUNCTYPE(ctypes.c_long)(0xFFFFFFFFFF600001)()}"


@attack("put another filter before the one that holds it", LOOKED_AT)
def another_filter(world):
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(22, 2, ctypes.create_string_buffer(16), 0, 0) == -1:
        raise OSError(ctypes.get_errno(), "PR_SET_SECCOMP")
    return "a filter was taken"


@attack("ask for a process's memory to be looked at by others (dumpable, Yama)", "prctl says that it may")
def open_to_tracing(world):
    libc = ctypes.CDLL(None, use_errno=True)

    def option(number, value):
        if libc.prctl(number, value, 0, 0, 0) == -1:
            raise OSError(ctypes.get_errno(), MARK)

    return first([lambda: option(4, 1), lambda: option(0x59616D61, -1)])
