"""Landlock for stage 0: from here on no file can be opened but those named. Standard library and ctypes only.

Structures and rights: ``linux/landlock.h``. The numbers of the three calls are the same on every machine.
"""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from collections.abc import Iterable

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION = 1  # LANDLOCK_CREATE_RULESET_VERSION
PATH_BENEATH = 1
WRITE_FILE, READ_FILE, READ_DIR = 1 << 1, 1 << 2, 1 << 3
FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}
"""ABI -> how many rights over files it knows; from 5 on (with ioctl on devices) 16. Later ones add none."""
ALL_FILE_RIGHTS = 16
NET_BIND_CONNECT = 0b11  # from ABI 4 on
SCOPE_ABSTRACT_SOCKET_AND_SIGNAL = 0b11  # from ABI 6 on


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def handled(abi: int) -> tuple[int, int, int, int]:
    """Return what a kernel of that ABI can deny: rights over files, over TCP, scopes, and the size of the structure.

    What an old one cannot deny (truncating, devices, sockets, signals), the seccomp filter denies on every one.
    """
    files = (1 << FILE_RIGHTS.get(abi, ALL_FILE_RIGHTS)) - 1
    net = NET_BIND_CONNECT if abi >= 4 else 0
    scoped = SCOPE_ABSTRACT_SOCKET_AND_SIGNAL if abi >= 6 else 0
    return files, net, scoped, 24 if scoped else 16 if net else 8


def restrict(read: Iterable[str], listed: Iterable[str], write: Iterable[str]) -> int:
    """Deny this process every file but those named, for good; return the kernel's Landlock ABI.

    Parameters
    ----------
    read
        Files, and folders with all that is in them, that may be read; one that does not exist is none.
    listed
        Folders of which the names may be read, and those of the folders in them.
    write
        Files that may be read and written: ``/dev/null``.

    Raises
    ------
    OSError
        The kernel has no Landlock, or refused; the caller must not go on.
    """
    abi = _call("landlock_create_ruleset", CREATE_RULESET, None, 0, ASK_VERSION)
    files, net, scoped, size = handled(abi)
    asked = _Ruleset(files=files, net=net, scoped=scoped)
    ruleset = _call("landlock_create_ruleset", CREATE_RULESET, ctypes.byref(asked), size, 0)
    try:
        for paths, rights in ((read, READ_FILE | READ_DIR), (listed, READ_DIR), (write, READ_FILE | WRITE_FILE)):
            for path in paths:
                _allow(ruleset, path, rights)
        _call("landlock_restrict_self", RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return abi


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= ~READ_DIR  # the kernel refuses a right over folders for a file
        if rights:
            rule = _Beneath(allowed=rights, parent=place)
            _call("landlock_add_rule", ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(place)


def _call(name: str, number: int, *arguments: object) -> int:
    function = ctypes.CDLL(None, use_errno=True).syscall
    function.restype = ctypes.c_long
    converted = [ctypes.c_long(a) if isinstance(a, int) else a for a in arguments]
    result = int(function(ctypes.c_long(number), *converted))
    if result < 0:
        code = ctypes.get_errno()
        absent = {errno.ENOSYS: "this kernel has no Landlock", errno.EOPNOTSUPP: "Landlock is switched off at boot"}
        raise OSError(code, absent.get(code, f"{name} was refused: {os.strerror(code)}"))
    return result
