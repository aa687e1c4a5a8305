"""One row out of many that the model does not answer, found by halving."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from proofbox.checks.asked.broker import Broker, answered
from proofbox.checks.asked.failing import failing_row
from proofbox.checks.errors import ModelFailedError


def rows(count: int) -> pa.Table:
    return pa.table({"x": np.arange(count, dtype=float)})


@pytest.fixture
def fragile(model):
    """A model that ends at one value, and is dead until it is started again."""

    def fragile_at(value: float, kind: str = "crash"):
        state = {"dead": False, "restarts": 0}

        def score(table):
            assert not state["dead"], "asked without having been started again"
            x = table.column("x").to_numpy()
            if (x == value).any():
                state["dead"] = kind != "raised"
                raise ModelFailedError(f"fails at {value}", kind)
            return x

        def restart():
            state.update(dead=False, restarts=state["restarts"] + 1)

        return model(score, ("x",), on_restart=restart), state

    return fragile_at


@pytest.mark.parametrize("place", [0, 1, 499, 998, 999])
def test_the_row_is_found_in_some_ten_questions(fragile, place):
    asked, state = fragile(float(place))
    found = answered(asked, failing_row(rows(1000), ModelFailedError("whole")))
    assert (found.row, str(found.error)) == (place, f"fails at {float(place)}")
    assert len(asked.batches) <= 12
    assert state["restarts"] <= 12


def test_a_model_that_says_no_is_not_started_again(fragile):
    asked, state = fragile(3.0, "raised")
    assert answered(asked, failing_row(rows(8), ModelFailedError("whole", "raised"))).row == 3
    assert state["restarts"] == 0


def test_a_failure_that_no_single_row_brings_about_has_no_row(model):
    def of_many(table):
        if len(table) > 4:
            raise ModelFailedError("too many")
        return np.zeros(len(table))

    found = answered(model(of_many, ("x",)), failing_row(rows(64), ModelFailedError("whole")))
    assert found.row is None


def test_deadlines_are_waited_for_a_few_times_only(fragile):
    asked, _ = fragile(0.0, "hang")
    found = answered(asked, failing_row(rows(1000), ModelFailedError("whole", "hang")))
    assert (found.row, found.error.kind) == (None, "hang")
    assert len(asked.batches) == 3


def test_who_comes_next_finds_the_model_running(fragile):
    asked, state = fragile(2.0)

    def next_one():
        return (yield rows(2)).codes.tolist()

    def searching():
        return (yield from failing_row(rows(4), ModelFailedError("whole")))

    found = {one.key: one.result for one in Broker(asked).run([("search", searching), ("next", next_one)])}
    assert found["search"].row == 2
    assert found["next"] == [0, 1]
    assert not state["dead"] or state["restarts"] > 0
