import numpy as np
import pytest

CHECK = "provenance.leakage_effect"
ALL, UNSEEN, GAIN = "accuracy_of_all_rows", "accuracy_of_unseen_rows", "accuracy_gained_by_known_rows"


def rows(n, *, seed, **more):
    rng = np.random.default_rng(seed)
    return {"a": rng.normal(size=n), "b": rng.normal(size=n), "y": rng.integers(0, 2, n), **more}


@pytest.fixture
def effect(run, data, decisions):
    def effect_of(evaluation, training, decided, **params):
        shape = {"features": ("a", "b"), "target": "y", "id_columns": ("id",) if "id" in evaluation else ()}
        return run(
            CHECK,
            data=data(evaluation, **shape),
            training=None if training is None else data(training, role="training", **shape),
            decisions=decisions(decided),
            params=params,
        )

    return effect_of


def by_name(result):
    return {one.measure: one for one in result.measurements}


def memory(known, right_of_unseen):
    """Decisions that are right on the first ``known`` rows, and of the others on a share."""

    def decide(labels):
        decided = np.array(labels).copy()
        others = np.arange(known, len(labels))
        wrong = others[int(right_of_unseen * len(others)) :]
        decided[wrong] = 1 - decided[wrong]
        return decided

    return decide


def test_perfect_nothing_was_known(effect):
    evaluation = rows(100, seed=1)
    found = by_name(effect(evaluation, rows(100, seed=2), evaluation["y"]))
    assert [found[name].value for name in (ALL, UNSEEN, GAIN)] == [1.0, 1.0, 0.0]
    assert found[GAIN].interval is None


def test_worst_the_accuracy_is_memory_alone(effect):
    training, evaluation = rows(500, seed=1), rows(400, seed=2)
    for name in ("a", "b", "y"):
        evaluation[name][:300] = training[name][:300]
    found = by_name(effect(evaluation, training, memory(300, 0.5)(evaluation["y"])))
    assert (found[ALL].value, found[UNSEEN].value, found[UNSEEN].sample_size) == (0.875, 0.5, 100)
    gain = found[GAIN]
    assert gain.value == pytest.approx(0.375)
    assert 0 < gain.interval.low < 0.375 < gain.interval.high
    assert gain.detail["known_rows"] == 300
    assert gain.detail["by_kind"]["leaked_rows"] == {
        "rows": 300,
        "accuracy_of_these": 1.0,
        "accuracy_without_these": 0.5,
    }


def test_middle_near_rows_count_as_known_and_people_do_not(effect):
    training, evaluation = rows(300, seed=1, id=np.arange(300)), rows(200, seed=2, id=np.arange(150, 350))
    for name in ("a", "b", "y"):
        evaluation[name][:20] = training[name][:20] + (1e-6 if name == "a" else 0)
    found = by_name(effect(evaluation, training, evaluation["y"]))
    kinds = {name: one["rows"] for name, one in found[GAIN].detail["by_kind"].items()}
    assert kinds == {"leaked_rows": 0, "repeated_cases": 0, "near_duplicates_by_numbers": 20, "shared_entities": 150}
    assert found[UNSEEN].sample_size == 180
    exact = by_name(effect(evaluation, training, evaluation["y"], tolerance=0))
    assert exact[UNSEEN].sample_size == 200


def test_degenerate_rows_without_label_or_decision_are_left_out(effect):
    evaluation = rows(40, seed=1)
    labels = [None if place < 5 else int(label) for place, label in enumerate(evaluation["y"])]
    found = by_name(effect({**evaluation, "y": labels}, rows(40, seed=2), evaluation["y"]))
    assert found[ALL].sample_size == 35
    assert found[GAIN].detail["rows_left_out"] == 5


def test_the_interval_of_the_gain_covers_it(effect):
    """200 evaluation sets with 60 known rows, decided right with 0.95 and 0.70."""
    rng = np.random.default_rng(9)
    truth, held = 0.3 * (0.95 - 0.70), 0
    for seed in range(200):
        training, evaluation = rows(100, seed=2 * seed), rows(200, seed=2 * seed + 1)
        for name in ("a", "b", "y"):
            evaluation[name][:60] = training[name][:60]
        right = rng.random(200) < np.where(np.arange(200) < 60, 0.95, 0.70)
        gain = by_name(effect(evaluation, training, np.where(right, evaluation["y"], 1 - evaluation["y"])))[GAIN]
        held += gain.interval.low <= truth <= gain.interval.high
    assert held >= 0.92 * 200


def test_inapplicable(why, data, decisions):
    def said(**given):
        one = data(rows(30, seed=1), features=("a", "b"), target="y")
        inputs = {"data": one, "training": None, "decisions": decisions([0] * 30)}
        return why(CHECK, **{**inputs, **given})

    assert "names no training data" in said()
    same = data(rows(30, seed=1), features=("a", "b"), target="y", role="training")
    assert "every labelled evaluation row was known" in said(training=same)
    assert "no column of true labels" in said(data=data(rows(30, seed=1), features=("a", "b")), training=same)
    assert "share no column" in said(training=data({"z": [1.0]}, role="training"))


def test_rows_that_are_near_by_chance_do_not_count_as_known(run, data, decisions):
    shape = {"features": ("a",), "target": "y"}
    sets = [{name: values for name, values in rows(2_000, seed=seed).items() if name != "b"} for seed in (1, 2)]
    result = run(
        CHECK,
        data=data(sets[0], **shape),
        training=data(sets[1], role="training", **shape),
        decisions=decisions(sets[0]["y"]),
    )
    gain = by_name(result)[GAIN]
    assert gain.detail["by_kind"]["near_duplicates_by_numbers"]["rows"] > 500
    assert gain.detail["known_rows"] == 0
