"""Near texts are found whatever their form, and every pair that is named is near by its true similarity."""

from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pytest

from proofbox.checks.leaks import minhash
from proofbox.checks.leaks.minhash import banding, near_texts
from proofbox.checks.leaks.shingles import shingles
from proofbox.checks.personal.plain import plain

WORDS = [first + last for first in ("hồ", "đơn", "gửi", "nộp", "chờ", "ký", "số", "đất") for last in
         ("a", "an", "ăng", "ôi", "ư", "ê", "ich", "om", "âp", "ut")]  # fmt: skip


def texts(number, seed, length=40):
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, length)) for _ in range(number)]


def jaccard(one, other):
    sets = []
    for text in (one, other):
        words = ["".join(sign for sign in plain(word) if sign.isalnum()) for word in text.split()]
        words = [word for word in words if word]
        sets.append({tuple(words[at : at + 3]) for at in range(max(1, len(words) - 2))})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def changed(text, number, rng):
    words = text.split()
    for at in rng.choice(len(words), number, replace=False):
        words[at] = f"khac{rng.integers(10**9)}"
    return " ".join(words)


@pytest.mark.parametrize("seed", [1, 2])
def test_planted_near_texts_are_found_and_look_alikes_are_not(seed):
    """600 texts above the similarity in other letters and forms, 600 below it."""
    rng = np.random.default_rng(seed)
    known = texts(3_000, seed)
    planted = [changed(text, number, rng) for number, text in zip(rng.integers(0, 3, 600), known, strict=False)]
    forms = [str.upper, plain, lambda text: unicodedata.normalize("NFD", text), lambda text: text.replace(" ", ",  ")]
    planted = [forms[place % 4](text) for place, text in enumerate(planted)]
    alike = [changed(text, 5, rng) for text in known[1_000:1_600]]
    asked = planted + alike + texts(800, seed + 10)
    found = near_texts(pa.array(asked), pa.array(known), 0.7)
    true = [place for place in range(600) if jaccard(asked[place], known[place]) >= 0.7]
    assert len(true) >= 500
    assert found.texts.tolist() == true
    assert found.found_at.tolist() == true
    for place, share in zip(found.texts.tolist(), found.similarity.tolist(), strict=True):
        assert share == pytest.approx(jaccard(asked[place], known[place]), abs=1e-12)


def test_texts_of_few_words_are_compared_whole():
    one = shingles(pa.array(["một hai", "", "MOT HAI", "một", "... !", "một hai ba", "a b c d"]))
    assert np.diff(one.starts).tolist() == [1, 0, 1, 1, 0, 1, 2]
    assert one.hashes[0] == one.hashes[1]
    found = near_texts(pa.array(["một hai", "", "ba bốn", "..."]), pa.array(["", "hai một", "Một, hai!"]), 0.8)
    assert (found.texts.tolist(), found.found_at.tolist()) == ([0], [2])
    nothing = pa.array([], pa.string())
    for pair in ((nothing, nothing), (pa.array([""]), nothing), (nothing, pa.array(["a b c"]))):
        assert near_texts(*pair, 0.8).texts.tolist() == []


@pytest.mark.parametrize("similarity", [0.3, 0.5, 0.8, 0.95, 1.0])
def test_a_pair_at_the_least_similarity_is_proposed_almost_surely(similarity):
    bands, orders = banding(similarity)
    assert bands * orders <= minhash.ORDERS
    assert 1 - (1 - similarity**orders) ** bands >= minhash.FOUND


def test_a_bucket_of_many_texts_is_bounded():
    """A hundred texts that differ in one word share every bucket: their like is found, and quickly."""
    form = " ".join(WORDS[:60])
    known = pa.array([f"{form} {number}" for number in range(100)])
    found = near_texts(pa.array([f"{form} khac"]), known, 0.8)
    assert found.texts.tolist() == [0]
    ours, theirs = shingles(pa.array([f"{form} khac"])), shingles(known)
    bands, orders = banding(0.8)
    keys = [minhash._band_keys(sides, sides.texts, bands, orders) for sides in (ours, theirs)]
    assert len(minhash._proposed(*keys)[0]) <= bands * 8


def test_parts_change_nothing(monkeypatch):
    """Texts are sketched part by part, and pairs decided so: the answer is that of all together."""
    rng = np.random.default_rng(5)
    known = texts(300, 5)
    asked = [changed(text, number % 4, rng) for number, text in enumerate(known[:120])] + ["", "một"]
    whole = near_texts(pa.array(asked), pa.array(known), 0.7)
    assert len(whole.texts) > 50
    monkeypatch.setattr(minhash, "_BYTES_AT_ONCE", 1_000)
    monkeypatch.setattr(minhash, "_PAIRS_AT_ONCE", 7)
    monkeypatch.setattr(minhash, "_SHINGLES_AT_ONCE", 100)
    parts = near_texts(pa.array(asked), pa.array(known), 0.7)
    for name in ("texts", "found_at", "similarity"):
        assert getattr(parts, name).tolist() == getattr(whole, name).tolist()
