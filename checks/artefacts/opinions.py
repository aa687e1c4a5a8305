"""What other people's scanners said of submitted files: handed in by a runner, shown beside our findings, no figure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from proofbox.checks.artefacts.findings import shown
from proofbox.checks.result import Json

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What one scanner said of one file."""

    scanner: str
    version: str
    path: str
    answer: Literal["clean", "found", "failed", "not-its-kind", "not-asked"]
    """``failed`` is never ``clean``: the scanner crashed, hung, broke off or could not say."""
    issues: int
    what: str
    """Why there is no answer; empty where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOpinions:
    """No scanner was asked, and why."""

    reason: str


def to_json(opinions: Iterable[Opinion] | NoOpinions) -> Json:
    """Return the form that stands in the check's detail: by scanner, how many files had which answer, and which."""
    if isinstance(opinions, NoOpinions):
        return {"not_asked": opinions.reason}
    by_scanner: dict[str, list[Opinion]] = {}
    for one in opinions:
        by_scanner.setdefault(one.scanner, []).append(one)
    told: list[Json] = []
    for scanner, given in sorted(by_scanner.items()):
        files: list[Json] = [
            {"path": shown(one.path), "answer": one.answer, "issues": one.issues, "what": shown(one.what)}
            for one in given
            if one.answer not in ("clean", "not-its-kind")
        ]
        told.append(
            {
                "scanner": scanner,
                "version": given[0].version,
                "answers": {answer: sum(one.answer == answer for one in given) for answer in _ANSWERS},
                "files": files[:MOST_SHOWN],
            }
        )
    return {"scanners": told}


_ANSWERS = ("clean", "found", "failed", "not-its-kind", "not-asked")
