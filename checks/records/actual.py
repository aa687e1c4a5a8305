"""What the files of a submission are, by digest, to be compared with what a record states."""

from __future__ import annotations

from proofbox.checks.dataparts import DATA_ROLES, data_digest
from proofbox.checks.signatures.identity import digest_of, files_of
from proofbox.checks.subject import Subject


def taken_digests(subject: Subject) -> dict[str, str]:
    """Return path -> sha256 of every file, and of every folder that has a role, as taken when it came in."""
    taken = {file.path: file.sha256 for file in subject.files}
    for declared in subject.declared_files:
        if declared.role in DATA_ROLES:
            digest = data_digest(subject.files, declared.path)
        else:
            files = files_of(subject.files, declared.path)
            digest = digest_of(files, declared.path) if files else None
        if digest is not None:
            taken[declared.path] = digest
    return taken


def path_of_role(subject: Subject, role: str) -> str | None:
    """Return the path of the file in a role; None where the submission names none."""
    return next((file.path for file in subject.declared_files if file.role == role), None)
