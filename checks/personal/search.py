"""Search a column's distinct values for personal data: whole values at once where they can be, else word by word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from proofbox.checks.late import np, pa, pc
from proofbox.checks.personal.columnnames import declared_kind
from proofbox.checks.personal.context import said_before
from proofbox.checks.personal.digits import Mask, matches
from proofbox.checks.personal.numbers import kinds_of_numbers, plausible
from proofbox.checks.personal.people import CANDIDATE, names_in
from proofbox.checks.personal.phones import international, national
from proofbox.checks.personal.shapes import EMAIL, LETTER_AND_DIGIT, LETTERED, SHAPES, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NUMBER = r"^\+?[0-9]{8,19}$"
_WHOLE_EMAIL = r"^[A-Za-z0-9_%+-][A-Za-z0-9_.%+-]{0,63}@(?:[A-Za-z0-9][A-Za-z0-9-]{0,62}\.)+[A-Za-z]{2,18}$"
_WHOLE_PHONE = r"^(?:\+[0-9]{1,3}[ .-]?(?:\(0\) ?)?[0-9]{1,4}|\(?0[0-9]{2,3}\)?)(?:[ .-]?[0-9]{2,4}){2,4}$"
_FEWEST_DIGITS = 6
"""A value with fewer digits, no ``@`` and no honorific is not looked at word by word."""

_LISTED = re.compile(r"(?<=\d{9})[/,;-](?=[0+]\d{8})")
_BETWEEN = "\x00"
"""Stands between values that are searched as one text; no shape can reach across it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Values of a column that hold one kind of personal data."""

    kind: str
    by: Literal["value", "name"]
    """Whether the values look like it, or the column's name declares it and the values could be it."""
    values: NDArray[np.intp]
    """Shape (n,): index of the value; a value that holds the kind twice stands twice."""
    starts: NDArray[np.intp]
    ends: NDArray[np.intp]
    """Shape (n,): where in the value it stands."""


def search(values: pa.Array, name: str) -> list[Found]:
    """Return what is found in distinct text values (NFC, none missing) of a column of that name."""
    found: list[Found] = []
    open_values = np.ones(len(values), dtype=np.bool_)
    declared = declared_kind(name)
    if declared is not None:
        for kind, mask in plausible(declared, values):
            found.append(_whole(kind, "name", mask & open_values, values))
            open_values &= ~mask
    for kind, mask in _whole_values(values, open_values):
        found.append(_whole(kind, "value", mask & open_values, values))
        open_values &= ~mask
    numbers = matches(values, _NUMBER)
    # A bare number of which the column as a whole says nothing is no text to look into.
    found += _in_text(values, open_values & ~numbers)
    return [one for one in found if len(one.values)]


def _whole_values(values: pa.Array, looked_at: Mask) -> Iterator[tuple[str, Mask]]:
    """Yield kinds that whole values are, by patterns that Arrow applies to all of them at once."""
    yield "email", matches(values, _WHOLE_EMAIL) & ~matches(values, r"(?i)\.(?:png|jpe?g|gif|svg|webp|pdf|css|js)$")
    formatted = matches(values, _WHOLE_PHONE) & ~matches(values, _NUMBER)
    if formatted.any():
        where = np.flatnonzero(formatted)
        digits = pc.replace_substring_regex(pc.take(values, pa.array(where)), r"\(0\)|[^0-9+]", "")
        coded = pc.starts_with(digits, "+").to_numpy(zero_copy_only=False)
        bare = pc.replace_substring_regex(digits, r"^\+", "")
        mask = np.zeros(len(values), dtype=np.bool_)
        mask[where] = np.where(coded, international(bare), national(bare))
        yield "phone", mask
    where = np.flatnonzero(matches(values, _NUMBER) & looked_at)
    for kind, chosen in kinds_of_numbers(pc.take(values, pa.array(where))):
        mask = np.zeros(len(values), dtype=np.bool_)
        mask[where[chosen]] = True
        yield kind, mask


def _in_text(values: pa.Array, looked_at: Mask) -> Iterator[Found]:
    digits = pc.count_substring_regex(values, "[0-9]").to_numpy(zero_copy_only=False) >= _FEWEST_DIGITS
    letters = matches(values, CANDIDATE)
    mails = pc.match_substring(values, "@").to_numpy(zero_copy_only=False).astype(np.bool_)
    lettered = matches(values, LETTER_AND_DIGIT)
    fewer = tuple(shape for shape in SHAPES if shape.kind not in LETTERED or shape.pattern.pattern[0] == "\\")
    for wanted, shapes in ((mails, (EMAIL,)), (digits & lettered, SHAPES), (digits & ~lettered, fewer)):
        where = np.flatnonzero(wanted & looked_at)
        if len(where):
            yield from _by_shapes(_Joined(values, where), shapes)
    where = np.flatnonzero(letters & looked_at)
    if len(where):
        joined = _Joined(values, where)
        yield joined.found("name", list(names_in(joined.text)))


class _Joined:
    """Some values as one text, and the way back from places in it."""

    def __init__(self, values: pa.Array, where: NDArray[np.intp]) -> None:
        texts = pc.take(values, pa.array(where)).to_pylist()
        self._where = where
        self._begins = np.cumsum([0, *(len(text) + 1 for text in texts)])[:-1]
        # 0912345678/0987654321 are two numbers: a stroke between them parts them, and no place moves.
        self.text = _LISTED.sub("|", _BETWEEN.join(texts))
        self._said: dict[int, str | None] = {}

    def may_be(self, shape: Shape, start: int) -> bool:
        """Return whether the words before a place allow a shape there; they are read once for each place."""
        if not (shape.needs or shape.refused):
            return True
        if start not in self._said:
            self._said[start] = said_before(self.text, start)
        said = self._said[start]
        return said not in shape.refused and (not shape.needs or said in shape.needs)

    def found(self, kind: str, spans: list[tuple[int, int]]) -> Found:
        starts = np.array([start for start, _ in spans], dtype=np.intp)
        ends = np.array([end for _, end in spans], dtype=np.intp)
        places = np.searchsorted(self._begins, starts, side="right") - 1
        offset = self._begins[places] if len(spans) else starts
        return Found(
            kind=kind,
            by="value",
            values=self._where[places] if len(spans) else starts,
            starts=starts - offset,
            ends=ends - offset,
        )


def _by_shapes(joined: _Joined, shapes: tuple[Shape, ...]) -> Iterator[Found]:
    taken = bytearray(len(joined.text))
    for shape in shapes:
        spans = [span for span in _spans(joined.text, shape) if taken.find(1, *span) < 0]
        if shape.valid is not None and spans:
            held = shape.valid([joined.text[start:end] for start, end in spans])
            spans = [span for span, holds in zip(spans, held, strict=True) if holds]
        spans = [span for span in spans if joined.may_be(shape, span[0])]
        for start, end in spans:
            taken[start:end] = b"\x01" * (end - start)
        yield joined.found(shape.kind, spans)


def _spans(text: str, shape: Shape) -> Iterator[tuple[int, int]]:
    return (match.span() for match in shape.pattern.finditer(text))


def _whole(kind: str, by: Literal["value", "name"], mask: Mask, values: pa.Array) -> Found:
    where = np.flatnonzero(mask)
    lengths = pc.utf8_length(pc.take(values, pa.array(where))).to_numpy(zero_copy_only=False)
    return Found(kind=kind, by=by, values=where, starts=np.zeros_like(where), ends=lengths.astype(np.intp))
