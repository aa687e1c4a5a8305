"""Verdicts one by one: what passes, fails, cannot be concluded, and what is not judged at all."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proofbox.checks.text import t
from proofbox.policies.errors import MisuseError
from proofbox.policies.expand import expand
from proofbox.policies.judge import Evidence, judge
from proofbox.policies.loader import load_policy
from proofbox.policies.record import ReasonRecord

from .conftest import FACTS, case


def test_all_musts_pass_is_conforms(asked, run, measured):
    sex, race, digests = asked
    judged = run(measured(sex, 0.95, (0.9, 1.0)), measured(race, 0.9, (0.85, 0.95)), measured(digests, 0))
    assert judged.conclusion == "conforms"
    fair, prov = judged.findings
    assert (fair.verdict, prov.verdict) == ("pass", "pass")
    assert str(fair.reason) == (
        "the parity ratio (race) is 0.9000, and its 95 % interval 0.8500 to 0.9500 "
        "lies wholly at or above the threshold 0.8"
    )
    assert [str(reason) for reason in fair.further] == [
        "the parity ratio (sex) is 0.9500, and its 95 % interval 0.9000 to 1 lies wholly at or above the threshold 0.8"
    ]
    assert fair.criterion.threshold == 0.8
    assert len(fair.measurements) == 2
    assert str(prov.reason) == "the result for mismatches is 0, at or below the threshold 0"


def test_one_failing_attribute_fails_and_is_told_first(asked, run, measured):
    sex, race, digests = asked
    bad = measured(race, 0.6917, (0.604, 0.793))
    judged = run(
        measured(sex, 0.95, (0.9, 1.0)),
        bad,
        measured(digests, 0),
        counterexamples=(case(race), case(race, "c-2", "parity_gap"), case(sex, "c-3")),
    )
    fair = judged.findings[0]
    assert judged.conclusion == "does-not-conform"
    assert fair.verdict == "fail"
    assert fair.measurements[0] == bad.id
    assert fair.counterexamples == ("c-1",)
    assert str(fair.reason) == (
        "the parity ratio (race) is 0.6917, and its 95 % interval 0.6040 to 0.7930 lies wholly below the threshold 0.8"
    )


def test_an_interval_across_the_threshold_is_inconclusive_with_rows(asked, run, measured):
    sex, race, digests = asked
    judged = run(
        measured(sex, 0.95, (0.9, 1.0)), measured(race, 0.8348, (0.746, 0.927), rows=796), measured(digests, 0)
    )
    fair = judged.findings[0]
    assert judged.conclusion == "undetermined"
    assert fair.verdict == "inconclusive"
    assert (fair.rows_needed, fair.rows_needed_chance, fair.rows_needed_group) == (9_800, 0.8, None)
    assert str(fair.reason) == (
        "the parity ratio (race) is 0.8348, but its 95 % interval 0.7460 to 0.9270 reaches across the threshold 0.8; "
        "about 9,800 further rows of the same composition would settle it with a probability of 80 %, "
        "were the true values those measured"
    )


def test_what_was_not_measured_says_why(asked, run, measured):
    judged = run(measured(asked[2], 3), not_run_reason=t("the run ended at a gate"))
    fair, prov = judged.findings
    assert (fair.verdict, str(fair.reason)) == ("not-run", "the run ended at a gate")
    assert prov.verdict == "fail"
    assert judged.conclusion == "does-not-conform"
    assert run().conclusion == "undetermined"
    assert {str(finding.reason) for finding in run().findings} == {"this was not measured"}


def test_errors_and_inapplicable_checks_leave_it_undetermined(asked, run, measured):
    sex, race, digests = asked
    fine = (measured(sex, 0.95, (0.9, 1.0)), measured(digests, 0))
    record = ReasonRecord(check=race.check, params=race.params, reason=t("the groups are too small"))
    inapplicable = run(*fine, inapplicable=(record,))
    assert inapplicable.findings[0].verdict == "not-applicable"
    assert str(inapplicable.findings[0].reason) == "the groups are too small"
    assert inapplicable.conclusion == "undetermined"
    broken = run(*fine, errors=(record,))
    assert broken.findings[0].verdict == "error"
    assert broken.conclusion == "undetermined"


def test_no_sensitive_column_is_not_a_pass(tiny, run, measured, checks):
    facts = replace(FACTS, sensitive=())
    (digests,) = expand(tiny.policy, facts, checks)
    judged = run(measured(digests, 0), facts=facts)
    assert judged.findings[0].verdict == "not-applicable"
    assert judged.conclusion == "undetermined"


def test_the_order_of_verdicts(asked, run, measured):
    sex, race, _ = asked
    record = ReasonRecord(check=sex.check, params=sex.params, reason=t("x"))
    fail, across = measured(race, 0.1, (0.0, 0.2)), measured(race, 0.8, (0.7, 0.9))
    assert run(fail, errors=(record,)).findings[0].verdict == "fail"
    assert run(across, errors=(record,)).findings[0].verdict == "error"
    assert run(errors=(record,)).findings[0].verdict == "error"
    assert run(across).findings[0].verdict == "not-run"
    assert run(across, inapplicable=(record,)).findings[0].verdict == "inconclusive"


def test_a_measure_the_check_left_out_is_inconclusive(asked, run, measured):
    sex = asked[0]
    other = replace(measured(sex, 0.1, (0, 0.2)), id="m-other", measure="parity_gap")
    record = ReasonRecord(check=asked[1].check, params=asked[1].params, reason=t("x"))
    finding = run(other, inapplicable=(record,)).findings[0]
    assert finding.verdict == "inconclusive"
    assert str(finding.reason) == "the check fair.parity ran, but the parity ratio (sex) has no value for these data"


def test_no_interval_and_low_confidence_are_inconclusive(asked, run, measured):
    sex, race, _ = asked
    judged = run(measured(sex, 0.95), measured(race, 0.9, (0.85, 0.95), confidence=0.8))
    fair = judged.findings[0]
    assert fair.verdict == "inconclusive"
    assert fair.rows_needed is None
    said = {str(fair.reason), *map(str, fair.further)}
    assert said == {
        "the parity ratio (sex) is 0.9500, but it has no interval, and the guarded decision rule needs one",
        "the interval of the parity ratio (race) was recorded at 80 % confidence, and the policy asks for 95 %",
    }


GROUPS = """
      - id: T-FAIR.g
        level: must
        check: fair.rates
        with: {attribute: sex}
        criterion: {measure: selection_rate, at_least: 0.5}
        remediation: {en: a, vi: b}
"""


def test_every_group_must_satisfy(valid, checks, write, measured):
    text = valid.replace("  - id: T-PROV\n", GROUPS.strip("\n") + "\n  - id: T-PROV\n")
    policy = load_policy(write(text), checks=checks)
    rate = next(item for item in expand(policy.policy, FACTS, checks) if item.check == "fair.rates")
    women = measured(rate, 0.7, (0.6, 0.8), group={"sex": "female"})
    men = measured(rate, 0.3, (0.2, 0.4), group={"sex": "male"})

    def verdict(*records):
        findings = judge([policy], FACTS, Evidence(measurements=records), checks).findings
        return next(finding for finding in findings if finding.requirement == "T-FAIR.g")

    found = verdict(women, men)
    assert found.verdict == "fail"
    assert "(sex: male)" in str(found.reason)
    assert verdict(women).verdict == "pass"
    # The check saw men, but has no rate for them: not a pass.
    count = replace(men, id="m-count", measure="count", interval=None)
    left_out = verdict(women, count)
    assert left_out.verdict == "inconclusive"
    assert "(sex: male) has no value" in str(left_out.reason)


def test_a_control_for_other_products_blocks_nothing(valid, checks, write, measured):
    text = valid.replace(
        "    requirements:\n      - id: T-FAIR.a",
        "    applies_when: {risk_tier: [high]}\n    requirements:\n      - id: T-FAIR.a",
    )
    policy = load_policy(write(text), checks=checks)
    low = replace(FACTS, risk_tier="low")
    (digests,) = expand(policy.policy, low, checks)
    judged = judge([policy], low, Evidence(measurements=(measured(digests, 0),)), checks)
    assert judged.findings[0].verdict == "not-applicable"
    assert judged.conclusion == "conforms"
    assert [control.applies for control in judged.policies[0].controls] == [False, True]
    # Not knowing the tier excludes nothing.
    unknown = replace(FACTS, risk_tier=None)
    assert judge([policy], unknown, Evidence(measurements=(measured(digests, 0),)), checks).conclusion == "undetermined"


def test_a_policy_of_which_nothing_applies_is_undetermined(valid, checks, write):
    condition = "    applies_when: {risk_tier: [high]}\n    requirements:"
    policy = load_policy(write(valid.replace("    requirements:", condition)), checks=checks)
    low = replace(FACTS, risk_tier="low")
    assert expand(policy.policy, low, checks) == ()
    assert judge([policy], low, Evidence(), checks).conclusion == "undetermined"


def test_should_never_decides_the_conclusion(valid, checks, write, measured):
    policy = load_policy(
        write(valid.replace("level: must\n        check: fair", "level: should\n        check: fair")), checks=checks
    )
    sex, race, digests = expand(policy.policy, FACTS, checks)
    records = (measured(sex, 0.1, (0.0, 0.2)), measured(race, 0.1, (0.0, 0.2)), measured(digests, 0))
    judged = judge([policy], FACTS, Evidence(measurements=records), checks)
    assert judged.findings[0].verdict == "fail"
    assert judged.conclusion == "conforms"


def test_only_recommendations_never_conform(valid, checks, write, measured):
    text = valid.replace("level: must", "level: should").replace("        gate: true\n", "")
    policy = load_policy(write(text), checks=checks)
    sex, race, digests = expand(policy.policy, FACTS, checks)
    records = (measured(sex, 1, (0.9, 1)), measured(race, 1, (0.9, 1)), measured(digests, 0))
    assert judge([policy], FACTS, Evidence(measurements=records), checks).conclusion == "undetermined"


def test_an_attestation_is_not_run_for_now(valid, checks, write):
    text = valid.replace(
        "        check: prov.digests\n        criterion: {measure: mismatches, at_most: 0, decision_rule: simple}\n",
        "        attestation: {question: {en: Who?, vi: Ai?}, needs: [signer, date]}\n",
    ).replace("        gate: true\n", "")
    policy = load_policy(write(text), checks=checks)
    finding = judge([policy], FACTS, Evidence(), checks).findings[1]
    assert (finding.verdict, finding.check) == ("not-run", "attestation")


def test_misuse_is_refused(tiny, checks):
    with pytest.raises(MisuseError):
        judge([], FACTS, Evidence(), checks)
    with pytest.raises(MisuseError):
        judge([tiny, tiny], FACTS, Evidence(), checks)
    with pytest.raises(MisuseError, match=r"no check 'fair\.parity'"):
        judge([tiny], FACTS, Evidence(), {})


def test_several_policies_conform_only_together(tiny, checks, valid, write, measured):
    second = load_policy(write(valid.replace("id: tiny", "id: strict").replace("0.8", "0.93")), checks=checks)
    sex, race, digests = expand(tiny.policy, FACTS, checks)
    records = (measured(sex, 0.95, (0.9, 1.0)), measured(race, 0.95, (0.9, 1.0)), measured(digests, 0))
    evidence = Evidence(measurements=records)
    assert judge([tiny], FACTS, evidence, checks).conclusion == "conforms"
    both = judge([tiny, second], FACTS, evidence, checks)
    assert both.conclusion == "undetermined"
    assert [finding.policy for finding in both.findings] == ["tiny", "tiny", "strict", "strict"]


def test_a_measure_without_meaning_is_not_applicable_while_the_others_of_its_check_are_judged(asked, run, measured):
    sex, race, digests = asked
    fine = (measured(sex, 0.95, (0.9, 1.0)), measured(race, 0.95, (0.9, 1.0)))
    other = replace(measured(digests, 0), id="m-other", measure="another_measure")
    why = t("there are no training data")
    said = ReasonRecord(check=digests.check, params=digests.params, reason=why, measures=(digests.measure,))
    assert run(*fine, other, inapplicable=(said,)).findings[1].verdict == "not-applicable"
    assert str(run(*fine, other, inapplicable=(said,)).findings[1].reason) == "there are no training data"
    # What is said of another measure excuses nothing.
    elsewhere = replace(said, measures=("another_measure",))
    assert run(*fine, other, inapplicable=(elsewhere,)).findings[1].verdict == "inconclusive"
    assert run(*fine, inapplicable=(elsewhere,)).findings[1].verdict == "not-run"
    assert run(*fine, measured(digests, 3), inapplicable=(said,)).findings[1].verdict == "fail"


def test_what_would_settle_it_bears_on_no_verdict(tiny, checks, asked, measured):
    across, clear, digests = measured(asked[0], 0.77, (0.7, 0.84)), measured(asked[1], 0.9, (0.85, 0.95)), asked[2]
    evidence = Evidence(measurements=(across, clear, measured(digests, 0)))
    full, quick = (judge([tiny], FACTS, evidence, checks, settle=settle) for settle in (True, False))
    assert full.findings[0].rows_needed is not None
    assert quick.findings[0].rows_needed is None
    assert (full.conclusion, [item.verdict for item in full.findings]) == (
        quick.conclusion,
        [item.verdict for item in quick.findings],
    )
