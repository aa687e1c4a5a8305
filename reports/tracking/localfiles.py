"""Artifacts in a folder of this machine or of a share: read without following a link, or waiting at a pipe.

MLflow's client copies such a folder as it is, whatever lies in it; whoever may write to the share would then choose
which of the reader's files are copied.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from proofbox.reports.tracking.store import Artifact, StoreError


def local_root(artifact_uri: str) -> Path | None:
    """Return the folder that an artifact uri names, as ``file:///srv/a``; None where it names another kind of place."""
    parts = urlsplit(artifact_uri)
    if parts.scheme not in {"", "file"} or parts.netloc not in {"", "localhost"}:
        return None
    return Path(unquote(parts.path) if parts.scheme else artifact_uri)


def list_local(root: Path, folder: str) -> Sequence[Artifact]:
    """Return what is in a folder below ``root``; nothing where there is no such folder.

    Raises
    ------
    StoreError
        Something in it is neither a regular file nor a folder, or it cannot be read.
    """
    found = []
    try:
        with os.scandir(root / folder) as entries:
            for entry in sorted(entries, key=lambda one: one.name):
                path, is_folder = str(Path(folder, entry.name)), entry.is_dir(follow_symlinks=False)
                if not is_folder and not entry.is_file(follow_symlinks=False):
                    raise StoreError(f"got the artifact {path!r} that is a link or no regular file, expected files")
                size = 0 if is_folder else entry.stat(follow_symlinks=False).st_size
                found.append(Artifact(path=path, is_folder=is_folder, size=size))
    except FileNotFoundError:
        return []
    except OSError as err:
        raise StoreError(f"the artifacts in {root / folder} cannot be read ({err.strerror})") from err
    return found


def fetch_local(root: Path, path: str, target: Path, most_bytes: int) -> None:
    """Copy one file; more than ``most_bytes`` are refused.

    Raises
    ------
    StoreError
        It is not a regular file, or too long.
    OSError
        It cannot be read, or the copy not be written.
    """
    with os.fdopen(os.open(root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise StoreError(f"got the artifact {path!r} that is no regular file, expected files")
        raw = file.read(most_bytes + 1)
    if len(raw) > most_bytes:
        raise StoreError(f"got more than {most_bytes} bytes of the artifact {path!r}")
    target.write_bytes(raw)
