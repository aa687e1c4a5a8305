"""Texts of one list that are nearly texts of another: MinHash and banding propose, a comparison of the sets decides.

Two texts are near if they share at least so large a part of their shingles (Jaccard: common ones by all). The sketch of
a text holds the least of its shingles under each of several orders (Broder, SEQUENCES 1997); texts whose sketches agree
in a whole band are compared (Indyk and Motwani, STOC 1998).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.late import np, pa, pc
from proofbox.checks.leaks.cells import Bits
from proofbox.checks.leaks.rowmatch import likely
from proofbox.checks.leaks.shingles import Shingles, shingles

if TYPE_CHECKING:
    from numpy.typing import NDArray

Places: TypeAlias = "NDArray[np.intp]"

ORDERS = 128
"""Orders in a sketch, at most."""

FOUND = 0.999
"""A pair at the least similarity that counts is proposed with at least this probability; one above it oftener."""

_OF_A_BUCKET = 8
"""Texts of one bucket that are compared with a text, at most; there are as many buckets as bands."""

_SHINGLES_AT_ONCE = 1 << 15
_BYTES_AT_ONCE = 1 << 24
"""Of texts whose shingles are made together."""

_PAIRS_AT_ONCE = 1 << 12
_SEED = 20_261_125


@dataclass(frozen=True, slots=True, kw_only=True)
class NearTexts:
    """Texts of the first list that are nearly one of the second."""

    texts: Places
    """Rising places in the first list."""
    found_at: Places
    """For each, the place of a near text in the second list."""
    similarity: NDArray[np.float64]
    """For each, the share of common shingles, between the least similarity that counts and 1."""


def near_texts(first: pa.Array, second: pa.Array, similarity: float) -> NearTexts:
    """Return the texts of ``first`` that share at least ``similarity`` of their shingles with a text of ``second``.

    Parameters
    ----------
    first, second
        Texts, none missing; best each once.
    similarity
        In (0, 1].
    """
    known: dict[str, int] = {}
    (mine, ours), (others, theirs) = (_sketched(texts, banding(similarity), known) for texts in (first, second))
    place, other, turn = _proposed(ours, theirs)
    return _decided((first, second), (mine[place], others[other], turn), similarity, known)


def banding(similarity: float) -> tuple[int, int]:
    """Return how many bands of how many orders: the longest bands that still find a pair at that similarity.

    A pair of similarity s is proposed with a probability of 1 - (1 - s ** orders) ** bands.
    """
    best = (ORDERS, 1)
    for orders in range(2, ORDERS + 1):
        bands = ORDERS // orders
        if 1 - (1 - similarity**orders) ** bands >= FOUND:
            best = (bands, orders)
    return best


def _sketched(texts: pa.Array, bands: tuple[int, int], known: dict[str, int]) -> tuple[Places, Bits]:
    """Return the texts that have words, and their band keys; shingles are made part by part and not kept."""
    ends = np.cumsum(pc.binary_length(texts).to_numpy(zero_copy_only=False), dtype=np.int64)
    cuts = np.searchsorted(ends, np.arange(_BYTES_AT_ONCE, ends[-1] if len(ends) else 0, _BYTES_AT_ONCE))
    places, keys = [np.zeros(0, dtype=np.intp)], [np.zeros((bands[0], 0), dtype=np.uint64)]
    for low, high in pairwise(np.unique([0, *cuts, len(texts)]).tolist()):
        part = shingles(texts.slice(low, high - low), known)
        places.append(part.texts + low)
        keys.append(_band_keys(part, part.texts, *bands))
    return np.concatenate(places), np.concatenate(keys, axis=1)


def _band_keys(sets: Shingles, texts: Places, bands: int, orders: int) -> Bits:
    """Return shape (bands, texts): equal where the sketches agree in the whole band."""
    rng = np.random.Generator(np.random.PCG64(_SEED))
    factors = rng.integers(0, 1 << 63, (bands * orders, 2), dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    keys = np.zeros((bands, len(texts)), dtype=np.uint64)
    starts = sets.starts[texts]
    # Texts are taken together as long as their shingles fit the processor's cache.
    cuts = np.searchsorted(starts, np.arange(0, len(sets.hashes), _SHINGLES_AT_ONCE))
    edges = np.unique(np.concatenate([cuts, [len(texts)]]))
    for low, high in pairwise(edges):
        begin, end = starts[low], sets.starts[texts[high - 1] + 1]
        part, places = sets.hashes[begin:end], starts[low:high] - begin
        ordered = np.empty_like(part)
        for order, (factor, mix) in enumerate(factors):
            # Multiplication by an odd number is a permutation of all 64 bits.
            np.multiply(part, factor, out=ordered)
            least = np.minimum.reduceat(ordered, places)
            least ^= least >> np.uint64(32)
            keys[order // orders, low:high] += least * mix
    return keys


def _proposed(ours: Bits, theirs: Bits) -> tuple[Places, Places, Places]:
    """Return pairs (place, place) that share a bucket, each once, and each pair's turn among those of its text."""
    pairs = [np.zeros(0, dtype=np.int64)]
    size = theirs.shape[1]
    for mine, others in zip(ours, theirs, strict=True):
        there = likely(others, mine)
        order = there[np.argsort(others[there], kind="stable")]
        sorted_keys = others[order]
        low, high = (np.searchsorted(sorted_keys, mine, side=side) for side in ("left", "right"))
        number = np.minimum(high - low, _OF_A_BUCKET)
        place = np.repeat(np.arange(len(mine)), number)
        inside = np.arange(len(place)) - np.repeat(np.cumsum(number) - number, number)
        pairs.append(place * size + order[low[place] + inside])
    each, bands = np.unique(np.concatenate(pairs), return_counts=True)
    text = each // max(size, 1)
    # Those that agree in most bands are looked at first.
    by = np.lexsort((each, -bands, text))
    text, other = text[by], each[by] % max(size, 1)
    begins = np.searchsorted(text, text)
    return text, other, np.arange(len(text)) - begins


def _decided(
    lists: tuple[pa.Array, pa.Array],
    proposed: tuple[Places, Places, Places],
    similarity: float,
    known: dict[str, int],
) -> NearTexts:
    """Compare the proposed pairs, turn by turn, until each text has found a near one or has no other left."""
    first, second, turn = proposed
    texts, found, shares = [np.zeros(0, dtype=np.intp)], [np.zeros(0, dtype=np.intp)], [np.zeros(0)]
    open_ = np.arange(len(first))
    for now in range(int(turn.max(initial=-1)) + 1):
        these = open_[turn[open_] == now]
        parts = [these[at : at + _PAIRS_AT_ONCE] for at in range(0, len(these), _PAIRS_AT_ONCE)]
        share = np.concatenate([np.zeros(0), *(_jaccard(lists, (first[part], second[part]), known) for part in parts)])
        near = share >= similarity
        texts.append(first[these[near]])
        found.append(second[these[near]])
        shares.append(share[near])
        open_ = open_[(turn[open_] > now) & ~np.isin(first[open_], texts[-1])]
    every = np.concatenate(texts)
    order = np.argsort(every, kind="stable")
    return NearTexts(
        texts=every[order], found_at=np.concatenate(found)[order], similarity=np.concatenate(shares)[order]
    )


def _jaccard(
    lists: tuple[pa.Array, pa.Array], pairs: tuple[Places, Places], known: dict[str, int]
) -> NDArray[np.float64]:
    """Return the share of common shingles of each pair."""
    ours, theirs = (
        _sets(shingles(texts.take(pa.array(places)), known)) for texts, places in zip(lists, pairs, strict=True)
    )
    common = np.intersect1d(ours, theirs, assume_unique=True)
    both, mine, others = (
        np.bincount((one >> np.uint64(48)).astype(np.int64), minlength=len(pairs[0])) for one in (common, ours, theirs)
    )
    shares: NDArray[np.float64] = both / (mine + others - both)
    return shares


def _sets(texts: Shingles) -> Bits:
    """Return the distinct shingles of each text: its place in the highest 16 bits, 48 bits of the hash below."""
    owner = np.repeat(np.arange(len(texts.starts) - 1, dtype=np.uint64), np.diff(texts.starts))
    found: Bits = np.unique((owner << np.uint64(48)) | (texts.hashes >> np.uint64(16)))
    return found
