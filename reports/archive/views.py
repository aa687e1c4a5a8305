"""The views on an archive: controls by how often they fail, by sector and by month; attempts until one conforms.

Everything here counts verdicts that were given elsewhere; nothing is judged. A control's outcome in one assessment is
the worst of its requirements: failed, left open, met, or not applicable.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.reports.archive.entries import Entry

OUTCOMES = ("failed", "left-open", "met", "not-applicable")
"""The worst first."""
_OF_VERDICT = {
    "fail": "failed",
    "inconclusive": "left-open",
    "error": "left-open",
    "not-run": "left-open",
    "pass": "met",
    "not-applicable": "not-applicable",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlCount:
    """How one control came out over the assessments of an archive."""

    policy: str
    control: str
    counts: Mapping[str, int]
    """Outcome -> assessments."""

    @property
    def applied(self) -> int:
        """Assessments in which it asked something."""
        return sum(count for outcome, count in self.counts.items() if outcome != "not-applicable")

    @property
    def failed(self) -> int:
        """Assessments in which it failed."""
        return self.counts.get("failed", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """How often one product was assessed, in order of time."""

    provider: str
    product: str
    attempts: int
    until_conforming: int | None
    """Number of the first attempt that conforms; None where none does."""


def controls(entries: Iterable[Entry]) -> tuple[ControlCount, ...]:
    """Return every control, the one that fails most often first."""
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for entry in entries:
        for key, outcome in outcomes(entry).items():
            counts[key][outcome] += 1
    found = (
        ControlCount(policy=policy, control=control, counts=dict(count)) for (policy, control), count in counts.items()
    )
    return tuple(sorted(found, key=lambda one: (-one.failed, -one.counts.get("left-open", 0), one.policy, one.control)))


def outcomes(entry: Entry) -> dict[tuple[str, str], str]:
    """Return (policy, control) -> its outcome in one assessment."""
    worst: dict[tuple[str, str], str] = {}
    for item in entry.findings:
        key, outcome = (item.policy, item.control), _OF_VERDICT[item.verdict]
        worst[key] = min(worst.get(key, outcome), outcome, key=OUTCOMES.index)
    return worst


def failed_by(
    entries: Sequence[Entry], of: Callable[[Entry], str]
) -> tuple[tuple[str, ...], dict[tuple[str, str], dict[str, tuple[int, int]]]]:
    """Return the values of ``of``, sorted, and (policy, control) -> value -> (failed, applied)."""
    table: dict[tuple[str, str], dict[str, tuple[int, int]]] = defaultdict(dict)
    for entry in entries:
        value = of(entry)
        for key, outcome in outcomes(entry).items():
            if outcome != "not-applicable":
                failed, applied = table[key].get(value, (0, 0))
                table[key][value] = failed + (outcome == "failed"), applied + 1
    return tuple(sorted({of(entry) for entry in entries})), dict(table)


def conclusions_by(entries: Iterable[Entry], of: Callable[[Entry], str]) -> dict[str, dict[str, int]]:
    """Return value -> conclusion -> assessments, sorted by value."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for entry in entries:
        table[of(entry)][entry.conclusion] += 1
    return {value: dict(table[value]) for value in sorted(table)}


def attempts(entries: Iterable[Entry]) -> tuple[Attempts, ...]:
    """Return how many attempts each product took, sorted by provider and product."""
    ordered = sorted(entries, key=lambda entry: (*entry.product_key, entry.started_at, entry.digest))
    found = []
    for (provider, product), tries in groupby(ordered, key=lambda entry: entry.product_key):
        conclusions = [entry.conclusion for entry in tries]
        first = conclusions.index("conforms") + 1 if "conforms" in conclusions else None
        found.append(Attempts(provider=provider, product=product, attempts=len(conclusions), until_conforming=first))
    return tuple(found)


def views_json(entries: Sequence[Entry]) -> dict[str, Json]:
    """Return all views for ``archive --json``."""
    return {
        "controls": [
            {"policy": one.policy, "control": one.control, "applied": one.applied, **dict(one.counts)}
            for one in controls(entries)
        ],
        "sectors": {key: dict(value) for key, value in conclusions_by(entries, lambda one: one.sector).items()},
        "months": {key: dict(value) for key, value in conclusions_by(entries, lambda one: one.month).items()},
        "products": [
            {
                "provider": one.provider,
                "product": one.product,
                "attempts": one.attempts,
                "until_conforming": one.until_conforming,
            }
            for one in attempts(entries)
        ],
    }
