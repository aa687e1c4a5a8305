import numpy as np
import pyarrow as pa
import pytest

CHECK = "robustness.noise"
RNG = np.random.default_rng(3)


def column(rows, name):
    return rows.column(name).to_numpy().astype(float)


def by_name(result):
    return {found.measure: found for found in result.measurements}


@pytest.fixture
def shaken(run, data, model):
    def shaken_of(columns, score, *, features=None, params=None, threshold=0.5, **others):
        given = data(columns, features=features or tuple(columns), **others)
        asked = model(score, given.features, threshold)
        decided = asked.predict(given.feature_table())
        asked.batches.clear()
        return run(CHECK, params=params, data=given, model=asked, decisions=decided), asked

    return shaken_of


def test_perfect_a_constant_model_never_flips(shaken):
    result, asked = shaken({"x": RNG.normal(size=200)}, lambda rows: np.ones(len(rows)))
    found = by_name(result)["noise_flip_rate"]
    assert (found.value, found.sample_size) == (0.0, 200)
    assert 0 < found.interval.high < 0.03
    assert asked.batches == [600], "all severities go to the model in one call"


def test_worst_a_model_of_the_last_digit_flips_half(shaken):
    result, _ = shaken({"x": RNG.normal(size=400)}, lambda rows: np.floor(column(rows, "x") * 1e9) % 2)
    assert 0.4 < result.measurements[0].value < 0.6


def test_middle_flips_rise_with_the_severity_and_the_drop_is_paired(shaken):
    x = RNG.normal(size=2000)
    columns = {"x": x, "z": RNG.normal(size=2000), "y": (x > 0).astype(int)}
    result, _ = shaken(columns, lambda rows: column(rows, "x") > 0, features=("x", "z"), target="y")
    found = by_name(result)
    flips, drop = found["noise_flip_rate"], found["noise_accuracy_drop"]
    curve = [point["flip_rate"] for point in flips.detail["curve"]]
    assert curve == sorted(curve)
    # P(sign of x differs from sign of x + s e) = atan(s) / pi for standard normals.
    assert flips.value == pytest.approx(np.arctan(0.1) / np.pi, abs=0.01)
    assert (drop.measure, drop.value) == ("noise_accuracy_drop", pytest.approx(flips.value))
    assert drop.interval.method == "newcombe-paired"
    area = sum(curve) / 4 + curve[1] / 8
    assert found["noise_area_under_curve"].value == pytest.approx(area)
    (case,) = result.counterexamples
    assert case.changed == ("x",), "the column that the model does not read is set back"
    assert "when x alone is changed" in str(case.summary)
    assert case.rows[0].decision != case.rows[1].decision
    assert case.rows[0].values[0] == x[case.source_row]


def test_the_counterexample_is_as_small_as_it_can_be(shaken):
    """A model that needs two columns to turn keeps exactly these two."""
    n = 300
    columns = {name: RNG.normal(size=n) for name in "abcdef"}

    def score(rows):
        moved = [np.abs(column(rows, name) - columns[name][np.arange(len(rows)) % n]) > 1e-12 for name in "be"]
        return (moved[0] & moved[1]) if len(rows) >= n else _by_value(rows)

    def _by_value(rows):
        known = {name: set(columns[name]) for name in "be"}
        return np.array([b not in known["b"] and e not in known["e"]
                         for b, e in zip(column(rows, "b"), column(rows, "e"), strict=True)])  # fmt: skip

    result, asked = shaken(columns, score)
    assert result.counterexamples[0].changed == ("b", "e")
    assert "when b, e are changed and nothing else" in str(result.counterexamples[0].summary)
    assert len(asked.batches) <= 8


def test_whole_numbers_stay_whole_missing_stays_missing_and_types_stay(shaken):
    seen = []

    def score(rows):
        seen.append(rows)
        return np.zeros(len(rows))

    columns = {
        "age": pa.array([20, 30, None, 50] * 20, pa.int32()),
        "pay": pa.array([1.5, float("nan"), None, 9.25] * 20),
        "sex": [0, 1, 0, 1] * 20,
        "city": ["a", "b", "c", "d"] * 20,
        "dull": [7] * 80,
        "empty": pa.array([None] * 80, pa.float64()),
    }
    result, _ = shaken(columns, score)
    assert result.measurements[0].detail["features"] == ["age"]
    before, after = seen
    assert after.schema.types == before.schema.types
    assert after.column("age").slice(0, 80).null_count == 20
    assert after.column("age").slice(0, 80).to_pylist() != before.column("age").to_pylist()
    for name in ("pay", "sex", "city"):
        kept = after.column(name).slice(0, 80)
        assert [str(value) for value in kept.to_pylist()] == [str(value) for value in before.column(name).to_pylist()]


def test_noise_on_whole_numbers_is_rounded_and_not_cut_off(shaken):
    seen = []

    def score(rows):
        seen.append(rows)
        return np.zeros(len(rows))

    whole = np.arange(1000) % 100
    shaken({"count": whole, "as_float": whole.astype(float)}, score)
    for name in ("count", "as_float"):
        moved = column(seen[1].slice(1000, 1000), name) - whole
        assert (moved == np.rint(moved)).all()
        # Cutting off would pull every value towards zero by half on average.
        assert abs(moved.mean()) < 0.15
        assert moved.std() == pytest.approx(whole.std() * 0.1, rel=0.05)


def test_nan_stays_nan_in_a_column_that_gets_noise(shaken):
    seen = []

    def score(rows):
        seen.append(rows)
        return np.zeros(len(rows))

    shaken({"pay": pa.array([1.5, float("nan"), None, 9.25, 3.5] * 4)}, score)
    kept = seen[1].column("pay").slice(0, 5).to_pylist()
    assert np.isnan(kept[1])
    assert kept[2] is None
    assert kept[0] != 1.5


def test_the_declared_severity_is_added_to_the_curve(shaken):
    result, _ = shaken({"x": RNG.normal(size=50)}, lambda rows: column(rows, "x"), params={"severity": 0.3})
    assert [point["severity"] for point in result.measurements[0].detail["curve"]] == [0.05, 0.1, 0.2, 0.3]


def test_degenerate_a_random_model_gives_no_counterexample_that_it_does_not_bear_out(shaken):
    coin = np.random.default_rng(0)
    result, _ = shaken({"x": RNG.normal(size=50)}, lambda rows: coin.random(len(rows)))
    for case in result.counterexamples:
        assert case.rows[0].decision != case.rows[1].decision


def test_inapplicable(shaken, run, data, model, decisions):
    result, _ = shaken({"sex": [0, 1] * 4, "city": ["a", "b"] * 4}, lambda rows: np.zeros(len(rows)))
    assert "no numeric feature" in str(result.reason)
    result, _ = shaken(
        {"x": [1.0, 2.0, 3.0], "w": [1.0] * 3}, lambda rows: column(rows, "x"), features=("x",), weight="w"
    )
    assert "sample weights" in str(result.reason)
