"""Countries as records write them, held against what is allowed."""

from __future__ import annotations

from collections.abc import Iterable

from proofbox.checks.records.model import Places
from proofbox.checks.records.values import folded

_NAMES = {"vietnam": "vn", "viet nam": "vn", "việt nam": "vn", "vnm": "vn"}
"""Other ways to write one country, which Vietnamese records use; others are compared as they are written."""


def outside(places: Places, allowed: Iterable[str], own: str) -> tuple[str, ...]:
    """Return the countries of one kind of use that are not allowed, as written.

    Parameters
    ----------
    places
        Where a record says that data are used, and where not.
    allowed
        Countries that are allowed; empty where all are.
    own
        The provider's country, where the data are used as well; empty where it is not known.
    """
    listed, excluded = {_code(one) for one in allowed}, {_code(one) for one in places.excluded}
    refused = [one for one in places.named if (listed and _code(one) not in listed) or _code(one) in excluded]
    if own and _code(own) in excluded and _code(own) not in {_code(one) for one in refused}:
        refused.append(own)
    return tuple(dict.fromkeys(refused))


def _code(text: str) -> str:
    written = folded(text)
    return _NAMES.get(written, written)
