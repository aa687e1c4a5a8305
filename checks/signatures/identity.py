"""What tells one model from another: the digest of its file, or one digest over the names and digests of its files.

The one definition. A model that is a file has that file's SHA-256. A model that is a folder has the SHA-256 over the
list ``[[path, sha256], ...]`` of all files below it, sorted by path (code points), each path as it stands in the
submission, written as canonical JSON (RFC 8785) in UTF-8. docs/model-record.md recomputes it with coreutils.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from proofbox.checks.subject import FileRecord, Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What the submitted model is."""

    path: str
    """Of the model's file or folder; empty where the submission has no model, as are the others."""
    files: tuple[FileRecord, ...]
    digest: str
    """64 lower-case hex digits."""
    folder: bool

    @property
    def base(self) -> str:
        """The folder whose files these are: the model's own, or the one in which its file lies; empty for the top."""
        return self.path if self.folder else self.path.rpartition("/")[0]


def model_identity(subject: Subject) -> Identity:
    """Return what the submitted model is."""
    path = subject.model_path or ""
    files = files_of(subject.files, path) if path else ()
    folder = len(files) != 1 or files[0].path != path
    return Identity(
        path=path, files=files, digest=digest_of(files, path) if files else "", folder=folder and bool(path)
    )


def files_of(files: tuple[FileRecord, ...], path: str) -> tuple[FileRecord, ...]:
    """Return the file of that path, or all files below the folder of that path, in their order."""
    return tuple(file for file in files if file.path == path or file.path.startswith(f"{path}/"))


def digest_of(files: tuple[FileRecord, ...], path: str) -> str:
    """Return the digest of what lies at ``path``, whose files these are."""
    if len(files) == 1 and files[0].path == path:
        return files[0].sha256
    pairs = sorted([file.path, file.sha256] for file in files)
    # For lists of texts without control characters this is the form that RFC 8785 gives.
    return hashlib.sha256(json.dumps(pairs, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
