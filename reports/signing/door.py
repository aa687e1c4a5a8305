"""The one door to signing and verifying: bundles, decisions, countersignatures and replays all go through it.

::

    raw = sign_statement(Statement(predicate_type=..., subjects={...}, predicate={...}), signer)
    signed = verify_envelope(raw, verifier, predicate_type=..., now=datetime.now(UTC))
    signed.statement.predicate, signed.by.keyid
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from proofbox.reports.signing.dsse import Envelope, read_envelope
from proofbox.reports.signing.errors import BadEnvelopeError
from proofbox.reports.signing.statement import Statement, read_statement

if TYPE_CHECKING:
    from proofbox.reports.signing.interface import SignedBy, Signer, Stamper, Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A statement whose signature was verified."""

    statement: Statement
    payload: bytes
    """The bytes that were signed."""
    by: SignedBy


def sign_statement(statement: Statement, signer: Signer, stamper: Stamper | None = None) -> bytes:
    """Return the bytes of a signed envelope.

    Raises
    ------
    CanonicalError
        The statement cannot be said in canonical JSON.
    SigningFailedError
        A token or a time stamp authority refused.
    """
    return sign_bytes(statement.to_bytes(), signer, stamper)


def sign_bytes(payload: bytes, signer: Signer, stamper: Stamper | None = None) -> bytes:
    """Return the bytes of an envelope over a statement that was written before; it is signed as it is.

    Raises
    ------
    BadEnvelopeError
        ``payload`` is no statement: nothing else is ever signed.
    SigningFailedError
        A token or a time stamp authority refused.
    """
    read_statement(payload)
    unsigned = Envelope(payload=payload, keyid=signer.keyid, signature=b"", chain=signer.chain)
    signature = signer.sign(unsigned.signed_bytes)
    return Envelope(
        payload=payload,
        keyid=signer.keyid,
        signature=signature,
        chain=signer.chain,
        time_stamp=b"" if stamper is None else stamper.stamp(signature),
    ).to_bytes()


def verify_envelope(raw: bytes, verifier: Verifier, *, predicate_type: str, now: datetime) -> Signed:
    """Return what was signed, and by whom.

    Parameters
    ----------
    predicate_type
        The kind of statement that is wanted: a signed decision must not pass for a signed assessment.
    now
        The moment of asking, with its time zone.

    Raises
    ------
    SignatureError
        The envelope proves nothing; the class says why.
    """
    envelope = read_envelope(raw)
    by = verifier.verify(envelope, now)
    statement = read_statement(envelope.payload)
    if statement.predicate_type != predicate_type:
        raise BadEnvelopeError(f"a statement of the kind {statement.predicate_type!r}, expected {predicate_type!r}")
    return Signed(statement=statement, payload=envelope.payload, by=by)
