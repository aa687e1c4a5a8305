"""Who the process is, for stage 0: root becomes a user who owns nothing, and nobody keeps a capability."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Iterable

from .seccomp import prctl

NOBODY = 65534
PR_SET_PDEATHSIG, PR_SET_KEEPCAPS = 1, 8
CAP_SETUID = 7
CAPABILITY_VERSION_3 = 0x20080522
NOT_ROOT = "ordinary user"
DROPPED = "root, dropped to user 65534 inside"
DROPPED_BUT_FILES = "root, dropped to user 65534 inside; allowed files are opened as root's, closed to that user"


def drop_privileges(needed: Iterable[str]) -> str:
    """Give up root and every capability, for good; return as whom the process runs from now on.

    Root's folders are often closed to others (``/root``, the copy of the submission). Where one of ``needed`` could not
    be opened any more, the *user for file access* alone stays root, without capabilities: limits on processes bind, and
    signals, tracing and everything else go by the user who owns nothing.

    Raises
    ------
    OSError
        Root could not be given up; the caller must not go on.
    """
    if 0 not in os.getresuid():
        _capabilities(0)
        return NOT_ROOT
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    prctl(PR_SET_KEEPCAPS, 1)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    reached = all(_opens(path) for path in needed)
    if not reached:
        _capabilities(1 << CAP_SETUID)
        _own_files_as_root()
    _capabilities(0)
    return DROPPED if reached else DROPPED_BUT_FILES


def die_with(parent: int) -> None:
    """End with the harness, whatever the process is doing then. To be called once the user is settled.

    Raises
    ------
    OSError
        The harness has ended already.
    """
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise OSError("the harness is gone")


def _opens(path: str) -> bool:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    except PermissionError:
        return False
    except OSError:
        return True  # not there for anyone
    return True


def _own_files_as_root() -> None:
    setfsuid = ctypes.CDLL(None).setfsuid
    setfsuid(0)
    if setfsuid(-1) != 0:  # it never fails, it tells the one before
        raise OSError("the user for file access could not be kept")


class _Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _Sets(ctypes.Structure):
    _fields_ = (("effective", ctypes.c_uint32), ("permitted", ctypes.c_uint32), ("inheritable", ctypes.c_uint32))


def _capabilities(kept: int) -> None:
    """Keep the capabilities of the mask ``kept`` (below 32) and no other."""
    header = _Header(version=CAPABILITY_VERSION_3, pid=0)
    sets = (_Sets * 2)(_Sets(effective=kept, permitted=kept, inheritable=0), _Sets())
    capset = ctypes.CDLL(None, use_errno=True).capset
    if capset(ctypes.byref(header), ctypes.byref(sets)) != 0:
        raise OSError(ctypes.get_errno(), "capset was refused")
