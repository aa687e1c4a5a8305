"""What the model did beside answering, as far as the record has it in a known shape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from proofbox.checks.result import Json
from proofbox.checks.text import Text, t

FIGURES: Mapping[str, Text] = {
    "stdout_bytes": t("bytes that it printed"),
    "violations": t("crashes, hangs, answers that are none, limits passed"),
    "revivals": t("fresh processes that were needed after a failure"),
}
"""Key of the model's stats -> what it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeniedCall:
    """One system call that the model made and was denied."""

    name: str
    at_start: int
    """How often while it was loaded."""
    afterwards: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConductView:
    """Denied calls by name, and the other figures."""

    counted: bool
    """Whether denied calls were counted at all."""
    more: bool
    """Whether there were more than were counted."""
    denied: tuple[DeniedCall, ...]
    figures: tuple[tuple[Text, int], ...]


def conduct_view(detail: Mapping[str, Json]) -> ConductView | None:
    """Lay out ``run.detail.model``; None where the record, or an older one, has nothing of it."""
    model = detail.get("model")
    if not isinstance(model, dict) or "denied_calls" not in model:
        return None
    start, after = _counts(model.get("denied_calls_at_start")), _counts(model["denied_calls"])
    names = sorted(start.keys() | after.keys(), key=lambda name: (-after.get(name, 0), -start.get(name, 0), name))
    figures = ((about, _number(model.get(key))) for key, about in FIGURES.items())
    return ConductView(
        counted=not model.get("denied_calls_uncounted"),
        more=model.get("denied_calls_at_least") is True,
        denied=tuple(
            DeniedCall(name=name, at_start=start.get(name, 0), afterwards=after.get(name, 0)) for name in names
        ),
        figures=tuple(figures),
    )


def _counts(found: Json) -> dict[str, int]:
    return {name: _number(count) for name, count in found.items()} if isinstance(found, dict) else {}


def _number(found: Json) -> int:
    if isinstance(found, list):
        return len(found)
    return int(found) if isinstance(found, int | float) else 0
