"""What the options of ``review`` ask for: a decision, and the signatures that are expected beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from proofbox.reports.review.decisions import Conditions
from proofbox.reports.review.states import STATES, State
from proofbox.reports.signing.certificates import read_certificates
from proofbox.reports.signing.chains import CertificateVerifier
from proofbox.reports.signing.keys import KeyVerifier, read_public_key
from proofbox.runners.errors import UsageError
from proofbox.runners.signed.signing import read_pem, told

if TYPE_CHECKING:
    from cryptography import x509

    from proofbox.reports.signing.interface import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The decision that a reviewer asks for."""

    state: State
    reason: str
    reviewer: str
    on: str
    """``YYYY-MM-DD``."""
    conditions: Conditions | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """Whose signatures are expected beside the reviewer's own."""

    reviewers: tuple[Verifier, ...] = ()
    """Of earlier decisions; with none, they are not verified."""
    submitter: Verifier | None = None
    """Under the bundle; None: it is not verified, and the decision says so."""


def asked_of(given: Mapping[str, object]) -> Asked:
    """Return the decision that the options of ``review decide`` ask for.

    Raises
    ------
    UsageError
        A state that is none, a day that is none, an empty reason or name, conditions without an approval, or an
        approval without its last day.
    """
    state, until = str(given["state"]), cast("str | None", given["until"])
    if state not in STATES:
        raise UsageError(f"--state {state}: expected one of {', '.join(STATES[1:])}")
    for option in ("reason", "reviewer"):
        if not str(given[option]).strip():
            raise UsageError(f"--{option}: got nothing, expected a text")
    regions = cast("tuple[str, ...]", given["regions"])
    limited = until is not None or given["max_users"] is not None or bool(regions)
    if (state == "approved") != (until is not None) or (limited and state != "approved"):
        raise UsageError(
            "expected --until DATE with '--state approved', and --until, --max-users, --region with no other"
        )
    on = day_of(cast("str | None", given["day"]), "--on")
    conditions = None
    if until is not None:
        last = day_of(until, "--until")
        if last < on:
            raise UsageError(f"--until {last}: expected a day on or after the decision's, {on}")
        most = cast("int | None", given["max_users"])
        conditions = Conditions(until=last, maximum_users=most, regions=regions)
    reason, reviewer = str(given["reason"]).strip(), str(given["reviewer"]).strip()
    return Asked(state=state, reason=reason, reviewer=reviewer, on=on, conditions=conditions)


def expected_of(given: Mapping[str, object]) -> Expected:
    """Return whose signatures the options name.

    Raises
    ------
    UsageError, KeyFileError
        A file cannot be read, or holds no public key.
    """
    submitter, stamps = cast("Path | None", given["submitter_key"]), cast("tuple[Path, ...]", given["tsa_certificates"])
    return Expected(
        reviewers=trusted_keys(cast("tuple[Path, ...]", given["reviewer_keys"]), stamps),
        submitter=None if submitter is None else trusted_keys([submitter], stamps)[0],
    )


def trusted_keys(paths: Sequence[Path], stamps: Sequence[Path] = ()) -> tuple[Verifier, ...]:
    """Return whose signatures count.

    Parameters
    ----------
    paths
        Files of public keys, or of certificates: a reviewer's own, or one that issued it.
    stamps
        Certificates that are trusted for time stamps.

    Raises
    ------
    UsageError, KeyFileError
        A file cannot be read, or holds neither.
    """
    authorities = tuple(found for path in stamps for found in told(path, read_certificates))
    return tuple(_trusted(path, authorities) for path in paths)


def _trusted(path: Path, authorities: tuple[x509.Certificate, ...]) -> Verifier:
    if b"PUBLIC KEY-----" in read_pem(path):
        return KeyVerifier(key=told(path, read_public_key), authorities=authorities)
    return CertificateVerifier(trusted=told(path, read_certificates), authorities=authorities)


def day_of(text: str | None, option: str) -> str:
    """Return a day as ``YYYY-MM-DD``; today (UTC) where there is none.

    Raises
    ------
    UsageError
        It is no date.
    """
    try:
        day = datetime.now(UTC).date() if text is None else date.fromisoformat(text)
    except ValueError as err:
        raise UsageError(f"{option} {text}: expected a date as YYYY-MM-DD") from err
    return day.isoformat()
