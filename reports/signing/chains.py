"""Signatures by certificates, as national authorities issue them: the chain, its dates and the lists of revoked ones.

Nothing is fetched: the trusted certificates and the lists are those that were given. A certificate must be valid when
it signed. Only a time stamp by a trusted authority proves when that was; without one it must be valid when somebody
asks, since whoever holds a key can write any date (ETSI EN 319 102-1, 5.5.4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from proofbox.checks.signatures.chains import follow
from proofbox.reports.signing.certificates import key_of
from proofbox.reports.signing.errors import (
    BadEnvelopeError,
    ExpiredError,
    KeyFileError,
    NotYetValidError,
    RevokedError,
    WrongChainError,
)
from proofbox.reports.signing.interface import SignedBy
from proofbox.reports.signing.keys import require_signature
from proofbox.reports.signing.timestamps import proven_time

if TYPE_CHECKING:
    from cryptography import x509

    from proofbox.reports.signing.dsse import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateVerifier:
    """Wants a signature by a certificate that leads up to a trusted one, or is one."""

    trusted: tuple[x509.Certificate, ...]
    """At least one."""
    lists: tuple[x509.CertificateRevocationList, ...] = ()
    authorities: tuple[x509.Certificate, ...] = ()
    """Trusted for time stamps."""

    def verify(self, envelope: Envelope, now: datetime) -> SignedBy:
        """Return who signed, by the subject of the certificate."""
        certificates = _read(envelope.chain)
        try:
            key = key_of(certificates[0])
        except KeyFileError as err:
            raise WrongChainError(str(err)) from err
        require_signature(key, envelope)
        stamped = proven_time(envelope, self.authorities)
        at = stamped or now
        chain = self._chain(certificates, at)
        _require_unrevoked(chain, self.lists, at)
        name = certificates[0].subject.rfc4514_string()
        return SignedBy(keyid=envelope.keyid, how="certificate", name=name, signed_before=stamped)

    def _chain(self, certificates: Sequence[x509.Certificate], at: datetime) -> list[x509.Certificate]:
        leaf, *others = certificates
        for certificate in certificates:
            _require_valid(certificate, at)
        chain = [leaf] if leaf in self.trusted else self._followed(leaf, others, at)
        # A certificate that nothing given bears out could be changed without anybody seeing it.
        if any(certificate not in chain and certificate not in self.trusted for certificate in others):
            raise WrongChainError(
                "the signature carries certificates that the given one says nothing about; give the one that issued"
                " them, or all of them"
            )
        return chain

    def _followed(
        self, leaf: x509.Certificate, others: Sequence[x509.Certificate], at: datetime
    ) -> list[x509.Certificate]:
        from cryptography import x509
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.x509.verification import VerificationError

        issuers = {certificate.issuer for certificate in (leaf, *others)}
        for certificate in self.trusted:
            if certificate.subject in issuers:
                _require_valid(certificate, at)
        try:
            return follow(leaf, others, self.trusted, at)
        except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType,
                VerificationError) as err:  # fmt: skip
            why = " ".join(str(err).split())[:200] or type(err).__name__
            raise WrongChainError(f"the certificates do not lead up to one that was given ({why})") from err


def _read(chain: Sequence[bytes]) -> tuple[x509.Certificate, ...]:
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    if not chain:
        raise WrongChainError("signed with a bare key, which carries no certificate; give the key")
    try:
        certificates = tuple(x509.load_der_x509_certificate(raw) for raw in chain)
        for one in certificates:
            # The library reads a part when it is asked for: what cannot be read must be found here.
            _ = (one.subject, one.issuer, one.not_valid_before_utc, one.not_valid_after_utc, one.extensions)
        return certificates
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as err:
        raise BadEnvelopeError("a certificate in the signature cannot be read") from err


def _require_valid(certificate: x509.Certificate, at: datetime) -> None:
    name = certificate.subject.rfc4514_string()
    if at > certificate.not_valid_after_utc:
        raise ExpiredError(
            f"the certificate of {name} ended on {certificate.not_valid_after_utc:%Y-%m-%d}, and the signature is of"
            f" {at:%Y-%m-%d} or not proven to be older"
        )
    if at < certificate.not_valid_before_utc:
        raise NotYetValidError(
            f"the certificate of {name} begins on {certificate.not_valid_before_utc:%Y-%m-%d}, and it is {at:%Y-%m-%d}"
        )


def _require_unrevoked(
    chain: Sequence[x509.Certificate], lists: Sequence[x509.CertificateRevocationList], at: datetime
) -> None:
    """Hold every certificate against the lists of its issuer; the signer's must be covered where lists were given."""
    for place, (certificate, issuer) in enumerate(pairwise(chain)):
        mine = [one for one in lists if one.issuer == issuer.subject]
        if lists and not mine and place == 0:
            raise WrongChainError(f"no revocation list that was given is by {issuer.subject.rfc4514_string()}")
        for one in mine:
            _require_list(one, issuer, at)
            entry = one.get_revoked_certificate_by_serial_number(certificate.serial_number)
            if entry is not None and entry.revocation_date_utc <= at:
                name = certificate.subject.rfc4514_string()
                raise RevokedError(f"the certificate of {name} was revoked on {entry.revocation_date_utc:%Y-%m-%d}")


def _require_list(one: x509.CertificateRevocationList, issuer: x509.Certificate, at: datetime) -> None:
    name = issuer.subject.rfc4514_string()
    try:
        right = one.is_signature_valid(key_of(issuer))
    except (KeyFileError, ValueError, TypeError):
        right = False
    if not right:
        raise WrongChainError(f"the revocation list of {name} is not signed by it")
    if one.next_update_utc is None or one.next_update_utc < at:
        raise ExpiredError(f"the revocation list of {name} ran out before {at:%Y-%m-%d}; give one that covers that day")
