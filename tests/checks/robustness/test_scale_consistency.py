import numpy as np
import pytest

from proofbox.checks.subject import Unit

CHECK = "robustness.scale_consistency"
ANSWER, DECISION = "scale_violation_rate", "scale_decision_rate"
FEATURES = ("height", "unit", "weight")
UNIT = Unit(feature="height", unit="unit", factors={"m": 1.0, "cm": 100.0})


def patients(rows=600):
    rng = np.random.default_rng(3)
    metres, unit = np.round(rng.normal(1.65, 0.1, rows), 2), rng.choice(["m", "cm"], rows)
    return {
        "height": np.where(unit == "m", metres, np.round(metres * 100)),
        "unit": unit,
        "weight": np.round(rng.normal(65, 12, rows), 1),
    }


@pytest.fixture
def searched(run, data, model):
    def searched_of(score, *, columns=None, units=(UNIT,)):
        given = data(columns or patients(), features=FEATURES, units=units)
        asked = model(score, FEATURES, 25.0)
        return run(CHECK, data=given, model=asked), asked

    return searched_of


def index(rows):
    """The body mass index, whatever the height is written in."""
    metres = np.where(np.array(rows["unit"].to_pylist()) == "cm", 0.01, 1.0) * rows["height"].to_numpy()
    return rows["weight"].to_numpy() / metres**2


def rates(result):
    return {found.measure: found.value for found in result.measurements}


def test_perfect_a_model_that_converts(searched):
    result, asked = searched(index)
    assert rates(result) == {ANSWER: 0.0, DECISION: 0.0}
    assert result.measurements[0].sample_size == 2_000
    assert asked.batches == [4_000]


def test_worst_a_model_that_takes_every_number_for_metres(searched):
    result, asked = searched(lambda rows: rows["weight"].to_numpy() / rows["height"].to_numpy() ** 2)
    assert rates(result)[ANSWER] == 1.0
    (case,) = result.counterexamples
    assert case.changed == ("height", "unit")
    heights = sorted(row.values[0] for row in case.rows)
    assert heights[1] == pytest.approx(100 * heights[0])
    assert len(asked.batches) <= 6


def test_middle_whole_numbers_take_part_where_they_stay_whole(searched):
    columns = patients()
    columns["height"] = np.where(columns["unit"] == "m", 2, columns["height"].astype(int)).astype(int)
    result, _ = searched(index, columns=columns)
    found = result.measurements[0]
    assert 0 < found.sample_size < 2_000
    assert found.value == 0.0


def test_inapplicable(why, data, model):
    def asked(features=FEATURES, columns=None, **others):
        return why(CHECK, data=data(columns or patients(), features=features, **others), model=model(index, features))

    assert "declares no units" in asked()
    assert "does not read both height, unit" in asked(features=("height", "weight"), units=(UNIT,))
    miles = Unit(feature="height", unit="unit", factors={"mile": 1.0, "km": 1.6})
    assert "no row has a number and a unit" in asked(units=(miles,))
    wrong = Unit(feature="unit", unit="weight", factors=UNIT.factors)
    assert "unit holds no numbers" in asked(units=(wrong,))
