"""What the model was asked by checks that make rows of their own: planned, asked, and in how many questions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from proofbox.checks.result import Json
from proofbox.reports.i18n import Translator


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What one check asked, over all its parameters."""

    check: str
    planned: int
    """Rows that it said beforehand it would ask about at most; 0 where it did not say."""
    rows: int
    calls: int


def queries_view(detail: Mapping[str, Json]) -> tuple[Asked, ...]:
    """Lay out ``run.detail.queries``, by check; nothing where the record does not say, or in another shape."""
    listed = detail.get("queries")
    found: dict[str, Asked] = {}
    for key, asked in listed.items() if isinstance(listed, dict) else ():
        match asked:
            case {"rows": int(rows), "calls": int(calls), "planned": int(planned)}:
                name = _check(key)
                before = found.get(name, Asked(check=name, planned=0, rows=0, calls=0))
                found[name] = Asked(
                    check=name,
                    planned=before.planned + planned,
                    rows=before.rows + rows,
                    calls=before.calls + calls,
                )
    return tuple(found[name] for name in sorted(found))


def queries_line(detail: Mapping[str, Json], translator: Translator) -> str | None:
    """Return one sentence for a summary; None where no check asked."""
    asked = queries_view(detail)
    if not asked:
        return None
    # Checks that did not say beforehand count with what they asked.
    return translator.gettext(
        "Checks with rows of their own asked the model about {rows} rows; at most {planned} were planned.",
        rows=sum(one.rows for one in asked),
        planned=sum(max(one.planned, one.rows) for one in asked),
    )


def _check(key: str) -> str:
    """Return the id of the check out of a task's key."""
    try:
        name = json.loads(key)["check"]
    except (ValueError, TypeError, LookupError):
        return key
    return name if isinstance(name, str) else key
