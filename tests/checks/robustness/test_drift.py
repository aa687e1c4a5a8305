import numpy as np
import pyarrow as pa
import pytest
from scipy.stats import chi2_contingency, ks_2samp

from proofbox.checks.samples.twosamples import independence

CHECK = "robustness.drift"
FEATURES = ("age", "pay", "job", "rooms")


def rows_of(rng, rows):
    """Return columns with ties, categories and gaps: nothing special."""
    age = rng.integers(18, 70, rows).astype(float)
    age[rng.random(rows) < 0.1] = np.nan
    return {
        "age": pa.array(age, mask=np.isnan(age)),
        "pay": np.round(rng.lognormal(2, 0.4, rows), 1),
        "job": rng.choice(["a", "b", "c", "rare"], rows, p=[0.5, 0.3, 0.19, 0.01]),
        "rooms": rng.integers(1, 5, rows),
        "y": rng.integers(0, 2, rows),
    }


@pytest.fixture
def both(data):
    """Return the two files, the evaluation data changed by what a test gives."""

    def build(changed=None, rows=400, seed=1):
        rng = np.random.default_rng(seed)
        first, second = rows_of(rng, rows), rows_of(rng, rows)
        second |= changed(rng, second) if changed else {}
        return {
            "training": data(first, features=FEATURES, target="y", role="training"),
            "data": data(second, features=FEATURES, target="y"),
        }

    return build


def columns(found):
    return {one["column"]: one for one in found["drifted_columns"].detail["columns"]}


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("pay", lambda rng, rows: {"pay": rows["pay"] * 1.25}),
        ("job", lambda rng, rows: {"job": rng.choice(["a", "b", "new"], len(rows["job"]))}),
        ("rooms", lambda rng, rows: {"rooms": rng.integers(2, 6, len(rows["rooms"]))}),
        ("y", lambda rng, rows: {"y": (rng.random(len(rows["y"])) < 0.8).astype(int)}),
        ("age", lambda rng, rows: {"age": pa.array([None] * 200 + rows["age"].to_pylist()[200:], pa.float64())}),
    ],
)
def test_the_column_that_drifted_is_found_and_no_other(measures, both, name, changed):
    found = measures(CHECK, **both(changed))
    assert found["drifted_columns"].value == 1
    adjusted = {column: one["adjusted_p_value"] for column, one in columns(found).items()}
    assert [column for column, p_value in adjusted.items() if p_value <= 0.05] == [name]


def test_no_false_alarm_beyond_the_nominal_rate_over_fifty_seeds(measures, both):
    alarms = apart = 0
    for seed in range(50):
        found = measures(CHECK, seed=seed, params={"permutations": 99}, **both(rows=120, seed=100 + seed))
        alarms += found["drifted_columns"].value > 0
        apart += found["told_apart_p_value"].value <= 0.05
        assert found["largest_population_stability_index"].interval.low == 0
    # Of 50 at a rate of 5 % there are more than 7 once in 200 times.
    assert alarms <= 7
    assert apart <= 7


def test_what_changed_between_columns_alone_is_told_apart(measures, data):
    rng = np.random.default_rng(2)
    first, second = rng.normal(size=(2, 600, 2))
    second[:, 1] = second[:, 0] * np.sign(rng.normal(size=600))  # each column by itself is as before
    files = {
        role: data({"u": part[:, 0], "v": part[:, 1]}, features=("u", "v"), role=role)
        for role, part in (("training", first), ("evaluation", second))
    }
    found = measures(CHECK, training=files["training"], data=files["evaluation"])
    assert found["drifted_columns"].value == 0
    assert found["told_apart_p_value"].value == 1 / 1000
    assert found["told_apart_auc"].interval.low > 0.6


def test_worst_files_with_nothing_in_common(measures, data):
    first = data({"x": np.arange(100.0), "c": ["a"] * 100}, features=("x", "c"), role="training")
    second = data({"x": np.arange(100.0) + 1e6, "c": ["b"] * 100}, features=("x", "c"))
    found = measures(CHECK, training=first, data=second)
    assert found["drifted_columns"].value == 2
    assert found["largest_distribution_distance"].value == 1
    assert found["largest_cramers_v"].value > 0.99
    assert found["told_apart_auc"].value == 1
    assert columns(found)["c"]["not_in_training"] == ["b"]


def test_degenerate_columns_without_values_or_with_one(measures, data):
    same = {"x": pa.array([None] * 50, pa.float64()), "k": [7] * 50, "u": np.arange(50.0)}
    found = measures(
        CHECK, training=data(same, features=tuple(same), role="training"), data=data(same, features=tuple(same))
    )
    assert found["drifted_columns"].value == 0
    assert found["largest_population_stability_index"].value == 0
    few = {"u": [1.0, 2.0]}
    found = measures(CHECK, training=data(few, features=("u",), role="training"), data=data(few, features=("u",)))
    assert set(found) == {"drifted_columns", "largest_population_stability_index", "largest_cramers_v"}


def test_a_column_of_numbers_here_and_words_there_is_compared_as_words(measures, data):
    first = data({"x": list(range(60))}, features=("x",), role="training")
    second = data({"x": ["none"] * 60}, features=("x",))
    found = measures(CHECK, training=first, data=second)
    assert found["drifted_columns"].value == 1
    assert columns(found)["x"]["kind"] == "categories"


def test_p_values_are_scipys(both, measures):
    given = both(lambda rng, rows: {"pay": rows["pay"] + 0.3})
    found = columns(measures(CHECK, **given))
    one, other = (given[role].table.column("pay").to_numpy() for role in ("training", "data"))
    assert found["pay"]["p_value"] == pytest.approx(ks_2samp(one, other).pvalue)
    assert found["pay"]["effect"] == pytest.approx(ks_2samp(one, other).statistic)
    table = np.array([[50, 30, 20], [40, 45, 15]])
    assert independence(table) == pytest.approx(chi2_contingency(table, correction=False).pvalue)
    # Rare categories are taken together; where nothing frequent is left the test is exact.
    assert independence(np.array([[50, 48, 1, 1], [50, 48, 2, 0]])) == pytest.approx(1.0)
    assert independence(np.array([[3, 0], [0, 3]])) == pytest.approx(0.1)
    assert independence(np.array([[5], [9]])) == 1


def test_the_rate_of_false_alarms_of_rare_categories_is_nominal():
    rng = np.random.default_rng(8)
    shares = [0.6, 0.3, 0.05, 0.03, 0.02]
    tables = ([rng.multinomial(60, shares), rng.multinomial(25, shares)] for _ in range(1_500))
    assert np.mean([independence(np.array(table)) <= 0.05 for table in tables]) < 0.065


def test_inapplicable(why, both, data):
    given = both()
    assert "names no training data" in why(CHECK, data=given["data"])
    none = data({"x": np.zeros(0)}, features=("x",))
    assert "no rows" in why(CHECK, data=none, training=given["training"])
    other = data({"z": [1, 2]}, features=("z",), role="training")
    assert "in common" in why(CHECK, data=given["data"], training=other)
    weighted = data({"x": [1.0], "w": [2.0]}, features=("x",), weight="w")
    assert "sample weights" in why(CHECK, data=weighted, training=given["training"])
    assert "no column zip" in why(CHECK, params={"columns": ["zip"]}, **given)
