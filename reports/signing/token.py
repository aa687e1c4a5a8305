"""A key that never leaves its token: PKCS #11 (extra ``pkcs11``), as national authorities hand keys out.

The only import of python-pkcs11. The token is opened for each signature and closed again; the PIN is kept in memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, cast

from proofbox.reports.signing.certificates import chain_for, key_of, read_certificates
from proofbox.reports.signing.errors import KeyFileError, SigningFailedError
from proofbox.reports.signing.keys import KINDS, keyid_of, kind_of, understood

if TYPE_CHECKING:
    from types import ModuleType

    from cryptography import x509
    from pkcs11 import Key, ObjectClass, Session, SignMixin
    from pkcs11 import PublicKey as StoredPublicKey

    from proofbox.reports.signing.keys import PublicKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """Where a key is, and what opens it."""

    module: Path
    """The vendor's PKCS #11 library."""
    token: str
    """Label of the token."""
    key: str
    """Label of the key on it."""
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenSigner:
    """Signs with a key on a token."""

    token: Token
    public: PublicKey
    chain: tuple[bytes, ...] = ()

    @property
    def keyid(self) -> str:
        """sha256 of the public key, 64 hex digits."""
        return keyid_of(self.public)

    def sign(self, data: bytes) -> bytes:
        """Return the signature over ``data``; ECDSA's in DER."""
        import hashlib

        from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

        kind = kind_of(self.public)
        with _opened(self.token) as (pkcs11, session):
            key = cast("SignMixin", _object(pkcs11, session, pkcs11.ObjectClass.PRIVATE_KEY, self.token.key))
            if kind == "Ed25519":
                return bytes(key.sign(data, mechanism=pkcs11.Mechanism.EDDSA))
            if kind.startswith("RSA"):
                return bytes(key.sign(data, mechanism=pkcs11.Mechanism.SHA256_RSA_PKCS))
            digest = hashlib.sha256(data) if kind == "ECDSA P-256" else hashlib.sha384(data)
            raw = bytes(key.sign(digest.digest(), mechanism=pkcs11.Mechanism.ECDSA))
        half = len(raw) // 2
        return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))


def token_signer(token: Token, certificates: tuple[x509.Certificate, ...] = ()) -> TokenSigner:
    """Return who signs with a key on a token, having seen that the token opens and has it.

    Parameters
    ----------
    certificates
        The key's own and those that issued it; empty: the one of the key's label on the token, where there is one.

    Raises
    ------
    KeyFileError
        The extra is not installed, or there is no such library, token or key; or no certificate is for it.
    SigningFailedError
        The token refused, for example the PIN.
    """
    with _opened(token) as (pkcs11, session):
        _object(pkcs11, session, pkcs11.ObjectClass.PRIVATE_KEY, token.key)
        found = certificates or _certificates(pkcs11, session, token.key)
        public = key_of(found[0]) if found and not certificates else _public(pkcs11, session, token.key)
    return TokenSigner(token=token, public=public, chain=chain_for(public, found) if found else ())


@contextmanager
def _opened(token: Token) -> Iterator[tuple[ModuleType, Session]]:
    try:
        import pkcs11
    except ImportError as err:
        raise KeyFileError("a key on a token needs the extra 'pkcs11': pip install 'proofbox[pkcs11]'") from err
    try:
        library = pkcs11.lib(str(token.module))
        with library.get_token(token_label=token.token).open(user_pin=token.pin) as session:
            yield pkcs11, session
    except pkcs11.NoSuchToken as err:
        raise KeyFileError(f"{token.module}: no token of the label '{token.token}'") from err
    except pkcs11.PKCS11Error as err:
        if type(err) is pkcs11.PKCS11Error:
            raise KeyFileError(f"{token.module}: got no PKCS #11 library that can be loaded") from err
        # The library's own words are empty for most errors, and its class says what happened.
        raise SigningFailedError(
            f"the token '{token.token}' refused ({type(err).__name__}); nothing was signed"
        ) from err


def _object(pkcs11: ModuleType, session: Session, kind: ObjectClass, label: str) -> Key:
    try:
        return session.get_key(object_class=kind, label=label)
    except (pkcs11.NoSuchKey, pkcs11.MultipleObjectsReturned) as err:
        raise KeyFileError(f"got no key or several of the label '{label}' on the token, expected one") from err


def _public(pkcs11: ModuleType, session: Session, label: str) -> PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key
    from pkcs11.util.ec import encode_ec_public_key
    from pkcs11.util.rsa import encode_rsa_public_key

    key = cast("StoredPublicKey", _object(pkcs11, session, pkcs11.ObjectClass.PUBLIC_KEY, label))
    if key.key_type is pkcs11.KeyType.EC_EDWARDS:
        # The point stands there as an octet string: two bytes of DER before the 32 of the key.
        return Ed25519PublicKey.from_public_bytes(bytes(key[pkcs11.Attribute.EC_POINT])[-32:])
    if key.key_type not in {pkcs11.KeyType.EC, pkcs11.KeyType.RSA}:
        raise KeyFileError(f"got a key of the kind {key.key_type.name} on the token, expected {KINDS}")
    encode = encode_ec_public_key if key.key_type is pkcs11.KeyType.EC else encode_rsa_public_key
    return understood(load_der_public_key(encode(key)))


def _certificates(pkcs11: ModuleType, session: Session, label: str) -> tuple[x509.Certificate, ...]:
    wanted = {pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE, pkcs11.Attribute.LABEL: label}
    return tuple(read_certificates(bytes(found[pkcs11.Attribute.VALUE]))[0] for found in session.get_objects(wanted))
