"""Certificates in files: what they hold, and whose key it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofbox.reports.signing.errors import KeyFileError
from proofbox.reports.signing.keys import understood

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
