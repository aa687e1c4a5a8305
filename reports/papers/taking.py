"""Take a value out of the record by its place, and say it in the paper's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from proofbox.reports import vocabulary

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.reports.i18n import Translator
    from proofbox.reports.papers.form import Say

Record = Mapping[str, "Json"]


def take(record: Record, place: str) -> Json:
    """Return what stands at a place such as ``subject.product.name``; None where nothing does."""
    found: Json = dict(record)
    for name in place.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return None
        found = found[name]
    return None if found in ("", [], {}) else found


def said(value: Json, how: Say, translator: Translator) -> str:
    """Return a value as the paper says it; empty where it holds nothing that can be said."""
    return _SAYERS[how](value, translator) if value is not None else ""


def _text(value: Json, translator: Translator) -> str:
    if isinstance(value, list):
        return ", ".join(filter(None, (_text(item, translator) for item in value)))
    if isinstance(value, Mapping):
        pairs = ((vocabulary.word(translator, vocabulary.FIELDS, key), item) for key, item in value.items())
        return "; ".join(f"{name}: {text}" for name, item in pairs if (text := _text(item, translator)))
    return "" if value is None else translator.scalar(value)


def _number(value: Json, translator: Translator) -> str:
    return translator.number(value) if isinstance(value, int | float) else _text(value, translator)


def _policies(value: Json, translator: Translator) -> str:
    listed = [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
    return "; ".join(f"{item.get('id')} {item.get('version')}" for item in listed)


def _evidence(value: Json, translator: Translator) -> str:
    """Say a conclusion as what it is: an answer of policies, and not a conformity decision."""
    word = vocabulary.word(translator, vocabulary.CONCLUSIONS, str(value))
    return translator.gettext("{conclusion} (answer of the policies that were applied; no conformity decision)",
                              conclusion=word)  # fmt: skip


_SAYERS: Mapping[Say, Callable[[Json, Translator], str]] = {
    "text": _text,
    "number": _number,
    "moment": lambda value, translator: translator.moment(str(value)),
    "date": lambda value, translator: translator.date(str(value)),
    "sector": lambda value, translator: vocabulary.word(translator, vocabulary.SECTORS, str(value)),
    "tier": lambda value, translator: vocabulary.word(translator, vocabulary.TIERS, str(value)),
    "task": lambda value, translator: vocabulary.word(translator, vocabulary.TASKS, str(value)),
    "output": lambda value, translator: vocabulary.word(translator, vocabulary.VALUES, str(value)),
    "conclusion": lambda value, translator: vocabulary.word(translator, vocabulary.CONCLUSIONS, str(value)),
    "policies": _policies,
    "evidence": _evidence,
}
