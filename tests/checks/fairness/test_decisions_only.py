import math

import numpy as np
import pytest

CHECK = "fairness.decisions_only"

BERKELEY = {
    "A": ((512, 313), (89, 19)),
    "B": ((353, 207), (17, 8)),
    "C": ((120, 205), (202, 391)),
    "D": ((138, 279), (131, 244)),
    "E": ((53, 138), (94, 299)),
    "F": ((22, 351), (24, 317)),
}
"""Bickel, Hammel and O'Connell (1975), the six largest departments as in R's UCBAdmissions: men, women (in, out)."""


@pytest.fixture
def selected(data, decisions):
    """Inputs from group -> (selected, not selected)."""

    def build(groups, **columns):
        rows = [(name, label) for name, (yes, no) in groups.items() for label in [1] * yes + [0] * no]
        given = {"group": [name for name, _ in rows], **columns}
        return {"data": data(given), "decisions": decisions([label for _, label in rows], source="recorded")}

    return build


PARAMS = {"attribute": "group"}


def test_perfect_equal_rates(measures, selected):
    found = measures(CHECK, params=PARAMS, **selected({"a": (5, 5), "b": (10, 10)}))
    values = {name: one.value for name, one in found.items()}
    assert values == {
        "demographic_parity_difference": 0.0,
        "demographic_parity_ratio": 1.0,
        "fisher_p_value": 1.0,
        "boschloo_p_value": 1.0,
        "selection_shortfall": 0.0,
        "standard_deviations": 0.0,
        "common_odds_ratio": 1.0,
    }


def test_worst_one_group_gets_everything(measures, selected):
    found = measures(CHECK, params=PARAMS, **selected({"a": (10, 0), "b": (0, 10)}))
    assert found["demographic_parity_ratio"].value == 0.0
    assert found["fisher_p_value"].value == pytest.approx(2 / math.comb(20, 10))
    assert found["selection_shortfall"].value == 5.0
    assert found["standard_deviations"].value == pytest.approx(5 / math.sqrt(10 * 10 * 10 * 10 / (400 * 19)))
    # The odds of b are nought against infinity: there is no common odds ratio to state.
    assert "common_odds_ratio" not in found


def test_middle_connecticut_v_teal(measures, selected):
    """457 U.S. 440 (1982): 26 of 48 black and 206 of 259 white candidates passed, "approximately 68 percent"."""
    found = measures(CHECK, params=PARAMS, **selected({"black": (26, 22), "white": (206, 53)}))
    ratio = found["demographic_parity_ratio"]
    assert round(100 * ratio.value) == 68
    rates = {one["group"]["group"]: round(100 * one["rate"], 2) for one in ratio.detail["groups"]}
    assert rates == {"black": 54.17, "white": 79.54}
    assert (ratio.interval.method, ratio.interval.confidence) == ("exact", 0.95)
    assert ratio.interval.low < ratio.value < ratio.interval.high
    assert found["fisher_p_value"].value < 0.001
    assert found["boschloo_p_value"].value < 0.001
    assert 3 < found["standard_deviations"].value < 4
    assert found["selection_shortfall"].detail["group"] == {"group": "black"}
    # The "bottom line": 11 of 48 and 35 of 259 promoted, 22.9 % and 13.5 %; the test's effect cannot be seen in it.
    promoted = measures(CHECK, params=PARAMS, **selected({"black": (11, 37), "white": (35, 224)}))
    assert [round(100 * one["rate"], 1) for one in promoted["fisher_p_value"].detail["groups"]] == [22.9, 13.5]
    assert promoted["fisher_p_value"].value > 0.1
    assert promoted["selection_shortfall"].detail["group"] == {"group": "white"}


def test_a_promotion_audit_of_a_hundred_people_cannot_tell_four_fifths(measures, selected):
    found = measures(CHECK, params=PARAMS, **selected({"men": (24, 36), "women": (12, 28)}))
    ratio = found["demographic_parity_ratio"]
    assert ratio.value == pytest.approx(0.75)
    assert ratio.interval.low < 0.8 < ratio.interval.high
    assert found["fisher_p_value"].value > 0.3


@pytest.fixture
def berkeley(data, decisions):
    rows = [
        (department, sex, label)
        for department, table in BERKELEY.items()
        for sex, (yes, no) in zip(("male", "female"), table, strict=True)
        for label in [1] * yes + [0] * no
    ]
    department, sex, label = (list(column) for column in zip(*rows, strict=True))
    return {"data": data({"sex": sex, "department": department}), "decisions": decisions(label, source="recorded")}


def test_berkeley_is_unfair_at_the_margin_and_not_within_departments(measures, berkeley):
    """R's help page on mantelhaen.test: no association when adjusted for department; common odds ratio 0.9047."""
    margin = measures(CHECK, params={"attribute": "sex"}, **berkeley)
    rates = {one["group"]["sex"]: one["rate"] for one in margin["demographic_parity_ratio"].detail["groups"]}
    assert {name: round(rate, 3) for name, rate in rates.items()} == {"female": 0.304, "male": 0.445}
    assert margin["demographic_parity_ratio"].interval.method == "mover-r"
    assert margin["demographic_parity_ratio"].interval.high < 0.8
    assert "boschloo_p_value" not in margin
    assert margin["fisher_p_value"].detail["tables_too_many_for_boschloo"] is True
    assert margin["standard_deviations"].value > 9
    assert margin["standard_deviations"].detail["group"] == {"sex": "female"}
    within = measures(CHECK, params={"attribute": "sex", "within": "department"}, **berkeley)
    odds = within["common_odds_ratio"]
    assert odds.detail["group"] == {"sex": "male"}
    assert odds.value == pytest.approx(0.9046968, abs=1e-7)
    assert (odds.interval.low, odds.interval.high) == (
        pytest.approx(0.7719074, abs=1e-7),
        pytest.approx(1.0603298, abs=1e-7),
    )
    assert within["standard_deviations"].value < 2
    assert [one["stratum"]["department"] for one in odds.detail["strata"]] == list("ABCDEF")
    # The rates of all rows stay what they were.
    assert within["demographic_parity_ratio"].value == margin["demographic_parity_ratio"].value


def test_p_values_are_scipys(measures, selected):
    from scipy.stats import boschloo_exact, fisher_exact

    table = [[7, 12], [8, 3]]
    found = measures(CHECK, params=PARAMS, **selected({"a": (7, 12), "b": (8, 3)}))
    assert found["fisher_p_value"].value == pytest.approx(fisher_exact(table).pvalue, abs=1e-12)
    assert found["boschloo_p_value"].value == pytest.approx(boschloo_exact(np.array(table)).pvalue, abs=1e-9)
    three = measures(CHECK, params=PARAMS, **selected({"a": (7, 12), "b": (8, 3), "c": (10, 10)}))
    assert three["fisher_p_value"].value == pytest.approx(3 * fisher_exact(table).pvalue, abs=1e-12)
    assert three["demographic_parity_ratio"].interval.method == "exact-simultaneous"
    wider = three["demographic_parity_difference"].interval
    # The end that looks at the largest gap needs no correction for the number of pairs.
    assert wider.high >= found["demographic_parity_difference"].interval.high
    clear = {"a": (1, 19), "b": (15, 5)}
    two = measures(CHECK, params=PARAMS, **selected(clear))["demographic_parity_difference"].interval
    more = measures(CHECK, params=PARAMS, **selected(clear | {"c": (8, 12)}))["demographic_parity_difference"].interval
    assert 0 < more.low < two.low


def test_degenerate_nobody_is_selected(measures, selected):
    found = measures(CHECK, params=PARAMS, **selected({"a": (0, 10), "b": (0, 12)}))
    assert found["fisher_p_value"].value == found["boschloo_p_value"].value == 1.0
    assert found["demographic_parity_difference"].interval.high > 0.2
    assert not {"demographic_parity_ratio", "standard_deviations", "common_odds_ratio"} & set(found)


def test_inapplicable(why, data, decisions):
    weighted = data({"group": ["a", "b"] * 5, "w": [1.0] * 10}, weight="w")
    assert "exact tests count people" in why(CHECK, params=PARAMS, data=weighted, decisions=decisions([1, 0] * 5))
    given = data({"group": ["a", "b"] * 5})
    assert "one value" in why(CHECK, params=PARAMS, data=data({"group": ["a"] * 10}), decisions=decisions([1, 0] * 5))
    said = why(CHECK, params={**PARAMS, "within": "grade"}, data=given, decisions=decisions([1, 0] * 5))
    assert "no column grade" in said


def test_strata_by_the_attribute_itself_are_refused_when_the_policy_is_read():
    from proofbox.checks.errors import BadParamsError
    from proofbox.checks.registry import get_check

    with pytest.raises(BadParamsError, match="which is the attribute itself"):
        get_check(CHECK).params({"attribute": "sex", "within": "sex"})
