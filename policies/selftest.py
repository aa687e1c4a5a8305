"""Test a policy: every fixture must come out as it says, and every mutant must be noticed by a fixture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from proofbox.checks.byname import ChecksByName
from proofbox.checks.result import Interval
from proofbox.checks.spec import CheckSpec
from proofbox.policies.boundaries import derived
from proofbox.policies.canonical import measurement_id
from proofbox.policies.expand import expand
from proofbox.policies.facts import Facts
from proofbox.policies.fixtures import Case, Cases
from proofbox.policies.judge import Evidence, judge
from proofbox.policies.loader import LoadedPolicy
from proofbox.policies.model import Control, Policy
from proofbox.policies.mutants import Mutant, mutants
from proofbox.policies.record import AttestationRecord, Conclusion, MeasurementRecord, Verdict

Outcome = tuple[Verdict, Conclusion]


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongCase:
    """A fixture that came out otherwise than it says."""

    requirement: str
    number: int
    """Which of the requirement's fixtures, from 1."""
    expected: Outcome
    got: Outcome

    def __str__(self) -> str:
        """Return one line: which fixture, what was got, what it says."""
        got, expected = " / ".join(self.got), " / ".join(self.expected)
        return f"{self.requirement}: fixture {self.number}: got {got}, expected {expected}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTest:
    """What the fixtures of a policy say of it."""

    policy: str
    version: str
    requirements: int
    cases: int
    derived: tuple[str, ...]
    """Requirements that the file of fixtures does not have, tried by derived ones."""
    unknown: tuple[str, ...]
    """Requirements in the file of fixtures that the policy does not have."""
    wrong: tuple[WrongCase, ...]
    never_failed: tuple[str, ...]
    """Controls that no fixture fails."""
    mutants: int
    survivors: tuple[Mutant, ...]
    """Mutants that no fixture noticed."""

    @property
    def score(self) -> float:
        """The share of the mutants that a fixture noticed, in [0, 1]."""
        return 1 - len(self.survivors) / self.mutants

    @property
    def well(self) -> bool:
        """Whether nothing is left to mend."""
        return not (self.wrong or self.never_failed or self.survivors or self.unknown)


def all_fixtures(
    policy: Policy, own: Mapping[str, Cases], checks: Mapping[str, CheckSpec] | None = None
) -> list[Cases]:
    """Return the fixtures of every requirement in the order of the policy: its own, else derived ones."""
    known = ChecksByName() if checks is None else checks
    return [
        own.get(requirement.id) or derived(control, requirement, known.get(requirement.check or ""))
        for control in policy.controls
        for requirement in control.requirements
    ]


def selftest(loaded: LoadedPolicy, own: Mapping[str, Cases], checks: Mapping[str, CheckSpec] | None = None) -> SelfTest:
    """Try a policy by its fixtures, then each of its mutants.

    Each requirement is judged alone: what families of requirements and the number of attempts add is not tried.
    """
    known = ChecksByName() if checks is None else checks
    policy = loaded.policy
    fixtures = {entry.requirement: entry for entry in all_fixtures(policy, own, known)}
    wrong: list[WrongCase] = []
    survivors: list[Mutant] = []
    tried = 0
    for control in policy.controls:
        for requirement in control.requirements:
            cases = fixtures[requirement.id]
            alone = control.model_copy(update={"requirements": (requirement,)})
            wrong += _wrong(policy, alone, cases, known)
            for mutant in mutants(control, requirement, known.get(requirement.check or "")):
                tried += 1
                if not any(True for _ in _wrong(policy, mutant.control, cases, known)):
                    survivors.append(mutant)
    return SelfTest(
        policy=policy.id,
        version=policy.version,
        requirements=len(fixtures),
        cases=sum(len(entry.cases) for entry in fixtures.values()),
        derived=tuple(name for name in fixtures if name not in own),
        unknown=tuple(sorted(own.keys() - fixtures.keys())),
        wrong=tuple(wrong),
        never_failed=tuple(control.id for control in policy.controls if not _fails(control, fixtures)),
        mutants=tried,
        survivors=tuple(survivors),
    )


def _fails(control: Control, fixtures: Mapping[str, Cases]) -> bool:
    entries = (fixtures[requirement.id] for requirement in control.requirements)
    return any(case.verdict == "fail" for entry in entries for case in entry.cases)


def _wrong(policy: Policy, alone: Control, entry: Cases, checks: Mapping[str, CheckSpec]) -> Iterator[WrongCase]:
    reduced = LoadedPolicy(
        policy=policy.model_copy(update={"controls": (alone,), "families": (), "attempts": None}), digest="", sources=()
    )
    for number, case in enumerate(entry.cases, 1):
        got = _outcome(reduced, alone, case, entry.measure, checks)
        if got != (case.verdict, case.conclusion):
            yield WrongCase(
                requirement=entry.requirement, number=number, expected=(case.verdict, case.conclusion), got=got
            )


def _outcome(
    reduced: LoadedPolicy, alone: Control, case: Case, measure: str | None, checks: Mapping[str, CheckSpec]
) -> Outcome:
    facts = _facts(alone, case, measure)
    evidence = Evidence(
        measurements=tuple(_measured(reduced.policy, facts, case, measure, checks)),
        attestations=_attested(alone, case),
        judged_on="2026-06-30",
    )
    judged = judge([reduced], facts, evidence, checks)
    return judged.findings[0].verdict, judged.conclusion


def _facts(alone: Control, case: Case, measure: str | None) -> Facts:
    criterion = alone.requirements[0].criterion
    claims = criterion is not None and criterion.threshold is None
    return Facts(
        **case.product.model_dump(),
        sensitive=("first", "second"),
        declared_performance=((measure or "", case.declared),) if claims and case.declared is not None else (),
        declared_thresholds={} if case.declared is None else {alone.id: case.declared},
    )


def _attested(alone: Control, case: Case) -> tuple[AttestationRecord, ...]:
    said = case.attestation
    if said is None:
        return ()
    record = AttestationRecord(
        requirement=alone.requirements[0].id,
        policy="",
        answer="no" if said == "no" else "yes",
        statement="",
        signer="" if said == "unsigned" else "A person",
        role="" if said == "unsigned" else "responsible",
        date="2026-01-01",
        expires="2026-06-29" if said == "expired" else "2026-12-31",
        document="document.pdf",
        document_sha256="0" * 64,
        received_sha256=("1" if said == "other-document" else "0") * 64,
    )
    return (record,)


def _measured(
    policy: Policy, facts: Facts, case: Case, measure: str | None, checks: Mapping[str, CheckSpec]
) -> Iterator[MeasurementRecord]:
    if case.value is None:
        return
    interval = case.interval and Interval(
        low=case.interval[0], high=case.interval[1], confidence=case.confidence, method="fixture"
    )
    for item in expand(policy, facts, checks):
        if item.measure == measure:
            yield MeasurementRecord(
                id=measurement_id(item.check, item.params, item.measure, {}),
                check=item.check,
                params=item.params,
                measure=item.measure,
                value=case.value,
                interval=interval,
                sample_size=1000,
                group={},
                detail={},
            )
