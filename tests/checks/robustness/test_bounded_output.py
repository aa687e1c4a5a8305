import json
from dataclasses import asdict

import numpy as np
import pytest
from fitted import FEATURES, matrix, people, robust, tree

from proofbox.checks.errors import ModelFailedError

CHECK = "robustness.bounded_output"


@pytest.fixture
def searched(run, data, model):
    def searched_of(score, *, seed=7, params=None, columns=None):
        asked = model(score, FEATURES)
        given = data(columns or people(), features=FEATURES)
        result = run(CHECK, params=params, data=given, model=asked, seed=seed)
        return result, asked

    return searched_of


def failing_on(wrong, kind, score=None):
    """Return a model that answers as ``score`` does, and fails where ``wrong(matrix)`` says so."""
    score = score or robust()

    def answer(rows):
        bad = wrong(matrix(rows))
        if bad.any():
            raise ModelFailedError(f"it fails ({kind})", kind)
        return score(rows)

    return answer


def test_perfect_every_row_gets_an_answer(searched):
    result, asked = searched(robust())
    (found,) = result.measurements
    assert (found.value, found.sample_size, result.counterexamples) == (0.0, 3_500, ())
    assert found.interval.high == pytest.approx(1 - 0.025 ** (1 / 3_500))
    assert found.detail == {"rows_real": 1_500, "rows_near": 2_000, "kinds": {}, "not_known": 0}
    assert asked.batches == [3_500]


def test_worst_a_model_that_never_answers(searched):
    result, asked = searched(failing_on(lambda rows: rows[:, 0] > -1, "crash"))
    (found,) = result.measurements
    assert found.value == 1.0
    assert found.interval is None
    assert found.detail["not_known"] > 0
    assert len(asked.batches) <= 20
    assert len(result.counterexamples) == 1


def test_middle_a_model_that_answers_nan_is_counted_row_by_row(searched):
    columns = people()
    score = robust()

    def nan_where_debt_outgrows_income(rows):
        values = matrix(rows)
        return np.where(values[:, 2] > values[:, 1], np.nan, score(rows))

    result, asked = searched(nan_where_debt_outgrows_income, params={"near_rows": 0})
    (found,) = result.measurements
    wrong = columns["debt"] > columns["income"]
    assert found.detail["kinds"] == {"garbage": int(wrong.sum())}
    assert found.value == wrong.mean()
    assert found.interval.low < found.value < found.interval.high
    (case,) = result.counterexamples
    assert case.source_row == np.flatnonzero(wrong)[0]
    assert str(case.summary).startswith("What the model answers for this input is no answer")
    assert len(asked.batches) <= 3


@pytest.mark.parametrize(
    ("kind", "said"),
    [("crash", "process ends"), ("hang", "does not come back"), ("raised", "raises an error"), ("limit", "a limit")],
)
def test_the_one_row_at_which_it_ends_or_hangs_is_found(searched, kind, said):
    columns = people()
    row = 1_234
    columns["debt"][row] = 77.125
    result, asked = searched(failing_on(lambda rows: rows[:, 2] == 77.125, kind), columns=columns)
    (case,) = result.counterexamples
    assert case.source_row == row
    assert said in str(case.summary)
    assert len(case.rows) == 1
    assert case.rows[0].values[2] == 77.125
    assert result.measurements[0].detail["kinds"][kind] >= 1
    assert len(asked.batches) <= 35


def test_a_row_near_a_real_one_is_shrunk_to_the_cells_that_it_needs(searched):
    """No real applicant is young with a high income; rows near them are, and age and income are all it takes."""
    columns = people()
    columns["income"] = np.where(columns["age"] < 30, 5.0, columns["income"])

    def young_and_rich(rows):
        return (rows[:, 0] < 30) & (rows[:, 1] > 8)

    result, asked = searched(failing_on(young_and_rich, "crash"), columns=columns)
    (case,) = result.counterexamples
    assert set(case.changed) in ({"age"}, {"income"}, {"age", "income"})
    before, after = case.rows
    assert (str(before.label), str(after.label)) == ("as submitted", "changed")
    assert before.decision in {"0", "1"}
    assert after.decision == "\N{EN DASH}"
    assert len(asked.batches) <= 35


def test_the_deadline_reaches_the_model(run, data, model):
    told = []

    class Timed(model):
        def predict(self, rows, deadline_seconds=None):
            told.append(deadline_seconds)
            return super().predict(rows)

    asked = Timed(robust(), FEATURES)
    params = {"deadline_seconds": 3, "near_rows": 6_000}
    run(CHECK, params=params, data=data(people(), features=FEATURES), model=asked)
    assert told == [3, 3]
    assert asked.batches == [5_000, 2_500], "no more than a deadline of seconds is enough for"


def test_the_same_seed_gives_the_same_bytes(searched):
    score = failing_on(lambda rows: rows[:, 1] > 20, "garbage", tree(lambda p: p["income"] > 8))
    texts = [json.dumps(asdict(searched(score, seed=3)[0]), sort_keys=True) for _ in range(2)]
    assert texts[0] == texts[1]


def test_inapplicable_without_rows(why, data, model):
    empty = data({name: values[:0] for name, values in people().items()}, features=FEATURES)
    assert "no rows" in why(CHECK, data=empty, model=model(robust(), FEATURES))
