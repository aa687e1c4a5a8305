"""The signatures of a bundle: ``statement.sig`` over its statement, ``svr.sig`` over the short one for others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports.bundle import SIGNATURE, SVR_SIGNATURE, read_bundle
from proofbox.reports.errors import BundleExistsError, BundleWriteError
from proofbox.reports.folder import replace_file
from proofbox.reports.signing.door import sign_bytes, verify_envelope
from proofbox.reports.signing.errors import BadEnvelopeError, FutureError, UnsignedError, WrongKeyError
from proofbox.reports.statement import PREDICATE_TYPE
from proofbox.reports.svr import FILE_NAME as SVR
from proofbox.reports.svr import PREDICATE_TYPE as SVR_TYPE

if TYPE_CHECKING:
    from proofbox.reports.bundle import BundleContent
    from proofbox.reports.signing.interface import SignedBy, Signer, Stamper, Verifier

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far a time may lie ahead before it is called the future."""


def sign_bundle(path: Path, signer: Signer, stamper: Stamper | None = None) -> None:
    """Sign a bundle that was written without a key; what it holds is compared with its manifest first.

    Raises
    ------
    NotABundleError, IncompleteBundleError, TamperedBundleError
        There is no whole bundle: what was altered is not signed.
    BundleExistsError
        It is signed already; a signature is never replaced.
    BundleWriteError
        The disk refused.
    SigningFailedError
        A token or a time stamp authority refused; nothing was written.
    """
    if read_bundle(path).signature is not None:
        raise BundleExistsError(f"{path}: is signed already; a signature is never replaced")
    signed = {
        name: sign_bytes((path / statement).read_bytes(), signer, stamper)
        for name, statement in ((SVR_SIGNATURE, SVR), (SIGNATURE, "statement.json"))
    }
    try:
        # statement.sig comes last: until it is there the bundle is unsigned.
        for name, raw in signed.items():
            replace_file(path / name, raw)
    except OSError as err:
        raise BundleWriteError(f"{path}: could not be signed ({err.strerror or err}); it is as it was") from err


def verify_signatures(content: BundleContent, verifier: Verifier, now: datetime) -> SignedBy:
    """Return who signed a bundle that was read and found whole.

    Parameters
    ----------
    now
        The moment of asking, with its time zone.

    Raises
    ------
    SignatureError
        There is no signature, or it proves nothing; the class says why.
    """
    if content.signature is None or content.svr_signature is None:
        raise UnsignedError("unsigned: nothing proves who made it")
    signed = verify_envelope(content.signature, verifier, predicate_type=PREDICATE_TYPE, now=now)
    short = verify_envelope(content.svr_signature, verifier, predicate_type=SVR_TYPE, now=now)
    if short.by.keyid != signed.by.keyid:
        raise WrongKeyError(f"{SVR_SIGNATURE} is signed with another key than {SIGNATURE}")
    _require_order(content, signed.by, now)
    return signed.by


def _require_order(content: BundleContent, by: SignedBy, now: datetime) -> None:
    finished = moment(content.assessment.run.finished_at)
    if finished > now + CLOCKS_DIFFER:
        raise FutureError(f"from the future: the assessment ended at {finished.isoformat()}, which is still to come")
    if by.signed_before is not None and by.signed_before > now + CLOCKS_DIFFER:
        raise FutureError(f"from the future: the signature was time-stamped at {by.signed_before.isoformat()}")
    if by.signed_before is not None and by.signed_before + CLOCKS_DIFFER < finished:
        raise FutureError(
            f"from the future: the assessment ended at {finished.isoformat()}, after its signature was time-stamped"
        )


def moment(text: str) -> datetime:
    """Return a recorded time; one without a zone is in UTC.

    Raises
    ------
    BadEnvelopeError
        It is no time.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as err:
        raise BadEnvelopeError(f"the record ends at {text!r}, expected a time") from err
    return found if found.tzinfo else found.replace(tzinfo=UTC)
