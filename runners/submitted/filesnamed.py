"""The files and folders that a submission names: that they are what it says, and data in parts are parts alone."""

from __future__ import annotations

import re
from collections.abc import Iterable

from proofbox.checks.records.actual import taken_digests
from proofbox.checks.subject import DeclaredFile, Subject
from proofbox.runners.parts import BadFolderError, part_names
from proofbox.runners.submitted.problems import Place, Problems

_HEX = re.compile(r"[0-9a-f]{64}")
_PLACES: dict[str, Place] = {
    "model": ("model", "sha256"),
    "evaluation": ("data", "evaluation", "sha256"),
    "training": ("data", "training", "sha256"),
    "reference": ("data", "reference", "sha256"),
}


def check_parts(path: str, below: Iterable[str], place: Place, problems: Problems) -> None:
    """Note what keeps a folder from being data in parts."""
    try:
        part_names(below)
    except BadFolderError as err:
        problems.add(place, got=f"in '{path}': {err.got}", expected=err.expected, hint=err.hint)


def check_digests(subject: Subject, problems: Problems) -> None:
    """Note each file, and each data set in parts, that is not what its declared digest says."""
    known, single = taken_digests(subject), {file.path for file in subject.files}
    for file in subject.declared_files:
        folder = file.path not in single
        # A model that is a folder is left to the check provenance.digests.
        if file.declared_sha256 is not None and file.path in known and not (folder and file.role == "model"):
            _check_digest(file, known[file.path], problems, folder=folder)


def _check_digest(file: DeclaredFile, actual: str, problems: Problems, *, folder: bool) -> None:
    declared = file.declared_sha256 or ""
    if not _HEX.fullmatch(declared):
        problems.add(
            _PLACES[file.role],
            got=f"{len(declared)} characters",
            expected="64 lower-case hex digits (sha256)",
            hint="docs/submission.md has the command" if folder else f"'sha256sum {file.path}' prints them",
        )
    elif declared != actual:
        problems.add(
            _PLACES[file.role],
            got=f"{file.path} with sha256 {actual}",
            expected=f"the declared {declared}",
            hint="these are not the parts that were declared: send those, or declare these"
            if folder
            else "the file is not the one that was declared: send that file, or declare this one",
        )
