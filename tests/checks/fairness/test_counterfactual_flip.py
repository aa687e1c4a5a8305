import numpy as np
import pytest

CHECK = "fairness.counterfactual_flip"
MEDIAN = 44


def reads(*names):
    """Score: the sum of these columns, missing values as 0."""
    return lambda rows: sum(np.nan_to_num(rows.column(name).to_numpy().astype(float)) for name in names)


def _is_category(name):
    return lambda rows: np.array([value == name for value in rows.column("white").to_pylist()])


@pytest.fixture
def flip(run, data, model):
    def flip_of(columns, score, *, threshold=0.5, params=None, features=None, **others):
        given = data(columns, features=features or tuple(columns), **others)
        asked = model(score, given.features, threshold)
        decided = asked.predict(given.feature_table())
        asked.batches.clear()
        result = run(CHECK, params={"attribute": "white"} | (params or {}), data=given, model=asked, decisions=decided)
        return result, asked

    return flip_of


def test_perfect_the_attribute_is_read_and_changes_nothing(flip):
    result, asked = flip({"white": [0, 1] * 5, "x": [0.0, 9.0] * 5}, reads("x"))
    assert result.measurements[0].value == 0.0
    assert result.measurements[0].interval.high > 0.1
    assert asked.batches == [10]
    assert result.counterexamples == ()


def test_worst_the_attribute_decides(flip):
    result, _ = flip({"white": [0, 1] * 5, "x": [0.0] * 10}, reads("white"))
    assert result.measurements[0].value == 1.0


def test_middle_counts_flips_and_shows_the_clearest_pair(flip):
    columns = {"white": [0, 1, 0, 0], "x": [9.0, 0.0, None, 0.0], "z": [1, 2, 3, 4]}
    result, asked = flip(columns, reads("white", "x"))
    (found,) = result.measurements
    assert (found.value, found.sample_size, found.detail["flips"]) == (0.75, 4, 3)
    assert found.interval.method == "wilson"
    assert found.detail["by_value"] == [
        {"set_to": {"white": "0"}, "rows": 1, "flips": 1},
        {"set_to": {"white": "1"}, "rows": 3, "flips": 2},
    ]
    (case,) = result.counterexamples
    assert (case.source_row, case.changed, case.columns) == (1, ("white",), ("white", "x", "z"))
    assert [row.values for row in case.rows] == [(1, 0.0, 2), (0, 0.0, 2)]
    assert [row.decision for row in case.rows] == ["1", "0"]
    assert str(case.summary) == "The same person, but for white: the decision turns from 1 to 0."
    assert len(asked.batches) == 1, "all swaps go to the model in one call"


def test_a_row_without_missing_values_is_the_clearer_case(flip):
    result, _ = flip({"white": [0, 0, 1], "x": [None, 0.0, 0.0]}, reads("white"))
    assert result.counterexamples[0].source_row == 1


def test_a_model_that_reads_neither_attribute_nor_proxy_is_not_asked(flip):
    result, asked = flip({"white": [0, 1] * 5, "x": [0.0] * 10}, reads("x"), features=("x",))
    (found,) = result.measurements
    assert (found.value, found.interval.high, found.interval.method) == (0.0, 0.0, "by-construction")
    assert "not asked: white" in found.detail["by_construction"]
    assert asked.batches == []


def test_the_model_may_call_the_attribute_by_another_name(flip):
    columns = {"race": ["w", "b"] * 5, "white": [1, 0] * 5}
    result, _ = flip(columns, reads("white"), features=("white",), params={"attribute": "race", "column": "white"})
    assert result.measurements[0].value == 1.0
    assert result.measurements[0].detail["attribute"] == ["race"]


def test_more_than_two_categories_try_each_other_one(flip):
    columns = {"white": ["a", "b", "c"] * 4, "x": [0] * 12}
    result, asked = flip(columns, lambda rows: np.array([value == "c" for value in rows.column("white").to_pylist()]))
    (found,) = result.measurements
    assert found.value == 1.0, "each row flips under at least one other category"
    assert [value["flips"] for value in found.detail["by_value"]] == [4, 4, 8]
    assert asked.batches == [24]


def test_a_row_that_flips_under_one_category_only_is_a_flip_whichever_it_is(flip):
    columns = {"white": ["a", "b", "c"] * 4}
    for decisive in "abc":
        score = _is_category(decisive)
        assert flip(columns, score)[0].measurements[0].detail["flips"] == 12


def test_degenerate_rows_without_the_attribute_are_left_out_and_counted(flip):
    result, _ = flip({"white": [0, 1, None], "x": [0.0] * 3}, reads("white"))
    (found,) = result.measurements
    assert (found.sample_size, found.detail["rows_missing_attribute"]) == (2, 1)


def test_proxies_are_set_to_what_is_typical_of_the_other_group(flip):
    columns = {"white": [0] * 30 + [1] * 30, "district": ["d"] * 29 + ["e"] + ["f"] * 30, "pay": [*range(60)]}

    def score(rows):
        assert set(rows.column("pay").to_pylist()) <= set(range(60))
        return np.array([value == "f" for value in rows.column("district").to_pylist()])

    params = {"proxies": ["district", "pay"]}
    result, _ = flip(columns, score, features=("district", "pay"), params=params)
    assert result.measurements[0].value == 1.0
    assert result.measurements[0].detail["columns_changed"] == ["district", "pay"]
    # Only the district turns the decision, so it alone is changed in the pair that is shown.
    assert result.counterexamples[0].changed == ("district",)
    assert [str(row.label) for row in result.counterexamples[0].rows] == ["as submitted", "changed"]


def test_a_typical_number_is_one_that_occurs(flip):
    columns = {"white": [0] * 30 + [1] * 30, "pay": [*range(60)]}
    params = {"proxies": ["pay"]}
    result, _ = flip(columns, lambda rows: reads("pay")(rows) >= MEDIAN, features=("pay",), params=params)
    # The median of 30 to 59 lies between two numbers.
    assert MEDIAN in {row.values[0] for case in result.counterexamples for row in case.rows}


def test_proxies_that_the_submission_declares_are_swapped_with_the_attribute(flip):
    columns = {"white": [0, 1] * 20, "district": ["d", "f"] * 20}
    score = lambda rows: np.array([value == "f" for value in rows.column("district").to_pylist()])  # noqa: E731
    result, asked = flip(columns, score, features=("district",))
    assert (result.measurements[0].value, asked.batches) == (0.0, [])
    result, _ = flip(columns, score, features=("district",), proxies={"white": ("district",), "age": ("pay",)})
    assert result.measurements[0].value == 1.0
    assert result.measurements[0].detail["proxies"] == ["district"]


def test_the_pair_with_the_fewest_changes_is_shown(flip):
    """Row 0 needs both columns to turn, row 1 the attribute alone: the second is the smaller case."""
    columns = {"white": [0, 0, 1, 1], "x": [0, 5, 9, 9], "z": [0.0, 5.0, 0.0, 0.0]}

    def score(rows):
        white, x, z = (rows.column(name).to_numpy().astype(float) for name in ("white", "x", "z"))
        return ((white > 0) & ((x > 8) | (z > 0))).astype(float)

    result, _ = flip(columns, score, params={"proxies": ["x"]})
    (case,) = result.counterexamples
    assert (case.source_row, case.changed) == (1, ("white",))


def test_weighted_rows_count_by_their_weight(flip):
    columns = {"white": [0, 1] * 10, "x": [0.0] * 4 + [9.0] * 16, "w": [2.0] * 4 + [1.0] * 16}
    result, _ = flip(columns, reads("white", "x"), features=("white", "x"), weight="w")
    (found,) = result.measurements
    assert found.value == pytest.approx(8 / 24)
    assert (found.detail["flips"], found.sample_size, found.interval.method) == (4, 20, "wilson-effective")
    plain, _ = flip({name: columns[name] for name in ("white", "x")}, reads("white", "x"))
    assert found.interval.high - found.interval.low > plain.measurements[0].interval.high * 0.9
    even, _ = flip(columns | {"w": [3.0] * 20}, reads("white", "x"), features=("white", "x"), weight="w")
    assert even.measurements[0].interval.high == pytest.approx(plain.measurements[0].interval.high)
    none, _ = flip(columns | {"w": [0.0] * 20}, reads("white", "x"), features=("white", "x"), weight="w")
    assert str(none.reason) == "the rows of the groups have no weight (w is 0)"


def test_inapplicable_without_two_values(flip):
    assert "one value in all rows" in str(flip({"white": [1] * 4}, reads("white"))[0].reason)


def test_many_rows_go_in_bounded_batches(flip, monkeypatch):
    import proofbox.checks.asked.swaps as checked

    monkeypatch.setattr(checked, "BATCH_ROWS", 8)
    result, asked = flip(
        {"white": [f"g{place % 5}" for place in range(10)], "x": [0] * 10}, lambda rows: np.ones(len(rows))
    )
    assert result.measurements[0].value == 0.0
    assert max(asked.batches) <= 8
    assert sum(asked.batches) == 40


def test_a_binned_attribute_is_set_to_what_is_typical_of_the_bin(run, data, model):
    """The first member of the upper bin is its one outlier; a swap to it would flip every row of the lower bin."""
    ages = [99, *[45] * 9, *[30] * 10]
    given = data({"age": ages}, features=("age",), sensitive=("age",), bins={"age": (40.0,)})
    asked = model(lambda rows: (rows.column("age").to_numpy() > 60).astype(float), ("age",))
    decided = asked.predict(given.feature_table())
    result = run(
        "fairness.counterfactual_flip", params={"attribute": "age"}, data=given, model=asked, decisions=decided
    )
    found = {item.measure: item for item in result.measurements}["flip_rate"]
    assert found.value == pytest.approx(1 / 20), "only the outlier itself decides otherwise at a typical age"
