"""What all perturbation checks share: steps that stop, the same draws whoever runs beside, numbers as answers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from proofbox.checks.asked.broker import Broker
from proofbox.checks.errors import ModelFailedError
from proofbox.checks.registry import get_check
from proofbox.checks.statistics.sampling import narrow_enough, sample_sizes

CHECKS = (
    *("noise", "missing_values", "category_swap", "outliers"),
    *("unit_slip", "feature_dropout", "label_free_stability"),
)


def number(rows, name):
    return rows.column(name).to_numpy(zero_copy_only=False).astype(float)


def applicants(data, rows, seed=0):
    """Five features that each say the same, far from the border, and a text that says it too."""
    rng = np.random.default_rng(seed)
    good = rng.random(rows) < 0.5
    columns = {f"x{place}": np.where(good, 1.0, -1.0) + np.round(rng.normal(0, 0.05, rows), 3) for place in range(4)}
    columns["t"] = list(np.where(good, "paid", "late"))
    return data({**columns, "y": good.astype(int)}, features=tuple(columns), target="y")


def robust(rows):
    """Most votes of five features, each clipped: one of them can be wrong, missing or unknown."""
    votes = [np.nan_to_num(np.clip(number(rows, f"x{place}"), -1, 1)) for place in range(4)]
    text = np.array([{"paid": 1.0, "late": -1.0}.get(value, 0.0) for value in rows.column("t").to_pylist()])
    return (sum(votes) + text > 0).astype(float)


def askings(given, decided, seed=3, checks=CHECKS, **params):
    def begin(name):
        spec = get_check(f"robustness.{name}")
        inputs = {"data": given, "decisions": decided}
        inputs |= {"params": spec.params(params), "rng": np.random.default_rng(seed)}
        return lambda: spec.run(**inputs)

    return [(name, begin(name)) for name in checks]


def test_a_model_built_to_be_robust_raises_no_alarm_over_fifty_seeds(data, model):
    for seed in range(50):
        given = applicants(data, 120, seed)
        asked = model(robust, given.features)
        decided = asked.predict(given.feature_table())
        for done in Broker(asked).run(askings(given, decided, seed)):
            assert not isinstance(done.result, Exception), (seed, done)
            found = {one.measure: one.value for one in done.result.measurements}
            # Of five votes several may be lost in the curve; the measures are taken where one is.
            assert not any(found.values()), (seed, found)
            assert done.result.counterexamples == ()


def test_a_model_with_a_fault_planted_is_found_by_the_check_for_it(data, model):
    """The same robust model, with one fault at a time: each is seen by the check that is made for it."""
    given = applicants(data, 200)

    def faulty(check):
        def score(rows):
            answer = robust(rows)
            if check == "missing_values":
                return np.where(np.isnan(number(rows, "x1")), 1 - answer, answer)
            if check == "unit_slip":
                return np.where(np.abs(number(rows, "x2")) > 500, 1 - answer, answer)
            known = np.isin(rows.column("t").to_pylist(), ["paid", "late"])
            return np.where(known, answer, 1 - answer)

        return score

    for check, measure, changed in (
        ("missing_values", "missing_flip_rate", "x1"),
        ("unit_slip", "unit_slip_flip_rate", "x2"),
        ("category_swap", "category_flip_rate", "t"),
    ):
        asked = model(faulty(check), given.features)
        decided = asked.predict(given.feature_table())
        (done,) = Broker(asked).run(askings(given, decided, checks=(check,)))
        found = {one.measure: one for one in done.result.measurements}
        assert found[measure].interval.low > 0.05, check
        assert done.result.counterexamples[0].changed == (changed,)


def test_the_same_seed_gives_the_same_whatever_runs_beside(data, model):
    rng = np.random.default_rng(1)
    columns = {"a": rng.normal(size=900), "b": np.round(rng.normal(size=900), 2)}
    columns["t"] = list(rng.choice(["u", "v"], 900))
    given = data({**columns, "y": rng.integers(0, 2, 900)}, features=tuple(columns), target="y")

    def score(rows):
        text = np.array([value == "u" for value in rows.column("t").to_pylist()], float)
        return np.nan_to_num(number(rows, "a")) + np.nan_to_num(number(rows, "b")) + text

    asked = model(score, given.features)
    decided = asked.predict(given.feature_table())
    together = {one.key: one for one in Broker(asked).run(askings(given, decided))}
    calls = len(asked.batches)
    small = {one.key: one for one in Broker(asked, most_rows=500).run(askings(given, decided))}
    for name in CHECKS:
        (alone,) = Broker(asked).run(askings(given, decided, checks=(name,)))
        assert alone.result == together[name].result == small[name].result
        assert alone.queries == together[name].queries == small[name].queries
    assert calls < sum(one.queries.calls for one in together.values()) / 2, "questions shared calls"


@pytest.mark.parametrize(("rate", "asked_at_most"), [(0.0, 1_000), (0.02, 8_000), (0.5, 38_615)])
def test_asking_stops_when_the_rate_is_known(data, model, rate, asked_at_most):
    """A model whose answer to a changed row is another one at the given rate, by a hash of the row."""
    x = np.random.default_rng(0).normal(size=60_000)
    given = data({"x": x}, features=("x",))
    known = np.sort(x)

    def score(rows):
        values = number(rows, "x")
        there = known[np.minimum(np.searchsorted(known, values), len(known) - 1)] == values
        return np.where(there, 0.0, (np.abs(values) * 1e6) % 1 < rate)

    asked = model(score, ("x",))
    decided = asked.predict(given.feature_table())
    (done,) = Broker(asked).run(askings(given, decided, checks=("noise",), severities=(0.1,)))
    found = {one.measure: one for one in done.result.measurements}["noise_flip_rate"]
    assert found.sample_size <= asked_at_most
    assert found.interval.high - found.interval.low <= 2 * 0.005 + 1e-4
    assert abs(found.value - rate) < 0.01
    assert done.queries.planned == 38_615


def test_sizes_rise_to_what_is_needed_and_never_beyond_the_rows():
    assert sample_sizes(1, 0.005, 0.95) == (1,)
    assert sample_sizes(999, 0.005, 0.95) == (999,)
    assert sample_sizes(2_000, 0.005, 0.95) == (1_000, 1_415, 2_000)
    assert sample_sizes(10**9, 0.005, 0.95)[-1] == 38_615
    steps = np.diff(sample_sizes(10**9, 0.0005, 0.95))
    assert steps.max() <= 100_000


def test_a_rate_at_either_end_is_as_well_known_as_at_the_other():
    assert narrow_enough([0, 1000, 500], 1000, 0.005, 0.95).tolist() == [True, True, False]


def test_answers_that_are_numbers_turn_where_they_move_by_more_than_the_tolerance(data, decisions):
    x = np.random.default_rng(2).normal(50, 10, 400)
    given = data({"x": x}, features=("x",), target="x")
    first = dataclasses.replace(decisions([0] * 400, x), classes=(), codes=np.zeros(400, dtype=np.int64))

    class Regression:
        features = ("x",)

        def predict(self, rows):
            values = number(rows, "x")
            return dataclasses.replace(first, score=values, codes=np.zeros(len(values), dtype=np.int64))

        def restart(self):
            pass

    rates = {}
    for tolerance in (0.001, 0.02, 10.0):
        asking = askings(given, first, checks=("noise",), tolerance=tolerance)
        (done,) = Broker(Regression()).run(asking)
        rates[tolerance] = {one.measure: one for one in done.result.measurements}
    values = [found["noise_flip_rate"].value for found in rates.values()]
    assert values[0] > 0.9 > values[1] > 0.1 > values[2] == 0
    assert "noise_accuracy_drop" not in rates[0.02]
    (case, *_) = Broker(Regression()).run(askings(given, first, checks=("outliers",)))
    shown = case.result.counterexamples[0]
    assert abs(shown.rows[0].score - shown.rows[1].score) > 0.1 * (1 + abs(shown.rows[0].score))


@pytest.mark.parametrize("check", ["noise", "missing_values"])
def test_a_model_that_is_gone_altogether_is_an_error_and_no_failure_over_a_change(data, model, check):
    given = applicants(data, 50)
    asked = model(robust, given.features)
    decided = asked.predict(given.feature_table())

    def gone(rows):
        raise ModelFailedError("the model used up its time", "limit")

    (done,) = Broker(model(gone, given.features)).run(askings(given, decided, checks=(check,)))
    assert isinstance(done.result, ModelFailedError)


def test_every_way_sees_the_same_draws_whoever_has_dropped_out(data, model):
    """Noise of twice the severity is twice the noise, in every row and step."""
    x = np.random.default_rng(5).normal(size=3_000)
    given = data({"x": x}, features=("x",))
    seen = []

    def coin(rows):
        seen.append(number(rows, "x"))
        return (np.abs(number(rows, "x")) * 1e6) % 1 < 0.5

    asked = model(coin, ("x",))
    decided = asked.predict(given.feature_table())
    seen.clear()
    list(Broker(asked).run(askings(given, decided, checks=("noise",), severities=(0.1, 0.2), severity=0.1)))
    steps = [part for part in seen if len(part) > 100]
    assert len(steps) > 1
    for part in steps:
        weak, strong = np.split(part, 2)
        before = 2 * weak - strong
        assert np.isin(np.round(before, 9), np.round(x, 9)).all()
