import numpy as np
import pyarrow as pa
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression

from proofbox.checks.errors import ModelFailedError

CHECK = "robustness.missing_values"
RNG = np.random.default_rng(5)


@pytest.fixture
def applicants(data):
    """Three numbers and a text, of which the first two numbers decide."""
    a, b, c = RNG.normal(size=(3, 600))
    columns = {"a": a, "b": b, "c": c, "y": (a + b > 0).astype(int)}
    return data(columns, features=("a", "b", "c"), target="y")


def frame(given):
    return given.feature_table().to_pandas(), given.table.column("y").to_numpy()


def numbers(rows, name):
    return rows.column(name).to_numpy(zero_copy_only=False).astype(float)


def test_perfect_a_model_that_reads_nothing_else_stays(perturb, model, applicants):
    found, cases = perturb(CHECK, model(lambda rows: np.ones(len(rows)), ("a", "b", "c")), applicants)
    assert [found[name].value for name in found] == [0.0, 0.0, 0.0]
    assert cases == ()


def test_worst_every_missing_value_turns_the_decision(perturb, model, applicants):
    def score(rows):
        return np.any([np.isnan(numbers(rows, name)) for name in "abc"], axis=0).astype(float)

    found, cases = perturb(CHECK, model(score, ("a", "b", "c")), applicants)
    assert found["missing_flip_rate"].value == 1.0
    assert len(cases[0].changed) == 1
    assert cases[0].rows[1].values[cases[0].columns.index(cases[0].changed[0])] is None


def test_middle_a_fitted_model_says_which_feature_its_decisions_hang_on(perturb, fitted, applicants):
    asked = fitted(HistGradientBoostingClassifier(max_iter=20, random_state=0).fit(*frame(applicants)), ("a", "b", "c"))
    found, _ = perturb(CHECK, asked, applicants)
    flips = found["missing_flip_rate"]
    by_column = {one["column"]: one["flips"] / one["rows"] for one in flips.detail["columns"]}
    assert by_column["c"] < 0.05 < min(by_column["a"], by_column["b"])
    rates = [point["flip_rate"] for point in flips.detail["curve"]]
    assert [point["values"] for point in flips.detail["curve"]] == [1, 2, 3]
    assert rates[0] < rates[1]
    assert found["missing_failure_share"].value == 0
    assert found["missing_accuracy_drop"].value > 0.05


def test_a_model_that_crashes_over_one_feature_is_shown_with_the_row_and_goes_on(perturb, model, applicants):
    restarts = []

    def score(rows):
        if np.isnan(numbers(rows, "b")).any():
            raise ModelFailedError("ended by itself with code 139")
        return np.nan_to_num(numbers(rows, "a")) > 0

    asked = model(score, ("a", "b", "c"), on_restart=lambda: restarts.append(1))
    found, cases = perturb(CHECK, asked, applicants)
    share = found["missing_failure_share"]
    assert (share.value, share.sample_size) == (pytest.approx(1 / 3), 3)
    assert [one["column"] for one in share.detail["failed"]] == ["b"]
    failing = next(case for case in cases if case.measure == "missing_failure_share")
    assert failing.changed == ("b",)
    assert (failing.rows[1].values[1], failing.rows[1].decision) == (None, "-")
    assert "code 139" in str(failing.summary)
    assert failing.rows[0].values[0] == applicants.table.column("a")[failing.source_row].as_py()
    assert {one["column"] for one in found["missing_flip_rate"].detail["columns"]} == {"a", "c"}
    assert len(restarts) <= 8


def test_a_model_that_refuses_missing_values_has_not_failed_and_has_no_flip_rate(perturb, fitted, applicants):
    asked = fitted(LogisticRegression().fit(*frame(applicants)), ("a", "b", "c"))
    found, cases = perturb(CHECK, asked, applicants)
    assert list(found) == ["missing_failure_share"]
    assert found["missing_failure_share"].value == 0
    assert [one["column"] for one in found["missing_failure_share"].detail["refused"]] == ["a", "b", "c"]
    assert cases == ()


def test_a_failure_that_only_a_rare_row_brings_about_is_found_in_the_main_steps(perturb, model, applicants):
    rare = float(np.sort(applicants.table.column("a").to_numpy())[-3])

    def score(rows):
        if (np.isnan(numbers(rows, "b")) & (numbers(rows, "a") >= rare)).any():
            raise ModelFailedError("crashed")
        return np.zeros(len(rows))

    found, cases = perturb(CHECK, model(score, ("a", "b", "c")), applicants, params={"values": 2})
    assert found["missing_failure_share"].value > 0
    assert any(case.rows[0].values[0] >= rare for case in cases)


def test_degenerate_missing_everywhere_already_and_texts(why, data, model, decisions, perturb):
    empty = data({"a": pa.array([None] * 5, pa.float64())}, features=("a",))
    asked = model(lambda rows: np.zeros(len(rows)), ("a",))
    assert "no feature that has a value" in why(CHECK, data=empty, model=asked, decisions=decisions([0] * 5))
    texts = data({"t": ["x", "y", None] * 4}, features=("t",))
    seen = []

    def score(rows):
        seen.append(rows.column("t").null_count)
        return np.zeros(len(rows))

    found, _ = perturb(CHECK, model(score, ("t",)), texts)
    assert found["missing_flip_rate"].value == 0
    assert seen[-1] == 12, "every text is lost, and the type stays"


def test_inapplicable(why, data, model, decisions):
    weighted = data({"a": [1.0, 2.0], "w": [1.0, 2.0]}, features=("a",), weight="w")
    asked = model(lambda rows: np.zeros(len(rows)), ("a",))
    assert "sample weights" in why(CHECK, data=weighted, model=asked, decisions=decisions([0, 0]))
