"""Become a user without rights, then start bwrap: a program of its own, run by root's harness.

bwrap must open what it shows inside, and root's folders are closed to others: often the interpreter's, always the copy
of the submission. So they are first mounted where anyone may look, in a mount namespace that ends with this process: no
mount is seen outside, and none is left. Standard library alone.
"""

from __future__ import annotations

import ctypes
import os
import stat
import sys

NOBODY = 65534
STAGES = ("/mnt", "/media", "/srv", "/opt")
"""Folders of every Linux system, one of which is covered in the mount namespace of this process alone."""
CLONE_NEWNS = 0x00020000
MS_NOSUID, MS_NODEV, MS_BIND, MS_REC, MS_PRIVATE = 0x2, 0x4, 0x1000, 0x4000, 0x40000
STAGED = "@"
"""In an argument: ``@3`` stands for the place at which the fourth source is mounted."""


def main(parent: int, sources: list[str], command: list[str]) -> None:
    """Mount ``sources``, become nobody and turn into ``command``; raises OSError where that cannot be done."""
    stage = _staged(sources)
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)
    _libc().prctl(1, 9)  # PR_SET_PDEATHSIG, SIGKILL: changing the user has undone it
    if os.getppid() != parent:
        raise SystemExit("the harness is gone")
    os.chdir("/")
    line = [f"{stage}/{part[1:]}" if _is_place(part) else part for part in command]
    os.execve(line[0], line, {})  # noqa: S606 an empty environment: Python has put one name into its own


def _staged(sources: list[str]) -> str:
    if _libc().unshare(CLONE_NEWNS) != 0:
        raise OSError(ctypes.get_errno(), "no mount namespace of its own")
    _mount(None, "/", None, MS_REC | MS_PRIVATE)
    # In the new namespace, and before anything in it is covered.
    opened = [os.open(path, os.O_PATH | os.O_CLOEXEC) for path in sources]
    stage = next(path for path in STAGES if os.path.isdir(path))  # noqa: PTH112 a program that starts in milliseconds
    _mount("tmpfs", stage, "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755,size=1m")
    for number, place in enumerate(opened):
        target = f"{stage}/{number}"
        if stat.S_ISDIR(os.fstat(place).st_mode):
            os.mkdir(target, 0o755)  # noqa: PTH102
        else:
            os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))
        _mount(f"/proc/self/fd/{place}", target, None, MS_BIND | MS_REC)
    return stage


def _is_place(part: str) -> bool:
    return part.startswith(STAGED) and part[1:].isdigit()


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    texts = [None if text is None else text.encode() for text in (source, target, kind, data)]
    if _libc().mount(texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3]) != 0:
        raise OSError(ctypes.get_errno(), f"{target} could not be mounted")


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


if __name__ == "__main__":
    shown = int(sys.argv[2])  # not as JSON: importing its reader takes longer than all of this
    main(int(sys.argv[1]), sys.argv[3 : 3 + shown], sys.argv[3 + shown :])
