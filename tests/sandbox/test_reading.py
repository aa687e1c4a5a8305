"""A data file is parsed behind the walls and comes out as it would be read here; what it does stays there."""

import ast
import contextlib
import datetime as dt
import json
import queue
import socket
import threading
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from proofbox.sandbox import pieces, reading, wire
from proofbox.sandbox.errors import DataError, IsolationError, ModelError
from proofbox.sandbox.host import channel as inside
from proofbox.sandbox.host import reader
from proofbox.sandbox.limits import MIB, Limits
from proofbox.sandbox.reading import FileSpec, open_data

COMMA = {"delimiter": ",", "decimal": ".", "encoding": "utf8"}


@pytest.fixture
def everything():
    return pa.table(
        {
            "a": pa.array([1, None, 3], pa.int8()),
            "b": [1.5, float("nan"), None],
            "c": ["x", "y", None],
            "d": [True, None, False],
            "e": [dt.date(2020, 1, 1), None, dt.date(1, 1, 1)],
            "f": pa.array(["Nữ", "Nữ", "Nam"]).dictionary_encode(),
            "g": pa.nulls(3),
            "h": pa.array([dt.datetime(2020, 1, 1, 3, 4)] * 3, pa.timestamp("ms")),
            "i": pa.array([1, 2, 2**64 - 1], pa.uint64()),
            "j": pa.array([1, 2, 3], pa.float32()),
        }
    )


def same(got, expected):
    """Compare by value; NaN equals NaN."""
    assert got.column_names == expected.column_names
    return repr(got.to_pylist()) == repr(expected.to_pylist())


@pytest.mark.parametrize("format_", ["parquet", "arrow"])
def test_a_table_comes_out_as_it_went_in(executor, everything, tmp_path, format_):
    path = tmp_path / f"t.{format_}"
    if format_ == "parquet":
        pq.write_table(everything, path)
    else:
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, everything.schema) as writer:
            writer.write_table(everything)
    with open_data(executor, FileSpec(path=path, format=format_)) as file:
        assert file.rows == 3
        table = file.table()
        assert same(table, everything)
        table.validate(full=True)
        assert table.schema.field("a").type == pa.int8()
        assert table.schema.field("h").type == pa.timestamp("ms")
        assert pa.types.is_dictionary(table.schema.field("c").type)
        parts = list(file.batches(["f", "a", "c"], 2))
        assert [part.num_rows for part in parts] == [2, 1]
        assert same(pa.concat_tables(parts, promote_options="default"), everything.select(["f", "a", "c"]))
        assert same(file.table(), everything)  # as often as asked
        with pytest.raises(DataError, match="no column 'nothing'"):
            next(file.batches(["nothing"], 2))


def test_csv_and_json_lines(executor, tmp_path):
    (tmp_path / "a.csv").write_text("n,r,t\n1,2.5,x\n,3,\n")
    with open_data(executor, FileSpec(path=tmp_path / "a.csv", format="csv", csv=COMMA)) as file:
        assert file.table().to_pylist() == [{"n": 1, "r": 2.5, "t": "x"}, {"n": None, "r": 3.0, "t": ""}]
        assert [part.num_rows for part in file.batches(["t"], 1)] == [1, 1]
    (tmp_path / "a.jsonl").write_text('{"n": 1, "t": "x"}\n{"n": 2}\n')
    with open_data(executor, FileSpec(path=tmp_path / "a.jsonl", format="jsonl")) as file:
        assert file.table().to_pylist() == [{"n": 1, "t": "x"}, {"n": 2, "t": None}]


@pytest.mark.parametrize(
    ("content", "format_", "word"),
    [
        (b"PAR1 and no more PAR1", "parquet", "."),
        (b"x", "arrow", "."),
        (b"a,b\n1,2,3\n", "csv", "Expected 2 columns"),
        (b"{'no': json}", "jsonl", "."),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(executor, tmp_path, content, format_, word):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(DataError, match=word) as told:
        open_data(executor, FileSpec(path=tmp_path / "a", format=format_, csv=COMMA))
    assert str(tmp_path) not in told.value.what
    assert "\n" not in told.value.what


def test_nested_values_are_refused_by_the_columns_name(executor, tmp_path):
    pq.write_table(pa.table({"x": [[1, 2]]}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match="the column 'x' holds values of type list"):
        open_data(executor, FileSpec(path=tmp_path / "a.parquet", format="parquet"))


def test_decimals_are_the_numbers_that_a_csv_file_of_the_same_rows_holds(executor, tmp_path):
    """Arrow's own way makes 1.2000000000000002 of 1.2, which is then a group's name and what the model is given."""
    from decimal import Decimal

    table = pa.table(
        {
            "a": pa.array([Decimal("1.0"), Decimal("1.2"), Decimal("1.3")], pa.decimal128(5, 1)),
            "b": pa.array([Decimal("0.07"), None, Decimal("-8.11")], pa.decimal128(12, 2)),
            "c": pa.array([Decimal(2**53 + 1), Decimal(-(2**53) - 1), None], pa.decimal128(18, 0)),
            "d": pa.array([Decimal("1E+3"), None, Decimal("12E+3")], pa.decimal128(5, -3)),
        }
    )
    pq.write_table(table.drop_columns("d"), tmp_path / "a.parquet")
    with pa.OSFile(str(tmp_path / "a.arrow"), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    due = {"a": [1.0, 1.2, 1.3], "b": [0.07, None, -8.11], "c": [2**53 + 1, -(2**53) - 1, None]}
    for name, more in (("a.parquet", {}), ("a.arrow", {"d": [1000.0, None, 12000.0]})):
        with open_data(executor, FileSpec(path=tmp_path / name, format=name[2:])) as file:
            assert file.table().to_pydict() == {**due, **more}


def test_decimals_times_and_zones_become_what_checks_can_use(executor, tmp_path):
    import decimal

    zoned = pa.array([dt.datetime(2020, 1, 1, tzinfo=dt.UTC)], pa.timestamp("us", tz="Asia/Ho_Chi_Minh"))
    table = pa.table({"d": [decimal.Decimal("1.25")], "t": [dt.time(1, 2)], "z": zoned})
    pq.write_table(table, tmp_path / "a.parquet")
    with open_data(executor, FileSpec(path=tmp_path / "a.parquet", format="parquet")) as file:
        row = file.table().to_pylist()[0]
    assert (row["d"], row["z"]) == (1.25, dt.datetime(2020, 1, 1))
    assert row["t"].startswith("01:02:00")


def test_a_file_that_unpacks_to_more_than_the_limit_is_refused(executor, tmp_path):
    bomb = pa.table(
        {"x": pa.DictionaryArray.from_arrays(pa.array(np.zeros(60_000_000, np.int8)), pa.array(["y" * 90]))}
    )
    pq.write_table(bomb, tmp_path / "a.parquet", compression="zstd")
    assert (tmp_path / "a.parquet").stat().st_size < MIB
    limits = Limits(resident_bytes=300 * MIB)
    with (
        open_data(executor, FileSpec(path=tmp_path / "a.parquet", format="parquet"), limits) as file,
        pytest.raises(DataError, match="its reader used more than") as told,
    ):
        file.table()
    assert told.value.over_limit


# In one process each.
def test_corrupted_files_are_read_or_refused(executor, everything, tmp_path):
    pq.write_table(everything, tmp_path / "whole.parquet")
    whole = (tmp_path / "whole.parquet").read_bytes()
    rng = np.random.default_rng(5)
    refused = 0
    for _ in range(6):
        broken = bytearray(whole)
        for place in rng.integers(4, len(whole) - 4, 6):
            broken[place] = int(rng.integers(256))
        (tmp_path / "a.parquet").write_bytes(broken)
        try:
            with open_data(executor, FileSpec(path=tmp_path / "a.parquet", format="parquet")) as file:
                file.table()
        except DataError:
            refused += 1
    assert refused >= 2


class Lying:
    """An executor whose host sends what it likes: a thread that holds the inner end of the wire."""

    def __init__(self, answer):
        self._answer = answer

    def launch(self, launch):
        outer, inner = socket.socketpair()
        threading.Thread(target=self._serve, args=(inner,), daemon=True).start()
        return Stub(outer)

    def _serve(self, inner):
        with inner, contextlib.suppress(OSError):  # the harness hangs up on a liar
            end = inside.Channel(inner.fileno(), inner.fileno())
            frame = end.receive()
            self._answer(end, frame)


class Stub:
    """What :class:`DataFile` uses of a running sandbox."""

    def __init__(self, outer):
        self.wire, self.over_limit = outer, ""

        class Inside:
            model, sites = "", ()

            @staticmethod
            def config():
                return {}

        self.inside = Inside()

    def kill(self):
        self.wire.close()

    def count_denied(self, tally, deadline):
        pass

    def ended_within(self, seconds):
        return None

    def poll(self):
        return None


def told(end, kinds=("int64",), rows="2"):
    end.texts(inside.TABLE, [[f"c{place}" for place in range(len(kinds))], kinds, [rows]])
    return end.receive()


def piece(end, rows=2, nulls=0, body=b"\0" * 16):
    end.frame(inside.BATCH, 0, 1, rows)
    end.frame(inside.PIECE, 0, nulls, rows, [memoryview(body)])
    end.frame(inside.DONE, 0, 0, 0)


def words(end, texts, lengths, codes, rows=2):
    end.frame(inside.BATCH, 0, 1, rows)
    end.frame(inside.WORDS, inside.TEXT, 0, len(lengths), [memoryview(np.array(lengths, "<u4").tobytes() + texts)])
    end.frame(inside.PIECE, 0, 0, rows, [memoryview(np.array(codes, "<i4").tobytes())])
    end.frame(inside.DONE, 0, 0, 0)


LIES = {
    "a type that is none": lambda end, _: told(end, ("list",)),
    "rows that are no number": lambda end, _: told(end, rows="-1"),
    "more rows than can be": lambda end, _: told(end, rows="9" * 15),
    "a column longer than told": lambda end, _: (told(end), piece(end, body=b"\0" * 24)),
    "a column shorter than told": lambda end, _: (told(end), piece(end, body=b"\0" * 8)),
    "more rows than told": lambda end, _: (told(end), piece(end, rows=3, body=b"\0" * 24)),
    "fewer rows than told": lambda end, _: (told(end, rows="4"), piece(end)),
    "a code of no text": lambda end, _: (told(end, ("text",)), words(end, b"ab", [1, 1], [0, 2])),
    "a code below missing": lambda end, _: (told(end, ("text",)), words(end, b"ab", [1, 1], [0, -2])),
    "lengths past the end": lambda end, _: (told(end, ("text",)), words(end, b"ab", [1, 2**32 - 1], [0, 1])),
    "bytes that are no text": lambda end, _: (told(end, ("text",)), words(end, b"\xff\xfe", [1, 1], [0, 1])),
    "half a letter": lambda end, _: (told(end, ("text",)), words(end, "ữ".encode(), [1, 2], [0, 1])),
    "a year that no calendar has": lambda end, _: (
        told(end, ("timestamp[s]",)),
        piece(end, body=np.array([0, 2**62], "<i8").tobytes()),
    ),
    "a frame of another kind": lambda end, _: (told(end), end.frame(inside.ANSWER, 0, 1, 2)),
    "a length of 2^40": lambda end, _: (
        told(end, rows=str(2**37)),
        end.frame(inside.BATCH, 0, 1, 2**37),
        end._write(inside.HEADER.pack(inside.MAGIC, inside.PIECE, 0, 0, end._nonce, 2**37, 2**40)),
    ),
    "another's nonce": lambda end, _: (told(end), setattr(end, "_nonce", 1), piece(end)),
    "nothing": lambda end, _: None,
}


@pytest.mark.parametrize("lie", LIES)
def test_a_reader_that_lies_is_caught(lie, tmp_path):
    with pytest.raises(DataError):
        DataFileOf(LIES[lie], tmp_path).table()


def DataFileOf(answer, tmp_path):  # noqa: N802 made like a class
    return reading.DataFile(Lying(answer), FileSpec(path=tmp_path / "x", format="parquet"), Limits(call_seconds=5))


def test_an_honest_one_is_believed(tmp_path):
    """Show that the lies above are caught for what they are, and not because nothing would pass."""

    def honest(end, frame):
        assert json.loads(frame.body)["mode"] == "read"
        told(end)
        piece(end, body=np.array([7, -7], "<i8").tobytes())

    with DataFileOf(honest, tmp_path) as file:
        assert file.table().to_pydict() == {"c0": [7, -7]}

    def texts(end, _):
        told(end, ("text",))
        words(end, "ữb".encode(), [3, 1], [1, -1])

    with DataFileOf(texts, tmp_path) as file:
        assert file.table().to_pydict() == {"c0": ["b", None]}


def test_a_reader_is_told_of_no_file_before_the_walls_are_proven(tmp_path):
    """It may be started while the battery runs; where a probe gets through, it is ended unconfigured."""
    told = queue.SimpleQueue()
    lying = Lying(lambda _end, frame: told.put(frame))

    def through():
        raise IsolationError("the walls did not hold")

    with pytest.raises(IsolationError, match="did not hold"):
        open_data(lying, FileSpec(path=tmp_path / "x", format="parquet"), Limits(call_seconds=5), through)
    assert told.get(timeout=10) is None  # the harness hung up, and had said nothing


NATIVE_READERS = ("pyarrow.csv", "pyarrow.dataset", "pyarrow.feather", "pyarrow.json", "pyarrow.orc", "pyarrow.parquet")


def test_no_native_reader_stands_on_this_side():
    """Rooms that see submitted files name no native reader of data; the report's room writes tables of its own."""
    root = Path(__file__).resolve().parents[2]
    files = [path for room in ("checks", "policies", "runners", "sandbox") for path in (root / room).rglob("*.py")]
    assert len(files) > 80
    found = set()
    for path in files:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            reads = isinstance(node, ast.Attribute) and node.attr in {"open_file", "open_stream", "memory_map"}
            if reads or any(name.startswith(NATIVE_READERS) for name in names):
                found.add(path.relative_to(root).as_posix())
    # Inside the walls; rows that the harness itself has written are read there too, and by its own workers on Ray.
    inside = {f"sandbox/host/{name}.py" for name in ("parquetparts", "sources", "tables")}
    assert found == {"runners/spread/onray.py", *inside}


def test_both_ends_agree():
    for name in ("COLUMNS", "TABLE", "BATCH", "WORDS", "PIECE", "DONE"):
        assert getattr(wire, name) == getattr(inside, name)
    assert {*reader.PLAIN, *reader.DATED, reader.WORD, reader.NULL} == set(pieces.KINDS)


@given(body=st.binary(max_size=60), texts=st.integers(0, 8))
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_texts_from_any_bytes_are_texts_or_refused(body, texts):
    known = pieces.Words()
    try:
        known.add(bytearray(body), texts)
    except ModelError:
        return
    column = known.column(bytearray(np.arange(texts if body or texts else 0, dtype="<i4").tobytes()))
    assert all(isinstance(text, str) for text in column.to_pylist())


@pytest.mark.parametrize("format_", ["parquet", "arrow", "csv"])
def test_a_block_is_the_same_rows_whoever_reads_it_and_however_the_file_is_laid_out(executor, tmp_path, format_):
    table = pa.table({"n": list(range(1000)), "t": [f"w{n % 7}" for n in range(1000)]})
    path = tmp_path / f"t.{format_}"
    if format_ == "parquet":
        pq.write_table(table, path, row_group_size=130)
    elif format_ == "arrow":
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=170)
    else:
        path.write_text("n,t\n" + "".join(f"{n},w{n % 7}\n" for n in range(1000)))
    csv = {**COMMA, "read": "in batches"} if format_ == "csv" else {}
    with open_data(executor, FileSpec(path=path, format=format_, csv=csv)) as file:
        for start, stop in ((0, None), (300, 600), (900, 5000), (650, 650)):
            parts = list(file.batches(["t", "n"], 300, start, stop))
            rows = [row for part in parts for row in part.to_pylist()]
            assert rows == [{"t": f"w{n % 7}", "n": n} for n in range(start, min(1000, 1000 if stop is None else stop))]
            assert all(part.num_rows == 300 for part in parts[:-1])
