"""Whether what data may be used for covers what a product is for."""

from __future__ import annotations

import re

from proofbox.checks.personal.plain import plain
from proofbox.checks.records.model import Purposes
from proofbox.checks.records.values import folded

_WORD = re.compile(r"[^\W_]{2,}")
_SMALL_WORDS = frozenset(
    {"the", "of", "and", "or", "to", "in", "on", "for", "by", "with", "who", "whether", "which", "that", "is", "are"}
    | {"be", "being", "been", "should", "would", "may", "can", "will", "an", "as", "at", "from", "its", "their", "this"}
    | {"it", "into", "than", "then", "when", "what", "how", "not", "no", "each", "every", "any", "all"}
    | {"cua", "va", "hoac", "la", "cho", "cac", "mot", "nhung", "trong", "duoc", "den", "tu", "voi", "theo", "nham"}
    | {"de", "ve", "co", "khi", "nay", "do", "tren", "khong", "bi"}
)
"""In English, and in Vietnamese without accents."""
_ANY = frozenset({"any", "all", "bat ky", "moi linh vuc"})


def covered_share(purposes: Purposes, sector: str, intended: str) -> tuple[float, list[str]]:
    """Return how much of a product's purpose the data's purposes name, in [0, 1], and the words that they do not.

    1 where they name the product's sector, or any; otherwise the share of the different words of the product's purpose
    that occur in them, without accents and small words.
    """
    sectors = {folded(one) for one in purposes.sectors}
    if folded(sector) in sectors or any(plain(one).strip() in _ANY for one in sectors):
        return 1.0, []
    wanted = _words(intended)
    named = {word for text in purposes.texts for word in _words(text)}
    missing = [word for word in wanted if word not in named]
    return (1 - len(missing) / len(wanted) if wanted else 0.0), missing


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(word for word in _WORD.findall(plain(text)) if word not in _SMALL_WORDS))
