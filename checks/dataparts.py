"""What tells one data set from another: the digest of its file, or one digest over the names and digests of its parts.

A data set that is a file has that file's SHA-256. One that is a folder of parts has the SHA-256 over the list
``[[name, sha256], ...]`` of its parts, sorted by name (code points), each name as it stands in the folder, written as
canonical JSON (RFC 8785) in UTF-8. So the same parts have the same digest wherever their folder lies;
docs/submission.md recomputes it with coreutils.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

from proofbox.checks.subject import FileRecord

DATA_ROLES = frozenset(("evaluation", "training", "reference"))
"""Roles of files that may be folders of parts."""

_MARKS = ("_", ".")


def holds_rows(name: str) -> bool:
    """Whether a file of that name in a folder is a part: a mark of the writer (``_SUCCESS``, ``.crc``) is none."""
    return not name.startswith(_MARKS)


def data_files(files: Iterable[FileRecord], path: str) -> tuple[FileRecord, ...]:
    """Return the file of that path, or the parts in the folder of that path, in the order of their names."""
    found = {file.path: file for file in files if file.path == path or _is_part(file.path, path)}
    return (found[path],) if path in found else tuple(found[name] for name in sorted(found))


def data_digest(files: Iterable[FileRecord], path: str) -> str | None:
    """Return the digest of the data at ``path``, 64 lower-case hex digits; None where nothing is there."""
    found = data_files(files, path)
    if not found or found[0].path == path:
        return found[0].sha256 if found else None
    pairs = [[file.path.rpartition("/")[2], file.sha256] for file in found]
    # For lists of texts without control characters this is the form that RFC 8785 gives.
    return hashlib.sha256(json.dumps(pairs, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _is_part(path: str, folder: str) -> bool:
    above, _, name = path.rpartition("/")
    return above == folder and holds_rows(name)
