"""Judge evidence under policies: a pure function, the same on any machine years later.

Only ``pass`` satisfies a ``must``. Whatever is missing, broken or undecided leaves an assessment undetermined, so that
leaving evidence out never turns a no into a yes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from proofbox.checks.registry import CheckSpec
from proofbox.checks.text import Text, t
from proofbox.policies.canonical import task_key
from proofbox.policies.decide import Decision, decide
from proofbox.policies.errors import MisuseError
from proofbox.policies.expand import Expected, Planned, plan_requirements
from proofbox.policies.facts import Facts, applies
from proofbox.policies.loader import LoadedPolicy
from proofbox.policies.policy_record import policy_record
from proofbox.policies.reasons import reason_of, scope_of
from proofbox.policies.record import (
    Conclusion,
    CounterexampleRecord,
    CriterionRecord,
    Finding,
    MeasurementRecord,
    PolicyRecord,
    ReasonRecord,
    Verdict,
)

_WORST_FIRST: Mapping[Verdict, int] = {
    "fail": 0,
    "error": 1,
    "not-run": 2,
    "inconclusive": 3,
    "not-applicable": 4,
    "pass": 5,
}
"""A requirement that is judged on several attributes, groups or measures has the first of these that occurs."""

_VERDICTS: Mapping[str, Verdict] = {"pass": "pass", "fail": "fail", "not-finite": "error"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was measured, and what could not be."""

    measurements: tuple[MeasurementRecord, ...] = ()
    counterexamples: tuple[CounterexampleRecord, ...] = ()
    inapplicable: tuple[ReasonRecord, ...] = ()
    errors: tuple[ReasonRecord, ...] = ()
    not_run_reason: Text | None = None
    """Why what is missing was not run, for example that a gating requirement failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the policies say of the evidence."""

    conclusion: Conclusion
    findings: tuple[Finding, ...]
    """One for each requirement, in the order of the policies."""
    policies: tuple[PolicyRecord, ...]


def judge(
    policies: Sequence[LoadedPolicy],
    facts: Facts,
    evidence: Evidence,
    checks: Mapping[str, CheckSpec] | None = None,
) -> Judged:
    """Judge evidence under one or more policies.

    Raises
    ------
    MisuseError
        There is no policy, two have one id, or one names a check that this version does not have.
    """
    ids = [loaded.policy.id for loaded in policies]
    if not ids or len(ids) != len(set(ids)):
        raise MisuseError(f"got the policies {ids}, expected at least one and each once")
    index = _Index(evidence)
    findings: list[Finding] = []
    conclusions: list[Conclusion] = []
    for loaded in policies:
        planned = plan_requirements(loaded.policy, facts, checks)
        own = [_finding(loaded.policy.id, requirement, index) for requirement in planned]
        excluded = {item.requirement.id for item in planned if not _applies(item, facts)}
        conclusions.append(_conclusion([finding for finding in own if finding.requirement not in excluded]))
        findings += own
    return Judged(
        conclusion=_together(conclusions),
        findings=tuple(findings),
        policies=tuple(policy_record(loaded, facts) for loaded in policies),
    )


def _applies(planned: Planned, facts: Facts) -> bool:
    return applies(planned.control.applies_when, facts) and applies(planned.requirement.applies_when, facts)


def _conclusion(findings: Iterable[Finding]) -> Conclusion:
    verdicts = [finding.verdict for finding in findings if finding.level == "must"]
    if "fail" in verdicts:
        return "does-not-conform"
    # A policy of which no must applies has asked nothing, and nothing asked is nothing shown.
    return "conforms" if verdicts and set(verdicts) == {"pass"} else "undetermined"


def _together(conclusions: Sequence[Conclusion]) -> Conclusion:
    if "does-not-conform" in conclusions:
        return "does-not-conform"
    return "conforms" if set(conclusions) == {"conforms"} else "undetermined"


class _Index:
    """The evidence by task."""

    def __init__(self, evidence: Evidence) -> None:
        self.not_run = evidence.not_run_reason or t("this was not measured")
        self.measurements: dict[str, list[MeasurementRecord]] = {}
        self.counterexamples: dict[str, list[CounterexampleRecord]] = {}
        self.reasons: dict[str, list[tuple[Verdict, Text]]] = {}
        for measurement in evidence.measurements:
            self.measurements.setdefault(task_key(measurement.check, measurement.params), []).append(measurement)
        for case in sorted(evidence.counterexamples, key=lambda record: record.id):
            self.counterexamples.setdefault(task_key(case.check, case.params), []).append(case)
        self._reasons("error", evidence.errors)
        self._reasons("not-applicable", evidence.inapplicable)

    def _reasons(self, verdict: Verdict, records: Iterable[ReasonRecord]) -> None:
        for record in sorted(records, key=lambda record: str(record.reason)):
            self.reasons.setdefault(task_key(record.check, record.params), []).append((verdict, record.reason))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """One expected value, judged: a requirement is the worst of its parts."""

    verdict: Verdict
    reason: Text
    criterion: CriterionRecord | None = None
    measurement: str | None = None
    distance: float = 0.0
    rows_needed: int | None = None
    counterexamples: tuple[str, ...] = ()


def _finding(policy: str, planned: Planned, index: _Index) -> Finding:
    if planned.settled is not None:
        parts = [_Part(verdict=planned.settled[0], reason=planned.settled[1])]
    else:
        parts = [part for expected in planned.expected for part in _parts(expected, index)]
    parts.sort(key=lambda part: (_WORST_FIRST[part.verdict], part.distance, part.measurement or "", str(part.reason)))
    worst = parts[0]
    criterion = worst.criterion or (planned.expected[0].criterion if planned.expected else None)
    shown = [case for part in parts if part.verdict == worst.verdict for case in part.counterexamples]
    return Finding(
        policy=policy,
        control=planned.control.id,
        requirement=planned.requirement.id,
        level=planned.requirement.level,
        verdict=worst.verdict,
        reason=worst.reason,
        check=planned.requirement.evidence,
        criterion=criterion,
        measurements=tuple(dict.fromkeys(part.measurement for part in parts if part.measurement is not None)),
        counterexamples=tuple(dict.fromkeys(shown)),
        rows_needed=_rows_needed(parts) if worst.verdict == "inconclusive" else None,
        further=tuple(part.reason for part in parts[1:]),
    )


def _rows_needed(parts: Iterable[_Part]) -> int | None:
    needed = [part.rows_needed for part in parts if part.verdict == "inconclusive"]
    known = [rows for rows in needed if rows is not None]
    return max(known) if len(known) == len(needed) else None


def _parts(expected: Expected, index: _Index) -> list[_Part]:
    measured = index.measurements.get(expected.task, [])
    records = [record for record in measured if record.measure == expected.measure]
    if records:
        parts = [_part(expected, record, index) for record in records]
        return parts + [_unmeasured(expected, group) for group in _missing_groups(records, measured)]
    if measured:
        return [_unmeasured(expected, {})]
    given = index.reasons.get(expected.task, [("not-run", index.not_run)])
    return [_Part(verdict=verdict, reason=reason, criterion=expected.criterion) for verdict, reason in given]


def _missing_groups(
    records: Sequence[MeasurementRecord], measured: Sequence[MeasurementRecord]
) -> Iterable[Mapping[str, str]]:
    """Return groups that the check saw but gave no value of this measure for: a criterion is for every group."""
    seen = {tuple(sorted(record.group.items())) for record in records}
    if seen == {()}:
        return []
    return [dict(group) for group in sorted({tuple(sorted(record.group.items())) for record in measured} - seen - {()})]


def _unmeasured(expected: Expected, group: Mapping[str, str]) -> _Part:
    reason = t(
        "the check {check} ran, but the {measure}{scope} has no value for these data",
        check=expected.check,
        measure=expected.measure.replace("_", " "),
        scope=scope_of(expected.params, group),
    )
    return _Part(verdict="inconclusive", reason=reason, criterion=expected.criterion)


def _part(expected: Expected, measurement: MeasurementRecord, index: _Index) -> _Part:
    decision: Decision = decide(expected.criterion, measurement)
    verdict = _VERDICTS.get(decision.outcome, "inconclusive")
    cases = index.counterexamples.get(expected.task, []) if verdict in {"fail", "inconclusive"} else []
    return _Part(
        verdict=verdict,
        reason=reason_of(expected, measurement, decision),
        criterion=expected.criterion,
        measurement=measurement.id,
        distance=decision.distance,
        rows_needed=decision.rows_needed,
        counterexamples=tuple(case.id for case in cases if case.case.measure == expected.measure),
    )
