"""What key a file holds, for those who compare fingerprints."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from proofbox.runners.signed.signing import read_pem, signer_of, told

if TYPE_CHECKING:
    from proofbox.reports.signing.keyfiles import KeySigner
    from proofbox.reports.signing.keys import PublicKey


def shown_key(path: Path, given: Mapping[str, object]) -> dict[str, str]:
    """Return the kind, fingerprint and public key (PEM) of a key or certificate in a file.

    Raises
    ------
    UsageError
        The file cannot be read, or a passphrase cannot be had.
    KeyFileError
        It holds no key of a kind that is understood.
    """
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from proofbox.reports.signing.keys import keyid_of, kind_of

    key = _public_of(path, given)
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")
    return {"kind": kind_of(key), "keyid": keyid_of(key), "public_key": pem}


def _public_of(path: Path, given: Mapping[str, object]) -> PublicKey:
    from proofbox.reports.signing.certificates import key_of, read_certificates
    from proofbox.reports.signing.keys import read_public_key

    raw = read_pem(path)
    if b"PRIVATE KEY-----" in raw:
        return cast("KeySigner", signer_of({**given, "key": path})).key.public_key()
    if b"BEGIN CERTIFICATE-----" in raw:
        return key_of(told(path, read_certificates)[0])
    return told(path, read_public_key)
