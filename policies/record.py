"""The record of an assessment: what ``assessment.json`` holds, and nothing that produces it.

Everything here is frozen; ``to_json`` and ``from_json`` (``record_json.py``) are each other's inverse. Timings and host
facts stand in ``run`` alone, so that everything else is byte-identical between two runs with one seed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from proofbox.checks.result import Counterexample, Interval, Json
from proofbox.checks.text import Text
from proofbox.policies.terms import Controlled, Level, Origin, Procedure

SCHEMA = "proofbox/assessment/v1"

Conclusion = Literal["conforms", "does-not-conform", "undetermined"]
Verdict = Literal["pass", "fail", "inconclusive", "not-applicable", "error", "not-run"]

Words = Mapping[str, str]
"""A text that a policy gives in every language: language code -> text."""
SignatureState = Literal["verified", "unsigned", "not-checked", "wrong", "missing"]
"""``not-checked``: signed, and no public key was given; ``wrong``: something else was signed, or with another key;
``missing``: unsigned, although a key was given to verify it with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurementRecord:
    """A measurement with the check and the parameters that gave it."""

    id: str
    """``m-`` and 16 hex digits over (check, params, measure, group): the same in every run."""
    check: str
    params: Mapping[str, Json]
    measure: str
    value: float
    interval: Interval | None
    sample_size: int
    group: Mapping[str, str]
    detail: Mapping[str, Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonRecord:
    """A check that could not measure: not applicable to this subject, or ended in an error."""

    check: str
    params: Mapping[str, Json]
    reason: Text
    measures: tuple[str, ...] = ()
    """The measures that it is said of; empty where it is said of all that the check has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterexampleRecord:
    """A counterexample with the check and the parameters that found it."""

    id: str
    """``c-`` and 16 hex digits over its content; its file is ``counterexamples/<id>.json``."""
    check: str
    params: Mapping[str, Json]
    case: Counterexample


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationRecord:
    """What a person stated about a requirement; a text that was not given is empty."""

    requirement: str
    policy: str
    """Id of the policy that it is for; empty for every policy that has such a requirement."""
    answer: Literal["yes", "no"]
    statement: str
    signer: str
    role: str
    date: str
    """``YYYY-MM-DD``."""
    expires: str
    """The last day on which it holds, ``YYYY-MM-DD``."""
    document: str
    """Path inside the submission."""
    document_sha256: str
    """Of the document that the signer read."""
    received_sha256: str
    """Of the document in the submission; empty where there is none at that path."""
    signature: SignatureState = "unsigned"
    """What the signature beside it was worth when the statements were read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionRecord:
    """The criterion as it was applied: after overlays and the provider's declarations."""

    measure: str
    comparison: Literal["at_least", "at_most", "equals", "between"]
    threshold: float | tuple[float, float]
    decision_rule: Literal["guarded", "simple"]
    confidence: float
    origin: Origin
    policy_threshold: float | tuple[float, float] | None = None
    """The policy's own threshold where the provider's declaration replaced it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyRecord:
    """The family of requirements that a finding was judged in, and the confidences that this brought about."""

    id: str
    procedure: Procedure
    controls: Controlled
    confidence: float
    """Of the whole family: one less the error that is shared among its members."""
    members: int
    """Results that share the error: each attribute, group and measure of each requirement is one."""
    fail_confidence: float
    """Confidence of the interval that a result had to fail by."""
    pass_confidence: float
    """Confidence of the interval that a result had to pass by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One requirement, judged."""

    policy: str
    """Id of the policy that the requirement stands in."""
    control: str
    requirement: str
    level: Level
    verdict: Verdict
    reason: Text
    """Why this verdict, in one sentence with the numbers in it."""
    check: str
    criterion: CriterionRecord | None
    measurements: tuple[str, ...]
    """Ids of the measurements that the verdict rests on, the deciding one first."""
    counterexamples: tuple[str, ...]
    """Ids of the counterexamples that show the failure."""
    rows_needed: int | None = None
    """Further rows of the same composition that would settle an inconclusive finding with ``rows_needed_chance``."""
    rows_needed_group: Mapping[str, Json] | None = None
    """``{group, rate, rows, itself}``: the one group in which the fewest further rows alone would settle it; ``itself``
    where the value is of that group alone."""
    rows_needed_chance: float | None = None
    """Probability with which the rows needed settle it, were the true values what was measured."""
    family: FamilyRecord | None = None
    waiver: Mapping[str, Json] | None = None
    further: tuple[Text, ...] = ()
    """Reasons for the other attributes, groups or measures that the requirement was judged on, the worst first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequirementRecord:
    """What a report shows of a requirement, copied from the policy so that the record reads alone."""

    id: str
    level: Level
    check: str
    remediation: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceRecord:
    """One clause that a control points to."""

    framework: str
    clause: str
    relation: str
    source: str
    confidence: str
    """How well the clause is known: ``V`` text read, ``V2`` secondary source read (shared reading notes)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlRecord:
    """What a report shows of a control, copied from the policy."""

    policy: str
    id: str
    title: Words
    objective: Words
    references: tuple[ReferenceRecord, ...]
    requirements: tuple[RequirementRecord, ...]
    applies: bool
    """False where the control's ``applies_when`` excludes this product; its findings are then ``not-applicable``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyRecord:
    """One policy as it was applied."""

    id: str
    version: str
    digest: str
    """sha256 over the canonical form of the policy with everything it extends, 64 hex digits."""
    title: Words
    checked_on: str
    expires_on: str
    controls: tuple[ControlRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRecord:
    """What was assessed, by digest."""

    digest: str
    files: tuple[Mapping[str, Json], ...]
    """``{path, size, sha256}`` of every file, sorted by path."""
    product: Mapping[str, Json]
    model: Mapping[str, Json] | None
    data: Mapping[str, Json]
    declared: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRecord:
    """Which attempt an assessment is, as a ledger numbered it before anything was measured."""

    number: int
    """Which attempt of this product, from 1."""
    on_data: int
    """Which attempt of this provider on the same evaluation data, from 1."""
    entry: int
    """Number of the ledger's entry, from 1."""
    commitment: str
    """sha256 of the entry, 64 hex digits: it names policies, subject, data and seed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """How and where it ran: the only part that differs between two runs with one seed."""

    seed: int
    started_at: str
    finished_at: str
    version: str
    executor: str
    selfcheck: Mapping[str, Json]
    limits: Mapping[str, Json]
    runner: str
    packages: Mapping[str, str]
    platform: str
    detail: Mapping[str, Json] = field(default_factory=dict)
    """Model queries planned and made, seconds per step, what the model itself attempted."""
    attempt: AttemptRecord | None = None
    """None where no ledger was kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """One or more policies applied to one subject at one time."""

    conclusion: Conclusion
    subject: SubjectRecord
    policies: tuple[PolicyRecord, ...]
    findings: tuple[Finding, ...]
    measurements: tuple[MeasurementRecord, ...]
    counterexamples: tuple[CounterexampleRecord, ...]
    inapplicable: tuple[ReasonRecord, ...]
    errors: tuple[ReasonRecord, ...]
    run: RunRecord
    attestations: tuple[AttestationRecord, ...] = ()
    """What persons stated, for what no test can show."""
