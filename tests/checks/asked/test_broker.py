"""The query broker: one call for all that ask at one time, and a failure reaches only whose rows it was."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from proofbox.checks.asked.asking import Question, ask_all
from proofbox.checks.asked.broker import Broker, Queries, answered
from proofbox.checks.errors import ModelFailedError
from proofbox.checks.surroundings import Surroundings


def table(*values: float) -> pa.Table:
    return pa.table({"x": pa.array(values, pa.float64())})


def positive(rows: pa.Table) -> np.ndarray:
    return (rows.column("x").to_numpy() > 0).astype(float)


def steps(*tables: pa.Table | Question):
    """Return an asking that asks about one table after the other and returns all it was told."""

    def asking():
        told = []
        for one in tables:
            try:
                told.append((yield one).positive.tolist())
            except ModelFailedError as err:
                told.append(str(err))
        return told

    return asking


def run(broker, *askings):
    return {finished.key: finished for finished in broker.run(enumerate(askings))}


@pytest.fixture
def asked(model):
    return model(positive, ("x",))


def test_what_is_asked_at_one_time_shares_a_call(asked):
    broker = Broker(asked)
    found = run(broker, steps(table(1, -1), table(-1)), steps(table(-1, 1, 1)), steps(table(1), table(1, -1)))
    assert asked.batches == [6, 3]
    assert (broker.calls, broker.rows) == (2, 9)
    assert found[0].result == [[True, False], [False]]
    assert found[1].result == [[False, True, True]]
    assert found[2].result == [[True], [True, False]]
    assert found[0].queries == Queries(rows=3, calls=2)


def test_several_tables_are_one_question(asked):
    def asking():
        first, second = yield from ask_all([table(1), table(-1, 1)])
        return first.positive.tolist(), second.positive.tolist()

    assert answered(asked, asking()) == ([True], [False, True])
    assert asked.batches == [3]


def test_a_question_of_its_own_shares_no_call_and_may_ask_for_a_fresh_process(model):
    restarts = []
    asked = model(positive, ("x",), on_restart=lambda: restarts.append(len(asked.batches)))
    own, fresh = Question(rows=table(1, 1)), Question(rows=table(-1), fresh=True)
    found = run(Broker(asked), steps(own), steps(table(1)), steps(fresh))
    assert sorted(asked.batches) == [1, 1, 2]
    assert len(restarts) == 1
    assert found[2].result == [[False]]


def test_other_surroundings_end_with_the_question_that_asked_for_them(model):
    seen = []
    asked = model(positive, ("x",), on_restart=lambda: seen.append(asked.around))
    night = Surroundings(clock=1, hostname="other")
    found = run(Broker(asked), steps(Question(rows=table(1), surroundings=night), table(1), table(-1)))
    assert found[0].result == [[True], [True], [False]]
    assert seen == [night, None], "the model is started as usual before the next question, and once is enough"


def test_a_question_may_carry_a_deadline_of_its_own(model):
    told = []

    class Slow(model):
        def predict(self, rows, deadline_seconds=None):
            told.append(deadline_seconds)
            return super().predict(rows)

    run(Broker(Slow(positive, ("x",))), steps(Question(rows=table(1), deadline_seconds=2.5), table(1)))
    assert told == [2.5, None]


def test_the_rows_of_an_answer_that_is_none_are_places_in_the_question(model):
    def garbage(rows):
        bad = np.flatnonzero(np.isnan(rows.column("x").to_numpy()))
        if len(bad):
            raise ModelFailedError("NaN", kind="garbage", rows=bad.tolist())
        return positive(rows)

    def asking():
        try:
            yield table(1, 2, 3, 4, np.nan, 6)
        except ModelFailedError as err:
            return err.kind, err.rows

    asked = model(garbage, ("x",))
    found = run(Broker(asked, most_rows=4), asking)
    assert found[0].result == ("garbage", (4,))


def test_rows_beyond_the_most_of_a_call_are_asked_in_parts_and_held_back(asked):
    begun = []

    def late():
        begun.append(list(asked.batches))
        return (yield from steps(table(1))())

    found = run(Broker(asked, most_rows=4), steps(table(*range(-4, 6))), late)
    assert found[0].result == [[False] * 5 + [True] * 5]
    assert max(asked.batches) <= 4
    assert begun == [[4, 4, 2]], "an asking is begun only when there is room for its rows"


def test_rows_of_other_types_are_asked_apart(asked):
    found = run(Broker(asked), steps(table(1)), steps(pa.table({"x": pa.array([1, -1])})))
    assert asked.batches == [1, 2]
    assert found[1].result == [[True, False]]


def test_categories_that_differ_between_questions_are_merged(model):
    def coded(text):
        return pa.table({"x": pa.array(text).dictionary_encode()})

    asked = model(lambda rows: np.array([value == "yes" for value in rows.column("x").to_pylist()], float), ("x",))
    found = run(Broker(asked), steps(coded(["no", "yes"])), steps(coded(["new", "yes", "no"])))
    assert asked.batches == [5]
    assert found[1].result == [[False, True, False]]


def test_a_failure_reaches_only_whose_rows_it_was(model):
    def fragile(rows):
        if np.isnan(rows.column("x").to_numpy()).any():
            raise ModelFailedError("crashed")
        return positive(rows)

    asked = model(fragile, ("x",))
    broker = Broker(asked)
    found = run(broker, steps(table(1), table(1)), steps(table(np.nan), table(-1)))
    assert found[0].result == [[True], [True]]
    assert found[1].result == ["crashed", [False]]
    assert asked.batches == [2, 1, 1, 1, 1], "who broke the model once is asked alone from then on"


def test_an_asking_that_breaks_takes_no_other_with_it(asked):
    def breaks():
        yield table(1)
        raise ValueError("a defect")

    def breaks_at_once():
        raise KeyError("early")
        yield

    def silent():
        return "nothing to ask"
        yield

    found = run(Broker(asked), breaks, steps(table(1), table(-1)), breaks_at_once, silent)
    assert isinstance(found[0].result, ValueError)
    assert found[1].result == [[True], [False]]
    assert isinstance(found[2].result, KeyError)
    assert found[3].result == "nothing to ask"
    assert found[3].queries == Queries()


def test_a_failure_that_nobody_catches_is_the_result(model):
    def fails(rows):
        raise ModelFailedError("gone")

    with pytest.raises(ModelFailedError, match="gone"):
        answered(model(fails, ("x",)), steps_uncaught())


def steps_uncaught():
    return (yield table(1))


def test_rows_that_wait_are_bounded_however_many_ask(asked):
    """Each of twenty asks three times about three rows: no more are made than one call takes, and one question more."""
    waiting, most = [0], [0]
    answer = asked.score

    def score(rows):
        waiting[0] -= len(rows)
        return answer(rows)

    asked.score = score

    def asking():
        for _ in range(3):
            waiting[0] += 3
            most[0] = max(most[0], waiting[0])
            yield table(1, -1, 1)

    found = run(Broker(asked, most_rows=9), *[asking] * 20)
    assert {one.queries for one in found.values()} == {Queries(rows=9, calls=3)}
    assert most[0] <= 9 + 3
    assert asked.batches[:18] == [9] * 18, "questions share calls all the same"


def test_a_model_that_fell_is_started_again_before_the_next_is_asked(model):
    restarts = []

    def fragile(rows):
        if np.isnan(rows.column("x").to_numpy()).any():
            raise ModelFailedError("crashed")
        return positive(rows)

    asked = model(fragile, ("x",), on_restart=lambda: restarts.append(len(asked.batches)))
    run(Broker(asked), steps(table(np.nan)), steps(table(1), table(1)))
    assert restarts == [1, 2], "after the shared call and after the culprit alone"


@pytest.mark.parametrize("failure", [ModelFailedError("no", "raised"), ModelFailedError("no", lives_on=True)])
def test_a_model_that_lives_on_is_not_started_again(model, failure):
    def says_no(rows):
        raise failure

    asked = model(says_no, ("x",), on_restart=lambda: pytest.fail("it lives on"))
    assert run(Broker(asked), steps(table(1), table(1)))[0].result == ["no", "no"]


def test_what_was_planned_is_counted_beside_what_was_asked(asked):
    found = run(Broker(asked), steps(Question(rows=table(1), shared=True, planned=50), table(1, 1)), steps(table(-1)))
    assert asked.batches == [2, 2], "the first question of both goes in one call"
    assert found[0].queries == Queries(rows=3, calls=2, planned=50)
    assert found[1].queries == Queries(rows=1, calls=1)
