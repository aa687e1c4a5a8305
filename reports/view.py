"""What the page shows, laid out from the record: sorted and grouped, nothing computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from proofbox.policies.record import (
    Assessment,
    ControlRecord,
    CounterexampleRecord,
    Finding,
    MeasurementRecord,
    PolicyRecord,
    ReferenceRecord,
    RequirementRecord,
)
from proofbox.reports import vocabulary
from proofbox.reports.closer import CurveView, MovedColumn, curves, moved
from proofbox.reports.conduct import ConductView, conduct_view
from proofbox.reports.expiry import expiry_warning
from proofbox.reports.figures import Chart, criterion_figure
from proofbox.reports.i18n import Translator
from proofbox.reports.rates import RatesView, rates_views
from proofbox.reports.walls import WallsView, walls_view
from proofbox.reports.worstgroups import WorstView, worst_views

OPEN_VERDICTS = ("inconclusive", "error", "not-run")
"""Verdicts that leave a requirement without an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding with everything it refers to."""

    finding: Finding
    control: ControlRecord | None
    requirement: RequirementRecord | None
    measurements: tuple[MeasurementRecord, ...]
    cases: tuple[CounterexampleRecord, ...]
    chart: Chart | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlView:
    """A control with the findings under it; ``control`` is None for findings whose control the record lacks."""

    control: ControlRecord | None
    references: tuple[tuple[ReferenceRecord, str], ...]
    """One reference for each way that the control points to a framework, with all its clauses."""
    findings: tuple[FindingView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView:
    """A policy with its controls, and a warning where its reading of the law has grown old."""

    policy: PolicyRecord
    controls: tuple[ControlView, ...]
    warning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportView:
    """The whole page."""

    policies: tuple[PolicyView, ...]
    failed: tuple[FindingView, ...]
    """Failed ``must`` requirements, in the order of the policies."""
    open: tuple[FindingView, ...]
    """``must`` requirements without an answer."""
    unsettled: tuple[FindingView, ...]
    """Every finding without an answer, of either level."""
    tally: tuple[tuple[str, int, int], ...]
    """Verdict, number of ``must``, number of ``should``."""
    advised: tuple[FindingView, ...]
    """Failed ``should`` requirements."""
    smallest: CounterexampleRecord | None
    """Of the counterexamples of failed requirements, the one in which the fewest inputs differ; a ``must``'s first."""
    rates: tuple[RatesView, ...]
    worst: tuple[WorstView, ...]
    """The groups that fare most differently from everybody else."""
    curves: tuple[CurveView, ...]
    """Probabilities against what happened."""
    moved: tuple[MovedColumn, ...]
    """The columns that were compared between evaluation and training data."""
    unjudged_cases: tuple[CounterexampleRecord, ...]
    """Counterexamples that no finding refers to."""
    walls: WallsView
    conduct: ConductView | None
    """What the model did beside answering; None where the record does not say."""
    methods: tuple[str, ...]
    measures: tuple[str, ...]


def build_view(assessment: Assessment, translator: Translator) -> ReportView:
    """Lay out the page for one assessment in one language."""
    found = tuple(_findings(assessment, translator))
    musts = tuple(item for item in found if item.finding.level == "must")
    tally: Counter[tuple[str, str]] = Counter((item.finding.verdict, item.finding.level) for item in found)
    failed = sorted((item for item in found if item.finding.verdict == "fail"), key=lambda item: item.finding.level)
    shown = {case.id for item in found for case in item.cases}
    return ReportView(
        policies=tuple(_policy(policy, found, assessment, translator) for policy in assessment.policies),
        failed=tuple(item for item in musts if item.finding.verdict == "fail"),
        open=tuple(item for item in musts if item.finding.verdict in OPEN_VERDICTS),
        unsettled=tuple(item for item in found if item.finding.verdict in OPEN_VERDICTS),
        tally=tuple((name, tally[name, "must"], tally[name, "should"]) for name in vocabulary.VERDICTS),
        advised=tuple(item for item in failed if item.finding.level == "should"),
        smallest=min((case for item in failed for case in item.cases), key=_inputs_changed, default=None),
        rates=tuple(rates_views(assessment.measurements, translator)),
        worst=tuple(worst_views(assessment.measurements, translator)),
        curves=tuple(curves(assessment.measurements, translator)),
        moved=moved(assessment.measurements),
        unjudged_cases=tuple(case for case in assessment.counterexamples if case.id not in shown),
        walls=walls_view(assessment.run.selfcheck, assessment.run.limits),
        conduct=conduct_view(assessment.run.detail),
        methods=tuple(sorted({item.interval.method for item in assessment.measurements if item.interval})),
        measures=tuple(sorted({item.measure for item in assessment.measurements})),
    )


def _inputs_changed(record: CounterexampleRecord) -> int:
    return len(record.case.changed)


def _findings(assessment: Assessment, translator: Translator) -> Iterable[FindingView]:
    measurements = {item.id: item for item in assessment.measurements}
    cases = {item.id: item for item in assessment.counterexamples}
    controls = {(policy.id, item.id): item for policy in assessment.policies for item in policy.controls}
    for finding in assessment.findings:
        control = controls.get((finding.policy, finding.control))
        requirements = control.requirements if control else ()
        rests_on = tuple(measurements[key] for key in finding.measurements if key in measurements)
        yield FindingView(
            finding=finding,
            control=control,
            requirement=next((item for item in requirements if item.id == finding.requirement), None),
            measurements=rests_on,
            cases=tuple(cases[key] for key in finding.counterexamples if key in cases),
            chart=criterion_figure(finding, rests_on, translator),
        )


def _policy(
    policy: PolicyRecord, found: tuple[FindingView, ...], assessment: Assessment, translator: Translator
) -> PolicyView:
    mine = tuple(item for item in found if item.finding.policy == policy.id)
    views = tuple(
        ControlView(
            control=control,
            references=_references(control),
            findings=tuple(item for item in mine if item.control is control),
        )
        for control in policy.controls
    )
    orphans = tuple(item for item in mine if item.control is None)
    if orphans:
        views = (*views, ControlView(control=None, references=(), findings=orphans))
    return PolicyView(policy=policy, controls=views, warning=expiry_warning(policy, assessment, translator))


def _references(control: ControlRecord) -> tuple[tuple[ReferenceRecord, str], ...]:
    clauses: dict[tuple[str, str, str], list[ReferenceRecord]] = {}
    for item in control.references:
        clauses.setdefault((item.framework, item.relation, item.confidence), []).append(item)
    return tuple((items[0], ", ".join(item.clause for item in items)) for items in clauses.values())
