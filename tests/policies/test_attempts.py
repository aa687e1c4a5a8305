"""The number of attempts: what a pass needs, that the error is held over all of them, and that a fail stays a fail."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scipy.stats import binom

from proofbox.checks.intervals import wilson
from proofbox.policies.attempts import Tries, spent
from proofbox.policies.decide import Levels, passes
from proofbox.policies.difference import differences
from proofbox.policies.errors import BadPolicyError
from proofbox.policies.expand import expand
from proofbox.policies.facts import Facts
from proofbox.policies.families import Member, shared
from proofbox.policies.judge import Evidence, judge
from proofbox.policies.loader import lint, load_policy, policy_digest
from proofbox.policies.model import Attempts, Family, Policy
from proofbox.policies.record import CriterionRecord, MeasurementRecord

FACTS = Facts(risk_tier="high", task="binary-classification", sensitive=("sex",))
COUNTED = "attempts: {confidence: bonferroni}\n"
AT_LEAST = CriterionRecord(
    measure="m", comparison="at_least", threshold=0.8, decision_rule="guarded", confidence=0.95, origin="law"
)


def found(valid, checks, write, measured, hits, attempt, *, policy=COUNTED):
    """Judge ``hits`` of 200 rows against at least 0.8, and return the finding."""
    loaded = load_policy(write(valid + policy), checks=checks)
    ratio, digests = expand(loaded.policy, FACTS, checks)
    records = (
        replace(measured(ratio, hits / 200, (0, 1)), interval=wilson(hits, 200, 0.95)),
        measured(digests, 0),
    )
    judged = judge([loaded], FACTS, Evidence(measurements=records, attempt=attempt), checks)
    assert judged.findings[1].verdict == "pass"
    return judged.findings[0]


def test_the_shares_of_the_error_sum_to_one():
    assert spent(0.95, 1) == pytest.approx(0.975)
    assert spent(0.95, 2) == pytest.approx(1 - 0.05 / 6)
    assert sum(1 - spent(0.95, attempt) for attempt in range(1, 10_000)) == pytest.approx(0.05, rel=1e-3)


def test_trying_until_it_passes_is_held_to_the_error_that_was_allowed():
    """A model exactly on the threshold tries again and again, on 300 fresh rows each: computed, not drawn."""

    def any_wrong_pass(level, attempts):
        missed = 1.0
        for attempt in range(1, attempts + 1):
            wins = (x for x in range(301) if passes(AT_LEAST, x / 300, wilson(x, 300, level(attempt))))
            missed *= 1 - sum(binom.pmf(x, 300, 0.8) for x in wins)
        return 1 - missed

    assert any_wrong_pass(lambda attempt: spent(0.95, attempt), 40) < 0.05
    assert any_wrong_pass(lambda _: 0.95, 40) > 0.4


def test_more_attempts_make_a_pass_inconclusive_and_a_fail_stays_one(valid, checks, write, measured):
    verdicts = [found(valid, checks, write, measured, 176, attempt).verdict for attempt in (1, 2, 3, 8)]
    assert verdicts == ["pass", "pass", "inconclusive", "inconclusive"]
    assert found(valid, checks, write, measured, 176, 8, policy="").verdict == "pass"
    for attempt in (1, 8, 1000, None):
        assert found(valid, checks, write, measured, 147, attempt).verdict == "fail"
    said = str(found(valid, checks, write, measured, 176, 3).reason)
    assert "but its 99.58 % interval" in said
    assert "this is attempt 3 on the same evaluation data, so that a pass needs the 99.58 % interval" in said
    assert "would settle it" in said


def test_without_a_ledger_nothing_passes(valid, checks, write, measured):
    finding = found(valid, checks, write, measured, 199, None)
    assert finding.verdict == "inconclusive"
    assert "no ledger says which this is, so that nothing can pass" in str(finding.reason)
    assert found(valid, checks, write, measured, 199, 1).verdict == "pass"


def test_a_family_spends_its_own_error(valid, checks, write, measured):
    record = MeasurementRecord(
        id="m-0",
        check="c",
        params={},
        measure="m",
        value=0.9,
        interval=wilson(180, 200, 0.95),
        sample_size=200,
        group={},
        detail={},
    )
    members = [Member(criterion=AT_LEAST, measurement=record), Member(criterion=AT_LEAST, measurement=None)]
    family = Family.model_validate({"id": "F", "requirements": ["R"], "controls": "pass"})
    asked = shared(family, members, Tries(asked=True, attempt=3))
    # Holm: the one that was measured is decided at 1 - 0.05/12/2, which leaves 0.05/12 to the other.
    assert asked.passing == pytest.approx(1 - 0.05 / 12)
    assert asked.levels(AT_LEAST) == Levels(passing=asked.passing, failing=0.95)
    only_fails = shared(Family(id="F", requirements=("R",)), members, Tries(asked=True, attempt=3))
    assert only_fails.levels(AT_LEAST).passing == pytest.approx(1 - 0.05 / 12)
    together = COUNTED + "families:\n  - {id: parity, requirements: [T-FAIR.a], controls: pass}\n"
    finding = found(valid, checks, write, measured, 176, 3, policy=together)
    assert (finding.verdict, finding.family.pass_confidence) == ("inconclusive", pytest.approx(1 - 0.05 / 12))


def test_an_overlay_keeps_counting_and_a_difference_is_told(valid, checks, write):
    base = load_policy(write(valid + COUNTED, "base.yaml"), checks=checks)
    head = valid.partition("controls:")[0].replace("id: tiny", "id: over")
    over = load_policy(write(f"{head}extends: [base.yaml]\n", "over.yaml"), checks=checks)
    assert over.policy.attempts == Attempts(confidence="bonferroni")
    plain = load_policy(write(valid, "plain.yaml"), checks=checks)
    (change,) = differences(plain.policy, base.policy)
    assert (change.direction, differences(base.policy, plain.policy)[0].direction) == ("stricter", "looser")
    assert base.digest != plain.digest
    assert plain.digest == policy_digest(Policy.model_validate(plain.policy.model_dump(by_alias=True)))


@pytest.mark.parametrize("wrong", ["attempts: {}\n", "attempts: {confidence: holm}\n", "attempts: bonferroni\n"])
def test_a_wrong_block_is_refused(valid, checks, write, wrong):
    with pytest.raises(BadPolicyError, match="attempts"):
        load_policy(write(valid + wrong), checks=checks)


def test_counting_where_no_interval_decides_is_refused_by_lint(valid, checks, write):
    simple = valid.replace("decision_rule: guarded", "decision_rule: simple")
    (problem,) = lint(write(simple + COUNTED), checks=checks)
    assert "attempts beside no guarded requirement" in str(problem)
    assert not lint(write(valid + COUNTED), checks=checks)
