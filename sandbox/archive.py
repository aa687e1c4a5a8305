"""Unpack a submission's archive: refuse, never repair. A zip is unpacked by :mod:`zips`, a tar.gz by :mod:`tars`."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.sandbox import names
from proofbox.sandbox.errors import IntakeError

if TYPE_CHECKING:
    from proofbox.sandbox.store import Store

NESTED_SUFFIXES = frozenset(
    [
        *("7z", "ar", "bz2", "cab", "deb", "egg", "gz", "iso", "jar", "lz4"),
        *("lzma", "rar", "rpm", "tar", "tbz", "tgz", "txz", "whl", "xz", "zip", "zst"),
    ]
)
ZIP_CONTAINERS = frozenset(["docx", "keras", "npz", "odp", "ods", "odt", "pptx", "pt", "pth", "skops", "xlsx"])
"""Formats that are a zip by definition."""


def unpack(source: Path, store: Store) -> None:
    """Unpack ``source`` into ``store``.

    Raises
    ------
    IntakeError
        It is not exactly an archive of regular files and folders as it ought to be.
    """
    from proofbox.sandbox import tars, zips

    opened = os.open(source, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(opened, "rb") as file:
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise refused("", "no regular file", "a .zip or .tar.gz")
        if source.name.lower().endswith(".zip"):
            zips.unpack(file, store)
        else:
            tars.unpack(file, store)
    for taken in store.files:
        _check_nested(taken.path, store)


def refused(path: str, got: str, expected: str) -> IntakeError:
    """Return the error for an entry of an archive."""
    return IntakeError(
        names.printable(path),
        got=got,
        expected=expected,
        hint="pack the folder again, or submit the folder itself",
    )


def _check_nested(path: str, store: Store) -> None:
    suffix = path.rpartition(".")[2].lower()
    if suffix in NESTED_SUFFIXES:
        raise refused(path, "an archive or compressed file in an archive", "files as they are")
    with (store.root / path).open("rb") as file:
        head = file.read(512)
    if (head.startswith(b"PK\x03\x04") and suffix not in ZIP_CONTAINERS) or head[257:262] == b"ustar":
        raise refused(path, "an archive in an archive", "files as they are")
