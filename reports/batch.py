"""A batch of submissions as one table: how each ended, for a program as ``batch.json`` and for people as a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from proofbox.checks.text import Text, t
from proofbox.reports import vocabulary
from proofbox.reports.canonical import canonical_bytes
from proofbox.reports.i18n import Translator
from proofbox.reports.pages import render_page

if TYPE_CHECKING:
    from proofbox.checks.result import Json

SCHEMA = "proofbox/batch/v1"
MOST_NAMED = 6
"""Requirements that a row of the page names; the report has all."""

How = Literal["assessed", "kept", "refused", "over-budget", "failed"]

HOW: Mapping[str, Text] = {
    "assessed": t("Assessed"),
    "kept": t("Assessed before"),
    "refused": t("Refused"),
    "over-budget": t("Ended: its budget was used up"),
    "failed": t("Ended by a defect"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRow:
    """How one submission of a batch ended."""

    name: str
    how: How
    """``kept``: there was a whole bundle of it already; ``over-budget``: its time or memory was used up."""
    exit_code: int
    """What ``proofbox run`` would have ended with (docs/exit-codes.md)."""
    conclusion: str | None = None
    """None where there is no bundle."""
    bundle: str | None = None
    """Name of the bundle's folder beside ``batch.json``; None where there is none."""
    digest: str | None = None
    """sha256 of the bundle's manifest, 64 hex digits."""
    product: str = ""
    sector: str = ""
    failed: tuple[str, ...] = ()
    """Requirements that failed."""
    left_open: tuple[str, ...] = ()
    """Requirements that are inconclusive, in error or not run."""
    why: str = ""
    """Why there is no bundle."""
    seconds: float = 0.0
    """Of wall time, from the start of its process to the end."""

    def to_json(self) -> dict[str, Json]:
        """Return the row of ``batch.json``."""
        return {**asdict(self), "failed": list(self.failed), "left_open": list(self.left_open)}

    @classmethod
    def from_json(cls, row: Mapping[str, Json]) -> BatchRow:
        """Read what :meth:`to_json` gave."""
        return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in row.items()})  # type: ignore[arg-type]


def batch_json(rows: Sequence[BatchRow], policies: Sequence[Mapping[str, Json]]) -> dict[str, Json]:
    """Return ``batch.json``: the policies (id, version, digest), and a row for each submission in order of names."""
    ordered = sorted(rows, key=lambda row: row.name)
    return {
        "schema": SCHEMA,
        "policies": [dict(policy) for policy in policies],
        "submissions": [row.to_json() for row in ordered],
    }


def batch_bytes(rows: Sequence[BatchRow], policies: Sequence[Mapping[str, Json]]) -> bytes:
    """Return the canonical bytes of ``batch.json``."""
    return canonical_bytes(batch_json(rows, policies))


def counted(rows: Iterable[BatchRow], translator: Translator) -> tuple[tuple[str, str, int], ...]:
    """Return (kind, words, submissions): the conclusions first, then how those without one ended."""
    said = Counter(row.conclusion or row.how for row in rows)
    words = {**vocabulary.CONCLUSIONS, **HOW}
    return tuple((kind, translator.text(word), said[kind]) for kind, word in words.items() if said[kind])


def row_words(row: BatchRow, translator: Translator) -> str:
    """Return what a row says of its end: the conclusion, or why there is none."""
    return translator.text(vocabulary.CONCLUSIONS[row.conclusion] if row.conclusion else HOW[row.how])


def render_batch(rows: Sequence[BatchRow], policies: Sequence[Mapping[str, Json]], language: str) -> str:
    """Return the table as one self-contained page, with links to the reports beside it."""
    translator = Translator(language)
    return render_page(
        "batch.html.j2",
        translator,
        rows=sorted(rows, key=lambda row: row.name),
        policies=policies,
        counted=counted(rows, translator),
        said=lambda row: row_words(row, translator),
        report="report.html" if language == "en" else f"report.{language}.html",
        most=MOST_NAMED,
    )
