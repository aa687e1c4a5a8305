"""Detached signatures in YAML files: made with a key, and verified with the public keys that somebody gives."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.runners.errors import UsageError
from proofbox.runners.signed.signing import signer_of, told

if TYPE_CHECKING:
    from proofbox.policies.record import SignatureState
    from proofbox.reports.signing.keys import PublicKey


def keys_in(paths: Sequence[Path]) -> tuple[PublicKey, ...]:
    """Return public keys from files in PEM.

    Raises
    ------
    UsageError, KeyFileError
        A file cannot be read, or holds no public key of a kind that is understood; the message names it.
    """
    from proofbox.reports.signing.keys import read_public_key

    return tuple(told(path, read_public_key) for path in paths)


def state_of(signature: str | None, data: bytes, keys: Sequence[PublicKey]) -> SignatureState:
    """Return what a signature over ``data`` is worth by these keys."""
    if signature is None:
        return "missing" if keys else "unsigned"
    if not keys:
        return "not-checked"
    from proofbox.reports.signing.keys import is_signature_by

    try:
        raw = base64.b64decode(signature, validate=True)
    except binascii.Error:
        return "wrong"
    return "verified" if any(is_signature_by(key, raw, data) for key in keys) else "wrong"


def signature_line(data: bytes, given: Mapping[str, object]) -> str:
    """Return the line ``signature: ...`` over ``data`` by the key that the options name.

    Raises
    ------
    UsageError
        No key is named, or a certificate or time stamp, which such a line has no place for.
    KeyFileError, SigningFailedError
        The key cannot be used.
    """
    if given.get("key_certificate") is not None or given.get("tsa_url") is not None:
        raise UsageError("a signature in a YAML file carries no certificate and no time stamp; give the key alone")
    signer = signer_of(given)
    if signer is None:
        raise UsageError("got no key, expected --key FILE ('proofbox keys generate' makes one)")
    return f"signature: {base64.b64encode(signer.sign(data)).decode('ascii')}"
