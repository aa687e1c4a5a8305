"""Another clock, hostname and environment around a model, and back; a deadline of its own; rows that are no answers."""

import numpy as np
import pyarrow as pa
import pytest

from proofbox.sandbox.errors import ModelError
from proofbox.sandbox.hosted import open_model
from proofbox.sandbox.surroundings import Surroundings

NIGHT = 1_930_101_420
LOOKS = """
import datetime, os, socket, time
import numpy as np
import pandas as pd
class Model:
    classes_ = [0, 1]
    def decision_function(self, rows):
        then = [time.time(), time.time_ns() / 1e9, time.clock_gettime(time.CLOCK_REALTIME), time.mktime(time.gmtime())]
        then += [datetime.datetime.now(datetime.timezone.utc).timestamp(), pd.Timestamp.now("UTC").timestamp()]
        then += [time.mktime(datetime.date.today().timetuple()) + 86_400 - 1, float(time.strftime("%Y"))]
        told = [socket.gethostname() == "other", os.environ.get("USER") == "app"]
        told += [isinstance(pd.Timestamp.now(), datetime.datetime)]
        return np.array([*then, *map(float, told)])
"""
TABLE = pa.table({"a": [0.0] * 11, "b": [0.0] * 11})


def test_what_is_around_a_model_changes_and_changes_back(executor, limits, hostile):
    with open_model(executor, hostile(LOOKS, output="score"), limits) as model:
        usual = model.predict(TABLE).values.ravel()
        model.restart(Surroundings(clock=NIGHT, hostname="other", environment={"USER": "app"}))
        other = model.predict(TABLE).values.ravel()
        model.restart()
        again = model.predict(TABLE).values.ravel()
    assert np.ptp(other[:6]) < 60
    assert 0 <= other[0] - NIGHT < 60
    assert 0 <= other[6] - other[0] < 86_400
    assert other[7] == 2031
    assert other[8:].tolist() == [float(model.own_hostname), 1.0, 1.0]
    for told in (usual, again):
        assert abs(told[:6] - np.datetime64("now").astype(int)).max() < 120
        assert told[8:].tolist() == [0.0, 0.0, 1.0]


def test_one_call_may_have_a_shorter_deadline_and_never_a_longer_one(executor, limits, hostile):
    source = """
import time
class Model:
    classes_ = [0, 1]
    def decision_function(self, rows):
        time.sleep(30 if rows[0, 0] else 0)
        return rows.sum(axis=1)
"""
    with open_model(executor, hostile(source, output="score"), limits) as model:
        assert len(model.predict(TABLE, 900.0).values) == 11
        with pytest.raises(ModelError, match=r"did not answer within 0\.5 seconds"):
            model.predict(pa.table({"a": [1.0], "b": [0.0]}), 0.5)


@pytest.mark.parametrize(
    ("output", "answer", "what"),
    [
        ("probability", "np.c_[1 - rows[:, 0], rows[:, 0]]", "outside 0 to 1"),
        ("probability", "np.c_[rows[:, 0] / 9, rows[:, 0] / 9 + (rows[:, 0] < 2)]", "do not sum to 1"),
        ("score", "np.where(rows[:, 0] > 1, np.nan, 1.0)", "not finite"),
    ],
)
def test_the_rows_whose_answers_are_none_are_told(executor, limits, hostile, output, answer, what):
    source = f"""
import numpy as np
class Model:
    classes_ = [0, 1]
    def predict_proba(self, rows):
        return {answer}
    decision_function = predict_proba
"""
    a = np.zeros(25_000)
    a[[3, 24_000]] = 3.0
    table = pa.table({"a": a, "b": a})
    with open_model(executor, hostile(source, output=output), limits) as model:
        with pytest.raises(ModelError, match=what) as raised:
            model.predict(table)
        assert raised.value.rows == (3,), "of the batch in which there are any"
        model.revive()
        with pytest.raises(ModelError) as raised:
            model.predict(table.slice(10))
        assert raised.value.rows == (23_990,)
