"""Folders for temporary files that a harness which was killed does not leave behind for ever.

Whoever makes one holds a lock on it (flock(2)), which the kernel lets go with the process. What nobody holds any more
is removed by the next harness of the same user: copies of submissions are in there.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PREFIX = "proofbox-scratch-"
NEW_SECONDS = 60.0
"""So young a folder may not have been locked yet."""

_held: dict[Path, int] = {}
_lock = threading.Lock()


def scratch_folder(kind: str, *, place: str | None = None) -> Path:
    """Make a folder of mode 0700 for this process alone and return it; the caller removes it by :func:`remove`.

    Parameters
    ----------
    kind
        A word for its name.
    place
        Folder to make it in; None for the system's folder for temporary files.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}{kind}-", dir=place))
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    with contextlib.suppress(OSError):  # a file system without locks: nobody can take this one for left behind either
        fcntl.flock(held, fcntl.LOCK_EX)
    with _lock:
        _held[folder] = held
    return folder


@contextmanager
def scratch(kind: str, *, place: str | None = None) -> Iterator[Path]:
    """Make such a folder for as long as the context lasts."""
    folder = scratch_folder(kind, place=place)
    try:
        yield folder
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Remove ``folder`` with all that is in it, read-only folders as well; may be called again."""
    for path, _, _ in os.walk(folder):
        with contextlib.suppress(OSError):
            os.chmod(path, 0o700)  # noqa: PTH101 a copy that was taken in is read-only
    shutil.rmtree(folder, ignore_errors=True)
    with _lock:
        held = _held.pop(folder, None)
    if held is not None:
        os.close(held)


def sweep(place: str | None = None) -> tuple[Path, ...]:
    """Remove the folders that killed processes of this user left behind; return those that were removed."""
    found = sorted(Path(place or tempfile.gettempdir()).glob(f"{PREFIX}*"))
    return tuple(folder for folder in found if _is_left(folder) and _removed(folder))


def _is_left(folder: Path) -> bool:
    try:
        about = folder.lstat()
    except OSError:
        return False
    mine = stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid() and stat.S_IMODE(about.st_mode) == 0o700
    return mine and time.time() - about.st_ctime > NEW_SECONDS


def _removed(folder: Path) -> bool:
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # somebody is at work in it, or there are no locks by which one could tell
        return False
    else:
        remove(folder)
        return True
    finally:
        os.close(held)
