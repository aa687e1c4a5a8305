import pytest

WHITE = ["a"] * 4 + ["b"] * 4


@pytest.fixture
def rates(run):
    def rates_of(interval="wilson", **given):
        result = run("fairness.group_rates", params={"attribute": "race", "interval": interval}, **given)
        return {(next(iter(found.group.values())), found.measure): found for found in result.measurements}

    return rates_of


def test_middle_every_rate_of_every_group(rates, data, decisions):
    given = data({"race": WHITE, "y": [1, 1, 0, 0, 1, 0, 0, 0]}, target="y")
    found = rates(data=given, decisions=decisions([1, 0, 1, 0, 1, 1, 0, 0]))
    values = {key: pytest.approx(one.value) for key, one in found.items()}
    assert values == {
        ("a", "count"): 4, ("b", "count"): 4,
        ("a", "selection_rate"): 0.5, ("b", "selection_rate"): 0.5,
        ("a", "true_positive_rate"): 0.5, ("b", "true_positive_rate"): 1.0,
        ("a", "false_positive_rate"): 0.5, ("b", "false_positive_rate"): 1 / 3,
        ("a", "true_negative_rate"): 0.5, ("b", "true_negative_rate"): 2 / 3,
        ("a", "false_negative_rate"): 0.5, ("b", "false_negative_rate"): 0.0,
        ("a", "precision"): 0.5, ("b", "precision"): 0.5,
        ("a", "negative_predictive_value"): 0.5, ("b", "negative_predictive_value"): 1.0,
        ("a", "accuracy"): 0.5, ("b", "accuracy"): 0.75,
        ("a", "base_rate"): 0.5, ("b", "base_rate"): 0.25,
    }  # fmt: skip
    assert found["b", "false_positive_rate"].sample_size == 3
    assert found["b", "false_positive_rate"].interval.method == "wilson"
    assert found["a", "count"].interval is None


def test_perfect_and_worst_decisions(rates, data, decisions):
    given = data({"race": WHITE, "y": [1, 0] * 4}, target="y")
    assert rates(data=given, decisions=decisions([1, 0] * 4))["a", "accuracy"].value == 1.0
    assert rates(data=given, decisions=decisions([0, 1] * 4))["a", "accuracy"].value == 0.0


def test_degenerate_a_rate_with_an_empty_denominator_is_absent_and_named(rates, data, decisions):
    given = data({"race": WHITE, "y": [0, 0, 0, 0, 1, 1, 0, 0]}, target="y")
    found = rates(data=given, decisions=decisions([0] * 8))
    absent = ["true_positive_rate", "false_negative_rate", "precision"]
    assert found["a", "count"].detail["rates_without_value"] == absent
    assert not {("a", name) for name in absent} & set(found)
    assert found["b", "true_positive_rate"].value == 0.0


def test_without_true_labels_there_are_counts_and_selection_rates(run, rates, data, decisions):
    given = data({"race": WHITE})
    assert {name for _, name in rates(data=given, decisions=decisions([1] * 8))} == {"count", "selection_rate"}
    (table,) = run(
        "fairness.group_rates", params={"attribute": "race"}, data=given, decisions=decisions([1] * 8)
    ).tables
    assert table.columns["true_label"] == (None,) * 4


def test_rows_without_a_true_label_count_only_where_none_is_needed(rates, data, decisions):
    given = data({"race": WHITE, "y": [1, 0, None, None, 1, 0, 0, 0]}, target="y")
    found = rates(data=given, decisions=decisions([1, 0, 1, 1, 1, 0, 0, 0]))
    assert found["a", "count"].detail["rows_without_true_label"] == 2
    assert (found["a", "selection_rate"].value, found["a", "selection_rate"].sample_size) == (0.75, 4)
    assert (found["a", "accuracy"].value, found["a", "accuracy"].sample_size) == (1.0, 2)


def test_the_table_is_the_evidence_from_which_the_rates_follow(run, data, decisions):
    given = data({"Race, or so": WHITE, "decision": ["x", "y"] * 4, "y": [1, 1, 0, 0, 1, 0, 0, 0]}, target="y")
    params = {"attribute": ["Race, or so", "decision"]}
    (table,) = run(
        "fairness.group_rates", params=params, data=given, decisions=decisions([1, 0, 1, 0, 1, 1, 0, 0])
    ).tables
    assert set(table.columns) == {"Race, or so", "group_decision", "true_label", "decision", "rows"}
    assert sum(table.columns["rows"]) == 8
    assert set(map(len, table.columns.values())) == {16}
    assert table.name.startswith("counts-race-or-so-decision-")


def test_tables_of_attributes_in_other_letters_have_names_of_their_own(run, data, decisions):
    given = data({"giới": WHITE, "tuổi": WHITE, "sex": WHITE})
    names = [
        run("fairness.group_rates", params={"attribute": name}, data=given, decisions=decisions([1] * 8)).tables[0].name
        for name in ("giới", "tuổi", "sex")
    ]
    assert len(set(names)) == 3
    assert names[2] == "counts-sex"
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-") for name in names)


def test_inapplicable_without_groups(why, data, decisions):
    given = data({"race": ["a"] * 8})
    said = why("fairness.group_rates", params={"attribute": "race"}, data=given, decisions=decisions([1] * 8))
    assert "one value in all rows" in said
    given = data({"race": ["a"] * 5 + [None] * 3})
    said = why("fairness.group_rates", params={"attribute": "race"}, data=given, decisions=decisions([1] * 8))
    assert "one value (a) in the rows of evaluation.csv that have any" in said, "the others are not said to have it"


def test_the_exact_interval_on_request_and_weighted_rows_by_what_they_are_worth(rates, data, decisions):
    given = {"data": data({"race": ["a"] * 10 + ["b"] * 10}), "decisions": decisions([1] * 8 + [0] * 2 + [1] * 10)}
    exact, plain = rates("clopper-pearson", **given), rates(**given)
    for group in ("a", "b"):
        one, other = (found[group, "selection_rate"].interval for found in (exact, plain))
        assert (one.method, other.method) == ("clopper-pearson", "wilson")
        assert one.low < other.low
        assert one.high >= other.high
    weighted = data({"race": ["a"] * 10 + ["b"] * 10, "w": [1.0, 3.0] * 10}, weight="w")
    found = rates(data=weighted, decisions=given["decisions"])["a", "selection_rate"]
    # 16 of 20 by weight; 20**2 / (5 * 1 + 5 * 9) = 8 rows by Kish, and as many by the linearised variance.
    assert (found.interval.method, found.value) == ("wilson-effective", pytest.approx(0.8))
    assert found.interval.basis == {"families": [[[6.4, 8]]]}
