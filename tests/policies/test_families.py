"""Families of requirements: who is in one, by what confidence its members are judged, and that the error is held."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofbox.checks.intervals import wilson
from proofbox.checks.result import Interval
from proofbox.checks.statistics.gaps import Family as Counts
from proofbox.checks.statistics.gaps import difference_interval
from proofbox.policies.decide import decide
from proofbox.policies.errors import BadPolicyError
from proofbox.policies.expand import expand
from proofbox.policies.facts import Facts
from proofbox.policies.families import Member, shared
from proofbox.policies.judge import Evidence, judge
from proofbox.policies.loader import lint, load_policy, policy_digest
from proofbox.policies.model import Family
from proofbox.policies.record import CriterionRecord, MeasurementRecord

FACTS = Facts(risk_tier="high", task="binary-classification", sensitive=("sex", "race"))
AT_LEAST = CriterionRecord(
    measure="m", comparison="at_least", threshold=0.8, decision_rule="guarded", confidence=0.95, origin="law"
)


def family(**given) -> Family:
    return Family.model_validate({"id": "F", "requirements": ["R"]} | given)


def member(successes: int, trials: int, criterion=AT_LEAST) -> Member:
    record = MeasurementRecord(
        id="m-0",
        check="c",
        params={},
        measure="m",
        value=successes / trials,
        interval=wilson(successes, trials, 0.95),
        sample_size=trials,
        group={},
        detail={},
    )
    return Member(criterion=criterion, measurement=record)


def p_value(one: Member, verdict: str) -> float:
    """Return the error at which a member is just decided, by halving: what Holm's own paper works with."""
    from proofbox.policies.decide import Levels

    low, high = 1e-12, 1.0 - 1e-9
    for _ in range(60):
        middle = (low * high) ** 0.5
        levels = Levels(passing=1 - middle, failing=1 - middle)
        decided = decide(one.criterion, one.measurement, levels).outcome == verdict
        low, high = (low, middle) if decided else (middle, high)
    return high


def rejected_by_hand(p_values: list[float], alpha: float, procedure: str) -> set[int]:
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    m = len(order)
    if procedure == "holm":
        kept = list(itertools.takewhile(lambda step: p_values[order[step]] <= alpha / (m - step), range(m)))
        return {order[step] for step in kept}
    last = max((step for step in range(m) if p_values[order[step]] <= alpha * (step + 1) / m), default=-1)
    return set(order[: last + 1])


results = st.lists(st.tuples(st.integers(0, 400), st.just(400)), min_size=1, max_size=8)


@pytest.mark.parametrize("procedure", ["holm", "benjamini-hochberg"])
@given(results, st.sampled_from([0.9, 0.95, 0.99]))
@settings(max_examples=20, deadline=None)
def test_the_steps_by_confidence_are_the_steps_by_p_value(procedure, counts, confidence):
    # The members' own confidence must not stand in the way of the comparison.
    plain = replace(AT_LEAST, confidence=0.5)
    members = [member(x, n, plain) for x, n in counts]
    asked = shared(family(procedure=procedure, confidence=confidence, controls="both"), members)
    for verdict in ("fail", "pass"):
        expected = rejected_by_hand([p_value(one, verdict) for one in members], 1 - confidence, procedure)
        found = {
            place
            for place, one in enumerate(members)
            if decide(plain, one.measurement, asked.levels(plain)).outcome == verdict
        }
        assert found == expected


def test_holm_by_hand():
    # Three results: clearly low, low at 97.5 % but not at 98.33 %, and on the threshold.
    members = [member(100, 200), member(148, 200), member(160, 200)]
    asked = shared(family(), members)
    # One is decided at 1 - 0.05/3; the other two share the error: 97.5 % each.
    assert (asked.fail, asked.passing) == (pytest.approx(0.975), 0.0)
    assert asked.levels(AT_LEAST).passing == 0.95
    assert shared(family(), members[1:]).fail == pytest.approx(0.975)
    assert shared(family(), members[:1]).fail == pytest.approx(0.95)
    assert shared(family(procedure="benjamini-hochberg"), members).fail == pytest.approx(1 - 0.05 / 3)


def test_what_was_not_measured_shares_the_error():
    members = [member(148, 200), Member(criterion=AT_LEAST, measurement=None)]
    assert shared(family(), members).record.members == 2
    assert shared(family(), members).fail == pytest.approx(0.975)


def test_no_member_is_judged_with_less_than_its_own_confidence():
    strict = replace(AT_LEAST, confidence=0.999)
    assert shared(family(), [member(100, 200, strict)]).levels(strict).failing == 0.999


@given(results, results)
@settings(max_examples=30, deadline=None)
def test_a_larger_family_never_decides_more(some, others):
    few, many = [member(x, n) for x, n in some], [member(x, n) for x, n in [*some, *others]]
    for_few, for_many = shared(family(controls="both"), few), shared(family(controls="both"), many)
    undecided = [one for one in others if 280 < one[0] < 350]
    if len(undecided) == len(others):
        assert for_many.fail >= for_few.fail - 1e-12
    for one in few:
        alone = decide(AT_LEAST, one.measurement).outcome
        together = decide(AT_LEAST, one.measurement, for_few.levels(AT_LEAST)).outcome
        assert together in {alone, "across"}


@pytest.mark.parametrize(("procedure", "good"), [("holm", 8), ("benjamini-hochberg", 5)])
def test_the_error_of_the_family_is_held(procedure, good):
    """Eight requirements on real gaps; ``good`` of them are met, and just so: the hardest to tell apart."""
    rng, tries = np.random.default_rng(1979), 250
    at_most = replace(AT_LEAST, comparison="at_most", threshold=0.2)
    wrong, shares, alone = 0, [], 0
    for _ in range(tries):
        members = []
        for place in range(8):
            gap = 0.2 if place < good else 0.35
            x = rng.binomial(150, [0.5, 0.5 + gap])
            counts = Counts(successes=x, trials=np.array([150, 150]))
            record = replace(
                member(1, 2).measurement, value=counts.difference, interval=difference_interval([counts], 0.95)
            )
            members.append(Member(criterion=at_most, measurement=record))
        levels = shared(family(procedure=procedure), members).levels(at_most)
        failed = [decide(at_most, one.measurement, levels).outcome == "fail" for one in members]
        wrong += any(failed[:good])
        alone += any(decide(at_most, one.measurement).outcome == "fail" for one in members[:good])
        shares.append(sum(failed[:good]) / max(sum(failed), 1))
    # 0.05 and two standard errors of 250 tries; judged alone the error is two to three times as large.
    if procedure == "holm":
        assert wrong / tries <= 0.05 + 2 * (0.05 * 0.95 / tries) ** 0.5
        assert alone > 2 * max(wrong, 1)
    assert np.mean(shares) <= 0.05 + 2 * (0.05 * 0.95 / tries) ** 0.5


IN_FAMILY = """\
families:
  - id: parity
    requirements: [T-FAIR.a]
"""


def test_a_finding_says_how_it_was_judged(valid, checks, write, measured):
    policy = load_policy(write(valid + IN_FAMILY), checks=checks)
    sex, race, digests = expand(policy.policy, FACTS, checks)
    low = wilson(148, 200, 0.95)
    records = [
        replace(measured(sex, 148 / 200, (low.low, low.high)), interval=low),
        replace(measured(race, 190 / 200, (0, 1)), interval=wilson(190, 200, 0.95)),
        measured(digests, 0),
    ]
    finding = judge([policy], FACTS, Evidence(measurements=tuple(records)), checks).findings[0]
    assert finding.verdict == "inconclusive"
    assert finding.family.members == 2
    assert (finding.family.fail_confidence, finding.family.pass_confidence) == (pytest.approx(0.975), 0.95)
    assert finding.criterion.confidence == 0.95
    said = str(finding.reason)
    assert "its 97.5 % interval" in said
    assert said.endswith(
        "judged together with the 2 results of the family parity (Holm), so that a fail needs the 97.5 % interval "
        "and a pass the 95 % interval"
    )
    plain = load_policy(write(valid, "plain.yaml"), checks=checks)
    alone = judge([plain], FACTS, Evidence(measurements=tuple(records)), checks).findings[0]
    assert (alone.verdict, alone.family) == ("fail", None)


def test_a_finding_of_a_family_says_so_even_where_nothing_was_measured(valid, checks, write, measured):
    policy = load_policy(write(valid + IN_FAMILY), checks=checks)
    finding = judge([policy], FACTS, Evidence(), checks).findings[0]
    assert (finding.verdict, finding.family.members) == ("not-run", 2)


def test_an_interval_without_counts_is_inconclusive_at_a_higher_confidence(valid, checks, write, measured):
    policy = load_policy(write(valid + IN_FAMILY), checks=checks)
    sex, race, digests = expand(policy.policy, FACTS, checks)
    records = (measured(sex, 0.5, (0.4, 0.6)), measured(race, 0.95, (0.9, 1.0)), measured(digests, 0))
    finding = judge([policy], FACTS, Evidence(measurements=records), checks).findings[0]
    assert finding.verdict == "inconclusive"
    assert "was recorded at 95 % confidence, and the policy asks for 97.5 %" in str(finding.reason)


WRONG = [
    (
        "requirements: [T-FAIR.b]",
        "families[0].requirements[0]: got the unknown requirement 'T-FAIR.b', expected the id of a requirement of this "
        "policy; did you mean 'T-FAIR.a'?",
    ),
    ("requirements: [T-FAIR.a, T-FAIR.a]", "families[0].requirements[1]: got 'T-FAIR.a' a second time"),
    (
        "requirements: [T-PROV.a]",
        "families[0].requirements[0]: got 'T-PROV.a', which is judged simple, expected requirements with "
        "'decision_rule: guarded'",
    ),
    ("requirements: []", "families[0].requirements: got an empty list, expected a list of at least 1"),
    (
        "requirements: [T-FAIR.a]\n    procedure: hochberg",
        "families[0].procedure: got 'hochberg', expected 'holm' or 'benjamini-hochberg'; did you mean",
    ),
    (
        "requirements: [T-FAIR.a]\n    controls: fails",
        "families[0].controls: got 'fails', expected 'fail', 'pass' or 'both'; did you mean 'fail'?",
    ),
    ("requirements: [T-FAIR.a]\n    confidence: 95", "families[0].confidence: got 95, expected"),
    (
        "requirements: [T-FAIR.a]\n  - id: parity\n    requirements: [T-FAIR.a]",
        "families[1].id: got the id 'parity' a second time",
    ),
]


@pytest.mark.parametrize(("new", "told"), WRONG)
def test_every_mistake_is_told_with_its_place(write: Callable[..., str], checks, valid, new, told):
    problems = lint(write(valid + IN_FAMILY.replace("requirements: [T-FAIR.a]", new)), checks=checks)
    assert any(told in str(problem) for problem in problems), [str(problem) for problem in problems]
    assert all(problem.line > valid.count("\n") for problem in problems)


OVERLAY = """\
schema: proofbox/policy/v1
id: over
version: 1
checked_on: 2026-11-22
expires_on: 2027-11-22
title: {en: Over, vi: Trên}
extends: [policy.yaml]
families:
  - id: mine
    requirements: [T-FAIR.a]
    controls: pass
"""


def test_an_overlay_may_tighten_passes_and_not_fails(write: Callable[..., str], checks, valid):
    write(valid)
    loaded = load_policy(write(OVERLAY, "over.yaml"), checks=checks)
    assert [one.id for one in loaded.policy.families] == ["mine"]
    with pytest.raises(BadPolicyError, match="expected 'controls: pass' for inherited requirements"):
        load_policy(write(OVERLAY.replace("controls: pass", "controls: both"), "both.yaml"), checks=checks)


def test_families_are_inherited_and_a_requirement_has_one(write: Callable[..., str], checks, valid):
    write(valid + IN_FAMILY)
    plain = OVERLAY[: OVERLAY.index("families:")]
    loaded = load_policy(write(plain, "plain.yaml"), checks=checks)
    assert [one.id for one in loaded.policy.families] == ["parity"]
    with pytest.raises(BadPolicyError, match="it is in the family 'parity'"):
        load_policy(write(OVERLAY, "over.yaml"), checks=checks)


def test_a_policy_without_families_keeps_its_digest(tiny):
    dumped = tiny.policy.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    assert "families" not in dumped
    assert policy_digest(tiny.policy) == tiny.digest


def test_a_tampered_interval_cannot_break_the_judge():
    record = member(1, 2).measurement
    for basis in ({"families": [[[5, 2]]]}, {"families": 3}, {}):
        broken = replace(record, interval=Interval(low=0.1, high=0.9, confidence=0.95, method="wilson", basis=basis))
        asked = shared(family(), [Member(criterion=AT_LEAST, measurement=broken)] * 2)
        assert decide(AT_LEAST, broken, asked.levels(AT_LEAST)).outcome == "low-confidence"
