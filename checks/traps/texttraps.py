"""Traps of files that went through a spreadsheet or an old encoding: each is recognised by its form and has a name.

A column's distinct values and how often each occurs go in; names of traps with numbers of rows come out. No value is
ever part of what comes out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.late import np, pa, pc
from proofbox.checks.personal.plain import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

PLACEHOLDERS = frozenset(
    {"-", "--", "---", "?", "??", "...", "n/a", "na", "n.a.", "#n/a", "nan", "null", "none", "nil", "unknown"}
    | {"missing", "tbd", "xxx", "không rõ", "chưa rõ", "không có", "chưa có", "không biết", "trống"}
    | {"không xác định", "chưa xác định", "đang cập nhật", "chưa cập nhật", "kxđ", "k/r", "00/00/0000", "99/99/9999"}
)
"""What people write where they have nothing to say, in NFC and folded to one case."""

_NUMBER = r"[-+]?(?:\d+|\d{1,3}(?:[., ]\d{3})+)(?:[.,]\d+)?(?:[eE][-+]?\d+)?\s*%?"
_EXCEL_ERROR = r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NUM!|NULL!|SPILL!)|#{4,}"
_MONTH = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_OF_ALL: Mapping[str, str] = {
    "decimal_comma_as_text": r"[-+]?(?:\d+|\d{1,3}(?:\.\d{3})+),\d+",
    "thousands_point_as_text": r"[-+]?\d{1,3}(?:\.\d{3}){2,}",
    "scientific_notation_as_text": r"[-+]?\d(?:[.,]\d+)?[eE]\+?\d{2,}",
}
"""Traps that make numbers text: named where these and plain numbers make up nearly the whole column."""

_IN_ANY: Mapping[str, str] = {
    "excel_error_value": rf"^(?:{_EXCEL_ERROR})$",
    "excel_turned_into_date": rf"^(?:\d{{1,2}}-(?:{_MONTH})|(?:{_MONTH})-\d{{2}}|\d{{1,2}}-Th\d{{1,2}})$",
    "utf8_read_as_windows_1252": r"(?:Ã[\x{80}-\x{BF}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]|Ä[‘ƒ]|áº|á»|Æ°|â€)",
    "tcvn3_font_encoding": r"[A-Za-z][µ¸¶·¹»¾¼½®](?:[A-Za-z ]|$)|®[a-zµ¸¶·¹Ê]",
    "undecodable_letter": "\ufffd",
    "invisible_sign": "[\u00a0\u200b\u200c\u200d\u2060\ufeff\u00ad\x00-\x08\x0b\x0c\x0e-\x1f]",
}
_DATE = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?: .*)?")
_NEARLY_ALL = 0.9
_MOST_CATEGORIES = 200
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class TextColumn:
    """What the distinct values of a text column give away."""

    traps: Mapping[str, int]
    """Name of a trap -> rows."""
    placeholders: int
    """Rows with a word for nothing in place of a value."""
    mixed: int
    """Rows of the lesser kind where numbers and words stand in one column; 0 where they do not."""
    impossible_dates: int
    """Rows with a date that no calendar has."""


def read_text(values: pa.Array, rows: NDArray[np.int64]) -> TextColumn:
    """Look at the distinct values of a text column, none missing; ``rows`` says how often each occurs."""
    folded = [value.casefold() for value in values.to_pylist()]
    nothing = np.array([value in PLACEHOLDERS for value in folded], dtype=np.bool_)
    said = ~nothing & (rows > 0)
    total = int(rows[said].sum())
    traps = {name: int(rows[_matches(values, pattern) & (rows > 0)].sum()) for name, pattern in _IN_ANY.items()}
    numbers = _matches(values, f"^(?:{_NUMBER})$") & said
    for name, pattern in _OF_ALL.items():
        there = _matches(values, f"^(?:{pattern})$") & said
        if there.any() and int(rows[numbers | there].sum()) >= _NEARLY_ALL * total:
            traps[name] = int(rows[there].sum())
    as_number = int(rows[numbers].sum())
    if total and as_number == total and not any(name in traps for name in _OF_ALL):
        traps["numbers_as_text"] = total
    dates, impossible = _dates(values, rows, said, total)
    words = total - as_number
    mixed = min(as_number, words) if as_number >= 0.5 * total and not dates else 0
    traps |= dates | _same_but_for_form(values, rows, said)
    if nothing.any():
        traps["word_for_nothing"] = int(rows[nothing].sum())
    return TextColumn(
        traps={name: count for name, count in sorted(traps.items()) if count},
        placeholders=int(rows[nothing].sum()),
        mixed=mixed,
        impossible_dates=impossible,
    )


def _dates(
    values: pa.Array, rows: NDArray[np.int64], said: NDArray[np.bool_], total: int
) -> tuple[dict[str, int], int]:
    """Tell day-first from month-first dates; a column in which no day is above 12 could be either."""
    where = np.flatnonzero(_matches(values, r"^\d{1,2}[/.-]\d{1,2}[/.-]\d{4}") & said)
    if not len(where) or int(rows[where].sum()) < 0.5 * total:
        return {}, 0
    parts = [(place, _DATE.fullmatch(values[int(place)].as_py())) for place in where]
    split = [(int(m[1]), int(m[3]), int(m[4]), int(rows[place])) for place, m in parts if m]
    day_first = sum(count for one, two, _, count in split if one > 12 and two <= 12)
    month_first = sum(count for one, two, _, count in split if two > 12 and one <= 12)
    every = sum(count for *_, count in split)
    impossible = sum(n for one, two, year, n in split if not (_exists(one, two, year) or _exists(two, one, year)))
    if day_first and month_first:
        return {"two_orders_of_dates": min(day_first, month_first)}, impossible
    order = "day_first_dates_as_text" if day_first else "month_first_dates_as_text"
    return {order if day_first or month_first else "dates_of_unclear_order": every}, impossible


def _exists(day: int, month: int, year: int) -> bool:
    if not (1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]):
        return False
    return (month, day) != (2, 29) or (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0))


def _same_but_for_form(values: pa.Array, rows: NDArray[np.int64], said: NDArray[np.bool_]) -> dict[str, int]:
    """Find groups that are told apart by case, blanks, missing accents or the place of a tone mark alone.

    ``Nữ``, ``nữ`` and ``Nu`` are one word, ``Hoà`` and ``Hòa`` too. Where there are two words with accents, as ``Tày``
    and ``Tây``, neither is taken for the other.
    """
    where = np.flatnonzero(said)
    if not 2 <= len(where) <= _MOST_CATEGORIES:
        return {}
    by_word: dict[str, dict[str, list[int]]] = {}
    for place in where:
        words = " ".join(values[int(place)].as_py().casefold().split())
        form = "".join(sorted(unicodedata.normalize("NFD", words)))
        by_word.setdefault(plain(words), {}).setdefault("" if words.isascii() else form, []).append(int(place))
    minor = 0
    for forms in by_word.values():
        # A word without any accent stands for the only accented one there is, and for none where there are several.
        together = (
            [[place for places in forms.values() for place in places]]
            if len(forms) == 2 and "" in forms
            else list(forms.values())
        )
        minor += sum(int(rows[places].sum() - rows[places].max()) for places in together if len(places) > 1)
    return {"same_but_for_case_or_accents": minor}


def _matches(values: pa.Array, pattern: str) -> NDArray[np.bool_]:
    held: NDArray[np.bool_] = pc.match_substring_regex(values, pattern).to_numpy(zero_copy_only=False)
    return held.astype(np.bool_)
