"""Deadlines as lines for a person and as JSON for a program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from proofbox.checks.text import t
from proofbox.reports import vocabulary
from proofbox.reports.i18n import Translator

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.policies.deadlines import Deadline


def deadline_json(item: Deadline) -> dict[str, Json]:
    """Return one deadline for ``--json``."""
    return {
        "what": str(item.what),
        "due": item.due.isoformat(),
        "framework": item.framework,
        "clause": item.clause,
        "confidence": item.confidence,
        "note": None if item.note is None else str(item.note),
    }


def deadline_lines(found: Sequence[Deadline], language: str) -> Iterator[str]:
    """Yield the lines of ``proofbox deadlines``, the earliest first."""
    say = Translator(language)
    for item in sorted(found, key=lambda one: one.due.isoformat()):
        yield f"{_shown(item.due)}  {say.text(item.what)}"
        framework = vocabulary.word(say, vocabulary.FRAMEWORKS, item.framework)
        known = vocabulary.word(say, vocabulary.CONFIDENCE, item.confidence)
        yield f"    {framework}, {item.clause} ({known})"
        if item.note is not None:
            yield f"    {say.text(item.note)}"
    if not found:
        yield say.text(t("no deadline that we know of"))
    yield say.text(t("Not legal advice: read the clause before you rely on a day."))


def _shown(due: object) -> str:
    return due.isoformat(sep=" ", timespec="minutes") if isinstance(due, datetime) else str(due)
