"""Who signs and who verifies: each way of signing is one small class of either kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from proofbox.reports.signing.dsse import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedBy:
    """Whose signature was verified."""

    keyid: str
    """sha256 of the public key, 64 hex digits."""
    how: Literal["key", "certificate"]
    name: str = ""
    """The certificate's subject (RFC 4514); empty for a bare key, which names nobody."""
    signed_before: datetime | None = None
    """The moment that a time stamp proves; None where there is none."""


class Signer(Protocol):
    """Holds a private key, or knows a token that does."""

    @property
    def keyid(self) -> str:
        """sha256 of the public key (SubjectPublicKeyInfo in DER), 64 hex digits."""

    @property
    def chain(self) -> tuple[bytes, ...]:
        """Certificates in DER, the signer's own first; empty for a bare key."""

    def sign(self, data: bytes) -> bytes:
        """Return the signature over ``data``.

        Raises
        ------
        SigningFailedError
            The token refused.
        """


class Verifier(Protocol):
    """Knows whose signature is wanted."""

    def verify(self, envelope: Envelope, now: datetime) -> SignedBy:
        """Return who signed.

        Parameters
        ----------
        now
            The moment of asking; a certificate without a time stamp must be valid then.

        Raises
        ------
        SignatureError
            The signature proves nothing; the class says why.
        """


class Stamper(Protocol):
    """Knows an authority that attests when something was there."""

    def stamp(self, data: bytes) -> bytes:
        """Return an RFC 3161 time stamp response over ``data``, in DER.

        Raises
        ------
        SigningFailedError
            The authority did not answer, or refused.
        """
