"""The seccomp filter, run by a small interpreter of classic BPF: every machine's filter is tested on any machine."""

import errno
import struct

import pytest

from proofbox.sandbox.host import seccomp
from proofbox.sandbox.host.dangerous import DANGEROUS
from proofbox.sandbox.host.syscalls import ALLOWED, INSPECTED, NEWEST

PID = 2
X86, ARM, I386 = 0xC000003E, 0xC00000B7, 0x40000003
EPERM, ENOSYS = seccomp.ERRNO | errno.EPERM, seccomp.ERRNO | errno.ENOSYS


def verdict(machine, number, arguments=(), *, architecture=None):
    program = [struct.unpack("=HBBI", raw) for raw in chunks(seccomp.assemble(machine, PID))]
    data = struct.pack(
        "<IIQ6Q",
        number & 0xFFFFFFFF,
        architecture or {"x86_64": X86, "aarch64": ARM}[machine],
        0,
        *(*arguments, *[0] * 6)[:6],
    )
    place, loaded = 0, 0
    while True:
        code, if_true, if_false, value = program[place]
        place += 1
        if code == seccomp.RET:
            return value
        if code == seccomp.LD:
            loaded = struct.unpack_from("<I", data, value)[0]
            continue
        hit = {
            seccomp.JEQ: loaded == value,
            seccomp.JGT: loaded > value,
            seccomp.JGE: loaded >= value,
            seccomp.JSET: bool(loaded & value),
        }[code]
        place += if_true if hit else if_false


def chunks(program):
    assert len(program) % 8 == 0
    assert len(program) // 8 < 4096  # BPF_MAXINSNS
    return [program[i : i + 8] for i in range(0, len(program), 8)]


MACHINES = ["x86_64", "aarch64"]


@pytest.mark.parametrize("machine", MACHINES)
def test_what_is_not_allowed_is_denied(machine):
    column = seccomp.ARCHITECTURES[machine][0]
    allowed = {numbers[column] for numbers in ALLOWED.values()}
    inspected = {numbers[column] for numbers in INSPECTED.values()}
    for number in range(NEWEST + 1):
        if number not in inspected:
            assert verdict(machine, number) == (seccomp.ALLOW if number in allowed else EPERM), number


@pytest.mark.parametrize("machine", MACHINES)
def test_every_dangerous_call_is_denied_and_the_needed_ones_pass(machine):
    column = seccomp.ARCHITECTURES[machine][0]
    for name, numbers in DANGEROUS.items():
        if numbers[column] is not None:
            assert verdict(machine, numbers[column]) == EPERM, name
    needed = {"x86_64": (0, 1, 3, 9, 10, 11, 12, 13, 20, 202, 231, 257, 262), "aarch64": (63, 64, 57, 222, 226, 98, 94)}
    for number in needed[machine]:  # read, write, close, mmap, mprotect, munmap, brk, futex, exit_group, openat ...
        assert verdict(machine, number) == seccomp.ALLOW, number


@pytest.mark.parametrize("machine", MACHINES)
def test_no_number_stands_for_two_calls(machine):
    column = seccomp.ARCHITECTURES[machine][0]
    numbers = [n[column] for table in (ALLOWED, INSPECTED, DANGEROUS) for n in table.values() if n[column] is not None]
    assert len(numbers) == len(set(numbers))
    assert not ALLOWED.keys() & DANGEROUS.keys()
    assert 100 < len(ALLOWED) + len(INSPECTED) < 135


@pytest.mark.parametrize("machine", MACHINES)
def test_arguments(machine):
    def call(name, *arguments):
        return verdict(machine, INSPECTED[name][seccomp.ARCHITECTURES[machine][0]], arguments)

    thread = 0x3D0F00
    assert call("clone", thread) == seccomp.ALLOW
    assert call("clone", 17) == EPERM  # SIGCHLD: a fork
    assert call("clone", thread | 0x10000000) == EPERM  # with a user namespace
    assert call("clone3") == ENOSYS
    assert call("kill", PID) == seccomp.ALLOW
    for other in (0, 1, 3, 2**32 - 1):
        assert call("kill", other) == EPERM
        assert call("tgkill", other) == EPERM
    assert call("ioctl", 1, 0x5401) == seccomp.ALLOW
    assert call("ioctl", 1, 0x5412) == EPERM
    assert call("ioctl", 1, 0x541C) == EPERM
    assert call("ioctl", 1, 0x8901) == EPERM  # FIOSETOWN
    assert call("fcntl", 1, 1030) == seccomp.ALLOW
    for setting in (8, 15, 10, 1024):  # F_SETOWN, F_SETOWN_EX, F_SETSIG, F_SETLEASE
        assert call("fcntl", 1, setting) == EPERM
    assert call("prctl", 15) == seccomp.ALLOW
    for option in (1, 4, 8, 22, 24, 0x59616D61):  # death signal, dumpable, capabilities, filter, who may trace
        assert call("prctl", option) == EPERM
    assert call("prlimit64", 0) == seccomp.ALLOW
    assert call("prlimit64", PID) == seccomp.ALLOW
    assert call("prlimit64", 1) == EPERM
    for flags in (0x02, 0x22, 0x01, 0x20022):  # private, anonymous, a file's shared with others, a stack
        assert call("mmap", 0, 4096, 3, flags) == seccomp.ALLOW
    for flags in (0x21, 0x23, 0x40022, 0x40021):  # shared pages without a file, huge pages
        assert call("mmap", 0, 4096, 3, flags) == EPERM


def test_foreign_machines_are_killed():
    assert verdict("x86_64", 0, architecture=I386) == seccomp.KILL
    assert verdict("x86_64", 0x40000000 | 41) == seccomp.KILL  # x32
    assert verdict("x86_64", -1) == seccomp.KILL
    assert verdict("aarch64", 63, architecture=X86) == seccomp.KILL


@pytest.mark.parametrize("machine", MACHINES)
def test_calls_that_are_newer_than_the_table_do_not_exist(machine):
    assert verdict(machine, NEWEST) == EPERM
    assert verdict(machine, NEWEST + 1) == ENOSYS


def test_an_unknown_machine_is_refused():
    with pytest.raises(OSError, match="no system call table"):
        seccomp.assemble("riscv64", PID)
