"""Rows on their way to a model: sealed memory, one batch ahead, and memory of its own for every model."""

import fcntl
import mmap
import os
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from proofbox.sandbox import batches, beginnings, hosted, rowmemory, selfcheck
from proofbox.sandbox.bubblewrap import Bubblewrap
from proofbox.sandbox.errors import IsolationError, ModelError, SandboxError
from proofbox.sandbox.hosted import open_model
from proofbox.sandbox.rowmemory import RowMemory
from proofbox.sandbox.selfcheck import prove_walls

MODEL = """
import numpy as np
class Model:
    classes_ = np.array([0, 1])
    def __init__(self):
        self.kept, self.sums = [], []
    def decision_function(self, rows):
{body}
"""
ROWS = 35_000


def scoring(body):
    return MODEL.format(body="".join(f"        {line}\n" for line in body.splitlines()))


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(5)
    return pa.table({"a": rng.normal(size=ROWS), "b": np.arange(ROWS, dtype=float)})


def sums(table):
    return (table["a"].to_numpy() + table["b"].to_numpy()).reshape(-1, 1)


@pytest.fixture
def memory():
    made = RowMemory(1000)
    yield made
    made.close_descriptor()


def test_nobody_but_the_harness_can_write_to_it(memory):
    memory.floats(0, 2, 3)[:] = [[1, 2, 3], [4, 5, 6]]
    again = os.open(f"/proc/self/fd/{memory.descriptor}", os.O_RDWR)
    attempts = [
        lambda: os.pwrite(memory.descriptor, b"x", 0),
        lambda: os.pwrite(again, b"x", 0),
        lambda: os.ftruncate(memory.descriptor, 0),
        lambda: os.ftruncate(memory.descriptor, 1 << 30),
        lambda: mmap.mmap(again, 4096, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ | mmap.PROT_WRITE),
        lambda: fcntl.fcntl(memory.descriptor, rowmemory.F_ADD_SEALS, 8),
    ]
    for attempt in attempts:
        with pytest.raises(PermissionError):
            attempt()
    with mmap.mmap(again, 4096, flags=mmap.MAP_SHARED, prot=mmap.PROT_READ) as seen:
        assert np.frombuffer(seen[:48]).tolist() == [1, 2, 3, 4, 5, 6]
        memory.floats(0, 1, 1)[:] = 9.0
        assert np.frombuffer(seen[:8]).tolist() == [9.0]
    os.close(again)


def test_slots_alternate_and_are_bounded(memory):
    assert memory.place(0) == memory.place(2) == 0
    assert memory.place(1) == memory.slot_bytes == rowmemory.LEAST_SLOT_BYTES
    huge = RowMemory(10**12)
    assert huge.slot_bytes == rowmemory.MOST_SLOT_BYTES
    huge.close_descriptor()


def test_a_wide_table_goes_in_smaller_batches(memory):
    wide = pa.table({f"f{place}": np.full(200, float(place)) for place in range(1000)})
    found = list(batches.placed(wide, memory))
    assert [one.rows for one in found] == [32] * 6 + [8]
    assert all(one.matrix and one.length <= memory.slot_bytes for one in found)


def test_whole_numbers_and_texts_lie_in_the_memory_too():
    memory = RowMemory(batches.room_for(3))
    columns = {"a": np.arange(25_000), "b": np.arange(25_000.0), "c": np.arange(25_000) % 2 == 0}
    found = list(batches.placed(pa.table(columns), memory))
    assert [(one.rows, one.matrix, one.body) for one in found] == [(10_000, False, None)] * 2 + [(5_000, False, None)]
    long = pa.table({"a": ["x" * 1_000] * 1_000})
    (one,) = batches.placed(long, memory)
    assert one.body is not None  # it does not fit
    assert pa.ipc.open_stream(one.body).read_all().equals(long)
    memory.close_descriptor()


@pytest.mark.parametrize("seals", [0, 1 | 2 | 4], ids=["none", "size alone"])
def test_memory_that_is_not_sealed_is_found_by_the_battery(monkeypatch, seals, executor):
    monkeypatch.setattr(rowmemory, "SEALS", seals)
    with pytest.raises(IsolationError, match=r"memory\.rows: expected none, got mapped"):
        prove_walls(executor)


def test_a_kernel_that_cannot_seal_has_the_socket(monkeypatch, executor, limits, hostile, table):
    def refused(descriptor):
        raise OSError(22, "no such seal")

    monkeypatch.setattr(rowmemory, "_seal", refused)
    before = len(list(Path("/proc/self/fd").iterdir()))
    assert rowmemory.row_memory(1000) is None
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert prove_walls(executor).isolated
    with open_model(executor, hostile(scoring("return rows.sum(axis=1)"), output="score"), limits) as model:
        assert np.array_equal(model.predict(table).values, sums(table))


FORMS = {
    "numbers": lambda table: table,
    "in pieces": lambda table: pa.concat_tables([table.slice(0, 7), table.slice(7)]),
    "of a larger table": lambda table: pa.concat_tables([table.slice(3), table.slice(0, 3)]).combine_chunks(),
    "whole numbers, as Arrow": lambda table: table.set_column(1, "b", table["b"].cast(pa.int64())),
}


def test_every_form_of_rows_arrives_as_it_is(executor, limits, hostile, table):
    with open_model(executor, hostile(scoring("return rows.sum(axis=1)"), output="score"), limits) as model:
        for form in FORMS.values():
            given = form(table)
            assert np.array_equal(model.predict(given).values, sums(given))
        missing = pa.table({"a": pa.array([1.0, None], pa.float64()), "b": [0.0, 1.0]})
        with pytest.raises(ModelError, match="not finite"):  # what is missing is NaN, as in pandas
            model.predict(missing)


CHANGES = "rows *= 2\nreturn rows.sum(axis=1) / 2"
KEEPS = """
for rows_before, total in zip(self.kept, self.sums):
    if rows_before.sum() != total:
        raise ValueError("what was kept has changed")
self.kept.append(rows[:, :1] if len(self.kept) % 2 else rows)
self.sums.append(self.kept[-1].sum())
return rows.sum(axis=1)
"""


@pytest.mark.parametrize("body", [CHANGES, KEEPS], ids=["changes them", "keeps them"])
def test_the_rows_belong_to_the_model(executor, limits, hostile, table, body):
    with open_model(executor, hostile(scoring(body.strip()), output="score"), limits) as model:
        for _ in range(2):
            assert np.allclose(model.predict(table).values, sums(table), rtol=0, atol=1e-9)
        assert np.allclose(model.predict(table.slice(9, 1)).values, sums(table)[9:10])


def test_a_model_that_raises_in_the_midst_is_asked_on(executor, limits, hostile, table):
    body = "if rows[0, 1] == 10_000: raise ValueError('not these')\nreturn rows.sum(axis=1)"
    with open_model(executor, hostile(scoring(body), output="score"), limits) as model:
        pids = [member.pid for member in model._running.members()]
        with pytest.raises(ModelError, match="not these"):
            model.predict(table)
        assert np.array_equal(model.predict(table.slice(1, 30_000)).values, sums(table)[1:30_001])
        assert [member.pid for member in model._running.members()] == pids
        assert [seen["kind"] for seen in model.stats()["violations"]] == ["raised"]


def test_a_model_that_ends_in_the_midst(executor, limits, hostile, table):
    body = "import os\nif rows[0, 1] == 20_000: os._exit(3)\nreturn rows.sum(axis=1)"
    with open_model(executor, hostile(scoring(body), output="score"), limits) as model:
        with pytest.raises(ModelError, match="by itself with code 3 while it predicted"):
            model.predict(table)
        assert model.stopped


def test_a_failed_model_is_started_again_and_each_time_is_recorded(executor, limits, hostile, table, monkeypatch):
    monkeypatch.setattr(hosted, "MOST_REVIVALS", 2)
    body = "import os\nif rows[0, 1] == 5: os._exit(3)\nreturn rows.sum(axis=1)"
    with open_model(executor, hostile(scoring(body), output="score"), limits) as model:
        for _ in range(hosted.MOST_REVIVALS):
            with pytest.raises(ModelError):
                model.predict(table.slice(5, 1))
            model.revive()
            assert model.predict(table.slice(0, 1)).values.shape == (1, 1)
        model.restart()  # because a check wants a fresh process: counted apart
        with pytest.raises(ModelError):
            model.predict(table.slice(5, 1))
        with pytest.raises(ModelError, match=r"failed 3 times and was given up; .*by itself with code 3"):
            model.revive()
        stats = model.stats()
        assert stats["restarts"] == 1
        assert [seen["after"] for seen in stats["revivals"]] == ["crash", "crash"]
        assert len(stats["violations"]) == 3
        with pytest.raises(SandboxError, match="not running"):
            model.predict(table)


def test_one_that_ends_after_its_last_answer_is_told(executor, limits, hostile, table):
    body = "import os, threading\nthreading.Timer(0.1, os._exit, (7,)).start()\nreturn rows.sum(axis=1)"
    model = open_model(executor, hostile(scoring(body), output="score"), limits)
    model.predict(table.slice(0, 1))
    assert model._running.ended_within(5) is not None
    model.close()
    assert [(seen["kind"], "code 7" in seen["what"]) for seen in model.stats()["violations"]] == [("crash", True)]


def test_one_that_writes_after_its_last_answer_is_told(executor, limits, hostile, table):
    # The wire is the only socket that it has; writing to standard output is no violation.
    body = (
        "import os, stat, threading\n"
        "wire = [n for n in range(3, 4096) if self.is_socket(n)][0]\n"
        "threading.Timer(0.1, os.write, (wire, b'more')).start()\nreturn rows.sum(axis=1)"
    )
    source = scoring(body) + (
        "    def is_socket(self, number):\n        import os, stat\n"
        "        try: return stat.S_ISSOCK(os.fstat(number).st_mode)\n        except OSError: return False\n"
    )
    model = open_model(executor, hostile(source, output="score"), limits)
    model.predict(table.slice(0, 1))
    time.sleep(0.5)
    model.close()
    assert [seen["what"] for seen in model.stats()["violations"]] == [
        "the model wrote into the wire before it was asked"
    ]


def test_every_process_has_memory_of_its_own(executor, limits, hostile, table, monkeypatch):
    made = []
    real = beginnings.row_memory
    monkeypatch.setattr(beginnings, "row_memory", lambda wanted: made.append(real(wanted)) or made[-1])
    with open_model(executor, hostile(scoring("return rows.sum(axis=1)"), output="score"), limits) as model:
        model.restart()
        assert len(made) == 2
        assert all(memory.descriptor == -1 for memory in made)  # the harness keeps no descriptor


def test_the_battery_runs_with_the_memory_that_models_get(monkeypatch):
    given = []

    class Watched(Bubblewrap):
        def launch(self, launch):
            given.append(launch.rows)
            return super().launch(launch)

    assert selfcheck.prove_walls(Watched()).isolated
    assert given[0] is not None
