"""Every shipped policy keeps what we promise of it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from proofbox.policies.expand import expand
from proofbox.policies.facts import Facts
from proofbox.policies.judge import Evidence, judge
from proofbox.policies.loader import lint, load_policy, shipped
from proofbox.policies.record import MeasurementRecord

FACTS = Facts(
    risk_tier="high",
    task="binary-classification",
    sector="credit",
    sensitive=("sex", "race"),
    declared_performance=(("accuracy", 0.7), ("confidence_auroc", 0.6)),
)
VIETNAMESE = re.compile(r"[ăâđêôơưĂÂĐÊÔƠƯàáảãạèéẻẽẹìíỉĩịòóỏõọùúủũụỳýỷỹỵ\u1ea0-\u1ef9]")


def texts(pack: str):
    policy = load_policy(pack).policy
    yield policy.title
    for control in policy.controls:
        yield control.title
        yield control.objective
        for requirement in control.requirements:
            yield requirement.remediation


@pytest.mark.parametrize("pack", shipped())
def test_is_well(pack: str):
    assert [str(problem) for problem in lint(pack)] == []
    assert load_policy(pack).policy.id == pack


@pytest.mark.parametrize("pack", shipped())
def test_every_text_is_in_both_languages(pack: str):
    for wording in texts(pack):
        assert VIETNAMESE.search(wording.vi), wording.vi
        assert not VIETNAMESE.search(wording.en), wording.en
        assert wording.en != wording.vi
        for word in (wording.en.lower(), wording.vi.lower()):
            assert not re.search(r"\bcompliant\b|\bcertified\b|tuân thủ", word), "a legal conclusion is not ours"


@pytest.mark.parametrize("pack", shipped())
def test_no_threshold_is_law(pack: str):
    for control in load_policy(pack).policy.controls:
        for requirement in control.requirements:
            assert requirement.attestation or requirement.criterion.origin in {"default", "provider"}


def test_the_neutral_pack_rests_on_no_law():
    frameworks = {
        reference.framework for control in load_policy("baseline").policy.controls for reference in control.references
    }
    assert frameworks == {"proofbox-baseline"}
    assert sum(len(control.requirements) for control in load_policy("baseline").policy.controls) >= 12


OWN_FRAMEWORK = {
    **dict.fromkeys(("vn-trusted-ai", "vn-credit", "vn-health", "vn-education"), "vn-"),
    **dict.fromkeys(("vn-public-sector", "vn-generative"), "vn-"),
    "eu-ai-act-high-risk": "eu-ai-act",
    "nist-ai-rmf": "nist-ai-rmf",
    "asean-guide": "asean-guide",
    "ai-verify": "ai-verify",
    "iso-42001": "iso-42001",
}


def test_every_pack_but_the_neutral_one_rests_on_a_framework():
    assert {*shipped()} - {"baseline"} == {*OWN_FRAMEWORK}


@pytest.mark.parametrize("pack", OWN_FRAMEWORK)
def test_every_reference_to_a_law_has_a_clause_a_source_and_a_mark(pack: str):
    policy = load_policy(pack).policy
    for control in policy.controls:
        assert any(reference.framework.startswith(OWN_FRAMEWORK[pack]) for reference in control.references)
        for reference in control.references:
            assert reference.clause
            assert re.fullmatch(r"S\d+", reference.source)
            assert reference.confidence in {"V", "V2"}
            assert reference.relation == "supports"


def test_the_forty_controls_and_that_of_the_walls_are_there_with_their_gates():
    policy = load_policy("vn-trusted-ai").policy
    assert policy.version == "2026.1"
    assert [control.id for control in policy.controls] == [
        *("VN-CLS-01", "VN-CLS-02", "VN-SBX-01", "VN-SBX-02", "VN-SBX-03"),
        *(f"VN-DAT-0{number}" for number in range(1, 8)),
        *(f"VN-FAIR-0{number}" for number in range(1, 6)),
        *(f"VN-ROB-0{number}" for number in range(1, 6)),
        *(f"VN-PRV-0{number}" for number in range(1, 5)),
        *(f"VN-SEC-0{number}" for number in range(1, 7)),
        *("VN-TRN-01", "VN-TRN-02", "VN-TRN-03", "VN-TRN-04", "VN-EXP-01"),
        *("VN-OVS-01", "VN-LOG-01", "VN-INC-01", "VN-GOV-01"),
    ]
    gates = {requirement.id for control in policy.controls for requirement in control.requirements if requirement.gate}
    assert {"VN-DAT-02.a", "VN-SEC-01.a"} <= gates
    assert {gate[:9] for gate in gates} == {"VN-DAT-02", "VN-SEC-01", "VN-SEC-02"}


def test_the_borrowed_number_is_said_to_be_borrowed():
    fair = next(control for control in load_policy("vn-trusted-ai").policy.controls if control.id == "VN-FAIR-01")
    assert "United States" in fair.objective.en
    assert "Hoa Kỳ" in fair.objective.vi
    criterion = fair.requirements[0].criterion
    assert (criterion.at_least, criterion.decision_rule, criterion.declarable) == (0.80, "guarded", True)


def evidence(pack: str, good: bool) -> Evidence:
    """A subject that is perfect, or as bad as can be, in everything that the pack asks."""
    from proofbox.checks.registry import all_checks
    from proofbox.checks.result import Interval
    from proofbox.policies.meaning import range_bounds

    records = {}
    for item in expand(load_policy(pack).policy, FACTS):
        low, high = range_bounds(all_checks()[item.check].measures[item.measure].range)
        higher = item.criterion.comparison == "at_least"
        value = min(high, 1000.0) if higher == good else max(low, -1000.0)
        interval = Interval(low=value, high=value, confidence=0.95, method="wilson")
        records[(item.task, item.measure)] = MeasurementRecord(
            id=f"m-{len(records)}",
            check=item.check,
            params=item.params,
            measure=item.measure,
            value=value,
            interval=interval,
            sample_size=1000,
            group={},
            detail={},
        )
    return Evidence(measurements=tuple(records.values()))


@pytest.mark.parametrize("pack", shipped())
@pytest.mark.parametrize("good", [True, False])
def test_a_perfect_subject_passes_and_a_hopeless_one_fails_everything(pack: str, good: bool):
    judged = judge([load_policy(pack)], FACTS, evidence(pack, good))
    attested = {
        requirement.id: requirement.level
        for control in load_policy(pack).policy.controls
        for requirement in control.requirements
        if requirement.attestation
    }
    meant = [
        finding
        for finding in judged.findings
        if finding.verdict != "not-applicable" and finding.requirement not in attested
    ]
    assert {finding.verdict for finding in meant} == {"pass" if good else "fail"}
    perfect = "undetermined" if "must" in attested.values() else "conforms"
    assert judged.conclusion == (perfect if good else "does-not-conform")
    assert len(meant) >= 12


@pytest.mark.parametrize("tier", ["low", "medium", "high"])
def test_fairness_is_a_duty_at_high_risk_advice_at_medium_and_not_asked_at_low(tier: str):
    facts = Facts(risk_tier=tier, task="binary-classification", sensitive=("sex",))
    asked = {item.requirement.id: item.requirement.level for item in expand(load_policy("vn-trusted-ai").policy, facts)}
    fair = {key: level for key, level in asked.items() if "FAIR" in key}
    assert (
        fair
        == {
            "low": {},
            "medium": {"VN-FAIR-01.b": "should", "VN-FAIR-01.c": "should"},
            "high": {"VN-FAIR-01.a": "must", "VN-FAIR-01.c": "should", "VN-FAIR-02.a": "must"}
            | dict.fromkeys(("VN-FAIR-03.a", "VN-FAIR-03.b", "VN-FAIR-04.a", "VN-FAIR-04.b", "VN-FAIR-05.a"), "should"),
        }[tier]
    )


@pytest.mark.parametrize("pack", shipped())
@pytest.mark.parametrize(
    ("task", "check"),
    [
        ("binary-classification", "fairness.calibration"),
        ("multiclass-classification", "fairness.multiclass"),
        ("regression", "fairness.regression_gap"),
    ],
)
def test_fairness_is_asked_of_every_task_by_the_check_that_is_made_for_it(pack: str, task: str, check: str):
    made = {"fairness.calibration", "fairness.multiclass", "fairness.regression_gap"}
    facts = Facts(risk_tier="high", task=task, sensitive=("sex",))
    assert {item.check for item in expand(load_policy(pack).policy, facts)} & made == {check}


def test_the_policy_in_the_documentation_is_well(tmp_path):
    page = (Path(__file__).parents[2] / "docs/policies.md").read_text(encoding="utf-8")
    path = tmp_path / "policy.yaml"
    path.write_text(page.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    assert lint(str(path)) == ()


NOTICE = {"VN-TRN-03.a": "should", "VN-TRN-03.b": "should"}


@pytest.mark.parametrize(
    ("tier", "levels"),
    [
        ("low", NOTICE | {"VN-TRN-01.c": "should", "VN-TRN-01.d": "should", "VN-TRN-01.e": "should"}),
        *(
            (
                tier,
                NOTICE
                | {"VN-TRN-01.a": "must", "VN-TRN-01.b": "must"}
                | dict.fromkeys(("VN-TRN-01.e", "VN-TRN-02.a", "VN-TRN-02.b"), "should"),
            )
            for tier in ("medium", "high")
        ),
    ],
)
def test_cards_are_a_duty_at_medium_and_high_risk_and_advice_at_low(tier: str, levels: dict[str, str]):
    facts = Facts(risk_tier=tier, task="binary-classification", sensitive=("sex",))
    asked = {item.requirement.id: item.requirement.level for item in expand(load_policy("vn-trusted-ai").policy, facts)}
    assert {key: level for key, level in asked.items() if "TRN" in key} == levels
