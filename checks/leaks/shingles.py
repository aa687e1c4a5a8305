"""Texts as sets of shingles: every three words that follow each other, without case, accents and punctuation.

``Hồ sơ đã nộp.`` and ``HO SO DA NOP`` are one text, in whatever Unicode form they were typed.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.late import np, pa, pc
from proofbox.checks.leaks.cells import Bits
from proofbox.checks.personal.plain import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

WORDS = 3
"""Words in a shingle."""

_SIGNS = re.compile(r"[\W_]+")
_FACTORS = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
"""Odd numbers, one for each place in a shingle (from splitmix64)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shingles:
    """The shingles of several texts, as hashes, text after text; one that repeats in a text stands there again."""

    hashes: Bits
    starts: NDArray[np.int64]
    """Shape (texts + 1,): where each text begins."""

    @property
    def texts(self) -> NDArray[np.intp]:
        """The texts that have any words."""
        return np.flatnonzero(np.diff(self.starts))


def shingles(texts: pa.Array, known: dict[str, int] | None = None) -> Shingles:
    """Return the shingles of texts, none missing. A text of fewer than three words is one shingle, of all of them.

    Parameters
    ----------
    known
        Hashes of words that were met before; those met now are added.
    """
    known = {} if known is None else known
    split = pc.utf8_split_whitespace(texts)
    words = split.flatten().dictionary_encode()
    distinct = words.dictionary.to_pylist()
    for word in distinct:
        if word not in known:
            known[word] = _hash_of(word)
    hashes = np.array([known[word] for word in distinct], dtype=np.uint64)
    of_word = hashes[words.indices.to_numpy()]
    owner = np.repeat(np.arange(len(texts)), pc.list_value_length(split).to_numpy())
    said = of_word != 0
    of_word, owner = of_word[said], owner[said]
    lengths = np.bincount(owner, minlength=len(texts))
    begins = np.cumsum(lengths) - lengths
    sums = of_word * np.uint64(_FACTORS[0])
    for step in range(1, WORDS):
        # The words after this one, as far as they are of the same text; each place has a factor of its own.
        there = owner[step:] == owner[:-step] if len(owner) > step else np.zeros(0, dtype=np.bool_)
        later = (of_word[step:] ^ (of_word[step:] >> np.uint64(29 + step))) * np.uint64(_FACTORS[step])
        sums[: len(there)] += np.where(there, later, np.uint64(0))
    sums ^= sums >> np.uint64(32)
    sums *= np.uint64(_FACTORS[2])
    sums ^= sums >> np.uint64(29)
    inside = np.arange(len(owner)) - begins[owner]
    whole = inside <= np.maximum(lengths[owner] - WORDS, 0)
    starts = np.concatenate([[0], np.cumsum(np.maximum(lengths - WORDS + 1, np.minimum(lengths, 1)))])
    return Shingles(hashes=sums[whole], starts=starts.astype(np.int64))


def _hash_of(word: str) -> int:
    """Return 64 bits for a word; 0 where nothing is left of it."""
    bare = _SIGNS.sub("", plain(word))
    return int.from_bytes(hashlib.blake2b(bare.encode(), digest_size=8).digest(), "little") if bare else 0
