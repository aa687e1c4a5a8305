"""The fresh folder that a submission is copied into: names, limits and digests are held while the bytes go by."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from proofbox.sandbox import names
from proofbox.sandbox.errors import IntakeError
from proofbox.sandbox.formats import HEAD_BYTES, detect_format

CHUNK_BYTES = 1024 * 1024
GIB = 1024 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeLimits:
    """How much is taken in at most."""

    files: int = 2_000
    """Files and folders."""
    file_bytes: int = 2 * GIB
    total_bytes: int = 4 * GIB
    archive_ratio: int = 200
    """An archive unpacks to at most this many times its own size."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenFile:
    """One file of the copy."""

    path: str
    """Path inside the submission, with ``/``."""
    size: int
    """Bytes."""
    sha256: str
    """64 lower-case hex digits."""
    format: str
    """By its first bytes and its suffix, see :func:`proofbox.sandbox.formats.detect_format`."""


class Store:
    """The fresh folder that a submission is copied into; counts and refuses while it copies."""

    def __init__(self, root: Path, limits: IntakeLimits, total_bytes: int) -> None:
        self.root = root
        self._limits = limits
        self._total = total_bytes
        self._used = 0
        self._entries = 0
        self._keys: dict[str, str] = {}
        self.files: list[TakenFile] = []

    def folder(self, path: str) -> None:
        """Make a folder and the folders above it."""
        self._claim(path, folder=True)

    def file(self, path: str, read: Callable[[int], bytes], size: int) -> None:
        """Copy one file of exactly ``size`` bytes from ``read``, hashing it.

        Raises
        ------
        IntakeError
            Its name is not taken in or taken already, a limit is passed, or there are more or fewer bytes than told.
        """
        self._claim(path, folder=False)
        shown = names.printable(path)
        if size > self._limits.file_bytes:
            raise _too_much(shown, f"a file of {size} bytes", f"at most {self._limits.file_bytes}")
        self._used += size
        if self._used > self._total:
            raise _too_much(shown, f"more than {self._total} bytes in all", f"at most {self._total}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        target = os.open(self.root / path, flags, 0o600)
        with os.fdopen(target, "wb") as out:
            digest, head = _copy(read, out.write, size, shown)
            os.fchmod(target, 0o444)
        kind = detect_format(path.rpartition("/")[2], head)
        self.files.append(TakenFile(path=path, size=size, sha256=digest, format=kind))

    def _claim(self, path: str, *, folder: bool) -> None:
        names.checked_path(path)
        parent = path.rpartition("/")[0]
        if parent and self._keys.get(names.key(parent)) != parent + "/":
            self._claim(parent, folder=True)
        known = self._keys.get(names.key(path))
        mine = path + "/" if folder else path
        if known == mine and folder:
            return
        if known is not None:
            raise IntakeError(
                names.printable(path),
                got=f"a name that is the same as {names.printable(known)} to some systems or readers",
                expected="names that differ in more than case or form",
                hint="rename one of the two",
            )
        self._entries += 1
        if self._entries > self._limits.files:
            raise _too_much("", f"more than {self._limits.files} files and folders", f"at most {self._limits.files}")
        self._keys[names.key(path)] = mine
        if folder:
            make_folders(self.root, path)


def make_folders(root: Path, path: str) -> None:
    """Make the folders of ``path`` below ``root``; whoever a sandbox runs as can list them, whatever the umask."""
    for name in reversed([path, *map(str, PurePosixPath(path).parents)][:-1]):
        folder = root / name
        if not folder.is_dir():
            folder.mkdir()
            folder.chmod(0o755)


def _copy(read: Callable[[int], bytes], write: Callable[[bytes], object], size: int, shown: str) -> tuple[str, bytes]:
    digest, head, left = hashlib.sha256(), b"", size
    while chunk := read(min(CHUNK_BYTES, left + 1)):
        left -= len(chunk)
        if left < 0:
            break
        digest.update(chunk)
        head = (head + chunk[:HEAD_BYTES])[:HEAD_BYTES]
        write(chunk)
    if left != 0:
        raise IntakeError(
            shown,
            got="more or fewer bytes than were told",
            expected=f"exactly {size}",
            hint="do not change the submission while it is taken in; pack an archive again",
        )
    return digest.hexdigest(), head


def _too_much(path: str, got: str, expected: str) -> IntakeError:
    hint = "leave out what is not part of the submission, such as .git, .venv and caches; --data-megabytes allows more"
    return IntakeError(path, got=got, expected=expected, hint=hint)
