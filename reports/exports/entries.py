"""What every export says of one requirement, joined from the record once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from proofbox.reports import vocabulary
from proofbox.reports.visible import visible
from proofbox.reports.waiving import waiver_line

if TYPE_CHECKING:
    from proofbox.policies.record import (
        Assessment,
        ControlRecord,
        CounterexampleRecord,
        Finding,
        MeasurementRecord,
        RequirementRecord,
    )
    from proofbox.reports.i18n import Translator

Standing = Literal["met", "broken", "open", "advice", "without"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in a file that a person wrote or gave."""

    file: str
    """Path with ``/``, as whoever reads the export will find it."""
    line: int = 1
    """1-based."""
    column: int = 1
    """1-based, in characters."""


Locations = Mapping[tuple[str, str], Sequence[Location]]
"""(policy, requirement) -> where to look, the place of the deciding key first, then rows of the data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One requirement as it was judged, with what the record says about it."""

    finding: Finding
    control: ControlRecord | None
    requirement: RequirementRecord | None
    measurements: tuple[MeasurementRecord, ...]
    cases: tuple[CounterexampleRecord, ...]
    locations: Sequence[Location] = field(default=())

    @property
    def standing(self) -> Standing:
        """What the finding means for a gate.

        ``met``: passed. ``broken``: a failed must. ``open``: a must without an answer. ``advice``: a should that failed
        or has no answer. ``without``: not applicable.
        """
        verdict = self.finding.verdict
        if verdict == "pass":
            return "met"
        if verdict == "not-applicable":
            return "without"
        if self.finding.level == "should":
            return "advice"
        return "broken" if verdict == "fail" else "open"

    @property
    def waived(self) -> bool:
        """Whether a waiver that holds stands beside the failure; it changes no verdict."""
        waiver = self.finding.waiver
        return waiver is not None and waiver.get("status") == "active"


def entries(assessment: Assessment, locations: Locations | None = None) -> tuple[Entry, ...]:
    """Return one entry for each finding, in the order of the policies."""
    measurements = {item.id: item for item in assessment.measurements}
    cases = {item.id: item for item in assessment.counterexamples}
    controls = {(policy.id, item.id): item for policy in assessment.policies for item in policy.controls}
    return tuple(_entry(finding, controls, measurements, cases, locations or {}) for finding in assessment.findings)


def _entry(
    finding: Finding,
    controls: Mapping[tuple[str, str], ControlRecord],
    measurements: Mapping[str, MeasurementRecord],
    cases: Mapping[str, CounterexampleRecord],
    locations: Locations,
) -> Entry:
    control = controls.get((finding.policy, finding.control))
    known: Iterable[RequirementRecord] = control.requirements if control else ()
    return Entry(
        finding=finding,
        control=control,
        requirement=next((item for item in known if item.id == finding.requirement), None),
        measurements=tuple(measurements[key] for key in finding.measurements if key in measurements),
        cases=tuple(cases[key] for key in finding.counterexamples if key in cases),
        locations=locations.get((finding.policy, finding.requirement), ()),
    )


def product_name(assessment: Assessment) -> str:
    """Return name and version of the product, every character of them visible."""
    product = assessment.subject.product
    return visible(" ".join(str(product[key]) for key in ("name", "version") if product.get(key)) or "–")


def title_of(entry: Entry, translator: Translator) -> str:
    """Return the control's title, or its id where the record has none."""
    return visible((translator.words(entry.control.title) if entry.control else "") or entry.finding.control)


def reason_of(entry: Entry, translator: Translator) -> str:
    """Return why this verdict, in one sentence, with the waiver that stands beside it."""
    said = visible(translator.sentence(entry.finding.reason))
    if entry.finding.waiver is None:
        return said
    return f"{said} [{visible(waiver_line(translator, entry.finding.waiver))}]"


def remedy_of(entry: Entry, translator: Translator) -> str:
    """Return what the policy advises to do; empty where it says nothing."""
    return visible(translator.words(entry.requirement.remediation)) if entry.requirement else ""


def cases_of(entry: Entry, translator: Translator) -> tuple[str, ...]:
    """Return one sentence for each counterexample."""
    return tuple(visible(translator.sentence(item.case.summary)) for item in entry.cases)


def verdict_word(entry: Entry, translator: Translator) -> str:
    """Return the verdict as a reader sees it."""
    return vocabulary.word(translator, vocabulary.VERDICTS, entry.finding.verdict)
