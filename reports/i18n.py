"""Two languages from one text: templates are translated first and filled afterwards.

The Vietnamese catalogue is a plain gettext file read by Babel, so translators need no tool of ours and nothing has to
be compiled. Filling is our own substitution and not ``str.format``: a bundle is outside input when it is read, and a
format string could reach into objects or ask for gigabytes of padding.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from datetime import date as day_of
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from proofbox.checks.text import t
from proofbox.policies.reasons import JOINER
from proofbox.reports.errors import ReportsError

if TYPE_CHECKING:
    from babel.core import Locale
    from babel.numbers import NumberPattern

    from proofbox.checks.text import Text, Value
    from proofbox.policies.record import Words

Language = Literal["en", "vi"]
LANGUAGES: tuple[Language, ...] = ("en", "vi")
CATALOGUES = Path(__file__).parent / "locale"

PLACE = re.compile(r"\{([a-zA-Z_][a-zA-Z0-9_]*)\}")
"""A place in a template. Nothing else is special: no attributes, no indices, no format specifications."""

OUR_WORDS = frozenset({"measure", "rate", "role", "how", "tier", "task", "sector", "trial", "what"})
"""Places of a template whose value is a word or sentence of ours, and no outside name, so that it is translated too."""

MISSING = t("(missing)").template
"""What checks call the group of the rows that have no value (``checks.counted.counting``)."""

_NUMBER = re.compile(r"[-+−]?\d[\d,]*(?:\.\d+)?\s?%?(?: – [-+−]?\d[\d,]*(?:\.\d+)?)?")
"""A number or a range of two, as the judge writes them in English."""
_SWAP = str.maketrans({".": ",", ",": "."})
_SMALLEST_SHOWN = 0.00005


def fill(template: str, values: Mapping[str, str]) -> str:
    """Return ``template`` with its ``{name}`` places filled; a place without a value stays as it is."""
    return PLACE.sub(lambda match: values.get(match[1], match[0]), template)


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Return msgid -> translation of one language; empty for English, in which the templates are written."""
    if language == "en":
        return {}
    from babel.messages.pofile import read_po

    with (CATALOGUES / language / "LC_MESSAGES" / "proofbox.po").open("rb") as file:
        messages = read_po(file, locale=language)
    return {
        message.id: message.string
        for message in messages
        if isinstance(message.id, str) and isinstance(message.string, str) and message.id and message.string
    }


@cache
def _locale(language: str) -> Locale:
    """Return what Babel knows of a language; given its name, Babel reads the name again for each number."""
    from babel.core import Locale

    return Locale.parse(language)


@cache
def _pattern(written: str) -> NumberPattern:
    from babel.numbers import parse_pattern

    return parse_pattern(written)


@lru_cache(maxsize=4096)
def _decimal(value: float, language: str) -> str:
    from babel.numbers import format_decimal

    return format_decimal(value, format=_pattern("#,##0.00##"), locale=_locale(language))


@lru_cache(maxsize=1024)
def _percent(share: float, language: str) -> str:
    from babel.numbers import format_percent

    return format_percent(share, format="#,##0.##%", locale=language)


class Translator:
    """Says things in one language: sentences, numbers, dates and the words of our vocabulary."""

    def __init__(self, language: str) -> None:
        """Choose the language.

        Raises
        ------
        ReportsError
            There is no such language.
        """
        if language not in LANGUAGES:
            raise ReportsError(f"unknown report language {language!r}; the languages are: {', '.join(LANGUAGES)}")
        self.language = language
        self._messages = catalogue(language)
        self._ours = catalogue("vi")

    def gettext(self, template: str, /, **values: Value) -> str:
        """Return a sentence of the report itself; values that are text are taken as they are."""
        shown = {
            name: self.category(value) if isinstance(value, str) else self._number(value)
            for name, value in values.items()
        }
        return fill(self._messages.get(template, template), shown)

    def category(self, said: str) -> str:
        """Return a text in which checks named the rows without a value, with that name in this language."""
        return said.replace(MISSING, self._messages.get(MISSING, MISSING))

    def text(self, text: Text) -> str:
        """Return a sentence of the record: its template translated, then its values said in this language."""
        shown = {
            name: self._said(name, value) if isinstance(value, str) else self._number(value)
            for name, value in text.values.items()
        }
        return fill(self._translated(text.template), shown)

    def sentence(self, text: Text) -> str:
        """Return a sentence of the record with a capital letter and a full stop, for where it stands alone.

        A sentence that begins with an outside name keeps the name as it is written.
        """
        said, template = self.text(text), self._translated(text.template)
        if template[:1].isalpha() or template.startswith("{measure}"):
            said = self.heading(said)
        return said if said.endswith((".", "!", "?", ":", "…")) else said + "."

    @staticmethod
    def heading(said: str) -> str:
        """Return a text with a capital letter; the rest stays as it is written."""
        return said[:1].upper() + said[1:]

    def words(self, words: Words) -> str:
        """Return the text that a policy gives in this language, or in the first that it has."""
        found = words.get(self.language) or words.get("en") or next(iter(words.values()), "")
        return found.strip()

    def measure(self, name: str) -> str:
        """Return the readable name of a measure: ``demographic_parity_ratio`` is *demographic parity ratio*."""
        return self.gettext(name.replace("_", " "))

    def number(self, value: float) -> str:
        """Return a number with two to four decimals, or none where it is whole."""
        if not math.isfinite(value):
            return str(value)
        if value == int(value):
            return self.decimal_sign(f"{int(value):,}")
        if abs(value) < _SMALLEST_SHOWN:
            return self.decimal_sign(f"{value:.1e}")
        return _decimal(value, self.language)

    def measured(self, value: float) -> str:
        """Return a measured value with four decimals, or none where it is whole."""
        if not math.isfinite(value) or value == int(value) or abs(value) < _SMALLEST_SHOWN:
            return self.number(value)
        return self.decimal_sign(f"{value:,.4f}")

    def percent(self, share: float) -> str:
        """Return a share such as 0.95 as ``95%``."""
        return _percent(share, self.language)

    def rate(self, share: float) -> str:
        """Return a measured share as ``63.4%``."""
        return self.decimal_sign(f"{share * 100:.1f}%")

    def scalar(self, value: object) -> str:
        """Return a value of the data as it stands there: not rounded below six digits, not grouped."""
        if value is None:
            return self.gettext("missing")
        if isinstance(value, bool):
            return self._number(value)
        if isinstance(value, float):
            return self.decimal_sign(f"{value:.6g}")
        return self.category(str(value))

    def date(self, iso: str) -> str:
        """Return a date in words; what is no ISO date is returned as it is."""
        try:
            return self._date(day_of.fromisoformat(iso[:10]))
        except ValueError:
            return iso

    def moment(self, iso: str) -> str:
        """Return a date with its time in UTC; what is no ISO date is returned as it is."""
        try:
            moment = datetime.fromisoformat(iso)
        except ValueError:
            return iso
        moment = moment.astimezone(UTC) if moment.tzinfo else moment
        return f"{self._date(moment.date())}, {moment:%H:%M} UTC"

    def decimal_sign(self, number: str) -> str:
        """Return an English number with the signs of this language."""
        return number.translate(_SWAP) if self.language == "vi" else number

    def _date(self, day: day_of) -> str:
        from babel.dates import format_date

        # CLDR's long form for vi leaves out "năm", which official documents write.
        pattern = "'ngày' d 'tháng' M 'năm' y" if self.language == "vi" else "d MMMM y"
        return format_date(day, format=pattern, locale=self.language)

    def _translated(self, template: str) -> str:
        """Translate a sentence whole or, where a judge joined several, by the longest runs of clauses known."""
        clauses, said, start = template.split(JOINER), [], 0
        while start < len(clauses):
            runs = (JOINER.join(clauses[start:end]) for end in range(len(clauses), start, -1))
            known = next((run for run in runs if run in self._messages), clauses[start])
            said.append(self._messages.get(known, known))
            start += known.count(JOINER) + 1
        return JOINER.join(said)

    def _number(self, value: float | bool) -> str:
        if isinstance(value, bool):
            return self.gettext("yes") if value else self.gettext("no")
        return self.number(value)

    def _said(self, name: str, value: str) -> str:
        """Return a value of the record: numbers with this language's signs, our own words translated, names as is."""
        if _NUMBER.fullmatch(value):
            return self.decimal_sign(value)
        title = value.replace("_", " ")
        return self.gettext(title) if name in OUR_WORDS and title in self._ours else self.category(value)
