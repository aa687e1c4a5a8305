"""Read a submitted file on the trusted side: regular, below the root, no symbolic link, and never more than agreed."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from proofbox.checks.errors import BadDataError
from proofbox.checks.text import t


def open_submitted(root: Path, path: str) -> tuple[BinaryIO, int]:
    """Open a file of the submission for reading; return it with its size in bytes.

    Raises
    ------
    BadDataError
        It is absent, no regular file, a link, or outside the submission.
    """
    parts = path.split("/")
    if path.startswith("/") or ".." in parts or "\x00" in path:
        raise BadDataError(t("'{path}' is not a path inside the submission", path=path))
    place = root
    for part in parts[:-1]:
        place /= part
        if place.is_symlink():
            raise BadDataError(t("'{path}' lies behind a symbolic link", path=path))
    try:
        # Non-blocking, so that a pipe in the place of a file cannot hold the reader.
        descriptor = os.open(root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as err:
        raise BadDataError(t("'{path}' cannot be opened: {reason}", path=path, reason=str(err.strerror))) from err
    info = os.fstat(descriptor)
    if not stat.S_ISREG(info.st_mode):
        os.close(descriptor)
        raise BadDataError(t("'{path}' is not a regular file", path=path))
    return os.fdopen(descriptor, "rb"), info.st_size


def read_submitted(root: Path, path: str, most_bytes: int) -> bytes:
    """Return the bytes of a file of the submission.

    Raises
    ------
    BadDataError
        As :func:`open_submitted`, or it is larger than ``most_bytes``.
    """
    file, size = open_submitted(root, path)
    with file:
        if size > most_bytes:
            raise BadDataError(
                t(
                    "'{path}' has {size} bytes, more than the {most} that are read",
                    path=path,
                    size=size,
                    most=most_bytes,
                )
            )
        return file.read(most_bytes)
