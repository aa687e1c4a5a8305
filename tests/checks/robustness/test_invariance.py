import numpy as np
import pytest
from fitted import FEATURES, people, robust, tree

CHECK = "robustness.invariance"
ANSWER, DECISION = "invariance_violation_rate", "invariance_decision_rate"


@pytest.fixture
def searched(run, data, model):
    def searched_of(score, *, seed=7, params=None, irrelevant=("branch",)):
        asked = model(score, FEATURES)
        given = data(people(), features=FEATURES, irrelevant=irrelevant)
        return run(CHECK, params=params, data=given, model=asked, seed=seed), asked

    return searched_of


def rates(result):
    return {found.measure: found.value for found in result.measurements}


def by_branch(columns):
    """The rule that nobody should have: the south is asked for a higher income."""
    return columns["income"] > np.where(columns["branch"] == "south", 11, 8)


def test_perfect_a_model_that_looks_at_no_branch(searched):
    result, asked = searched(robust())
    assert rates(result) == {ANSWER: 0.0, DECISION: 0.0}
    assert result.measurements[0].interval.high == pytest.approx(1 - 0.025 ** (1 / 4_000))
    assert asked.batches == [8_000]


def test_worst_a_model_of_nothing_else(searched):
    result, _ = searched(lambda rows: np.array([value == "south" for value in rows["branch"].to_pylist()], float))
    assert 0.2 < rates(result)[DECISION] < 0.6


@pytest.mark.parametrize("seed", range(3))
def test_middle_a_model_that_looks_at_the_branch_is_shown_by_one_row(searched, seed):
    result, asked = searched(tree(by_branch), seed=seed)
    assert 0.01 < rates(result)[DECISION] < 0.3
    assert len(asked.batches) <= 8
    (case,) = result.counterexamples
    assert case.changed == ("branch",)
    assert [str(row.label) for row in case.rows].count("as submitted") == 1
    assert {row.decision for row in case.rows} == {"0", "1"}


def test_of_several_irrelevant_features_only_the_guilty_one_is_shown(searched):
    result, _ = searched(tree(by_branch), irrelevant=("age", "branch", "debt"))
    assert result.counterexamples[0].changed == ("branch",)


def test_a_policy_may_name_more(searched):
    result, _ = searched(tree(lambda p: p["age"] > 40), irrelevant=(), params={"columns": ["age"]})
    assert result.counterexamples[0].changed == ("age",)
    assert rates(result)[DECISION] > 0.2


def test_a_score_that_moves_without_turning_a_decision_is_told_as_such(searched):
    def score(rows):
        return np.array([0.1 + 0.1 * (value == "south") for value in rows["branch"].to_pylist()])

    result, _ = searched(score)
    assert (rates(result)[DECISION], rates(result)[ANSWER] > 0.2) == (0.0, True)
    assert "the score moves from" in str(result.counterexamples[0].summary)


def test_inapplicable(why, data, model):
    def asked(**others):
        return why(
            CHECK, data=data(people(), features=("age", "income"), **others), model=model(len, ("age", "income"))
        )

    assert "declares no irrelevant feature" in asked()
    assert "reads none of the irrelevant features: branch" in asked(irrelevant=("branch",))
