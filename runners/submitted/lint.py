"""Look for mistakes in a ``submission.yaml`` without measuring: its words, and the files that it names.

For an editor and a pre-commit hook: nothing is copied, no data file is read as a table, no model is opened, and a file
is hashed only where a digest is declared for it. What needs the data's columns is told by ``plan`` and ``run``.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from proofbox.checks.dataparts import DATA_ROLES
from proofbox.checks.subject import DeclaredFile
from proofbox.policies.errors import Problem
from proofbox.runners.errors import BadSubmissionError
from proofbox.runners.signed.attesting import read_statements
from proofbox.runners.submitted.bringing import addresses_in, localised
from proofbox.runners.submitted.problems import Problems
from proofbox.runners.submitted.resolve import check_words, named_files
from proofbox.runners.submitted.submission import FILE_NAME, read_submission
from proofbox.sandbox.formats import HEAD_BYTES, detect_format
from proofbox.sandbox.intake import Intake
from proofbox.sandbox.store import TakenFile

MOST_FILES = 2_000
"""Files of a model's folder that are looked at: as many as a submission may hold."""


def lint_submission(path: Path) -> tuple[Problem, ...]:
    """Return every mistake of one submission, none if it is well.

    Parameters
    ----------
    path
        ``submission.yaml``, under whatever name, or its folder.
    """
    path = path / FILE_NAME if path.is_dir() else path
    try:
        submission, document, _ = read_submission(path)
        root = path.parent
        problems = Problems(document)
        # What stands elsewhere is taken for there: nothing is fetched, so no digest is compared.
        addresses = addresses_in(submission, problems)
        problems.stop_if_any()
        submission = localised(submission, addresses, digests=False)
        taken = {file.path: file for _, named in named_files(submission) for file in _looked_at(root, named)}
        for address in addresses.values():
            taken[address.local] = TakenFile(path=address.local, size=0, sha256="", format="unknown")
        subject = check_words(submission, Intake(root=root, files=tuple(taken.values()), digest=""), problems)
        problems.stop_if_any()
        read_statements(subject, datetime.now(UTC).date().isoformat())
    except BadSubmissionError as err:
        return tuple(
            replace(problem, file=path.name) if problem.file == FILE_NAME else problem for problem in err.problems
        )
    return ()


def _looked_at(root: Path, named: DeclaredFile) -> Iterator[TakenFile]:
    """Yield the file that is named, or the files of the folder that is; nothing for a link or what is not there."""
    parts = named.path.split("/")
    if named.path.startswith("/") or ".." in parts or "\\" in named.path or "\x00" in named.path:
        return
    clean = "/".join(part for part in parts if part not in ("", "."))
    found = root / clean
    if found.is_dir() and not found.is_symlink():
        for below in sorted(found.rglob("*"))[:MOST_FILES]:
            if not below.is_dir():
                hashed = named.declared_sha256 is not None and named.role in DATA_ROLES
                yield from _regular(below, f"{clean}/{below.relative_to(found).as_posix()}", hashed=hashed)
    elif found.exists():
        yield from _regular(found, clean, hashed=named.declared_sha256 is not None)
    elif found.parent.is_dir():
        # Its neighbours, so that the nearest name can be told.
        for other in sorted(found.parent.iterdir())[:MOST_FILES]:
            yield from _regular(other, other.relative_to(root).as_posix(), hashed=False)


def _regular(path: Path, name: str, *, hashed: bool) -> Iterator[TakenFile]:
    try:
        # A pipe or a device is never opened, and a link is no file of the submission.
        if not stat.S_ISREG(path.lstat().st_mode):
            return
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest() if hashed else ""
            file.seek(0)
            head = file.read(HEAD_BYTES)
            size = file.seek(0, os.SEEK_END)
    except OSError:
        return
    yield TakenFile(path=name, size=size, sha256=digest, format=detect_format(path.name, head))
