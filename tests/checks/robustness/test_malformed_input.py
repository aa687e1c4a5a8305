from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from fitted import FEATURES, matrix, people, robust

from proofbox.checks.errors import ModelFailedError

CHECK = "robustness.malformed_input"
FAMILIES = ["missing", "infinite", "extreme number", "unknown text", "huge text", "text for a number"]


@pytest.fixture
def tried(run, data, model):
    def tried_of(score, *, seed=7, params=None, columns=None):
        columns = columns or people()
        asked = model(score, tuple(columns))
        given = data(columns, features=tuple(columns))
        return run(CHECK, params=params, data=given, model=asked, seed=seed), asked

    return tried_of


def said(result):
    return {one["family"]: one for one in result.measurements[0].detail["families"]}


def test_perfect_a_model_that_answers_or_refuses(tried):
    result, asked = tried(robust(), params={"most_alone": 100})
    (found,) = result.measurements
    assert (found.value, found.interval, result.counterexamples) == (0.0, None, ())
    assert set(said(result)) == {*FAMILIES, "number for a text"}
    assert said(result)["missing"]["answered"] == 5
    assert said(result)["text for a number"]["refused"] == 1
    assert sum(one["not_asked"] for one in said(result).values()) == 0
    assert len(asked.batches) <= 50


def test_a_model_that_refuses_all_of_it_is_clean(tried):
    seen = []

    def only_what_it_knows(rows):
        if seen and rows.to_pylist() != [seen[0]]:
            raise ValueError("not like this")
        return np.zeros(len(rows))

    columns = people()
    seen.append(pa.table({name: pa.array(values) for name, values in columns.items()}).slice(0, 1).to_pylist()[0])
    result, asked = tried(only_what_it_knows, columns=columns)
    (found,) = result.measurements
    assert found.value == 0.0
    assert all(one["answered"] == 0 and one["refused"] for one in found.detail["families"])
    assert len(asked.batches) <= 50


def test_worst_a_model_that_ends_at_everything(tried):
    def ends(rows):
        raise ModelFailedError("it ended", "crash")

    result, asked = tried(ends)
    assert result.measurements[0].value == 1.0
    assert len(asked.batches) <= 45


def test_middle_a_model_that_crashes_on_missing_values(tried):
    score = robust()

    def crashes(rows):
        if np.isnan(matrix(rows)[:, 1]).any():
            raise ModelFailedError("the model's process ended with the signal SIGSEGV", "crash")
        return score(rows)

    result, asked = tried(crashes)
    (case,) = result.counterexamples
    before, after = case.rows
    assert before.decision in {"0", "1"}
    assert after.values[1] is None
    assert "SIGSEGV" in str(case.summary)
    (family,) = (one for one in said(result).values() if one["failed"])
    assert family["family"] == "missing"
    assert len(asked.batches) <= 40


def test_a_refusal_hides_no_crash_behind_it(tried):
    """The table of all kinds of missing values is refused; one column alone is what it dies of."""
    score = robust()

    def answer(rows):
        values = matrix(rows)
        if len(rows) == 1 and np.isnan(values[0, 2]) and not np.isnan(values[0, 0]):
            raise ModelFailedError("it ended", "crash")
        if np.isnan(values).any():
            raise ValueError("missing values")
        return score(rows)

    result, _ = tried(answer)
    failed = said(result)["missing"]["failed"]
    assert [one["columns"] for one in failed] == [["debt"]]
    assert said(result)["missing"]["refused"] == 4
    assert result.counterexamples[0].changed == ("debt",)


def test_a_hang_on_a_huge_text_is_found_and_the_text_is_cut_in_the_table(tried):
    score = robust()

    def hangs(rows):
        if any(len(value or "") > 10_000 for value in rows["branch"].to_pylist()):
            raise ModelFailedError("the model did not answer within 15 seconds", "hang")
        return score(rows)

    result, asked = tried(hangs)
    (case,) = result.counterexamples
    assert case.changed == ("branch",)
    assert case.rows[1].values[3] == "xxxxxxxxxxxxxxxxxxxx... (1000000 characters)"
    assert len(asked.batches) <= 30


def test_each_type_of_column_gets_what_it_can_hold(tried):
    seen = []

    def score(rows):
        seen.append(rows)
        return np.zeros(len(rows))

    columns = {
        "small": pa.array([1, 2, 3], pa.int8()),
        "half": pa.array([1.5, 2.5, 3.5], pa.float32()),
        "exact": pa.array([Decimal(1), Decimal(2), Decimal(3)], pa.decimal128(5, 2)),
        "flag": pa.array([True, False, True]),
        "nothing": pa.array([None] * 3, pa.null()),
    }
    result, _ = tried(score, columns=columns)
    assert set(said(result)) == {"missing", "infinite", "extreme number", "text for a number"}
    assert {rows.schema.field("small").type for rows in seen if rows.num_rows > 1} == {pa.int8()}
    assert max(value for rows in seen for value in rows["small"].to_pylist() if isinstance(value, int)) == 127


def test_degenerate_one_column(tried):
    result, _ = tried(lambda rows: rows["x"].to_numpy().astype(float) * 0 + 1, columns={"x": np.array([1.0, 2.0])})
    assert said(result)["missing"]["inputs"] == 1


def test_inapplicable_without_rows(why, data, model):
    empty = data({name: values[:0] for name, values in people().items()}, features=FEATURES)
    assert "no rows" in why(CHECK, data=empty, model=model(robust(), FEATURES))


def test_a_number_that_json_cannot_say_is_shown_as_text(tried):
    def overflows(rows):
        if max(abs(value or 0) for value in rows["age"].to_pylist()) > 1_000_000:
            raise ModelFailedError("it ended", "crash")
        return np.zeros(len(rows))

    result, _ = tried(overflows)
    (case,) = result.counterexamples
    assert case.changed == ("age",)
    assert case.rows[1].values[0] in {str(-(2**63)), str(2**63 - 1)}
