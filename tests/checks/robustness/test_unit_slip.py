import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

CHECK = "robustness.unit_slip"
RNG = np.random.default_rng(4)


@pytest.fixture
def applicants(data):
    """Income with two decimals, age in whole years."""
    income, age = np.round(RNG.normal(30, 8, 500), 2), RNG.integers(18, 80, 500)
    return data({"income": income, "age": age, "y": (income > 30).astype(int)}, features=("income", "age"), target="y")


def column(rows, name):
    return rows.column(name).to_numpy().astype(float)


def test_perfect_a_model_that_reads_no_number_stays(perturb, model, applicants):
    found, cases = perturb(CHECK, model(lambda rows: np.ones(len(rows)), ("income", "age")), applicants)
    assert found["unit_slip_flip_rate"].value == 0
    assert cases == ()


def test_worst_and_which_slip_it_was(perturb, model, applicants):
    def score(rows):
        return (column(rows, "income") > 10_000) | (column(rows, "age") > 10_000)

    found, _ = perturb(CHECK, model(score, ("income", "age")), applicants)
    assert found["unit_slip_flip_rate"].value == 1
    assert found["unit_slip_flip_rate"].detail["slip"] == "times a thousand"


def test_middle_a_fitted_model_that_hangs_on_the_income(perturb, fitted, applicants):
    frame = applicants.feature_table().to_pandas()
    asked = fitted(
        LogisticRegression(max_iter=1000).fit(frame, applicants.table.column("y").to_numpy()), ("income", "age")
    )
    found, cases = perturb(CHECK, asked, applicants)
    flips = found["unit_slip_flip_rate"]
    by_column = {one["column"]: one["flips"] / one["rows"] for one in flips.detail["columns"]}
    assert by_column["income"] > 0.4
    assert {point["slip"] for point in flips.detail["curve"]} == {"times a thousand", "a thousandth", "comma lost"}
    assert flips.detail["features_with_decimals"] == ["income"]
    assert len(cases[0].changed) == 1
    assert found["unit_slip_accuracy_drop"].value > 0.2


def test_a_lost_comma_multiplies_by_the_columns_own_decimals(perturb, model, applicants):
    seen = []

    def score(rows):
        seen.append(column(rows, "income"))
        return np.zeros(len(rows))

    perturb(CHECK, model(score, ("income", "age")), applicants)
    income = column(applicants.table, "income")
    lost = np.concatenate(seen[1:])[-500:]
    assert np.allclose(np.sort(lost), np.sort(income * 100))


def test_inapplicable(why, data, model, decisions):
    texts = data({"t": ["a", "b"] * 5}, features=("t",))
    asked = model(lambda rows: np.zeros(len(rows)), ("t",))
    assert "no numeric feature" in why(CHECK, data=texts, model=asked, decisions=decisions([0] * 10))
