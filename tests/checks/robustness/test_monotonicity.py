import json
from dataclasses import asdict

import numpy as np
import pytest
from fitted import FEATURES, dip, people, robust, tree

CHECK = "robustness.monotonicity"
ANSWER, DECISION = "monotonicity_violation_rate", "monotonicity_decision_rate"
UP = {"income": "increasing"}


@pytest.fixture
def searched(run, data, model):
    def searched_of(score, monotone, *, seed=7, params=None, columns=None):
        columns = columns or people()
        asked = model(score, tuple(columns))
        given = data(columns, features=tuple(columns), monotone=monotone)
        return run(CHECK, params=params, data=given, model=asked, seed=seed), asked

    return searched_of


def rates(result):
    return {found.measure: found.value for found in result.measurements}


def test_perfect_a_model_that_only_rises(searched):
    result, asked = searched(robust(), {"income": "increasing", "debt": "decreasing"})
    assert rates(result) == {ANSWER: 0.0, DECISION: 0.0}
    assert result.counterexamples == ()
    found = result.measurements[0]
    assert found.interval.high == pytest.approx(1 - 0.025 ** (1 / 1_000)), "the exact form of the rule of three"
    assert asked.batches == [8_000], "one call"


def test_worst_a_model_that_falls_where_it_should_rise(searched):
    result, _ = searched(robust(), {"income": "decreasing"})
    assert rates(result)[ANSWER] > 0.95


@pytest.mark.parametrize("seed", range(5))
def test_middle_the_planted_dip_is_found_and_the_pair_differs_in_that_one_column(searched, seed):
    score = dip()
    result, asked = searched(score, UP, seed=seed)
    assert 0.2 < rates(result)[DECISION] < 0.7
    assert len(asked.batches) <= 12
    (case,) = result.counterexamples
    low, high = case.rows
    assert case.changed == ("income",)
    assert (low.decision, high.decision) == ("1", "0")
    place = case.columns.index("income")
    assert low.values[place] < high.values[place]
    # One of the two is a row as submitted, and the other number is a round one.
    real = [people()[name][case.source_row] for name in FEATURES]
    changed = next(row for row in case.rows if list(row.values) != real)
    assert [list(row.values) == real for row in case.rows].count(True) == 1
    assert len(repr(changed.values[place]).rstrip("0").rstrip(".")) <= 4


def test_hypothesis_replays_the_witness_against_the_fitted_model(searched, model):
    """The pair of the report, given to Hypothesis as an explicit example of the same property, fails there as well."""
    import pyarrow as pa
    from hypothesis import Phase, example, given, settings
    from hypothesis import strategies as st

    score = dip()
    (case,) = searched(score, UP)[0].counterexamples
    asked = model(score, FEATURES)
    place = case.columns.index("income")

    @settings(phases=[Phase.explicit], database=None)
    @given(st.tuples(), st.floats(), st.floats())
    @example(case.rows[0].values, case.rows[0].values[place], case.rows[1].values[place])
    def never_falls(row, low, high):
        rows = [(*row[:place], income, *row[place + 1 :]) for income in (low, high)]
        columns = dict(zip(FEATURES, zip(*rows, strict=True), strict=True))
        answer = asked.predict(pa.table({name: pa.array(values) for name, values in columns.items()}))
        assert answer.positive[0] <= answer.positive[1]

    with pytest.raises(AssertionError):
        never_falls()


def test_a_score_that_falls_without_turning_a_decision_is_told_as_such(searched):
    result, _ = searched(lambda rows: 0.4 - rows["income"].to_numpy() / 1_000, UP)
    assert rates(result)[DECISION] == 0.0
    assert rates(result)[ANSWER] > 0.9
    (case,) = result.counterexamples
    assert case.measure == ANSWER
    assert "the answer moves from" in str(case.summary)


def test_degenerate_missing_values_have_no_place_on_a_path(searched):
    columns = people()
    income = columns["income"].copy()
    income[::3] = np.nan
    result, _ = searched(robust(), UP, columns=columns | {"income": income})
    assert rates(result) == {ANSWER: 0.0, DECISION: 0.0}


def test_a_model_random_at_predict_time_gets_no_pair_that_it_does_not_bear_out(searched):
    coin = np.random.default_rng(0)
    result, _ = searched(lambda rows: coin.random(len(rows)), UP)
    assert rates(result)[ANSWER] > 0.9
    for case in result.counterexamples:
        assert case.rows[0].decision != case.rows[1].decision


def test_the_same_seed_gives_the_same_bytes_and_another_one_other_cases(searched):
    score = dip()
    texts = [json.dumps(asdict(searched(score, UP, seed=seed)[0]), sort_keys=True) for seed in (3, 3, 4)]
    assert texts[0] == texts[1] != texts[2]


def test_inapplicable(why, data, model):
    def asked(**others):
        given = data(people(), features=FEATURES, **others)
        return why(CHECK, data=given, model=model(tree(lambda p: p["age"] > 40), FEATURES))

    assert "declares no direction" in asked()
    assert "does not read height" in asked(monotone={"height": "increasing"})
    assert "branch holds no numbers" in asked(monotone={"branch": "increasing"})


@pytest.mark.parametrize("seed", range(50))
def test_a_robust_model_passes_every_property_whatever_the_seed(run, data, model, decisions, seed):
    """No false alarm: a fitted model that keeps its promises is not accused, over 50 seeds."""
    columns = people()
    claims = {"monotone": {"income": "increasing", "debt": "decreasing"}, "irrelevant": ("branch",)}
    given, asked = data(columns, features=FEATURES, **claims), model(robust(), FEATURES)
    decided = asked.predict(given.feature_table())
    small = {
        "monotonicity": {"cases": 100},
        "invariance": {"cases": 200},
        "bounded_output": {"most_rows": 200, "near_rows": 200},
        "malformed_input": {},
        "repeatability": {"most_rows": 100, "single_rows": 4},
    }
    for name, params in small.items():
        result = run(f"robustness.{name}", params=params, data=given, model=asked, decisions=decided, seed=seed)
        assert all(found.value == 0.0 for found in result.measurements), name
        assert result.counterexamples == ()
