"""The tier and the trial level that answers lead to, each against its clause."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from proofbox.checks.tiers import HIGH_EXCLUSIONS, MEDIUM_EXCLUSIONS, THIRD
from proofbox.policies.classification import ClassificationAnswers, classify
from proofbox.policies.expand import plan_requirements
from proofbox.policies.facts import Facts
from proofbox.policies.trial_level import TrialFlags, trial_level

ALL_NO = dict.fromkeys(ClassificationAnswers.model_fields, False)


def classified(**answers: bool | None):
    return classify(ClassificationAnswers.model_validate(ALL_NO | answers))


def test_a_listed_system_is_high_unless_an_exclusion_applies():
    assert (classified(listed=True).tier, classified(listed=True).clause) == ("high", "vn-decree-142-2026 6(3)(a), 8")
    for name in HIGH_EXCLUSIONS:
        assert classified(listed=True, **{name: True}).tier == "low"
        assert classified(listed=True, medium_conditions=True, **{name: True}).tier == "medium"


def test_a_condition_of_medium_risk_counts_unless_an_exclusion_applies():
    assert (classified(medium_conditions=True).tier, classified(medium_conditions=True).clause) == (
        "medium",
        "vn-decree-142-2026 9",
    )
    for name in MEDIUM_EXCLUSIONS:
        assert classified(medium_conditions=True, **{name: True}).tier == "low"
    assert classified().tier == "low"


@pytest.mark.parametrize("name", ["prohibited_practice", "listed", "medium_conditions"])
def test_a_question_that_was_not_answered_leaves_the_tier_open(name: str):
    found = classified(**{name: None})
    assert found.tier is None
    assert str(found.reason) == f"not answered yet: {name}"


def test_an_exclusion_that_was_not_answered_never_lowers_the_tier():
    found = classified(listed=True, advisory_only=None)
    assert found.tier is None
    assert "advisory_only" in str(found.reason)


def test_a_forbidden_practice_has_no_tier():
    found = classified(prohibited_practice=True, listed=True)
    assert (found.tier, found.clause) == (None, "vn-law-134-2025 7")


@pytest.mark.parametrize(("users", "used"), [(True, True), (True, False), (False, True), (False, False)])
def test_the_level_of_a_trial_is_the_highest_that_applies(users: bool, used: bool):
    plain = TrialFlags(level=1, real_users=users, outputs_used=used)
    assert trial_level(plain).level == (2 if used else 1)
    for name in THIRD:
        found = trial_level(plain.model_copy(update={name: True}))
        assert found.level == 3
        assert name in str(found.reason)


@pytest.mark.parametrize("given", [{"level": 4}, {"level": 1, "real_users": "yes"}, {"level": 1, "real_user": True}])
def test_flags_are_true_or_false(given: dict):
    with pytest.raises(ValidationError):
        TrialFlags.model_validate({"real_users": True, "outputs_used": False} | given)


@pytest.mark.parametrize(
    ("meant", "facts", "why"),
    [
        ("risk_tier: [high]", Facts(risk_tier="low"), "is not asked at this product's risk tier, which is low"),
        ("task: [regression]", Facts(task="text-generation"), "of this product's task, which is text generation"),
        ("sector: [credit]", Facts(sector="public-service"), "in this product's sector, which is public service"),
    ],
)
def test_what_does_not_apply_says_why(valid: str, load, checks, meant: str, facts: Facts, why: str):
    of_control = valid.replace("    requirements:\n", f"    applies_when: {{{meant}}}\n    requirements:\n", 1)
    of_requirement = valid.replace("        check: fair", f"        applies_when: {{{meant}}}\n        check: fair")
    for text, name in ((of_control, "T-FAIR "), (of_requirement, "T-FAIR.a ")):
        verdict, reason = plan_requirements(load(text).policy, facts, checks)[0].settled
        assert verdict == "not-applicable"
        assert str(reason).startswith(name)
        assert why in str(reason)
