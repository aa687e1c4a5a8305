"""Thresholds and figures that the provider declares."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proofbox.policies.expand import expand
from proofbox.policies.judge import Evidence, judge
from proofbox.policies.loader import load_policy

from .conftest import FACTS


def test_a_declared_threshold_replaces_and_is_told(asked, run, measured, tiny, checks):
    def fair(declared, value, interval):
        facts = replace(FACTS, sensitive=("sex",), declared_thresholds={"T-FAIR": declared, "T-PROV": 9.0})
        sex, digests = expand(tiny.policy, facts, checks)
        judged = run(measured(sex, value, interval), measured(digests, 3), facts=facts)
        assert judged.findings[1].verdict == "fail", "not declarable: the policy's own threshold stays"
        return judged.findings[0]

    stricter = fair(0.9, 0.95, (0.92, 0.98))
    assert (stricter.verdict, stricter.criterion.origin) == ("pass", "provider")
    assert (stricter.criterion.threshold, stricter.criterion.policy_threshold) == (0.9, 0.8)
    assert str(stricter.reason).endswith("; the provider declared this threshold, and the policy's own is 0.8")
    looser = fair(0.5, 0.95, (0.92, 0.98))
    assert "ATTENTION" in str(looser.reason)
    assert str(looser.reason).endswith("looser than the policy's own 0.8")
    saved = fair(0.5, 0.7, (0.6, 0.75))
    assert saved.verdict == "pass"
    assert str(saved.reason).endswith("by the policy's own the verdict would not be a pass")
    vacuous = fair(0.0, 0.7, (0.6, 0.75))
    assert vacuous.verdict == "fail"
    assert vacuous.criterion.threshold == 0.8
    assert "no result could miss" in str(vacuous.reason)


CLAIMS = """
      - id: T-FAIR.p
        level: must
        check: perf.score
        criterion: {measure: each-declared, at_least: declared}
        remediation: {en: a, vi: b}
"""


def test_what_the_provider_claims_is_judged_claim_by_claim(valid, checks, write, measured):
    text = valid.replace("  - id: T-PROV\n", CLAIMS.strip("\n") + "\n  - id: T-PROV\n")
    policy = load_policy(write(text), checks=checks)

    def judged(claims, *results):
        facts = replace(FACTS, declared_performance=claims)
        asked = [item for item in expand(policy.policy, facts, checks) if item.check == "perf.score"]
        records = tuple(measured(item, *result) for item, result in zip(asked, results, strict=True))
        findings = judge([policy], facts, Evidence(measurements=records), checks).findings
        return next(finding for finding in findings if finding.requirement == "T-FAIR.p")

    both = judged((("recall", 0.5), ("accuracy", 0.65)), (0.7, (0.66, 0.74)), (0.6, (0.4, 0.8)))
    assert both.verdict == "inconclusive"
    assert both.criterion.measure == "recall"
    assert both.criterion.origin == "provider"
    assert "; the threshold is what the provider itself claims" in str(both.reason)
    # Of two claims for one measure the stricter counts.
    assert judged((("recall", 0.9), ("recall", 0.1)), (0.5, (0.4, 0.6))).verdict == "fail"
    # Claims that say nothing: unknown measure, lower is better, bottom of the range.
    for claims in ((), (("bleu", 0.5),), (("log_loss", 0.0),), (("accuracy", 0.0),)):
        nothing = judged(claims)
        assert nothing.verdict == "not-run"
        assert "declares no value" in str(nothing.reason)


@pytest.mark.parametrize("criterion", ["measure: each-declared, at_least: declared",
                                       "measure: log_loss, at_most: declared"])  # fmt: skip
def test_a_loss_is_held_to_what_the_provider_claims(valid, checks, write, measured, criterion):
    claimed = CLAIMS.strip("\n").replace("measure: each-declared, at_least: declared", criterion)
    policy = load_policy(write(valid.replace("  - id: T-PROV\n", claimed + "\n  - id: T-PROV\n")), checks=checks)

    def judged(value, interval, claims=(("log_loss", 0.6), ("log_loss", 0.9))):
        facts = replace(FACTS, declared_losses=claims)
        asked = [item for item in expand(policy.policy, facts, checks) if item.check == "perf.score"]
        records = tuple(measured(item, value, interval) for item in asked)
        findings = judge([policy], facts, Evidence(measurements=records), checks).findings
        return next(finding for finding in findings if finding.requirement == "T-FAIR.p")

    assert judged(0.5, (0.45, 0.55)).verdict == "pass"
    assert judged(0.7, (0.65, 0.75)).verdict == "fail"
    assert judged(0.58, (0.5, 0.7)).verdict == "inconclusive"
    assert (judged(0.5, (0.45, 0.55)).criterion.comparison, judged(0.5, (0.45, 0.55)).criterion.threshold) == (
        "at_most",
        0.6,
    )
    nothing = judged(0.5, (0.45, 0.55), claims=(("accuracy", 0.5),))
    assert nothing.verdict == "not-run"
    assert "declares no value for" in str(nothing.reason)
