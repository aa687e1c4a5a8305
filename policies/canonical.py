"""One canonical text for values, so that equal tasks, measurements and policies have equal ids on every machine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proofbox.checks.result import Json


def canonical(value: object) -> str:
    """Return JSON with sorted keys, no blanks and no escapes beyond those JSON demands.

    Raises
    ------
    ValueError
        The value holds NaN or an infinity.
    TypeError
        The value holds something that JSON cannot say.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def task_key(check: str, params: Mapping[str, Json]) -> str:
    """Return the key by which equal tasks are recognised: a check with its full parameters."""
    return canonical({"check": check, "params": _whole(dict(params))})


def measurement_id(check: str, params: Mapping[str, Json], measure: str, group: Mapping[str, str]) -> str:
    """Return ``m-`` and 16 hex digits, the same in every run that measures the same thing."""
    content = {"check": check, "params": _whole(dict(params)), "measure": measure, "group": dict(group)}
    return f"m-{_sha256(canonical(content))[:16]}"


def _whole(value: Json) -> Json:
    """Return whole numbers without a point, as a record that was written and read again has them."""
    if isinstance(value, dict):
        return {name: _whole(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_whole(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def digest(value: object) -> str:
    """Return the sha256 of the canonical form, 64 hex digits."""
    return _sha256(canonical(value))


def _sha256(text: str) -> str:
    # A lone surrogate in a record must not become a crash here; JSON readers pass it through.
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
