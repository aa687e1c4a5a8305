"""One text, two languages: an English template with named values, translated only when it is shown.

Every sentence that a reader of a report may see is made with :func:`t`, so that the Vietnamese catalogue
(``reports/locale``) can be checked to hold all of them and the record keeps what was meant, not how it was said.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

Value = str | int | float


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
    return Text(template, values)
