"""Days as records write them. No clock is read here: the day to judge by is given."""

from __future__ import annotations

import re
from datetime import date

_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ].*)?)?)?", re.ASCII | re.DOTALL)
_DAY_FIRST = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})", re.ASCII)


def read_day(text: str) -> date | None:
    """Return the day that a text names; None where it names none.

    Read are ``2026-11-22`` with or without a time, ``2026-11`` and ``2026`` as their first day, and ``22/11/2026`` with
    the day first, as Vietnamese offices write it.
    """
    text = text.strip()
    if found := _ISO.fullmatch(text):
        year, month, day = (int(part or 1) for part in found.groups())
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year = (int(part) for part in found.groups())
    else:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def last_day_of_range(text: str) -> str:
    """Return the end of ``2020-01-01/2020-12-31`` (ISO 8601), or the text itself."""
    return text.rpartition("/")[2].strip() if re.fullmatch(r"\d{4}[^/]*/\d{4}[^/]*", text.strip()) else text
