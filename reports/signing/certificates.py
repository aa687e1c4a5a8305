"""Certificates in files: what they hold, and whose key it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from proofbox.reports.signing.errors import KeyFileError
from proofbox.reports.signing.keys import keyid_of, understood

if TYPE_CHECKING:
    from cryptography import x509

    from proofbox.reports.signing.keys import PublicKey


def read_certificates(raw: bytes) -> tuple[x509.Certificate, ...]:
    """Read one or more certificates in PEM, or one in DER.

    Raises
    ------
    KeyFileError
        There is none.
    """
    from cryptography import x509

    try:
        if b"-----BEGIN" in raw:
            return tuple(x509.load_pem_x509_certificates(raw))
        return (x509.load_der_x509_certificate(raw),)
    except ValueError as err:
        raise KeyFileError("got no certificate, expected X.509 in PEM ('-----BEGIN CERTIFICATE-----') or DER") from err


def key_of(certificate: x509.Certificate) -> PublicKey:
    """Return the certificate's public key.

    Raises
    ------
    KeyFileError
        It is of a kind that is not understood.
    """
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        return understood(certificate.public_key())
    except (ValueError, UnsupportedAlgorithm) as err:
        raise KeyFileError("the certificate's key is of a kind that is not understood") from err


def read_lists(raw: bytes) -> tuple[x509.CertificateRevocationList, ...]:
    """Read one list of revoked certificates, in PEM or DER.

    Raises
    ------
    KeyFileError
        It is none.
    """
    from cryptography import x509

    try:
        if b"-----BEGIN" in raw:
            return (x509.load_pem_x509_crl(raw),)
        return (x509.load_der_x509_crl(raw),)
    except ValueError as err:
        raise KeyFileError("got no revocation list, expected an X.509 CRL in PEM or DER") from err


def chain_for(key: PublicKey, certificates: Sequence[x509.Certificate]) -> tuple[bytes, ...]:
    """Return the certificates that go into a signature, in DER: the key's own, and those that lead up from it.

    A root (issued by itself) is left out: whoever verifies has it already, or has no reason to trust it.

    Raises
    ------
    KeyFileError
        None of them is for this key.
    """
    from cryptography.hazmat.primitives.serialization import Encoding

    left = list(certificates)
    mine = next((one for one in left if keyid_of(key_of(one)) == keyid_of(key)), None)
    if mine is None:
        raise KeyFileError(
            f"got {len(left)} certificate(s), none for this key; expected the one that was issued for it"
        )
    chain = [mine]
    while True:
        left.remove(chain[-1])
        issuer = next((one for one in left if one.subject == chain[-1].issuer and one.subject != one.issuer), None)
        if issuer is None:
            return tuple(one.public_bytes(Encoding.DER) for one in chain)
        chain.append(issuer)
