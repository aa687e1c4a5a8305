from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proofbox.policies.errors import BadPolicyError, PoliciesError, UnknownPolicyError
from proofbox.policies.loader import LoadedPolicy, lint, load_policy, shipped

OVERLAY = """\
schema: proofbox/policy/v1
id: overlay
version: 1
checked_on: 2026-11-22
expires_on: 2027-11-22
title: {en: Over, vi: Phủ}
extends: [policy.yaml]
controls:
  - id: T-FAIR
    title: {en: Parity, stricter, vi: Ngang bằng}
    objective: {en: Equal rates, vi: Tỷ lệ bằng nhau}
    references: [{framework: other, clause: "9", relation: supports}]
    requirements:
      - id: T-FAIR.a
        level: must
        check: fair.parity
        with: {attribute: each-sensitive}
        criterion: {measure: parity_ratio, at_least: 0.9, decision_rule: guarded}
        remediation: {en: Do better, vi: Làm tốt hơn}
      - id: T-FAIR.b
        level: should
        check: fair.parity
        with: {attribute: each-pair}
        criterion: {measure: parity_gap, at_most: 0.1}
        remediation: {en: Do better, vi: Làm tốt hơn}
""".replace("{en: Parity, stricter,", "{en: 'Parity, stricter',")


@pytest.fixture
def overlay(write: Callable[..., str], valid: str) -> Callable[[str], str]:
    def _overlay(text: str = OVERLAY) -> str:
        write(valid)
        return write(text, "overlay.yaml")

    return _overlay


def test_loads_with_digest_and_the_exact_bytes(tiny: LoadedPolicy, valid: str):
    assert tiny.policy.id == "tiny"
    assert tiny.policy.version == "1.10"
    assert len(tiny.digest) == 64
    assert [(source.name, source.raw) for source in tiny.sources] == [("policy.yaml", valid.encode())]


def test_the_digest_is_of_the_meaning_not_of_the_bytes(load: Callable[..., LoadedPolicy], valid: str):
    plain = load().digest
    assert load("# a comment\n" + valid).digest == plain
    assert load(valid.replace("decision_rule: guarded, ", "")).digest == plain, "a default written out is no change"
    assert load(valid.replace("0.8", "0.81")).digest != plain
    assert load(valid.replace("Nhỏ", "Bé")).digest != plain


def test_the_digest_stays_the_same_in_every_version(tiny: LoadedPolicy):
    # Stored assessments name this digest: if this fails, the canonical form has changed.
    assert tiny.digest == "f71fe563203a021bc038b5457c084982f0eecfdf3d503bc6a0974d2d39c3ece1"


def test_an_overlay_inherits_tightens_and_adds(overlay: Callable[..., str], checks):
    loaded = load_policy(overlay(), checks=checks)
    assert [control.id for control in loaded.policy.controls] == ["T-FAIR", "T-PROV"]
    fair = loaded.policy.controls[0]
    assert [requirement.id for requirement in fair.requirements] == ["T-FAIR.a", "T-FAIR.b"]
    assert fair.requirements[0].criterion.threshold == 0.9
    assert [reference.framework for reference in fair.references] == ["other", "own"]
    assert [source.name for source in loaded.sources] == ["overlay.yaml", "policy.yaml"]


LOOSER = [
    (
        "at_least: 0.9",
        "at_least: 0.7",
        "18:44: controls[0].requirements[0].criterion.at_least: got T-FAIR: 0.7, expected at "
        "least the inherited 0.8; an overlay may tighten, not loosen",
    ),
    (
        "level: must",
        "level: should",
        "15:9: controls[0].requirements[0].level: got T-FAIR: should, expected must",
    ),
    (
        "decision_rule: guarded}",
        "decision_rule: simple}",
        "decision_rule: got T-FAIR: simple, expected guarded",
    ),
    (
        "decision_rule: guarded}",
        "confidence: 0.9}",
        "confidence: got T-FAIR: 0.9, expected at least the inherited 0.95",
    ),
    (
        "measure: parity_ratio, at_least: 0.9",
        "measure: parity_gap, at_most: 0.9",
        "criterion.measure: got T-FAIR: 'parity_gap', expected 'parity_ratio'",
    ),
    (
        "at_least: 0.9",
        "between: [0.8, 0.9]",
        "criterion.between: got T-FAIR: between, expected at_least",
    ),
    (
        "with: {attribute: each-sensitive}",
        "with: {attribute: sex}",
        "with: got T-FAIR: other parameters, expected the inherited ones; give it an id of its own",
    ),
    (
        "    requirements:",
        "    applies_when: {risk_tier: [high]}\n    requirements:",
        "12:5",
    ),
    (
        "extends: [policy.yaml]\ncontrols:\n  - id: T-FAIR\n",
        "extends: [policy.yaml]\ncontrols:\n  - id: T-OTHER\n",
        "14:9: controls[0].requirements[0].id: got 'T-FAIR.a', which is in control 'T-FAIR', expected an id of its own",
    ),
]


@pytest.mark.parametrize(("old", "new", "told"), LOOSER, ids=range(len(LOOSER)))
def test_an_overlay_never_loosens(overlay: Callable[..., str], checks, old: str, new: str, told: str):
    assert old in OVERLAY
    if told == "12:5":
        told = "13:5: controls[0].applies_when: got T-FAIR: fewer products, expected at least the products"
    problems = lint(overlay(OVERLAY.replace(old, new, 1)), checks=checks)
    assert any(told in str(problem) for problem in problems), [str(problem) for problem in problems]


def test_an_overlay_cannot_open_a_gate_or_swap_the_check(overlay: Callable[..., str], checks):
    text = (
        OVERLAY.partition("controls:")[0]
        + """\
controls:
  - id: T-PROV
    title: {en: Digests, vi: Mã băm}
    objective: {en: Same bytes, vi: Cùng nội dung}
    references: [{framework: own, clause: "2", relation: supports}]
    requirements:
      - id: T-PROV.a
        level: must
        check: perf.score
        criterion: {measure: accuracy, at_least: 0.1}
        remediation: {en: a, vi: b}
"""
    )
    said = [str(problem) for problem in lint(overlay(text), checks=checks)]
    assert any("gate: got T-PROV: gate: false, expected gate: true" in line for line in said)
    assert any("check: got T-PROV: 'perf.score', expected 'prov.digests'" in line for line in said)


def test_two_bases_may_not_loosen_each_other(
    overlay: Callable[..., str], checks, write: Callable[..., str], valid: str
):
    overlay()
    both = OVERLAY.partition("controls:")[0].replace("[policy.yaml]", "[overlay.yaml, policy.yaml]")
    problems = lint(write(both, "both.yaml"), checks=checks)
    assert [problem.where for problem in problems] == ["extends[1]", "extends[1]"]
    ordered = both.replace("[overlay.yaml, policy.yaml]", "[policy.yaml, overlay.yaml]")
    assert lint(write(ordered, "both.yaml"), checks=checks) == ()


def test_circles_are_refused(checks, write: Callable[..., str]):
    head = OVERLAY.partition("controls:")[0]
    write(head.replace("[policy.yaml]", "[b.yaml]"), "a.yaml")
    path = write(head.replace("[policy.yaml]", "[a.yaml]"), "b.yaml")
    assert any("expected no circle" in str(problem) for problem in lint(path, checks=checks))


def test_a_mistake_in_the_base_names_the_base(
    overlay: Callable[..., str], checks, write: Callable[..., str], valid: str
):
    path = overlay()
    write(valid.replace("fair.parity", "fair.nothing"))
    with pytest.raises(BadPolicyError, match=r"^policy\.yaml:15:9: "):
        load_policy(path, checks=checks)


def test_sources_of_one_name_are_kept_apart(tmp_path: Path, checks, valid: str):
    (tmp_path / "base").mkdir()
    (tmp_path / "base/policy.yaml").write_text(valid, encoding="utf-8")
    path = tmp_path / "policy.yaml"
    path.write_text(OVERLAY.replace("[policy.yaml]", "[base/policy.yaml]"), encoding="utf-8")
    names = [source.name for source in load_policy(str(path), checks=checks).sources]
    assert names == ["policy.yaml", "policy-2.yaml"]


@pytest.mark.parametrize("name", ["vn-trusted", "nowhere.yaml", "./x/y.yaml", "a\0b.yaml", "x" * 5000 + ".yaml", ""])
def test_an_unknown_policy_says_what_there_is(name: str):
    with pytest.raises(UnknownPolicyError, match=r"shipped are: .*baseline.*vn-trusted-ai|cannot read"):
        load_policy(name)


def test_a_misspelt_pack_is_guessed():
    with pytest.raises(UnknownPolicyError, match=r"did you mean 'baseline'"):
        load_policy("base-line")


def test_a_folder_is_no_policy(tmp_path: Path):
    with pytest.raises(UnknownPolicyError):
        load_policy(str(tmp_path))


def test_shipped_ids_are_file_names():
    assert {"baseline", "vn-trusted-ai", "eu-ai-act-high-risk"} < {*shipped()}


LINES = st.lists(st.integers(0, 29), max_size=4)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    damage=st.tuples(LINES, LINES, st.text(alphabet=" :-[]{}'\"#&*!~ab0.\n", max_size=12), st.integers(0, 1200)),
)
def test_nothing_but_the_rooms_errors_comes_out_of_a_broken_policy(valid: str, checks, tmp_path: Path, damage):
    drop, swap, junk, at = damage
    lines = [line for number, line in enumerate(valid.splitlines()) if number not in drop]
    for number in swap:
        lines.append(lines[number % len(lines)])
    text = "\n".join(lines)
    text = text[: at % len(text)] + junk + text[at % len(text) :]
    path = tmp_path / f"{hashlib.sha256(text.encode()).hexdigest()[:8]}.yaml"
    path.write_text(text, encoding="utf-8")
    with contextlib.suppress(PoliciesError):
        load_policy(str(path), checks=checks)
