"""The one door to canonical JSON (RFC 8785) and to digests over it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, cast

from proofbox.reports.errors import CanonicalError

if TYPE_CHECKING:
    from rfc8785._impl import _Value


def canonical_bytes(value: object) -> bytes:
    """Return the one byte form that RFC 8785 gives a JSON value.

    Raises
    ------
    CanonicalError
        Something in it is no JSON, not finite, an integer beyond 2**53, or text with a lone surrogate.
    """
    import rfc8785

    try:
        return rfc8785.dumps(cast("_Value", value))
    except (rfc8785.CanonicalizationError, UnicodeError) as err:
        raise CanonicalError(f"no canonical JSON form (RFC 8785): {err}") from err


def sha256_hex(data: bytes) -> str:
    """Return the SHA-256 of ``data`` as 64 lower-case hex digits."""
    return hashlib.sha256(data).hexdigest()
