"""Take a submission in, with the data that it names by address: fetched into the copy, and part of its digest.

An address in ``submission.yaml`` is a stranger's word. It is asked only where whoever runs Proofbox allowed it by name;
every address that is not is told, with its place, before the first one is contacted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.runners.remote.address import Address, allowed_prefixes, allowing, is_address, parse_address
from proofbox.runners.remote.errors import RemoteDataError
from proofbox.runners.remote.fetching import Fetched, FetchLimits
from proofbox.runners.remote.folders import fetch_data
from proofbox.runners.submitted.problems import Place, Problems
from proofbox.runners.submitted.submission import FILE_NAME, Submission, read_submission
from proofbox.sandbox.formats import HEAD_BYTES, detect_format
from proofbox.sandbox.intake import Intake, IntakeLimits, TakenFile, digest_of, take_in

if TYPE_CHECKING:
    from proofbox.policies.yamlfile import Document

ROLES = ("evaluation", "training", "reference")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """What may be fetched: the operator's word, never the submission's."""

    allowed: tuple[str, ...] = ()
    """Addresses, or folders of them."""
    limits: FetchLimits = field(default_factory=FetchLimits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A submission that was taken in whole, with what it is made of elsewhere."""

    source: Path
    """Where it was taken from."""
    intake: Intake
    """The copy, fetched files among the others."""
    submission: Submission
    """Its words, with the place in the copy for each address."""
    document: Document
    raw: bytes
    """The exact bytes of ``submission.yaml``."""
    fetched: tuple[Fetched, ...] = ()


def bring(source: Path, into: Path, fetching: Fetching) -> Brought:
    """Take the submission at ``source`` into the fresh folder ``into``, and fetch there what it names by address.

    Raises
    ------
    IntakeError, BadSubmissionError
        It is not taken in, or an address in it is none, is not allowed, or what stands there cannot be had.
    BadAddressError
        One that is allowed is none.
    """
    allowed = allowed_prefixes(fetching.allowed)
    intake = take_in(source, into, intake_limits(fetching))
    submission, document, raw = read_submission(intake.root / FILE_NAME)
    problems = Problems(document)
    addresses = addresses_in(submission, problems, allowed)
    _hold_to_limit(submission, intake, fetching.limits.file_bytes, problems)
    problems.stop_if_any()
    found: dict[str, tuple[Fetched, ...]] = {}
    for role, address in addresses.items():
        if str(address) in found:
            continue
        try:
            found[str(address)] = fetch_data(str(address), fetching.allowed, intake.root, fetching.limits)
        except RemoteDataError as err:
            problems.add(_place(role), got=err.got, expected=err.expected, hint=err.hint)
            problems.stop_if_any()
    fetched = tuple(one for parts in found.values() for one in parts)
    return Brought(
        source=source,
        intake=_with(intake, fetched),
        submission=localised(submission, addresses),
        document=document,
        raw=raw,
        fetched=fetched,
    )


def intake_limits(fetching: Fetching) -> IntakeLimits:
    """Return how much is taken in: as ever, or as much more as the operator allows a file to hold."""
    usual, file_bytes = IntakeLimits(), fetching.limits.file_bytes
    if file_bytes <= usual.file_bytes:
        return usual
    return replace(usual, file_bytes=file_bytes, total_bytes=usual.total_bytes + file_bytes)


def addresses_in(
    submission: Submission, problems: Problems, allowed: tuple[Address, ...] | None = None
) -> Mapping[str, Address]:
    """Return role -> address of the data that are named by one; every mistake is noted with its place.

    Parameters
    ----------
    allowed
        What each must be, or lie below; None where nothing is going to be fetched.
    """
    found = {}
    for role in ROLES:
        part = getattr(submission.data, role)
        if part is None or not is_address(part.path):
            continue
        try:
            found[role] = parse_address(part.path, folder=True)
            if allowed is not None:
                allowing(found[role], allowed)
        except RemoteDataError as err:
            problems.add(_place(role), got=err.got, expected=err.expected, hint=err.hint)
    return found


def localised(submission: Submission, addresses: Mapping[str, Address], *, digests: bool = True) -> Submission:
    """Return the submission with the place in the copy for each address.

    Parameters
    ----------
    digests
        Whether the digests that are declared for what is fetched are kept.
    """
    if not addresses:
        return submission
    parts = {}
    for role, address in addresses.items():
        part = getattr(submission.data, role)
        parts[role] = part.model_copy(update={"path": address.local} | ({} if digests else {"sha256": None}))
    return submission.model_copy(update={"data": submission.data.model_copy(update=parts)})


def _hold_to_limit(submission: Submission, intake: Intake, most_bytes: int, problems: Problems) -> None:
    """Note data in parts that are more together than one file may be."""
    for role in ROLES:
        part = getattr(submission.data, role)
        names = [] if part is None else [name for name in part.path.split("/") if name not in ("", ".")]
        total = sum(file.size for file in intake.files if names and file.path.startswith("/".join([*names, ""])))
        if total > most_bytes:
            got, hint = f"{total} bytes in '{part.path}'", "allow more with --data-megabytes, or take a sample"
            problems.add(_place(role), got=got, expected=f"at most {most_bytes}", hint=hint)


def _with(intake: Intake, fetched: tuple[Fetched, ...]) -> Intake:
    if not fetched:
        return intake
    files = tuple(sorted((*intake.files, *map(_taken, fetched)), key=lambda taken: taken.path))
    return replace(intake, files=files, digest=digest_of(files))


def _taken(one: Fetched) -> TakenFile:
    with one.path.open("rb") as file:
        kind = detect_format(one.path.name, file.read(HEAD_BYTES))
    return TakenFile(path=one.local, size=one.size, sha256=one.sha256, format=kind)


def _place(role: str) -> Place:
    return ("data", role, "path")
