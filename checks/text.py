"""One text, two languages: an English template with named values, translated only when it is shown.

Every sentence that a reader of a report may see is made with :func:`t`, so that the Vietnamese catalogue
(``reports/locale``) can be checked to hold all of them and the record keeps what was meant, not how it was said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Value = str | int | float

MOST_WHOLE = 2**53 - 1
"""The largest whole number that JSON's readers agree about (RFC 8785, section 3.2.2.3; RFC 7493, section 2.2)."""


@dataclass(frozen=True, slots=True)
class Text:
    """A sentence: ``template`` in English with ``{name}`` places, and the ``values`` that fill them."""

    template: str
    values: Mapping[str, Value] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return the sentence in English."""
        return self.template.format_map(self.values)

    def to_json(self) -> dict[str, object]:
        """Return the form that stands in ``assessment.json``."""
        return {"template": self.template, "values": dict(self.values)}


def t(template: str, /, **values: Value) -> Text:
    """Return a :class:`Text`; the name is the keyword by which templates are collected for translation."""
    return Text(template, {name: _as_written(value) for name, value in values.items()})


def _as_written(value: Value) -> Value:
    """Return 2.0 as 2: the record writes whole numbers without a point, and its reader must find the same sentence."""
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= MOST_WHOLE else value
