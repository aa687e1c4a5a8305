"""Signatures that stand beside a person's words in YAML: what they are worth, and over which bytes they are.

The bytes are the canonical JSON of everything but the signature itself, so that layout and comments do not matter.
Verifying is not for this room: a runner does it and says what came out.
"""

from __future__ import annotations

from pydantic import BaseModel

from proofbox.policies.canonical import canonical

PATTERN = r"^[A-Za-z0-9+/]{86,1368}={0,2}$"
"""Base64 of a signature: 64 bytes (Ed25519) up to 1,024 (RSA of 8,192 bits)."""


def signed_bytes(words: BaseModel) -> bytes:
    """Return what a signature of ``words`` is over."""
    return canonical(words.model_dump(mode="json", exclude={"signature"}, exclude_none=True)).encode()
