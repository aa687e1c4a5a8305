import numpy as np
import pytest

from proofbox.checks.errors import ModelFailedError
from proofbox.checks.surroundings import WAYS

CHECK = "robustness.repeatability"
PROBES = ["again", "permuted", "duplicated", "small batches", "one by one", "elsewhere 1", "elsewhere 2"]

LABELS = {
    "clock": "with another clock",
    "locale": "with another language and time zone",
    "hostname": "with another name of the machine",
    "environment": "with other environment variables",
}


def column(rows, name="x"):
    return rows.column(name).to_numpy().astype(float)


@pytest.fixture
def repeated(run, data, model):
    def repeated_of(score, *, rows=200, params=None, on_restart=lambda: None, on_model=lambda asked: None, **others):
        given = data({"x": np.random.default_rng(1).normal(size=rows)}, features=("x",))
        asked = model(score, ("x",), 0.0, on_restart)
        decided = asked.predict(given.feature_table())
        asked.batches.clear()
        on_model(asked)
        return run(CHECK, params=params, data=given, model=asked, decisions=decided, **others), asked

    return repeated_of


def said(result):
    return {probe["probe"]: probe["disagreements"] for probe in result.measurements[0].detail["probes"]}


def test_perfect_a_function_of_the_row_agrees_with_itself(repeated):
    result, asked = repeated(column)
    (found,) = result.measurements
    assert (found.value, found.sample_size, result.counterexamples) == (0.0, 200, ())
    assert (found.interval.low, found.interval.method) == (0.0, "clopper-pearson")
    assert found.interval.high == pytest.approx(1 - 0.025 ** (1 / 200))
    assert said(result) == dict.fromkeys(PROBES, 0)
    assert asked.batches == [200, 200, 400, 64, 64, 64, 8, *[1] * 16, 200, 200]


def test_worst_a_model_that_turns_with_every_call(repeated):
    sign = [1.0]

    def score(rows):
        sign[0] = -sign[0]
        return sign[0] * np.ones(len(rows))

    result, _ = repeated(score)
    assert result.measurements[0].value == 1.0
    (case,) = result.counterexamples
    assert (case.changed, case.source_row) == ((), 0)
    assert case.rows[0].values == case.rows[1].values
    assert {row.decision for row in case.rows} == {"0", "1"}


@pytest.mark.parametrize(
    ("score", "found_by", "quiet"),
    [
        (lambda rows: column(rows) - np.median(column(rows)), {"one by one", "small batches"}, {"again", "permuted"}),
        (lambda rows: np.arange(len(rows)) - len(rows) / 2, {"permuted"}, {"again", "elsewhere 1"}),
        (lambda rows: column(rows) * (len(set(column(rows))) - len(rows) + 0.5), {"duplicated"}, {"again", "permuted"}),
    ],
    ids=["rank in the batch", "place in the batch", "counts equal rows"],
)
def test_middle_each_kind_is_found_by_its_own_probe(repeated, score, found_by, quiet):
    counts = said(repeated(score)[0])
    assert all(counts[name] for name in found_by)
    assert not any(counts[name] for name in quiet)


def test_a_model_that_remembers_is_found_by_the_restart(repeated):
    state = {"bias": 0.0}
    result, _ = repeated(lambda rows: column(rows) + state["bias"], on_restart=lambda: state.update(bias=9.0))
    assert {name for name, count in said(result).items() if count} == {"elsewhere 1", "elsewhere 2", "restarted"}
    assert result.measurements[0].detail["probes"][-1]["largest_score_difference"] == pytest.approx(9.0)


@pytest.mark.parametrize("way", WAYS)
def test_what_the_model_looks_at_around_it_is_named(repeated, model, way):
    """It answers otherwise where one part of its surroundings is not the usual one."""
    asked = []

    def score(rows):
        around = asked[0].around if asked else None
        return column(rows) + (5.0 if around is not None and way in around.ways else 0.0)

    result, _ = repeated(score, on_model=asked.append)
    counts = said(result)
    assert {name for name, count in counts.items() if count} == {"elsewhere 1", "elsewhere 2", way}
    assert set(counts) == {*PROBES, "restarted", *WAYS}
    (case,) = result.counterexamples
    assert str(case.rows[1].label) == LABELS[way]


def test_a_model_that_fails_elsewhere_disagrees_there(repeated):
    asked = []

    def score(rows):
        around = asked[0].around if asked else None
        if around is not None and "hostname" in around.ways:
            raise ModelFailedError("it ended with code 3", kind="crash")
        return column(rows)

    result, _ = repeated(score, on_model=asked.append)
    assert result.measurements[0].value == 1.0
    probe = next(one for one in result.measurements[0].detail["probes"] if one["probe"] == "hostname")
    assert (probe["disagreements"], probe["failed"]) == (200, "it ended with code 3")


def test_what_cannot_be_varied_is_said(repeated):
    result, _ = repeated(column, varies=frozenset({"clock", "locale", "environment"}))
    elsewhere = result.measurements[0].detail["probes"][-1]
    assert elsewhere["varied"] == ["clock", "locale", "environment"]
    assert elsewhere["not_varied"] == ["hostname"]


def test_degenerate_one_row_and_a_sample_of_many(repeated):
    assert repeated(column, rows=1)[0].measurements[0].sample_size == 1
    result, asked = repeated(column, params={"most_rows": 50, "single_rows": 0})
    assert result.measurements[0].sample_size == 50
    assert asked.batches == [50, 50, 100, 50, 50, 50]


def test_numbers_may_differ_by_the_tolerance(run, data, decisions):
    import dataclasses

    given = data({"x": [1.0, 2.0]}, features=("x",))
    first = dataclasses.replace(decisions([0, 0], [1.0, 2.0]), classes=())

    class Regression:
        features = ("x",)

        def __init__(self, shift):
            self.shift = shift

        def predict(self, rows):
            codes = np.zeros(len(rows), dtype=np.int64)
            return dataclasses.replace(first, score=column(rows) + self.shift, codes=codes)

        def restart(self, surroundings=None):
            pass

    for shift, rate in ((1e-9, 0.0), (1e-3, 1.0)):
        result = run(CHECK, data=given, model=Regression(shift), decisions=first)
        assert result.measurements[0].value == rate


def test_inapplicable_without_rows(why, data, model, decisions):
    empty = data({"x": np.array([])}, features=("x",))
    assert "no rows" in why(CHECK, data=empty, model=model(column, ("x",)), decisions=decisions([]))
