"""What makes a number of digits an identifier: structure and check digits, for whole arrays at once.

Every function takes an Arrow array of digit strings, without separators and of any lengths, and returns shape (n,):
whether each is a number of that kind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.late import np, pa, pc

if TYPE_CHECKING:
    from numpy.typing import NDArray

Mask: TypeAlias = "NDArray[np.bool_]"
Digits: TypeAlias = "NDArray[np.int64]"

_PROVINCE_CODES = """
    1 2 4 6 8 10 11 12 14 15 17 19 20 22 24 25 26 27 30 31 33 34 35 36 37 38 40 42 44 45 46 48 49 51 52 54 56 58 60 62
    64 66 67 68 70 72 74 75 77 79 80 82 83 84 86 87 89 91 92 93 94 95 96
"""
VN_PROVINCES = frozenset(int(code) for code in _PROVINCE_CODES.split())
"""The 63 codes of provinces in citizen ids and insurance numbers; those of the merger of July 2025 are among them."""

LATEST_BIRTH = 30
"""Two digits: nobody born in this century was born after 2030 yet. To be moved on when that year comes near."""

_TAX_WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


def matches(values: pa.Array, pattern: str) -> Mask:
    """Return whether a regular expression is found in each value, which need not be digits alone."""
    held: Mask = pc.match_substring_regex(values, pattern).to_numpy(zero_copy_only=False)
    return held.astype(np.bool_)


def vn_citizen_id(numbers: pa.Array) -> Mask:
    """Return whether 12 digits are a citizen id: province, century and sex, year of birth, six more.

    Notes
    -----
    Circular 59/2021/TT-BCA, Article 3 and annexes: the fourth digit is 0 or 1 for a man or woman born in 1900-1999, 2
    or 3 for 2000-2099.
    """

    def holds(d: Digits) -> Mask:
        province = d[:, 0] * 100 + d[:, 1] * 10 + d[:, 2]
        year = d[:, 4] * 10 + d[:, 5]
        born: Mask = (d[:, 3] <= 1) | ((d[:, 3] <= 3) & (year <= LATEST_BIRTH))
        held: Mask = np.isin(province, list(VN_PROVINCES)) & born & d[:, 6:].any(axis=1)
        return held

    return by_length(numbers, {12: holds})


def vn_tax_code(numbers: pa.Array) -> Mask:
    """Return whether 10 digits (13 with a branch's three) are a tax code.

    Notes
    -----
    The tenth digit is 10 less the weighted sum of the first nine modulo 11 (weights 31, 29, 23, 19, 17, 13, 7, 5, 3),
    as the taxpayers' registration computes it; a remainder that would give 10 is not issued.
    """

    def holds(d: Digits) -> Mask:
        right: Mask = 10 - (d[:, :9] @ _TAX_WEIGHTS) % 11 == d[:, 9]
        return right & d[:, 2:9].any(axis=1)

    return by_length(numbers, {10: holds, 13: lambda d: holds(d) & d[:, 10:].any(axis=1)})


def card(numbers: pa.Array) -> Mask:
    """Return whether digits are a payment card's: a known issuer's prefix and length, and Luhn's check digit.

    Notes
    -----
    ISO/IEC 7812-1; NAPAS (Viet Nam) issues 9704.
    """

    def holds(d: Digits) -> Mask:
        length = d.shape[1]
        two, four = d[:, 0] * 10 + d[:, 1], d[:, :4] @ np.array([1000, 100, 10, 1])
        visa = (d[:, 0] == 4) & (length in (16, 19))
        mastercard = (((two >= 51) & (two <= 55)) | ((four >= 2221) & (four <= 2720))) & (length == 16)
        amex = ((two == 34) | (two == 37)) & (length == 15)
        jcb = (four >= 3528) & (four <= 3589) & (length == 16)
        others = ((four == 6011) | (two == 65) | (two == 62) | (four == 9704)) & (length >= 16)
        held: Mask = luhn(d) & (visa | mastercard | amex | jcb | others)
        return held

    return by_length(numbers, dict.fromkeys((15, 16, 17, 18, 19), holds))


def luhn(d: Digits) -> Mask:
    """Return whether digits, shape (n, length), end in Luhn's check digit (ISO/IEC 7812-1, annex B)."""
    doubled = d[:, -2::-2] * 2
    total = d[:, -1::-2].sum(axis=1) + (doubled - 9 * (doubled > 9)).sum(axis=1)
    right: Mask = total % 10 == 0
    return right & d.any(axis=1)


def us_ssn(numbers: pa.Array) -> Mask:
    """Return whether 9 digits can be a social security number (SSA: no area 000, 666 or 9xx, no group 00, no 0000)."""

    def holds(d: Digits) -> Mask:
        area = d[:, 0] * 100 + d[:, 1] * 10 + d[:, 2]
        held: Mask = (area > 0) & (area != 666) & (area < 900) & d[:, 3:5].any(axis=1) & d[:, 5:].any(axis=1)
        return held

    return by_length(numbers, {9: holds})


def by_length(numbers: pa.Array, rules: dict[int, Callable[[Digits], Mask]]) -> Mask:
    """Apply a rule for each length to the digits of that length, shape (n, length); other lengths are False."""
    held = np.zeros(len(numbers), dtype=np.bool_)
    lengths = pc.binary_length(numbers).to_numpy(zero_copy_only=False)
    for length, rule in rules.items():
        where = np.flatnonzero(lengths == length)
        if len(where):
            held[where] = rule(matrix(numbers, where, length))
    return held


def matrix(numbers: pa.Array, where: NDArray[np.intp], length: int) -> Digits:
    """Return the digits of some of the numbers, all of one length, shape (len(where), length)."""
    chosen = pc.take(numbers, pa.array(where)).cast(pa.large_string())
    offsets, letters = chosen.buffers()[1:]
    start = int(np.frombuffer(offsets, dtype=np.int64)[chosen.offset])
    flat = np.frombuffer(letters, dtype=np.uint8)[start : start + len(where) * length]
    return flat.reshape(-1, length).astype(np.int64) - 48
