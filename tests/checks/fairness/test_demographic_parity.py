import pytest

CHECK = "fairness.demographic_parity"
RACE = ["a"] * 10 + ["b"] * 10


def chosen(first: int, second: int) -> list[int]:
    return [1] * first + [0] * (10 - first) + [1] * second + [0] * (10 - second)


def test_perfect_equal_rates(measures, data, decisions):
    found = measures(CHECK, params={"attribute": "race"}, data=data({"race": RACE}), decisions=decisions(chosen(5, 5)))
    assert found["demographic_parity_difference"].value == 0.0
    assert found["demographic_parity_ratio"].value == 1.0
    assert found["demographic_parity_difference"].interval.low == 0.0
    assert found["demographic_parity_ratio"].interval.high == 1.0


def test_worst_one_group_gets_everything(measures, data, decisions):
    found = measures(CHECK, params={"attribute": "race"}, data=data({"race": RACE}), decisions=decisions(chosen(10, 0)))
    assert found["demographic_parity_difference"].value == 1.0
    assert found["demographic_parity_ratio"].value == 0.0
    assert found["demographic_parity_ratio"].interval.low == 0.0


def test_middle_says_which_groups_and_what_was_counted(measures, data, decisions):
    found = measures(CHECK, params={"attribute": "race"}, data=data({"race": RACE}), decisions=decisions(chosen(8, 4)))
    assert found["demographic_parity_difference"].value == pytest.approx(0.4)
    ratio = found["demographic_parity_ratio"]
    assert (ratio.value, ratio.sample_size) == (pytest.approx(0.5), 20)
    assert (ratio.interval.method, ratio.interval.confidence) == ("mover-r", 0.95)
    assert ratio.detail["counted_label"] == "1"
    assert (ratio.detail["lowest"], ratio.detail["highest"]) == ({"race": "b"}, {"race": "a"})
    assert ratio.detail["groups"][0] == {"group": {"race": "a"}, "rate": 0.8, "count": 8, "of": 10}


def test_degenerate_nobody_is_selected(measures, data, decisions):
    found = measures(CHECK, params={"attribute": "race"}, data=data({"race": RACE}), decisions=decisions(chosen(0, 0)))
    assert set(found) == {"demographic_parity_difference"}
    assert found["demographic_parity_difference"].interval.high > 0.1


def test_more_groups_are_compared_all_at_once_and_the_interval_says_so(measures, data, decisions):
    given = data({"race": ["a", "b", "c", None] * 5})
    found = measures(CHECK, params={"attribute": "race"}, data=given, decisions=decisions(chosen(8, 4)))
    detail = found["demographic_parity_difference"].detail
    assert found["demographic_parity_difference"].interval.method == "newcombe-agresti-caffo-tukey"
    assert (detail["pairs"], detail["rows_missing_attribute"]) == (6, {"race": 5})
    assert [group["group"]["race"] for group in detail["groups"]] == ["a", "b", "c", "(missing)"]


def test_small_and_missing_groups_can_be_left_out_and_are_named(measures, why, data, decisions):
    given = data({"race": ["a"] * 9 + ["b"] * 9 + ["c", None]})
    params = {"attribute": "race", "min_group_size": 2}
    found = measures(CHECK, params=params, data=given, decisions=decisions(chosen(8, 4)))
    assert found["demographic_parity_difference"].detail["groups_left_out"] == [
        {"group": {"race": "c"}, "rows": 1},
        {"group": {"race": "(missing)"}, "rows": 1},
    ]
    params = {"attribute": "race", "missing": "leave_out"}
    found = measures(CHECK, params=params, data=given, decisions=decisions(chosen(8, 4)))
    assert len(found["demographic_parity_difference"].detail["groups_left_out"]) == 1
    params = {"attribute": "race", "min_group_size": 10}
    assert "only 0 group" in why(CHECK, params=params, data=given, decisions=decisions(chosen(8, 4)))


def test_the_favourable_label_can_be_counted(measures, data, decisions):
    given = data({"race": RACE}, favourable_label="0")
    params = {"attribute": "race", "counted": "favourable"}
    found = measures(CHECK, params=params, data=given, decisions=decisions(chosen(8, 4)))
    assert found["demographic_parity_ratio"].value == pytest.approx(0.2 / 0.6)
    assert found["demographic_parity_ratio"].detail["counted_label"] == "0"
    found = measures(CHECK, params=params, data=data({"race": RACE}), decisions=decisions(chosen(8, 4)))
    assert found["demographic_parity_ratio"].value == pytest.approx(0.4 / 0.8)
    assert found["demographic_parity_ratio"].detail["counted_label"] == "1"


def test_inapplicable_where_rates_would_mean_something_else(why, data, decisions):
    params = {"attribute": "race"}
    strange = data({"race": RACE}, positive_label="yes")
    assert "has no class yes" in why(CHECK, params=params, data=strange, decisions=decisions(chosen(8, 4)))
    numbers = decisions([0] * 20, [0.5] * 20)
    object.__setattr__(numbers, "classes", ())
    assert "numbers" in why(CHECK, params=params, data=data({"race": RACE}), decisions=numbers)


def test_sample_weights_weigh_and_widen(measures, data, decisions):
    """Rates of 8/10 and 4/10 become 8/10 and 16/22, and twelve heavy rows say less than twelve rows."""
    weight = [1.0] * 10 + [4.0] * 4 + [1.0] * 6
    given = data({"race": RACE, "w": weight}, weight="w")
    found = measures(CHECK, params={"attribute": "race"}, data=given, decisions=decisions(chosen(8, 4)))
    difference = found["demographic_parity_difference"]
    assert difference.value == pytest.approx(0.8 - 16 / 22, abs=1e-12)
    assert difference.sample_size == 20
    assert difference.detail["weights"]["column"] == "w"
    second = difference.detail["groups"][1]
    assert (second["count"], second["of"]) == (4, 10)
    assert second["effective_rows"] == pytest.approx(22**2 / (4 * 16 + 6))
    even = data({"race": RACE, "w": [2.5] * 20}, weight="w")
    plain = measures(CHECK, params={"attribute": "race"}, data=data({"race": RACE}), decisions=decisions(chosen(8, 4)))
    same = measures(CHECK, params={"attribute": "race"}, data=even, decisions=decisions(chosen(8, 4)))
    for name, one in plain.items():
        assert same[name].value == pytest.approx(one.value, abs=1e-12)
        assert same[name].interval.low == pytest.approx(one.interval.low, abs=1e-9)
        assert same[name].interval.high == pytest.approx(one.interval.high, abs=1e-9)


def test_rows_without_the_attribute_can_be_refused(why, data, decisions):
    given = data({"race": ["a"] * 9 + ["b"] * 9 + [None] * 2})
    params = {"attribute": "race", "missing": "refuse"}
    said = why(CHECK, params=params, data=given, decisions=decisions(chosen(8, 4)))
    assert "2 rows of evaluation.csv have no value in race (data rows 19, 20)" in said


def test_recorded_decisions_that_never_say_yes_are_still_decisions(measures, data, decisions):
    recorded = decisions([0] * 20, source="recorded")
    object.__setattr__(recorded, "classes", ("0",))
    found = measures(CHECK, params={"attribute": "race"}, data=data({"race": RACE}), decisions=recorded)
    assert found["demographic_parity_difference"].value == 0.0
    assert found["demographic_parity_difference"].detail["decisions"] == "recorded"


def test_the_boston_mortgage_decisions_of_1990(measures, data, decisions):
    """Hunter and Walker (1996), as in the textbook: approve = .708 + .201 white, N = 1,989."""
    white = ["0"] * 308 + ["1"] * 1681
    approved = [1] * 218 + [0] * 90 + [1] * 1527 + [0] * 154
    found = measures(CHECK, params={"attribute": "white"}, data=data({"white": white}), decisions=decisions(approved))
    difference, ratio = found["demographic_parity_difference"], found["demographic_parity_ratio"]
    assert round(difference.value, 4) == 0.2006
    assert (round(difference.interval.low, 2), round(difference.interval.high, 2)) == (0.15, 0.26)
    assert round(ratio.value, 4) == 0.7792
    assert ratio.interval.high > 0.8 > ratio.value
