"""Who may have signed: a public key or a certificate that whoever runs the assessment gives, and whether it bears out.

Elliptic curve keys on P-256, P-384 and P-521, each with the hash of its size, as OpenSSF model signing has them. A
certificate is one to trust: the signer's own, or one that the chain in the signature leads up to; no list of roots
of the machine is used. Chains are followed by the library cryptography, at the time from which the signer's
certificate is valid: a signature carries no time of its own that could be trusted.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from proofbox.checks.errors import BadDataError
from proofbox.checks.signatures.chains import follow
from proofbox.checks.signatures.signed import Signature
from proofbox.checks.subject import Signer
from proofbox.checks.text import Text, t

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.hashes import HashAlgorithm

CURVES = ("secp256r1", "secp384r1", "secp521r1")


def fingerprint(signer: Signer) -> str:
    """Return the SHA-256 of the public key (SubjectPublicKeyInfo) or of the certificate, in DER: 64 hex digits.

    Raises
    ------
    BadDataError
        It is no key or certificate of the kinds that are understood.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    if signer.kind == "certificate":
        return hashlib.sha256(_certificate(signer.pem).public_bytes(Encoding.DER)).hexdigest()
    return hashlib.sha256(_key(signer.pem).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def why_not_by(signer: Signer, signature: Signature) -> Text | None:
    """Return why a signature is not the signer's; None where it is."""
    if signer.kind == "key":
        key: EllipticCurvePublicKey | Text = _key(signer.pem)
    else:
        key = _key_of_chain(_certificate(signer.pem), signature)
    if isinstance(key, Text):
        return key
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA

    try:
        key.verify(signature.value, signature.signed_bytes, ECDSA(_hash(key)))
    except InvalidSignature:
        by = fingerprint(signer)[:16]
        if signer.kind == "key":
            return t(
                "the signature is not by the given key {fingerprint}, or what it signs was changed", fingerprint=by
            )
        return t("the signature is not by the certificates that it carries, or what it signs was changed")
    return None


def _key(pem: bytes) -> EllipticCurvePublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        return _on_a_known_curve(load_pem_public_key(pem))
    except (ValueError, UnsupportedAlgorithm) as err:
        raise BadDataError("got no public key in PEM, expected one on P-256, P-384 or P-521") from err


def _certificate(pem: bytes) -> x509.Certificate:
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(pem)
    except ValueError as err:
        raise BadDataError("got no certificate in PEM, expected one X.509 certificate") from err


def _on_a_known_curve(key: object) -> EllipticCurvePublicKey:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

    if not isinstance(key, EllipticCurvePublicKey) or key.curve.name not in CURVES:
        raise ValueError("another kind of key")
    return key


def _hash(key: EllipticCurvePublicKey) -> HashAlgorithm:
    from cryptography.hazmat.primitives import hashes

    sizes: dict[int, HashAlgorithm] = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}
    return sizes[key.curve.key_size]


def _key_of_chain(trusted: x509.Certificate, signature: Signature) -> EllipticCurvePublicKey | Text:
    """Return the signer's key where the certificates in the signature lead up to the trusted one, or why not."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509.verification import VerificationError

    if not signature.chain:
        return t("the signature was made with a bare key and carries no certificate")
    try:
        leaf, *others = (x509.load_der_x509_certificate(raw) for raw in signature.chain)
        key = _on_a_known_curve(leaf.public_key())
        if leaf != trusted:
            follow(leaf, others, [trusted], leaf.not_valid_before_utc)
        return key
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType,
            VerificationError) as err:  # fmt: skip
        why = " ".join(str(err).split())[:200] or type(err).__name__
        return t("the certificates in the signature do not lead up to the one that was given ({why})", why=why)
