"""Read what persons attest with a submission, so that the judge can hold it against what it asks."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.policies.attestation_file import Attestation, attestation_record, read_attestations
from proofbox.policies.attestation_sheet import MAX_BYTES as SHEET_BYTES
from proofbox.policies.attestation_sheet import read_sheet, sheet
from proofbox.policies.attestation_workbook import read_workbook, workbook
from proofbox.policies.errors import BadDocumentError
from proofbox.policies.loader import load_policy
from proofbox.policies.yamlfile import MAX_BYTES
from proofbox.runners.errors import BadSubmissionError, UsageError
from proofbox.runners.signed.detached import signature_line, state_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from proofbox.checks.subject import Subject
    from proofbox.policies.record import AttestationRecord
    from proofbox.reports.signing.keys import PublicKey

ZIP = b"PK\x03\x04"
"""How a workbook begins; a sheet of text never does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """What persons attest, and the day that it is judged for."""

    given: tuple[AttestationRecord, ...]
    on: str
    """``YYYY-MM-DD``."""


def read_statements(subject: Subject, on: str, keys: Sequence[PublicKey] = ()) -> Statements:
    """Return the attestations of a submission; none where it names no file of them.

    Parameters
    ----------
    on
        The day that they are judged for, ``YYYY-MM-DD``.
    keys
        By one of which they must be signed; none: nothing is verified.

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
    return Statements(
        given=tuple(
            attestation_record(item, digests, state_of(item.signature, item.signed_bytes(), keys)) for item in found
        ),
        on=on,
    )


def attestations_of(filled: Path, submission: Path) -> tuple[Attestation, ...]:
    """Read a filled-in sheet (CSV) or workbook (xlsx), with the digests of the documents that it names.

    Parameters
    ----------
    submission
        Folder of the submission; a document outside it, or that is a link, counts as not there.

    Raises
    ------
    UsageError
        The sheet cannot be read.
    BadDocumentError
        Something in it is wrong; every mistake is told with its line.
    """
    try:
        with filled.open("rb") as file:
            raw = file.read(SHEET_BYTES + 1)
    except OSError as err:
        raise UsageError(f"{filled}: cannot be read ({err.strerror})") from err
    read = read_workbook if raw.startswith(ZIP) else read_sheet
    return read(raw, filled.name, lambda path: _digest(submission, path))


def empty_sheet(policy_names: Iterable[str], *, as_workbook: bool) -> bytes:
    """Return an empty sheet, or workbook, with one row for each requirement of the policies that a person attests.

    Raises
    ------
    BadPolicyError, UnknownPolicyError
        A policy cannot be read.
    MissingExtraError
        openpyxl is not installed.
    """
    policies = [load_policy(name).policy for name in policy_names]
    return workbook(policies) if as_workbook else sheet(policies)


def _digest(folder: Path, path: str) -> str | None:
    try:
        found = (folder / path).resolve(strict=True)
        if (folder / path).is_symlink() or not found.is_relative_to(folder.resolve()) or not found.is_file():
            return None
        with found.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError):
        return None


def sign_attestation(path: Path, requirement: str, given: Mapping[str, object]) -> str:
    """Return the line to put beside the attestation of one requirement.

    Raises
    ------
    UsageError
        The file cannot be read, or holds no such attestation or several; or no key is named.
    BadDocumentError
        It is no ``proofbox/attestations/v1``.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as err:
        raise UsageError(f"{path}: cannot be read ({err.strerror})") from err
    found = [item for item in read_attestations(raw, path.name) if item.requirement == requirement]
    if policy := given["policy"]:
        found = [item for item in found if item.policy == policy]
    if len(found) != 1:
        raise UsageError(
            f"{path}: got {len(found)} attestations of '{requirement}', expected one; --policy tells them apart"
        )
    return signature_line(found[0].signed_bytes(), given)
