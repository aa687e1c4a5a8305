from __future__ import annotations

import itertools
import json
import pickle
from collections.abc import Callable
from dataclasses import asdict, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proofbox.checks.result import CaseRow, Counterexample
from proofbox.checks.text import t
from proofbox.policies.errors import MisuseError
from proofbox.policies.expand import expand
from proofbox.policies.facts import Facts
from proofbox.policies.judge import Evidence, judge
from proofbox.policies.loader import LoadedPolicy, load_policy
from proofbox.policies.record import CounterexampleRecord, ReasonRecord

FACTS = Facts(risk_tier="high", task="binary-classification", sensitive=("sex", "race"))


@pytest.fixture
def asked(tiny: LoadedPolicy, checks):
    """(parity of sex, parity of race, digests)."""
    return expand(tiny.policy, FACTS, checks)


@pytest.fixture
def run(tiny: LoadedPolicy, checks):
    def _run(*measurements, facts=FACTS, policy=tiny, **evidence):
        return judge([policy], facts, Evidence(measurements=measurements, **evidence), checks)

    return _run


def case(expected, name="c-1", measure=None) -> CounterexampleRecord:
    row = CaseRow(label=t("as submitted"), values=(1,), decision="0")
    shown = Counterexample(
        measure=measure or expected.measure,
        summary=t("it flips"),
        columns=("x",),
        rows=(row,),
        changed=("x",),
        source_row=0,
    )
    return CounterexampleRecord(id=name, check=expected.check, params=expected.params, case=shown)


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


RESULT = st.tuples(st.floats(0, 1), st.floats(0, 0.4), st.floats(0, 0.4))
KIND = st.sampled_from(["measured", "measured", "inapplicable", "error", "missing"])
EVIDENCE = st.tuples(st.tuples(KIND, KIND, KIND), st.tuples(RESULT, RESULT, RESULT))
SETUP = {"max_examples": 80, "deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


def evidence_of(asked, measured: Callable, kinds, results) -> Evidence:
    measurements, inapplicable, errors = [], [], []
    for expected, kind, (value, below, above) in zip(asked, kinds, results, strict=True):
        record = ReasonRecord(check=expected.check, params=expected.params, reason=t("x"))
        if kind == "measured":
            result = round(value) if expected.check == "prov.digests" else value
            measurements.append(measured(expected, result, (result - below, result + above)))
        elif kind == "inapplicable":
            inapplicable.append(record)
        elif kind == "error":
            errors.append(record)
    return Evidence(measurements=tuple(measurements), inapplicable=tuple(inapplicable), errors=tuple(errors))


@settings(**SETUP)
@given(kinds=st.tuples(KIND, KIND, KIND), results=st.tuples(RESULT, RESULT, RESULT))
def test_leaving_evidence_out_never_gives_conforms(tiny, checks, asked, measured, kinds, results):
    evidence = evidence_of(asked, measured, kinds, results)
    full = judge([tiny], FACTS, evidence, checks)
    parts = [
        (name, record) for name in ("measurements", "inapplicable", "errors") for record in getattr(evidence, name)
    ]
    for count in range(len(parts)):
        for kept in itertools.combinations(parts, count):
            chosen = {
                name: tuple(record for kind, record in kept if kind == name)
                for name in ("measurements", "inapplicable", "errors")
            }
            less = judge([tiny], FACTS, Evidence(**chosen), checks)
            if full.conclusion != "conforms":
                assert less.conclusion != "conforms"
            for before, after in zip(full.findings, less.findings, strict=True):
                if before.verdict != "pass":
                    assert after.verdict != "pass"


@settings(**SETUP)
@given(
    given_evidence=EVIDENCE,
    shrink=st.floats(0, 1),
)
def test_more_certain_data_never_turns_a_pass_into_a_fail(tiny, checks, asked, measured, given_evidence, shrink):
    kinds, results = given_evidence
    wide = judge([tiny], FACTS, evidence_of(asked, measured, kinds, results), checks)
    narrower = [(value, below * shrink, above * shrink) for value, below, above in results]
    narrow = judge([tiny], FACTS, evidence_of(asked, measured, kinds, narrower), checks)
    for before, after in zip(wide.findings, narrow.findings, strict=True):
        if before.verdict in {"pass", "fail"}:
            assert after.verdict == before.verdict


@settings(**SETUP)
@given(given_evidence=EVIDENCE, order=st.randoms())
def test_the_order_of_the_evidence_changes_nothing(tiny, checks, asked, measured, given_evidence, order):
    kinds, results = given_evidence
    evidence = evidence_of(asked, measured, kinds, results)
    evidence = replace(evidence, counterexamples=(case(asked[0]), case(asked[1], "c-2")))

    def shuffled(records):
        return tuple(order.sample(records, len(records)))

    other = Evidence(
        measurements=shuffled(evidence.measurements),
        counterexamples=shuffled(evidence.counterexamples),
        inapplicable=shuffled(evidence.inapplicable),
        errors=shuffled(evidence.errors),
    )
    assert judge([tiny], FACTS, other, checks) == judge([tiny], FACTS, evidence, checks)


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


def test_same_bytes_in_same_bytes_out(run, asked, measured):
    """Judged twice, from copies through JSON and in another order of the evidence, the findings are the same bytes."""
    parity, other, digests = asked
    records = (
        measured(parity, 0.79, (0.7, 0.88)),
        measured(other, 0.9, (0.85, 0.95)),
        measured(digests, 0),
    )

    def said(judged) -> str:
        return json.dumps([asdict(judged)], sort_keys=True, default=str)

    copied = pickle.loads(pickle.dumps(records))
    assert said(run(*records)) == said(run(*copied)) == said(run(*reversed(records)))


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
