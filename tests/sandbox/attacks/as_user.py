"""Start a program as another user, on a machine whose interpreter or sources lie in a folder that is closed to others.

Run as root or as UID: python as_user.py [--without-namespaces | --only-root] UID FOLDER... -- PROGRAM [ARGUMENT]...

In a mount namespace of its own each FOLDER is made reachable: the first folder above it that is closed is covered by an
empty one that is open and holds the way to it. ``--without-namespaces`` also makes a user namespace of its own in which
the kernel allows no further one (``max_user_namespaces``); with ``--only-root`` no user but root is in it. Outside of
these namespaces nothing changes. Standard library alone: it runs before the other user could read anything.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from pathlib import Path

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_BIND, MS_REC, MS_PRIVATE = 4096, 16384, 1 << 18
LIBC = ctypes.CDLL(None, use_errno=True)


SETTING = Path("/proc/sys/user/max_user_namespaces")
"""Told and set for the user namespace of whoever opens it."""


def main(user: int, folders: list[Path], command: list[str], *, namespaces: str = "") -> None:
    """Become ``user`` (and the group of that number) and run ``command``."""
    closed: dict[Path, list[Path]] = {}
    for folder in folders:
        if (above := first_closed(folder)) is not None:
            closed.setdefault(above, []).append(folder)
    if closed:
        checked(LIBC.unshare(CLONE_NEWNS), "unshare")
        mount(None, "/", None, MS_REC | MS_PRIVATE)
        for above, below in closed.items():
            cover(above, below)
    before = os.geteuid()
    if namespaces:
        every = "0 0 65536" if before == 0 else f"{before} {before} 1"
        deny_namespaces("0 0 1" if namespaces == "--only-root" else every)
    if user != before or before == 0:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    os.execv(command[0], command)


def deny_namespaces(mapped: str) -> None:
    """Enter a user namespace with the users of ``mapped`` (user_namespaces(7)) that can have no further one in it."""
    entered_out, entered_in = os.pipe()
    myself = os.getpid()
    helper = os.fork()
    if helper == 0:
        os.close(entered_in)
        os.read(entered_out, 1)
        if os.geteuid() != 0:  # may map nobody but himself, and only so
            Path(f"/proc/{myself}/setgroups").write_text("deny")
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{myself}/{name}").write_text(mapped)
        os._exit(0)
    checked(LIBC.unshare(CLONE_NEWUSER), "unshare")
    os.write(entered_in, b"x")
    _, status = os.waitpid(helper, 0)
    os.close(entered_in)
    os.close(entered_out)
    checked(status, "mapping users")
    outside = os.stat("/proc/1/ns/user").st_ino if os.access("/proc/1/ns/user", os.R_OK) else 0
    assert os.stat("/proc/self/ns/user").st_ino != outside, "the setting would be the machine's"
    SETTING.write_text("0")


def first_closed(folder: Path) -> Path | None:
    """Return the topmost folder above ``folder`` that others may not enter; None where the way is open."""
    for above in [*reversed(folder.parents), folder]:
        if not above.stat().st_mode & stat.S_IXOTH:
            return above
    return None


def cover(above: Path, below: list[Path]) -> None:
    """Put an open, empty folder over ``above`` in which nothing but ``below`` is."""
    held = [os.open(folder, os.O_PATH) for folder in below]
    mount("none", str(above), b"tmpfs", 0, b"mode=0755,size=1m")
    for number, folder in zip(held, below, strict=True):
        folder.mkdir(parents=True, exist_ok=True)
        mount(f"/proc/self/fd/{number}", str(folder), None, MS_BIND | MS_REC)
        os.close(number)


def mount(source: str | None, target: str, kind: bytes | None, flags: int, data: bytes | None = None) -> None:
    """Call mount(2)."""
    named = None if source is None else source.encode()
    checked(LIBC.mount(named, target.encode(), kind, ctypes.c_ulong(flags), data), f"mount on {target}")


def checked(result: int, what: str) -> None:
    """Raise where a call of the C library failed."""
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


if __name__ == "__main__":
    flags = [argument for argument in sys.argv[1:2] if argument.startswith("--")]
    rest = sys.argv[1 + len(flags) :]
    place = rest.index("--")
    main(int(rest[0]), [Path(name) for name in rest[1:place]], rest[place + 1 :], namespaces="".join(flags))
