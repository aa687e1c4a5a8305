"""The seccomp filter of stage 0, assembled by hand: standard library and ctypes only.

Classic BPF over ``struct seccomp_data`` (``linux/seccomp.h``): nr at 0, arch at 4, arguments from 16 on, 8 bytes each.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

from .syscalls import ALLOWED, INSPECTED, NEWEST, SCRATCH

ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Machine -> (column in the tables of numbers, AUDIT_ARCH)."""

LD, JEQ, JGT, JGE, JSET, RET = 0x20, 0x15, 0x25, 0x35, 0x45, 0x06
ALLOW, KILL = 0x7FFF0000, 0x80000000
ERRNO = 0x00050000
USER_NOTIF = 0x7FC00000
NR, ARCH, ARG0, ARG1, ARG3 = 0, 4, 16, 24, 40
SECCOMP_CALL = (317, 277)
"""The call seccomp(2) on x86_64 and aarch64."""
SET_MODE_FILTER, NEW_LISTENER = 1, 8
CLONE_THREAD = 0x00010000
CLONE_NEW_ANYTHING = 0x7E020080  # NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET
MAP_SHARED, MAP_ANONYMOUS, MAP_HUGETLB = 0x01, 0x20, 0x40000
X32_BIT = 0x40000000
PRCTL_OPTIONS = (3, 15, 16, 23, 42, 0x53564D41)
"""PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_CAPBSET_READ, PR_GET_THP_DISABLE, PR_SET_VMA: no wall hangs on one."""
IOCTL_REQUESTS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX; not TIOCSTI (types for the user), FIOSETOWN (signals)."""
FCNTL_COMMANDS = (0, 1, 2, 3, 4, 1030, 1032)
"""F_DUPFD to F_SETFL, F_DUPFD_CLOEXEC, F_GETPIPE_SZ; not F_SETOWN, by which a file signals a foreign process."""
ABSENT = (RET, 0, 0, ERRNO | errno.ENOSYS)
PASS = (RET, 0, 0, ALLOW)
Instruction = tuple[int, int, int, int]


def assemble(machine: str, own_pid: int, denied: int = ERRNO | errno.EPERM, *, scratch: bool = False) -> bytes:
    """Return the filter's program for ``machine``, in which ``own_pid`` may signal itself; it denies by default.

    ``denied`` is what the filter returns for a call that it denies: an errno, or ``USER_NOTIF``, by which the harness
    is asked, who counts the call and answers EPERM. With ``scratch`` files may be made, named and removed.

    Raises
    ------
    OSError
        There is no table for this machine; the caller must not go on.
    """
    if machine not in ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"no system call table for {machine}")
    column, architecture = ARCHITECTURES[machine]
    program: list[Instruction] = [(LD, 0, 0, ARCH), (JEQ, 1, 0, architecture), (RET, 0, 0, KILL), (LD, 0, 0, NR)]
    if machine == "x86_64":
        program += [(JGE, 0, 1, X32_BIT), (RET, 0, 0, KILL)]
    program += [(JGT, 0, 1, NEWEST), ABSENT]
    deny = (RET, 0, 0, denied)
    for name, body in _inspected(own_pid, deny).items():
        program += [(JEQ, 0, len(body), INSPECTED[name][column]), *body]
    for numbers in ({**ALLOWED, **SCRATCH} if scratch else ALLOWED).values():
        number = numbers[column]
        if number is not None:
            program += [(JEQ, 0, 1, number), PASS]
    program.append(deny)
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def _inspected(own_pid: int, deny: Instruction) -> dict[str, list[Instruction]]:
    own = [(LD, 0, 0, ARG0), (JEQ, 0, 1, own_pid), PASS, deny]
    return {
        # A thread, and no namespace with it.
        "clone": [(LD, 0, 0, ARG0), (JSET, 2, 0, CLONE_NEW_ANYTHING), (JSET, 0, 1, CLONE_THREAD), PASS, deny],
        "clone3": [ABSENT],
        "fcntl": _one_of(ARG1, FCNTL_COMMANDS, deny),
        "ioctl": _one_of(ARG1, IOCTL_REQUESTS, deny),
        "kill": own,
        "tgkill": own,
        # Memory that is in no process's sum: huge pages, and the pages of a file without a name, all of which stay as
        # long as one of them is mapped.
        "mmap": [
            *[(LD, 0, 0, ARG3), (JSET, 2, 0, MAP_HUGETLB), (JSET, 0, 2, MAP_SHARED), (JSET, 0, 1, MAP_ANONYMOUS)],
            *[deny, PASS],
        ],
        "prctl": _one_of(ARG0, PRCTL_OPTIONS, deny),
        "prlimit64": [(LD, 0, 0, ARG0), (JEQ, 1, 0, 0), (JEQ, 0, 1, own_pid), PASS, deny],
    }


def _one_of(argument: int, allowed: tuple[int, ...], deny: Instruction) -> list[Instruction]:
    compared = [(JEQ, len(allowed) - place, 0, value) for place, value in enumerate(allowed)]
    return [(LD, 0, 0, argument), *compared, deny, PASS]


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def install(*, scratch: bool = False) -> bytes:
    """Install the filter for this process and every thread it will have; return its program.

    In what is returned, 0 stands for the number of the own process, so that the digest is that of the rules.

    Raises
    ------
    OSError
        The kernel refused it; the caller must not go on.
    """
    described = _described(assemble(platform.machine(), os.getpid(), scratch=scratch))
    prctl(22, 2, ctypes.addressof(described))  # PR_SET_SECCOMP, SECCOMP_MODE_FILTER
    return assemble(platform.machine(), 0, scratch=scratch)


def install_asking(*, scratch: bool = False) -> tuple[bytes, int]:
    """Install the filter so that whoever holds the returned descriptor is asked about every denied call.

    Once nobody holds it, the kernel answers such a call with ENOSYS: it stays denied.

    Raises
    ------
    OSError
        The kernel refused it (older than 5.0, or a filter of someone else asks already); no filter was installed.
    """
    described = _described(assemble(platform.machine(), os.getpid(), USER_NOTIF, scratch=scratch))
    function = ctypes.CDLL(None, use_errno=True).syscall
    function.restype = ctypes.c_long
    number = SECCOMP_CALL[ARCHITECTURES[platform.machine()][0]]
    arguments = (number, SET_MODE_FILTER, NEW_LISTENER, ctypes.addressof(described))
    listener = int(function(*(ctypes.c_long(argument) for argument in arguments)))
    if listener < 0:
        raise OSError(ctypes.get_errno(), "the kernel does not tell of denied calls")
    return assemble(platform.machine(), 0, USER_NOTIF, scratch=scratch), listener


def _described(program: bytes) -> _Program:
    buffer = ctypes.create_string_buffer(program, len(program))
    return _Program(len(program) // 8, ctypes.cast(buffer, ctypes.c_void_p))


def prctl(option: int, first: int, second: int = 0) -> int:
    """Call prctl(2).

    Raises
    ------
    OSError
        With the errno that the kernel gave.
    """
    function = ctypes.CDLL(None, use_errno=True).prctl
    function.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    result = int(function(option, first, second, 0, 0))
    if result < 0:
        raise OSError(ctypes.get_errno(), f"prctl({option}) was refused")
    return result
