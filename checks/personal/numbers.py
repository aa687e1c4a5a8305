"""Columns of bare numbers: one number says little, but a column in which nearly all have the structure says it all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from proofbox.checks.late import np, pa, pc
from proofbox.checks.personal import digits
from proofbox.checks.personal.digits import Mask
from proofbox.checks.personal.phones import international, national

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SHARE = {"vn_citizen_id": 0.3, "card": 0.3, "phone": 0.4, "vn_tax_code": 0.7}
"""Share of a column's bare numbers of a kind's lengths that must have its structure. By chance a number has it in 2 %
of cases (citizen id, card), 5 % (phone) and 9 % (tax code)."""

_WHOLE_NUMBER_SHARE = 0.9
"""The same for columns of numbers that are no text: there the leading 0 is lost, and with it most of the structure."""

_FEWEST = {"vn_tax_code": 5}
_ENOUGH = 20
"""From so many on, numbers of people must also differ as those of people do."""

_LONGEST = 19


def kinds_of_numbers(numbers: pa.Array) -> Iterator[tuple[str, Mask]]:
    """Yield (kind, mask) for text values of 8 to 19 digits, each with or without ``+``."""
    if not len(numbers):
        return
    plus = pc.starts_with(numbers, "+").to_numpy(zero_copy_only=False).astype(np.bool_)
    plain = pc.replace_substring(numbers, "+", "")
    lengths = pc.binary_length(plain).to_numpy(zero_copy_only=False)
    zero = pc.starts_with(plain, "0").to_numpy(zero_copy_only=False).astype(np.bool_)
    coded = plus | (pc.starts_with(plain, "84").to_numpy(zero_copy_only=False).astype(np.bool_) & (lengths >= 11))
    tax = digits.vn_tax_code(plain)
    phone = np.where(coded, international(plain), national(plain)).astype(np.bool_)
    yield from _if_many("vn_tax_code", tax & ~plus, np.isin(lengths, (10, 13)) & ~plus)
    yield "phone", phone & plus
    yield from _if_many("phone", phone & ~plus, (zero | coded) & (lengths <= 12) & (lengths >= 10) & ~plus)
    citizen = digits.vn_citizen_id(plain)
    if _as_people_differ(plain, citizen, slice(3, 6)):
        yield from _if_many("vn_citizen_id", citizen & ~plus, (lengths == 12) & ~plus)
    yield from _if_many("card", digits.card(plain) & ~plus, (lengths >= 15) & ~plus)


def kinds_of_integers(values: NDArray[np.int64]) -> Iterator[tuple[str, Mask]]:
    """Yield (kind, mask) for the distinct values of a column of whole numbers, whose leading zeros are lost."""
    if (
        len(values) < _ENOUGH
        or int(values.min(initial=0)) < 0
        or np.count_nonzero(values % 100 == 0) * 10 > len(values)
    ):
        return
    plain = pa.array(values).cast(pa.string())
    for kind, mask in (
        ("vn_citizen_id", digits.vn_citizen_id(pc.utf8_lpad(plain, 12, "0"))),
        ("vn_tax_code", digits.vn_tax_code(pc.utf8_lpad(plain, 10, "0"))),
        ("phone", national(pc.utf8_lpad(plain, 10, "0")) | international(plain)),
        ("card", digits.card(plain)),
    ):
        differ = kind != "vn_citizen_id" or _as_people_differ(pc.utf8_lpad(plain, 12, "0"), mask, slice(3, 6))
        differ &= kind != "phone" or _as_people_differ(pc.utf8_lpad(plain, 12, "0"), mask, slice(3, 5))
        needed = 0.5 if kind == "card" else _WHOLE_NUMBER_SHARE
        if differ and mask.mean() >= needed:
            yield kind, mask
            return


def plausible(kind: str, values: pa.Array) -> Iterator[tuple[str, Mask]]:
    """Yield (kind, mask) for values that could be what the column's name declares them to be."""
    length = pc.utf8_length(values).to_numpy(zero_copy_only=False)
    count = pc.count_substring_regex(values, "[0-9]").to_numpy(zero_copy_only=False)
    letters = pc.count_substring_regex(values, r"\p{L}").to_numpy(zero_copy_only=False)
    signs = length - count - letters
    only = (letters == 0) & (signs <= count)
    if kind == "vn_citizen_id":
        yield "vn_citizen_id", only & (count >= 10) & (count <= 12)
        yield "vn_old_id", only & ((count == 9) | (count == 8))
        return
    rules: dict[str, Mask] = {
        "phone": only & (count >= 8) & (count <= 15),
        "email": (letters >= 3) & pc.match_substring(values, "@").to_numpy(zero_copy_only=False).astype(np.bool_),
        "vn_tax_code": only & np.isin(count, (9, 10, 12, 13)),
        "card": only & (count >= 12) & (count <= _LONGEST),
        "bank_account": (letters <= 4) & (count >= 6) & (count <= _LONGEST),
        "iban": (letters >= 2) & (count >= 10),
        "licence_plate": (letters >= 1) & (letters <= 3) & (count >= 5) & (count <= 8),
        "health_insurance": (letters <= 2) & ((count == 10) | (count == 13) | (count == 9)),
        "passport": (letters <= 3) & (count >= 5) & (count <= 9),
        "us_ssn": only & (count >= 8) & (count <= 9),
        "uk_nino": (letters == 3) & (count == 6),
        "date_of_birth": only & (count >= 6) & (count <= 8),
        "address": letters >= 4,
        "name": (letters >= 2) & (count == 0),
    }
    yield kind, rules[kind] & (length <= 300)


def _if_many(kind: str, held: Mask, of: Mask) -> Iterator[tuple[str, Mask]]:
    total = int(of.sum())
    if total and held.sum() >= max(_SHARE[kind] * total, _FEWEST.get(kind, 1)):
        yield kind, held


def _as_people_differ(numbers: pa.Array, held: Mask, part: slice) -> bool:
    """Return whether a part of the numbers takes several values, as years of birth do and dates of orders do not."""
    where = np.flatnonzero(held)
    if len(where) < _ENOUGH:
        return True
    parts = pc.utf8_slice_codeunits(pc.take(numbers, pa.array(where)), part.start, part.stop)
    return len(pc.unique(parts)) >= 5
