"""Blocks that several hands count give what one pass gives, to the last bit, or are gone through in order."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from proofbox.checks.counted import blockcounts
from proofbox.checks.counted.blockcounts import count_block
from proofbox.checks.counted.onepass import one_pass
from proofbox.checks.subject import Dataset, Decisions
from proofbox.runners.spread.crew import Crew
from proofbox.runners.spread.kit import Beside, Counted, Failed, Opened, RowsKit, Seen
from proofbox.runners.spread.spreading import Done, SpreadCounting
from proofbox.runners.submitted import streams
from proofbox.runners.submitted.data import Csv
from proofbox.runners.submitted.streams import Blocks, Reading, read_or_open
from proofbox.sandbox.host import sources

ROWS = 4_000


class Door:
    """A hand in a thread that reads the file by a reader of its own."""

    def __init__(self, stream, decide, fails_at=None):
        self.node, self._decide, self._fails_at = "here", decide, fails_at
        self._blocks = Blocks(
            spec=stream.spec,
            opener=stream.opener,
            written=stream.written,
            rows=stream.rows,
            block_rows=stream.block_rows,
        )

    def open(self):
        return Opened(node=self.node, executor="none", level=0, selfcheck={})

    def count(self, order, first, end):
        if self._fails_at is not None and first <= self._fails_at < end:
            return Failed(kind="crash", what="its process ended")
        tables = self._blocks.batches(order.columns, first, end)
        parts = tuple(count_block(table, order, self._decide) for table in tables)
        return Counted(parts=parts, beside=Beside(denied={"socket": 1}, printed_bytes=10))

    def finish(self):
        return Seen(rows=0)

    def close(self):
        self._blocks.close()


def decide(rows: pa.Table) -> Decisions:
    """A model: positive above zero."""
    codes = (rows.column("x").to_numpy() > 0).astype(np.int64)
    return Decisions(classes=("0", "1"), codes=codes, score=None, positive_label="1", source="model")


@pytest.fixture
def stream_of(open_here, monkeypatch, tmp_path):
    monkeypatch.setattr(streams, "BATCH_ROWS", 230)
    monkeypatch.setattr(sources, "_BLOCK_BYTES", 1 << 13)

    def write(ids=5, kind="parquet"):
        rng = np.random.default_rng(5)
        table = pa.table(
            {
                "x": rng.normal(size=ROWS),
                "sex": pa.array(["f", "m", None, "x"], pa.string()).take(pa.array(rng.integers(0, 4, ROWS))),
                "late": pa.array([f"group {n * n // (ROWS * 300)}" for n in range(ROWS)]),
                "many": pa.array([f"id {n % ids}" for n in range(ROWS)]),
                "y": rng.integers(0, 2, ROWS),
                "p": rng.integers(0, 2, ROWS),
                "w": rng.random(ROWS) * 10.0 ** rng.integers(-6, 6, ROWS),
            }
        )
        path = tmp_path / f"e.{kind}"
        if kind == "parquet":
            pq.write_table(table, path, row_group_size=333)
        else:
            import pyarrow.csv as pc

            pc.write_csv(table, path)
        found = read_or_open(path, Reading(opener=open_here, most_rows=10), Csv())
        return found, Dataset(
            role="evaluation",
            path=path.name,
            table=found.head,
            features=("x",),
            target="y",
            prediction="p",
            weight="w",
            positive_label="1",
            source=found,
        )

    return write


def counted(stream, data, model, wanted, doors):
    crew = Crew(doors)
    crew.open()
    rows = RowsKit(spec=stream.spec, written=stream.written, rows=stream.rows, block_rows=stream.block_rows)
    done, told = Done(), []
    elsewhere = SpreadCounting(rows, crew, done, lambda number, of: told.append((number, of)))
    passed = one_pass(data, model, wanted, elsewhere)
    crew.close()
    return passed, done, told


def same(one, other):
    assert (one.rows, one.classes, one.source) == (other.rows, other.classes, other.source)
    assert list(one.tables) == list(other.tables)
    for names, cube in one.tables.items():
        against = other.tables[names]
        assert cube.axes == against.axes
        for mine, its in ((cube.codes, against.codes), (cube.rows, against.rows)):
            assert np.array_equal(mine, its)
        # Sums of weights over twelve orders of magnitude: any other order of adding would show.
        assert cube.weight.tobytes() == against.weight.tobytes()
        assert cube.weight_squared.tobytes() == against.weight_squared.tobytes()
    assert {names: str(why.reason) for names, why in one.refused.items()} == {
        names: str(why.reason) for names, why in other.refused.items()
    }


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize("model", [None, decide], ids=["recorded", "model"])
@pytest.mark.parametrize("hands", [1, 3])
def test_the_same_counts_to_the_last_bit(stream_of, hands, model, kind):
    stream, data = stream_of(kind=kind)
    wanted = [("sex",), ("late",), ("sex", "late")]
    passed, done, told = counted(stream, data, model, wanted, [Door(stream, model) for _ in range(hands)])
    same(passed, one_pass(data, model, wanted))
    assert told[-1] == (18, 18)
    assert done.calls == (18 if model else 0)
    assert done.rows == (ROWS if model else 0)
    assert done.denied["socket"] >= hands
    assert done.printed_bytes == 10 * done.denied["socket"]
    assert done.not_answered == 0
    stream.close()


def test_weights_added_in_another_order_would_not_be_the_same(stream_of):
    """Shows that the comparison above can fail: the blocks backwards give other last bits."""
    stream, data = stream_of()

    class Backwards(SpreadCounting):
        def counted(self, order):
            first, *others = list(super().counted(order))
            yield first
            yield from reversed(others)

    crew = Crew([Door(stream, None)])
    crew.open()
    rows = RowsKit(spec=stream.spec, written=stream.written, rows=stream.rows, block_rows=stream.block_rows)
    passed = one_pass(data, None, [("sex",)], Backwards(rows, crew, Done(), lambda *_: None))
    crew.close()
    in_order = one_pass(data, None, [("sex",)])
    assert passed.tables[("sex",)].weight.tobytes() != in_order.tables[("sex",)].weight.tobytes()
    stream.close()


def test_what_is_refused_is_refused_in_the_same_words(stream_of):
    stream, data = stream_of(ids=ROWS)
    wanted = [("sex",), ("many",)]
    passed, done, _ = counted(stream, data, decide, wanted, [Door(stream, decide) for _ in range(2)])
    alone = one_pass(data, decide, wanted)
    assert alone.refused
    same(passed, alone)
    assert (done.calls, done.not_answered) == (0, 1)
    stream.close()


def test_a_block_that_fails_is_gone_through_in_order(stream_of):
    stream, data = stream_of()
    for fails_at in (0, 7):
        doors = [Door(stream, decide, fails_at=fails_at) for _ in range(2)]
        passed, done, _ = counted(stream, data, decide, [("sex",)], doors)
        same(passed, one_pass(data, decide, [("sex",)]))
        assert done == Done(not_answered=1)
    stream.close()


def test_columns_whose_categories_come_late_are_counted_as_the_first_block_says(stream_of, monkeypatch):
    """Of the first block alone all columns fit into one table, of later ones they do not."""
    monkeypatch.setattr(blockcounts, "MOST_JOINT_CELLS", 1000)
    stream, data = stream_of(ids=40)
    wanted = [("sex",), ("late",), ("many",)]
    asked: list[tuple[int, bool]] = []

    class Noted(Door):
        def count(self, order, first, end):
            asked.append((first, order.sets is None))
            return super().count(order, first, end)

    passed, done, _ = counted(stream, data, decide, wanted, [Noted(stream, decide) for _ in range(3)])
    same(passed, one_pass(data, decide, wanted))
    assert done.calls == 18
    assert len(asked) > 18, "no block was counted again"
    assert not asked[-1][1], "what the first block said was not passed on"
    stream.close()
