import pytest

from proofbox.checks.tiers import HIGH_EXCLUSIONS

CHECK = "classification.screening"
NO = dict.fromkeys(
    ("prohibited_practice", "listed", *HIGH_EXCLUSIONS, "medium_conditions", "office_tool", "not_public",
     "technical_processing"),
    False,
)  # fmt: skip


@pytest.fixture
def screened(run, subject):
    def found(tier="low", **answers):
        who = subject({}, product={"risk_tier": tier}, classification=NO | answers)
        return run(CHECK, subject=who)

    return found


def values(result):
    return {one.measure: one.value for one in result.measurements}


def test_perfect_the_declared_tier_is_the_one_that_follows(screened):
    found = screened("high", listed=True)
    assert values(found) == {"questions_open": 0, "forbidden_practices": 0, "tier_shortfall": 0}
    assert found.measurements[0].detail["by_answers"] == "high"


def test_worst_a_listed_system_is_declared_low(screened):
    assert values(screened("low", listed=True))["tier_shortfall"] == 2


def test_middle_a_medium_system_is_declared_low_and_a_low_one_high(screened):
    assert values(screened("low", medium_conditions=True))["tier_shortfall"] == 1
    assert values(screened("high"))["tier_shortfall"] == 0


def test_a_forbidden_practice_is_told_and_leaves_no_tier(screened):
    found = screened("high", prohibited_practice=True)
    assert values(found) == {"questions_open": 0, "forbidden_practices": 1}
    assert "must not be used" in str(found.absent["tier_shortfall"])


def test_degenerate_nothing_was_answered(screened):
    found = screened("high", **dict.fromkeys(NO))
    assert values(found) == {"questions_open": 1}
    assert {str(one) for one in found.absent.values()} == {"not answered yet: prohibited_practice"}


def test_open_exclusions_are_counted(screened):
    found = screened("high", listed=True, advisory_only=None, internal_use=None)
    assert values(found)["questions_open"] == 2
    assert "tier_shortfall" in found.absent


def test_inapplicable_without_answers(why, subject):
    assert "answers no questions" in why(CHECK, subject=subject({}))
