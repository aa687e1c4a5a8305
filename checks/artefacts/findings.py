"""What a look at one file came to: its kind, and every finding with its place and one plain sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from proofbox.checks.artefacts.budget import Budget
from proofbox.checks.artefacts.picklevalues import Global
from proofbox.checks.text import Text, Value

if TYPE_CHECKING:
    from proofbox.checks.result import Json

Outcome = Literal["data", "code", "unknown", "unreadable", "refused"]
"""What a file is, the mildest first: data alone (tier A), code that every rule allows (tier B), of a kind that nobody
here knows, one that could not be followed to its end, and refused (tier C)."""

ORDER: tuple[Outcome, ...] = ("data", "code", "unknown", "unreadable", "refused")

MOST_FINDINGS = 200
"""Findings that are kept of one file; the rest are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that a file holds or does."""

    family: str
    """What it was found in: ``pickle``, ``zip``, ``onnx``, ``hdf5`` and so on."""
    kind: str
    """What it is, in one word that a policy may accept, for example ``dangerous-import``."""
    outcome: Outcome
    """What it makes of the file."""
    where: str
    """Member, offset, line or key inside the file; empty where it is the file as a whole."""
    said: Text
    """One sentence for a reader."""

    def to_json(self, path: str) -> dict[str, Json]:
        """Return the form that stands in a measurement's detail."""
        values: dict[str, Json] = {name: shown(value) for name, value in self.said.values.items()}
        return {
            "file": shown(path),
            "family": self.family,
            "kind": self.kind,
            "outcome": self.outcome,
            "where": shown(self.where),
            "said": {"template": self.said.template, "values": values},
        }


@dataclass(slots=True, kw_only=True)
class FileReport:
    """Everything that was found in one file."""

    path: str
    kind: str = "unknown"
    base: Outcome = "data"
    """What a file of that kind is where nothing was found in it."""
    findings: list[Finding] = field(default_factory=list)
    counted: dict[Outcome, int] = field(default_factory=dict)
    imports: dict[Global, None] = field(default_factory=dict)
    """Each import once, in the order in which it was met."""

    @property
    def outcome(self) -> Outcome:
        """The worst of what it is and what was found in it."""
        return max((self.base, *self.counted), key=ORDER.index)

    def add(self, finding: Finding) -> None:
        """Count a finding, and keep it unless there are very many."""
        self.counted[finding.outcome] = self.counted.get(finding.outcome, 0) + 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a policy allows; nothing of it ever comes from the submission."""

    allowed: frozenset[Global]
    accepted: frozenset[str] = frozenset()
    """Kinds of finding that count as code and not as refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look into a file or into a member of it: where it is, by what rules, and with how much left to read."""

    report: FileReport
    rules: Rules
    budget: Budget
    siblings: frozenset[str]
    """Every path of the submission."""
    members: tuple[str, ...] = ()
    depth: int = 0
    declared: str | None = None
    """The format that the submission declares for the file; None for a member."""

    @property
    def name(self) -> str:
        """The name that the bytes go by: the innermost member's, or the file's."""
        return self.members[-1] if self.members else self.report.path

    def inside(self, member: str) -> Look:
        """Return a look into a member of what is looked at."""
        return Look(
            report=self.report,
            rules=self.rules,
            budget=self.budget,
            siblings=self.siblings,
            members=(*self.members, member),
            depth=self.depth + 1,
        )

    def place(self, where: str = "") -> str:
        """Return where in the file something is, through every member."""
        return " > ".join(part for part in (*self.members, where) if part)

    def found(self, family: str, kind: str, outcome: Outcome, said: Text, where: str = "") -> None:
        """Note a finding."""
        if outcome == "refused" and kind in self.rules.accepted:
            outcome = "code"
        self.report.add(Finding(family=family, kind=kind, outcome=outcome, where=self.place(where), said=said))

    def is_code(self) -> None:
        """Note that what is looked at can run code when it is loaded."""
        if self.report.base == "data":
            self.report.base = "code"


def shown(value: Value, most: int = 200) -> str | int | float:
    """Return a value as a report may show it: foreign text cut, and without anything that could forge its surroundings.

    What no line of text should hold (controls, bidirectional marks, surrogates) is written as an escape.
    """
    if not isinstance(value, str):
        return value
    text = value[:most]
    return text if text.isprintable() else text.encode("unicode_escape").decode()
