"""What each requirement expects, found in the evidence and judged: a requirement is the worst of its parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from proofbox.checks.text import Text, t
from proofbox.policies.attempts import Tries
from proofbox.policies.canonical import task_key
from proofbox.policies.decide import Decision, Levels, decide, what_settles
from proofbox.policies.expand import Expected
from proofbox.policies.families import Member, Shared
from proofbox.policies.power import Settling
from proofbox.policies.reasons import Judging, reason_of, scope_of
from proofbox.policies.record import (
    AttestationRecord,
    CounterexampleRecord,
    CriterionRecord,
    MeasurementRecord,
    ReasonRecord,
    Verdict,
)
from proofbox.policies.settling import percent

_VERDICTS: Mapping[str, Verdict] = {"pass": "pass", "fail": "fail", "not-finite": "error"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was measured, and what could not be."""

    measurements: tuple[MeasurementRecord, ...] = ()
    counterexamples: tuple[CounterexampleRecord, ...] = ()
    inapplicable: tuple[ReasonRecord, ...] = ()
    errors: tuple[ReasonRecord, ...] = ()
    attestations: tuple[AttestationRecord, ...] = ()
    judged_on: str = ""
    """The day that attestations are judged for, ``YYYY-MM-DD``; empty where none was given."""
    not_run_reason: Text | None = None
    """Why what is missing was not run, for example that a gating requirement failed."""
    attempt: int | None = None
    """Which attempt of the provider on the same evaluation data this is, from 1; None where no ledger says."""


class Index:
    """The evidence by task."""

    def __init__(self, evidence: Evidence, *, settle: bool = True) -> None:
        self.evidence = evidence
        self.settle = settle
        """Whether to say how many further rows would settle what is inconclusive, which takes most of the time."""
        self.tries = Tries()
        """What the policy that is being judged asks of the number of attempts."""
        self.not_run = evidence.not_run_reason or t("this was not measured")
        self.measurements: dict[str, list[MeasurementRecord]] = {}
        self.counterexamples: dict[str, list[CounterexampleRecord]] = {}
        self._said: dict[str, list[tuple[Verdict, ReasonRecord]]] = {}
        for measurement in evidence.measurements:
            self.measurements.setdefault(task_key(measurement.check, measurement.params), []).append(measurement)
        for case in sorted(evidence.counterexamples, key=lambda record: record.id):
            self.counterexamples.setdefault(task_key(case.check, case.params), []).append(case)
        self._reasons("error", evidence.errors)
        self._reasons("not-applicable", evidence.inapplicable)

    def _reasons(self, verdict: Verdict, records: Iterable[ReasonRecord]) -> None:
        for record in sorted(records, key=lambda record: str(record.reason)):
            self._said.setdefault(task_key(record.check, record.params), []).append((verdict, record))

    def reasons(self, task: str, measure: str) -> list[tuple[Verdict, Text]]:
        """Return why a task gave no value of a measure, as far as anything was said of it."""
        said = self._said.get(task, [])
        return [(verdict, one.reason) for verdict, one in said if not one.measures or measure in one.measures]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One expected value, judged: a requirement is the worst of its parts."""

    verdict: Verdict
    reason: Text
    criterion: CriterionRecord | None = None
    measurement: str | None = None
    distance: float = 0.0
    settling: Settling | None = None
    counterexamples: tuple[str, ...] = ()


def parts_of(expected: Expected, index: Index, shared: Shared | None) -> list[Part]:
    """Return what was measured of one expected measure, judged; ``shared`` is what the requirement's family asks."""
    measured = index.measurements.get(expected.task, [])
    records = [record for record in measured if record.measure == expected.measure]
    if records:
        parts = [_part(expected, record, index, shared) for record in records]
        return parts + [_unmeasured(expected, group) for group in _missing_groups(records, measured)]
    given = index.reasons(expected.task, expected.measure)
    if measured and not given:
        return [_unmeasured(expected, {})]
    given = given or [("not-run", index.not_run)]
    return [Part(verdict=verdict, reason=reason, criterion=expected.criterion) for verdict, reason in given]


def members_of(expected: Expected, index: Index) -> list[Member]:
    """Return the results that one expected measure brings to a family; one that was not measured counts as one."""
    found = [record for record in index.measurements.get(expected.task, []) if record.measure == expected.measure]
    measured: list[MeasurementRecord | None] = [*found] if found else [None]
    return [Member(criterion=expected.criterion, measurement=record) for record in measured]


def _missing_groups(
    records: Sequence[MeasurementRecord], measured: Sequence[MeasurementRecord]
) -> Iterable[Mapping[str, str]]:
    """Return groups that the check saw but gave no value of this measure for: a criterion is for every group."""
    seen = {tuple(sorted(record.group.items())) for record in records}
    if seen == {()}:
        return []
    return [dict(group) for group in sorted({tuple(sorted(record.group.items())) for record in measured} - seen - {()})]


def _unmeasured(expected: Expected, group: Mapping[str, str]) -> Part:
    reason = t(
        "the check {check} ran, but the {measure}{scope} has no value for these data",
        check=expected.check,
        measure=expected.measure.replace("_", " "),
        scope=scope_of(expected.params, group),
    )
    return Part(verdict="inconclusive", reason=reason, criterion=expected.criterion)


def _part(expected: Expected, measurement: MeasurementRecord, index: Index, shared: Shared | None) -> Part:
    judging = _judging(expected.criterion, index.tries, shared)
    decision: Decision = decide(expected.criterion, measurement, judging.levels)
    settling = what_settles(expected.criterion, measurement, decision) if index.settle else None
    verdict = _VERDICTS.get(decision.outcome, "inconclusive")
    if verdict == "pass" and index.tries.unknown and expected.criterion.decision_rule == "guarded":
        verdict = "inconclusive"
    cases = index.counterexamples.get(expected.task, []) if verdict in {"fail", "inconclusive"} else []
    return Part(
        verdict=verdict,
        reason=reason_of(expected, measurement, decision, settling, judging),
        criterion=expected.criterion,
        measurement=measurement.id,
        distance=decision.distance,
        settling=settling,
        counterexamples=tuple(case.id for case in cases if case.case.measure == expected.measure),
    )


def _judging(criterion: CriterionRecord, tries: Tries, shared: Shared | None) -> Judging:
    if shared is not None:
        levels = shared.levels(criterion)
    else:
        levels = Levels(passing=tries.passing(criterion.confidence), failing=criterion.confidence)
    guarded = criterion.decision_rule == "guarded"
    return Judging(
        levels=levels,
        family=None if shared is None else shared.of(criterion),
        tries=tries.clause(percent(levels.passing)) if guarded else None,
    )
