"""The one door to canonical JSON (RFC 8785) and to digests over it."""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, cast

from proofbox.checks.text import MOST_WHOLE
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


def strict_json(raw: bytes) -> object:
    """Return what one JSON text in UTF-8 says, where it can say only one thing.

    Raises
    ------
    CanonicalError
        It is no JSON, goes too deep, holds NaN or an infinity, or one object has a key twice: readers differ in which
        of the two they take.
    """
    try:
        return json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_once,
            parse_constant=_no_number,
            parse_int=_whole,
            parse_float=_fraction,
        )
    except (ValueError, RecursionError) as err:
        raise CanonicalError(f"no JSON that can be read in one way only ({err or type(err).__name__})") from err


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    return found


def _whole(digits: str) -> int | float:
    """Return a whole number; beyond those that readers agree about it can only have been written as a fraction."""
    number = int(digits)
    if abs(number) <= MOST_WHOLE:
        return number
    return _fraction(digits)


def _fraction(written: str) -> float:
    """Return a number that is finite once it is read, which ``1e400`` is not."""
    if math.isinf(number := float(written)):
        raise ValueError(f"{written[:20]} is a number too large to be read")
    return number


def _no_number(name: str) -> object:
    raise ValueError(f"{name} is no number of JSON")
