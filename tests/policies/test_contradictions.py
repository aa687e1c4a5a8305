"""Policies that look like a test and test nothing, or that nobody can meet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from proofbox.policies.advice import advice
from proofbox.policies.loader import lint, load_policy, shipped

BETWEEN = "between: [0.6, 0.7], decision_rule: simple"
OVERLAY = """\
schema: proofbox/policy/v1
id: over
version: 1
checked_on: 2026-11-22
expires_on: 2027-11-22
title: {en: Over, vi: Trên}
extends: [./policy.yaml]
controls:
  - id: O-FAIR
    title: {en: Parity, vi: Ngang bằng}
    objective: {en: Equal rates, vi: Tỷ lệ bằng nhau}
    references: [{framework: own, clause: "1", relation: supports}]
    requirements:
      - id: O-FAIR.a
        level: must
        check: fair.parity
        with: {attribute: each-sensitive}
        criterion: {measure: parity_ratio, CRITERION}
"""


@pytest.fixture
def over(write: Callable[..., str], valid: str, checks):
    def _over(criterion: str, change: Callable[[str], str] = str) -> list[str]:
        write(valid)
        path = write(change(OVERLAY.replace("CRITERION", criterion)), "over.yaml")
        return [str(problem) for problem in lint(path, checks=checks)]

    return _over


def test_an_overlay_that_leaves_no_value_open_is_refused(over):
    (told,) = over(BETWEEN)
    assert told == (
        "over.yaml:18:9: controls[0].requirements[0].criterion: got O-FAIR.a, which no value satisfies together with "
        "T-FAIR.a, expected two criteria on one measure that some value satisfies"
    )


@pytest.mark.parametrize(
    ("criterion", "change"),
    [
        ("between: [0.7, 0.9]", str),
        ("at_least: 0.9", str),
        (BETWEEN, lambda text: text.replace("level: must", "level: should")),
        (BETWEEN, lambda text: text.replace("{attribute: each-sensitive}", "{attribute: sex}")),
    ],
    ids=["touching", "stricter", "advice", "other groups"],
)
def test_criteria_that_some_value_satisfies_are_fine(over, criterion: str, change):
    assert over(criterion, change) == []


def test_products_that_never_meet_are_no_contradiction(write: Callable[..., str], valid: str, checks):
    meant = "        applies_when: {risk_tier: [low]}\n        check: fair.parity"
    write(valid.replace("        check: fair.parity", meant))
    other = OVERLAY.replace("CRITERION", BETWEEN).replace("        check: fair.parity", meant.replace("low", "high"))
    assert lint(write(other, "over.yaml"), checks=checks) == ()


def test_a_requirement_for_no_product_at_all_is_refused(write: Callable[..., str], valid: str, checks):
    text = valid.replace(
        "    requirements:\n      - id: T-FAIR",
        "    applies_when: {risk_tier: [high]}\n    requirements:\n      - id: T-FAIR",
    ).replace("        check: fair", "        applies_when: {risk_tier: [low]}\n        check: fair")
    (problem,) = lint(write(text), checks=checks)
    assert str(problem) == (
        "policy.yaml:16:24: controls[0].requirements[0].applies_when.risk_tier: got T-FAIR.a for no risk_tier at all, "
        "expected a risk_tier that both the control and the requirement are meant for"
    )


@pytest.mark.parametrize("clause", ["'-'", "n/a", "TBD", "' '", "'?!'"])
def test_a_reference_without_a_clause_is_refused(write: Callable[..., str], valid: str, checks, clause: str):
    (problem,) = lint(write(valid.replace('clause: "1"', f"clause: {clause}", 1)), checks=checks)
    assert problem.where == "controls[0].references[0].clause"
    assert (problem.line, problem.column) == (11, 35)


def told(write: Callable[..., str], text: str) -> list[str]:
    return [str(problem) for problem in advice(Path(write(text)))]


def test_advice_names_references_that_nobody_can_follow(write: Callable[..., str], valid: str):
    assert told(write, valid) == []
    assert told(
        write, valid.replace('    references: [{framework: own, clause: "1", relation: supports}]\n', "", 1)
    ) == [
        "policy.yaml:8:5: controls[0]: got T-FAIR without a reference, expected the clause of a law, a standard or a "
        "handbook that it comes from"
    ]
    law = 'framework: vn-law-134-2025, source: S1, confidence: V, clause: "4(3)"'
    assert told(write, valid.replace('framework: own, clause: "1"', law)) == []
    (near,) = told(write, valid.replace('framework: own, clause: "1"', law.replace("4(3)", "4(33)")))
    assert "got '4(33)', which the list of vn-law-134-2025 does not have" in near
    assert "did you mean '4(3)'?" in near
    (slip,) = told(write, valid.replace('framework: own, clause: "1"', law.replace("134-2025", "134-2026")))
    assert "did you mean 'vn-law-134-2025'?" in slip
    (bare,) = told(write, valid.replace('framework: own, clause: "1"', law.replace("source: S1, ", "")))
    assert "expected 'source' and 'confidence'" in bare


@pytest.mark.parametrize("pack", shipped())
def test_no_shipped_pack_needs_advice(pack: str):
    from proofbox.policies.loader import policy_path

    assert advice(policy_path(pack)) == ()
    assert all(control.references for control in load_policy(pack).policy.controls)
