"""Keys that are understood, and how each signs: the algorithm follows from the key and is never read from a file.

Ed25519 (RFC 8032); ECDSA on P-256 with SHA-256 and on P-384 with SHA-384 (FIPS 186-5); RSA of 2048 bits or more with
PKCS #1 v1.5 and SHA-256 (RFC 8017), since national authorities issue such certificates and tokens.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from proofbox.reports.signing.errors import BadEnvelopeError, KeyFileError, WrongKeyError
from proofbox.reports.signing.interface import SignedBy
from proofbox.reports.signing.timestamps import proven_time

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey, EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

    from proofbox.reports.signing.dsse import Envelope

    PublicKey = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey
    PrivateKey = Ed25519PrivateKey | EllipticCurvePrivateKey | RSAPrivateKey

LEAST_RSA_BITS = 2048
KINDS = "Ed25519, P-256, P-384, or RSA of 2048 bits or more"


def understood(key: object) -> PublicKey:
    """Return a public key of a kind that is understood.

    Raises
    ------
    KeyFileError
        It is of another kind, or too short.
    """
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    if isinstance(key, Ed25519PublicKey):
        return key
    if isinstance(key, EllipticCurvePublicKey) and key.curve.name in {"secp256r1", "secp384r1"}:
        return key
    if isinstance(key, RSAPublicKey) and key.key_size >= LEAST_RSA_BITS:
        return key
    raise KeyFileError(f"got a key of another kind, expected {KINDS}")


def kind_of(key: PublicKey) -> str:
    """Return the name of the key's kind, for people."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    if isinstance(key, EllipticCurvePublicKey):
        return {"secp256r1": "ECDSA P-256", "secp384r1": "ECDSA P-384"}[key.curve.name]
    return f"RSA {key.key_size}" if isinstance(key, RSAPublicKey) else "Ed25519"


def keyid_of(key: PublicKey) -> str:
    """Return the sha256 of the key's SubjectPublicKeyInfo in DER: 64 hex digits."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def public_pem(key: PublicKey) -> bytes:
    """Return a public key in PEM, as :func:`read_public_key` reads it."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def read_public_key(pem: bytes) -> PublicKey:
    """Read a public key in PEM.

    Raises
    ------
    KeyFileError
        It is none, or of a kind that is not understood.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if b"PRIVATE KEY-----" in pem:
        raise KeyFileError("got a private key, expected a public one ('proofbox keys generate' writes both)")
    try:
        return understood(load_pem_public_key(pem))
    except (ValueError, UnsupportedAlgorithm) as err:
        raise KeyFileError("got no public key in PEM, expected '-----BEGIN PUBLIC KEY-----'") from err


def signature_by(key: PrivateKey, data: bytes) -> bytes:
    """Return the signature over ``data``; ECDSA's in DER."""
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.hashes import SHA256

    if isinstance(key, EllipticCurvePrivateKey):
        return key.sign(data, _ecdsa(key.curve.name))
    if isinstance(key, RSAPrivateKey):
        return key.sign(data, PKCS1v15(), SHA256())
    return key.sign(data)


def is_signature_by(key: PublicKey, signature: bytes, data: bytes) -> bool:
    """Return whether the key's holder signed exactly ``data``."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        if isinstance(key, EllipticCurvePublicKey):
            key.verify(signature, data, _ecdsa(key.curve.name))
        elif isinstance(key, RSAPublicKey):
            key.verify(signature, data, PKCS1v15(), SHA256())
        else:
            key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def require_signature(key: PublicKey, envelope: Envelope) -> None:
    """Raise where the envelope was not signed with this key as it stands there.

    Raises
    ------
    WrongKeyError
        It names another key.
    BadEnvelopeError
        It names this key, and the signature is not over these bytes.
    """
    keyid = keyid_of(key)
    if envelope.keyid != keyid:
        raise WrongKeyError(f"signed with the key {envelope.keyid[:16]}, expected {keyid[:16]}")
    if not is_signature_by(key, envelope.signature, envelope.signed_bytes):
        raise BadEnvelopeError("the signature is not over these bytes: they or the signature were changed")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyVerifier:
    """Wants a signature by a bare key."""

    key: PublicKey
    authorities: tuple[x509.Certificate, ...] = ()
    """Trusted for time stamps."""

    def verify(self, envelope: Envelope, now: datetime) -> SignedBy:
        """Return who signed; a bare key never runs out, so that ``now`` does not matter."""
        if envelope.chain:
            # Nothing that a bare key says would bear out the certificates.
            raise WrongKeyError("signed with a certificate, and a key was given; give the certificate or its issuer")
        require_signature(self.key, envelope)
        return SignedBy(keyid=envelope.keyid, how="key", signed_before=proven_time(envelope, self.authorities))


def _ecdsa(curve: str) -> ECDSA:
    from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
    from cryptography.hazmat.primitives.hashes import SHA256, SHA384

    return ECDSA(SHA256() if curve == "secp256r1" else SHA384())
