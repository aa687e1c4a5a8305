"""`policy test`: every shipped pack is held by its fixtures, and what they would not notice is told."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace

import pytest

from proofbox.policies.boundaries import derived, edges
from proofbox.policies.errors import BadDocumentError, UnknownPolicyError
from proofbox.policies.fixtures import Cases, fixture_lines, fixtures_path, read_fixtures
from proofbox.policies.loader import LoadedPolicy, load_policy, shipped
from proofbox.policies.meant import conditions
from proofbox.policies.model import Criterion
from proofbox.policies.selftest import SelfTest, all_fixtures, selftest


def own(pack: str) -> dict[str, Cases]:
    path = fixtures_path(pack)
    return dict(read_fixtures(path)) if path.is_file() else {}


def stated(loaded: LoadedPolicy, names: set[str]) -> LoadedPolicy:
    """The requirements of an overlay that it states itself; those that it leaves as they are, their own pack tries."""
    controls = [
        control.model_copy(update={"requirements": kept})
        for control in loaded.policy.controls
        if (kept := tuple(item for item in control.requirements if item.id in names))
    ]
    return replace(loaded, policy=loaded.policy.model_copy(update={"controls": tuple(controls)}))


@functools.cache
def meant(pack: str) -> dict[str, str]:
    return {
        item.id: f"{item!r} {conditions(control, item)!r}"
        for control in load_policy(pack).policy.controls
        for item in control.requirements
    }


OVERLAYS = [pack for pack in shipped() if load_policy(pack).policy.extends]


@pytest.mark.parametrize("pack", OVERLAYS)
def test_an_overlay_has_fixtures_for_all_that_it_changes_or_adds(pack: str):
    (base,) = load_policy(pack).policy.extends
    changed = {name for name, what in meant(pack).items() if meant(base).get(name) != what}
    assert changed == set(own(pack))
    assert len(changed) >= 4


@pytest.mark.parametrize("pack", shipped())
def test_every_shipped_pack_notices_every_mutant(pack: str):
    loaded = load_policy(pack)
    tried = selftest(stated(loaded, set(own(pack))) if pack in OVERLAYS else loaded, own(pack))
    assert [str(item) for item in tried.wrong] == [], f"proofbox policy test {pack} --write, where it was meant"
    assert [(item.requirement, item.what) for item in tried.survivors] == []
    assert tried.never_failed == tried.unknown == ()
    assert tried.score == 1.0
    assert tried.mutants > (3 if pack in OVERLAYS else 5) * tried.requirements
    assert tried.well


@pytest.mark.parametrize("pack", ["baseline", "vn-trusted-ai"])
def test_the_fixtures_of_the_first_packs_are_committed(pack: str):
    assert len(own(pack)) >= 30


def changed(loaded: LoadedPolicy, requirement: str, **criterion: object) -> LoadedPolicy:
    controls = [
        control.model_copy(
            update={
                "requirements": tuple(
                    item.model_copy(update={"criterion": item.criterion.model_copy(update=criterion)})
                    if item.id == requirement
                    else item
                    for item in control.requirements
                )
            }
        )
        for control in loaded.policy.controls
        if requirement.startswith(control.id)
    ]
    return replace(loaded, policy=loaded.policy.model_copy(update={"controls": tuple(controls)}))


@pytest.mark.parametrize(
    "change",
    [{"at_least": 0.79}, {"at_least": 0.81}, {"decision_rule": "simple"}, {"confidence": 0.9}, {"declarable": False}],
)
def test_a_shipped_number_does_not_change_unnoticed(change: dict[str, object]):
    fixtures = {name: cases for name, cases in own("vn-trusted-ai").items() if name.startswith("VN-FAIR-01")}
    assert selftest(changed(load_policy("vn-trusted-ai"), "VN-FAIR-01.a"), fixtures).well
    tried = selftest(changed(load_policy("vn-trusted-ai"), "VN-FAIR-01.a", **change), fixtures)
    assert {item.requirement for item in tried.wrong} == {"VN-FAIR-01.a"}
    assert not tried.well


def lone(tiny: LoadedPolicy, checks, cases: list[dict[str, object]]) -> SelfTest:
    fixtures = {entry.requirement: entry for entry in all_fixtures(tiny.policy, {}, checks)}
    entry = {"requirement": "T-PROV.a", "measure": "mismatches", "cases": cases}
    return selftest(tiny, fixtures | {"T-PROV.a": Cases.model_validate(entry)}, checks)


def test_mutants_that_no_fixture_notices_are_named(tiny: LoadedPolicy, checks):
    tried = lone(
        tiny,
        checks,
        [
            {"value": 0, "verdict": "pass", "conclusion": "conforms"},
            {"value": 50, "verdict": "fail", "conclusion": "does-not-conform"},
        ],
    )
    what = {item.what for item in tried.survivors}
    assert "at_most 0.0 -> 1.0" in what
    assert 0 < tried.score < 1
    assert not tried.well


def test_a_control_that_no_fixture_fails_is_rejected(tiny: LoadedPolicy, checks):
    tried = lone(tiny, checks, [{"value": 0, "verdict": "pass", "conclusion": "conforms"}])
    assert tried.never_failed == ("T-PROV",)
    assert not tried.well


def test_a_fixture_with_another_verdict_is_told(tiny: LoadedPolicy, checks):
    tried = lone(tiny, checks, [{"value": 0, "verdict": "fail", "conclusion": "does-not-conform"}])
    (wrong,) = tried.wrong
    assert str(wrong) == "T-PROV.a: fixture 1: got pass / conforms, expected fail / does-not-conform"


def test_fixtures_for_a_requirement_that_is_not_there_are_told(tiny: LoadedPolicy, checks):
    fixtures = {entry.requirement: entry for entry in all_fixtures(tiny.policy, {}, checks)}
    gone = fixtures["T-PROV.a"].model_copy(update={"requirement": "T-GONE.a"})
    tried = selftest(tiny, fixtures | {"T-GONE.a": gone}, checks)
    assert tried.unknown == ("T-GONE.a",)
    assert tried.derived == ()
    assert not tried.well


@pytest.mark.parametrize(
    "criterion",
    [
        "measure: parity_ratio, at_least: 0.8",
        "measure: parity_ratio, at_least: 1",
        "measure: parity_gap, at_most: 0",
        "measure: parity_gap, at_most: 0.1, decision_rule: simple",
        "measure: parity_gap, equals: 0, decision_rule: simple",
        "measure: parity_gap, between: [0.1, 0.9]",
        "measure: parity_gap, between: [0.1, 0.12], decision_rule: simple",
        "measure: parity_ratio, at_least: 0.8, confidence: 0.99, declarable: true",
    ],
)
@pytest.mark.parametrize("level", ["must", "should"])
@pytest.mark.parametrize("meant", ["", "applies_when: {risk_tier: [high, low], sector: [credit]}"])
def test_derived_fixtures_notice_every_mutant_of_every_kind(
    valid: str, checks, load: Callable[..., LoadedPolicy], criterion: str, level: str, meant: str
):
    old = "measure: parity_ratio, at_least: 0.8, decision_rule: guarded, declarable: true"
    text = valid.replace(old, criterion).replace(
        "level: must\n        check: fair", f"level: {level}\n        check: fair"
    )
    text = text.replace("        check: fair.parity", f"        {meant}\n        check: fair.parity")
    tried = selftest(load(text), {}, checks)
    assert tried.well, [(item.requirement, item.what) for item in tried.survivors]


@pytest.mark.parametrize("measure", ["each-declared", "recall"])
def test_what_the_provider_claims_is_tried_too(measure: str, valid: str, checks, load: Callable[..., LoadedPolicy]):
    old = valid[valid.index("        check: fair.parity") : valid.index("        remediation")]
    criterion = f"criterion: {{measure: {measure}, at_least: declared, origin: provider}}"
    new = f"        check: perf.score\n        {criterion}\n"
    tried = selftest(load(valid.replace(old, new)), {}, checks)
    assert tried.well
    assert any("declared" in str(item) for item in load(valid.replace(old, new)).policy.controls)


def test_a_step_never_leaves_the_range_of_the_measure():
    (edge,) = edges(Criterion(measure="x", at_most=0.999), "[0, 1]")
    assert 0.999 < edge.beyond(1) < edge.beyond(2) <= 1
    (edge,) = edges(Criterion(measure="x", at_most=3), "[0, inf)")
    assert (edge.beyond(1), edge.beyond(-1)) == (4, 2)
    assert edges(Criterion(measure="x", between=(0, 0.5)), "[0, 1]")[0].threshold == 0.5


def test_a_file_of_fixtures_reads_back_as_written(tiny: LoadedPolicy, checks, tmp_path):
    fixtures = all_fixtures(tiny.policy, {}, checks)
    path = tmp_path / "tiny.yaml"
    path.write_text("\n".join(fixture_lines("tiny", fixtures)), encoding="utf-8")
    assert list(read_fixtures(path).values()) == fixtures
    (control, _) = tiny.policy.controls
    assert fixtures[0] == derived(control, control.requirements[0], checks["fair.parity"])


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("verdict: pass", "verdict: passes", "6:20: fixtures[0].cases[0].verdict: got 'passes', expected 'pass'"),
        ("value: 1", "vaule: 1", "6:10: fixtures[0].cases[0].vaule: got the unknown key 'vaule'"),
        ("schema: proofbox/fixtures/v1", "schema: 1", "1:1: schema: got 1, expected 'proofbox/fixtures/v1'"),
    ],
)
def test_a_wrong_file_of_fixtures_is_told_with_its_place(tmp_path, old: str, new: str, told: str):
    text = (
        "schema: proofbox/fixtures/v1\npolicy: tiny\nfixtures:\n  - requirement: T-PROV.a\n    cases:\n"
        "      - {value: 1, verdict: pass, conclusion: conforms}\n"
    )
    path = tmp_path / "f.yaml"
    path.write_text(text, encoding="utf-8")
    assert len(read_fixtures(path)["T-PROV.a"].cases) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(BadDocumentError) as caught:
        read_fixtures(path)
    assert f"f.yaml:{told}" in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UnknownPolicyError, match="cannot read the fixtures"):
        read_fixtures(tmp_path / "none.yaml")
