"""Read waivers and verify their signatures with the key that the caller trusts."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.policies.waiver_file import Waiver, read_waivers
from proofbox.policies.waivers import GivenWaiver, Signature, with_waivers
from proofbox.policies.yamlfile import MAX_BYTES
from proofbox.runners.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from proofbox.policies.record import Assessment

MOST_KEY_BYTES = 10_000


def read_given(path: Path | None, key: Path | None) -> tuple[GivenWaiver, ...]:
    """Read a file of waivers and verify what is signed.

    Parameters
    ----------
    path
        None for no waivers.
    key
        Ed25519 public key in PEM; None: nothing is verified, and what is signed is said to be unchecked.

    Raises
    ------
    UsageError
        A file cannot be read, the key is no Ed25519 public key, or there is a key and no waivers.
    BadDocumentError
        The file is no ``proofbox/waivers/v1``; every problem is told with its place.
    """
    if path is None:
        if key is not None:
            raise UsageError("--waiver-key: got a key without waivers, expected --waivers FILE beside it")
        return ()
    waivers = read_waivers(_read(path, MAX_BYTES + 1), path.name)
    public = None if key is None else _public_key(key)
    return tuple(GivenWaiver(waiver=waiver, signature=_signature(waiver, public)) for waiver in waivers)


def waive(assessment: Assessment, given: tuple[GivenWaiver, ...], on: str) -> Assessment:
    """Return an assessment whose failed findings carry the waivers that were given; its conclusion stays."""
    findings = with_waivers(assessment.findings, given, assessment.subject, assessment.policies, on)
    return replace(assessment, findings=findings)


def unused(assessment: Assessment, given: tuple[GivenWaiver, ...]) -> list[str]:
    """Return the ids of waivers that stand beside no finding."""
    shown = {finding.waiver["id"] for finding in assessment.findings if finding.waiver is not None}
    return [item.waiver.id for item in given if item.waiver.id not in shown]


def _read(path: Path, most: int) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(most)
    except OSError as err:
        raise UsageError(f"{path}: cannot be read ({err.strerror})") from err


def _public_key(path: Path) -> Ed25519PublicKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        found = load_pem_public_key(_read(path, MOST_KEY_BYTES))
    except (ValueError, UnsupportedAlgorithm) as err:
        raise UsageError(f"{path}: got no public key in PEM, expected '-----BEGIN PUBLIC KEY-----'") from err
    if not isinstance(found, Ed25519PublicKey):
        raise UsageError(f"{path}: got a key of another kind, expected an Ed25519 public key")
    return found


def _signature(waiver: Waiver, key: Ed25519PublicKey | None) -> Signature:
    if waiver.signature is None:
        return "unsigned"
    if key is None:
        return "not-checked"
    from cryptography.exceptions import InvalidSignature

    try:
        key.verify(base64.b64decode(waiver.signature), waiver.signed_bytes())
    except InvalidSignature:
        return "wrong"
    return "verified"
