"""The overlays of vn-trusted-ai: each asks for more, never for less, and passes nothing that nothing measured."""

from __future__ import annotations

import pytest

from proofbox.policies.difference import differences
from proofbox.policies.expand import expand
from proofbox.policies.facts import Facts
from proofbox.policies.judge import Evidence, judge
from proofbox.policies.loader import load_policy, shipped

OVERLAYS = ("vn-credit", "vn-education", "vn-generative", "vn-health", "vn-public-sector")


def test_these_are_the_overlays():
    assert {pack for pack in shipped() if load_policy(pack).policy.extends == ("vn-trusted-ai",)} == set(OVERLAYS)


@pytest.mark.parametrize("pack", OVERLAYS)
def test_nothing_is_looser_and_something_is_stricter(pack: str):
    changes = differences(load_policy("vn-trusted-ai").policy, load_policy(pack).policy)
    assert [str(item.what) for item in changes if item.direction == "looser"] == []
    assert sum(item.direction == "stricter" for item in changes) >= 3


@pytest.mark.parametrize(
    ("loosened", "said"),
    [
        ("VN-FAIR-01.a|level: should", "must, as inherited"),
        ("VN-FAIR-01.a|at_least: 0.70", "0.8"),
        ("VN-FAIR-01.a|decision_rule: simple", "guarded"),
        ("VN-DAT-02.a|gate: false", "gate: true, as inherited"),
        ("VN-FAIR-01.a|applies_when: {risk_tier: [high], sector: [credit]}", "at least the products"),
        ("VN-SBX-01.a|applies_when: {trial: [level-3]}", "at least the products"),
    ],
)
def test_an_overlay_that_loosens_is_refused_with_its_place(tmp_path, loosened: str, said: str):
    import yaml  # the writer alone; what is written is read by our own reader

    from proofbox.policies.loader import lint

    name, _, change = loosened.partition("|")
    key, value = change.split(": ", 1)
    control = next(one for one in load_policy("vn-trusted-ai").policy.controls if name.startswith(one.id))
    shown = control.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude_none=True)
    shown["requirements"] = [one for one in shown["requirements"] if one["id"] == name]
    target = shown["requirements"][0]
    criterion = target.get("criterion", {})
    (criterion if key in {*criterion, "decision_rule"} else target)[key] = yaml.safe_load(value)
    head = load_policy("vn-credit").policy.model_dump(mode="json", by_alias=True, exclude={"controls", "families"})
    path = tmp_path / "overlay.yaml"
    path.write_text(yaml.safe_dump({**head, "id": "own", "controls": [shown]}, allow_unicode=True), "utf-8")
    problems = [str(problem) for problem in lint(str(path))]
    assert any(said in problem for problem in problems), problems
    assert all(problem.startswith("overlay.yaml:") for problem in problems)


GENERATIVE = Facts(risk_tier="high", task="text-generation", sector="other", trial="none")


@pytest.mark.parametrize("pack", ["vn-generative", "vn-trusted-ai"])
def test_a_model_that_no_check_can_try_passes_nothing(pack: str):
    judged = judge([load_policy(pack)], GENERATIVE, Evidence())
    assert {finding.verdict for finding in judged.findings} == {"not-run", "not-applicable"}
    assert judged.conclusion == "undetermined"
    assert all(str(finding.reason) for finding in judged.findings)
    asked = {item.requirement.id for item in expand(load_policy(pack).policy, GENERATIVE)}
    attested = {
        requirement.id
        for control in load_policy(pack).policy.controls
        for requirement in control.requirements
        if requirement.attestation
    }
    assert {"VN-SEC-05.a", "VN-TRN-04.a", "VN-FAIR-05.b"} <= attested - asked
