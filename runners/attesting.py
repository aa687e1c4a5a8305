"""Read what persons attest with a submission, so that the judge can hold it against what it asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.policies.attestation_file import attestation_record, read_attestations
from proofbox.policies.errors import BadDocumentError
from proofbox.policies.yamlfile import MAX_BYTES
from proofbox.runners.errors import BadSubmissionError

if TYPE_CHECKING:
    from proofbox.checks.subject import Subject
    from proofbox.policies.record import AttestationRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """What persons attest, and the day that it is judged for."""

    given: tuple[AttestationRecord, ...]
    on: str
    """``YYYY-MM-DD``."""


def read_statements(subject: Subject, on: str) -> Statements:
    """Return the attestations of a submission; none where it names no file of them.

    Raises
    ------
    BadSubmissionError
        The file is no ``proofbox/attestations/v1``; every problem is told with its place.
    """
    path = next((file.path for file in subject.declared_files if file.role == "attestations"), None)
    if path is None:
        return Statements(given=(), on=on)
    with (subject.root / path).open("rb") as file:
        raw = file.read(MAX_BYTES + 1)
    try:
        found = read_attestations(raw, path)
    except BadDocumentError as err:
        raise BadSubmissionError(err.problems) from err
    digests = {file.path: file.sha256 for file in subject.files}
    return Statements(given=tuple(attestation_record(item, digests) for item in found), on=on)
