"""Read one figure as people write it: percent signs, decimal commas, a spread after it or a word before it."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass

_LONGEST = 80
_FIGURE = re.compile(
    r"(?:≥|>=|>|≈|~|=|at least|about|ít nhất|tối thiểu|khoảng)?\s*"
    r"(?P<digits>[-+]?[0-9][0-9.,]{0,30})\s*"
    r"(?P<percent>%|percent|per cent|phần trăm)?\s*"
    r"(?:(?:±|\+/-|\(|\[).*)?",
    re.IGNORECASE,
)
_THOUSANDS = re.compile(r"[-+]?[0-9]{1,3}(?:[.,][0-9]{3})+")
_PLAIN = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A number that was read."""

    value: float
    """With a percent sign taken into account: ``84 %`` is 0.84."""
    percent: bool
    """Whether a percent sign said so."""
    written: str

    def as_share(self) -> Figure:
        """Return a figure of a measure in [0, 1]: between 1 and 100 without a percent sign, it is read as percent."""
        if self.percent or not 1 < self.value <= 100:
            return self
        return Figure(value=self.value / 100, percent=True, written=self.written)


def read_figure(value: object) -> Figure | None:
    """Return the figure that a cell or a YAML value holds; None where it is no figure or leaves a doubt.

    A comma or point that stands once is the decimal sign; where both stand, the last of them is; one that stands more
    often parts thousands.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return Figure(value=float(value), percent=False, written=repr(value)) if math.isfinite(value) else None
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    text = re.sub(r"[*_`]", "", unicodedata.normalize("NFC", value)).replace("\u2212", "-").strip()
    found = _FIGURE.fullmatch(text)
    digits = _plain_digits(found["digits"].rstrip(".,")) if found else ""
    if found is None or not _PLAIN.fullmatch(digits):
        return None
    number = float(digits) / (100 if found["percent"] else 1)
    return Figure(value=number, percent=bool(found["percent"]), written=text)


def _plain_digits(digits: str) -> str:
    """Return the digits with a decimal point and nothing between thousands."""
    signs = [sign for sign in digits if sign in ".,"]
    if not signs:
        return digits
    if len(set(signs)) == 2:
        decimal = signs[-1]
        if signs.count(decimal) > 1:
            return ""
        return digits.replace("," if decimal == "." else ".", "").replace(decimal, ".")
    if len(signs) > 1:
        return digits.replace(signs[0], "") if _THOUSANDS.fullmatch(digits) else ""
    return digits.replace(signs[0], ".")
