"""Certificates that lead up to a trusted one: followed by the library cryptography, and by nothing of the machine's.

One rule for all who ask: the issuers are authorities (basic constraints), and the signer's certificate is for signing,
which RFC 5280, 4.2.1.3, says with ``digitalSignature`` or, as national authorities often do, ``nonRepudiation``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509


def follow(
    leaf: x509.Certificate, others: Sequence[x509.Certificate], trusted: Sequence[x509.Certificate], at: datetime
) -> list[x509.Certificate]:
    """Return the chain from the signer's certificate up to a trusted one.

    Parameters
    ----------
    leaf
        The signer's own.
    others
        What may stand between.
    trusted
        Those that somebody trusts; at least one.
    at
        The moment at which all of them must be valid.

    Raises
    ------
    cryptography.x509.verification.VerificationError
        They do not lead up to a trusted one, or one was not valid at that moment, or is not for this.
    ValueError, UnsupportedAlgorithm, DuplicateExtension, UnsupportedGeneralNameType
        A certificate holds what the library does not read.
    """
    from cryptography import x509
    from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store

    either = Criticality.AGNOSTIC
    signing = ExtensionPolicy.permit_all().require_present(x509.KeyUsage, either, _may_sign)
    # That an issuer is one (basic constraints) the library asks by itself.
    issuing = ExtensionPolicy.permit_all().require_present(x509.BasicConstraints, either, None)
    builder = PolicyBuilder().store(Store(list(trusted))).time(at)
    builder = builder.extension_policies(ca_policy=issuing, ee_policy=signing)
    return list(builder.build_client_verifier().verify(leaf, list(others)).chain)


def _may_sign(_policy: object, _certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    if not (usage.digital_signature or usage.content_commitment):
        raise ValueError("the signer's certificate is not for signing")
