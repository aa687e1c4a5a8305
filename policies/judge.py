"""Judge evidence under policies: a pure function, the same on any machine years later.

Only ``pass`` satisfies a ``must``. Whatever is missing, broken or undecided leaves an assessment undetermined, so that
leaving evidence out never turns a no into a yes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from proofbox.checks.result import Json
from proofbox.checks.spec import CheckSpec
from proofbox.policies.attempts import Tries
from proofbox.policies.attested import attested
from proofbox.policies.errors import MisuseError
from proofbox.policies.expand import Planned, plan_requirements
from proofbox.policies.facts import Facts, applies
from proofbox.policies.families import Shared, families_by_requirement
from proofbox.policies.loader import LoadedPolicy
from proofbox.policies.model import Policy
from proofbox.policies.parts import Evidence, Index, Part, members_of, parts_of
from proofbox.policies.policy_record import policy_record
from proofbox.policies.power import CHANCE
from proofbox.policies.record import Conclusion, Finding, PolicyRecord, Verdict

__all__ = ["Evidence", "Judged", "judge"]

_WORST_FIRST: Mapping[Verdict, int] = {
    "fail": 0,
    "error": 1,
    "not-run": 2,
    "inconclusive": 3,
    "not-applicable": 4,
    "pass": 5,
}
"""A requirement that is judged on several attributes, groups or measures has the first of these that occurs."""


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
    *,
    settle: bool = True,
) -> Judged:
    """Judge evidence under one or more policies.

    Parameters
    ----------
    settle
        Whether to say of what is inconclusive how many further rows would settle it; no verdict rests on that, and
        it takes most of the time.

    Raises
    ------
    MisuseError
        There is no policy, two have one id, or one names a check that this version does not have.
    """
    ids = [loaded.policy.id for loaded in policies]
    if not ids or len(ids) != len(set(ids)):
        raise MisuseError(f"got the policies {ids}, expected at least one and each once")
    index = Index(evidence, settle=settle)
    findings: list[Finding] = []
    conclusions: list[Conclusion] = []
    for loaded in policies:
        planned = plan_requirements(loaded.policy, facts, checks)
        index.tries = Tries.of(loaded.policy, evidence.attempt)
        asked = _asked(loaded.policy, planned, index)
        own = [_finding(loaded.policy.id, item, index, asked.get(item.requirement.id)) for item in planned]
        excluded = {item.requirement.id for item in planned if not _applies(item, facts)}
        conclusions.append(_conclusion([finding for finding in own if finding.requirement not in excluded]))
        findings += own
    return Judged(
        conclusion=_together(conclusions),
        findings=tuple(findings),
        policies=tuple(policy_record(loaded, facts) for loaded in policies),
    )


def _asked(policy: Policy, planned: Sequence[Planned], index: Index) -> dict[str, Shared]:
    """Return requirement id -> what its family asks of its members."""
    if not policy.families:
        return {}
    members = {
        item.requirement.id: [member for expected in item.expected for member in members_of(expected, index)]
        for item in planned
    }
    return families_by_requirement(policy, members, index.tries)


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


def _finding(policy: str, planned: Planned, index: Index, shared: Shared | None) -> Finding:
    asked = planned.requirement.attestation
    if asked is not None and planned.settled is not None and planned.settled[0] == "not-run":
        evidence = index.evidence
        verdict, reason = attested(asked, (policy, planned.requirement.id), evidence.attestations, evidence.judged_on)
        parts = [Part(verdict=verdict, reason=reason)]
    elif planned.settled is not None:
        parts = [Part(verdict=planned.settled[0], reason=planned.settled[1])]
    else:
        parts = [part for expected in planned.expected for part in parts_of(expected, index, shared)]
    parts.sort(key=lambda part: (_WORST_FIRST[part.verdict], part.distance, part.measurement or "", str(part.reason)))
    worst = parts[0]
    criterion = worst.criterion or (planned.expected[0].criterion if planned.expected else None)
    shown = [case for part in parts if part.verdict == worst.verdict for case in part.counterexamples]
    finding = Finding(
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
        family=None if shared is None or criterion is None else shared.of(criterion),
        further=tuple(part.reason for part in parts[1:]),
    )
    return _with_rows_needed(finding, parts) if worst.verdict == "inconclusive" else finding


def _with_rows_needed(finding: Finding, parts: Iterable[Part]) -> Finding:
    """Return a finding with what would settle all its parts that are inconclusive, where that is known of each."""
    needed = [part.settling for part in parts if part.verdict == "inconclusive"]
    rows = [one.rows for one in needed if one is not None and one.rows is not None]
    only = needed[0].group if len(needed) == 1 and needed[0] is not None else None
    group: dict[str, Json] | None = None
    if only is not None:
        group = {"group": dict(only.group), "rate": only.rate, "rows": only.rows, "itself": only.itself}
    if len(rows) < len(needed):
        rows = []
    return replace(
        finding,
        rows_needed=max(rows, default=None),
        rows_needed_group=group,
        rows_needed_chance=CHANCE if rows or group else None,
    )
