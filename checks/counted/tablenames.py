"""File names of count tables that differ for different columns, whatever letters the columns are written in."""

from __future__ import annotations

import hashlib
import re


def table_name(*parts: str) -> str:
    """Return a name of lower-case letters, digits and ``-``; the same parts give the same name, others another."""
    plain = "-".join(parts)
    if all(re.fullmatch(r"[a-z0-9]+", part) for part in parts):
        return plain
    readable = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    return f"{readable}-{hashlib.sha256(repr(parts).encode()).hexdigest()[:8]}"
