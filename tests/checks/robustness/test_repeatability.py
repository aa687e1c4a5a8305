import numpy as np
import pytest

CHECK = "robustness.repeatability"
PROBES = ["again", "permuted", "small batches", "one by one", "restarted"]


def column(rows, name="x"):
    return rows.column(name).to_numpy().astype(float)


@pytest.fixture
def repeated(run, data, model):
    def repeated_of(score, *, rows=200, params=None, on_restart=lambda: None):
        given = data({"x": np.random.default_rng(1).normal(size=rows)}, features=("x",))
        asked = model(score, ("x",), 0.0, on_restart)
        decided = asked.predict(given.feature_table())
        asked.batches.clear()
        return run(CHECK, params=params, data=given, model=asked, decisions=decided), asked

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
    assert asked.batches == [200, 200, 64, 64, 64, 8, *[1] * 16, 200]


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
        (lambda rows: np.arange(len(rows)) - len(rows) / 2, {"permuted"}, {"again", "restarted"}),
    ],
    ids=["rank in the batch", "place in the batch"],
)
def test_middle_each_kind_is_found_by_its_own_probe(repeated, score, found_by, quiet):
    counts = said(repeated(score)[0])
    assert all(counts[name] for name in found_by)
    assert not any(counts[name] for name in quiet)


def test_a_model_that_remembers_is_found_by_the_restart(repeated):
    state = {"bias": 0.0}
    result, _ = repeated(lambda rows: column(rows) + state["bias"], on_restart=lambda: state.update(bias=9.0))
    assert {name for name, count in said(result).items() if count} == {"restarted"}
    assert result.measurements[0].detail["probes"][-1]["largest_score_difference"] == pytest.approx(9.0)


def test_degenerate_one_row_and_a_sample_of_many(repeated):
    assert repeated(column, rows=1)[0].measurements[0].sample_size == 1
    result, asked = repeated(column, params={"most_rows": 50, "single_rows": 0})
    assert result.measurements[0].sample_size == 50
    assert asked.batches == [50, 50, 50, 50]


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

        def restart(self):
            pass

    for shift, rate in ((1e-9, 0.0), (1e-3, 1.0)):
        result = run(CHECK, data=given, model=Regression(shift), decisions=first)
        assert result.measurements[0].value == rate


def test_inapplicable_without_rows(why, data, model, decisions):
    empty = data({"x": np.array([])}, features=("x",))
    assert "no rows" in why(CHECK, data=empty, model=model(column, ("x",)), decisions=decisions([]))
