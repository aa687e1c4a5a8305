"""Parts of one table, read without walls: what of them is opened, what they must have in common, and what is told."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from proofbox.sandbox.errors import DataError
from proofbox.sandbox.reading import FileSpec

ROWS = 100


@pytest.fixture(scope="module")
def table() -> pa.Table:
    return pa.table({"n": range(ROWS), "t": [["b", None, "Nữ"][n % 3] for n in range(ROWS)]})


def spec_of(folder, tables) -> FileSpec:
    names = tuple(f"part-{number}.parquet" for number in range(len(tables)))
    for name, part in zip(names, tables, strict=True):
        pq.write_table(part, folder / name)
    return FileSpec(path=folder, format="parquet", parts=names)


def test_only_the_parts_that_are_asked_for_are_read(open_here, table, tmp_path):
    spec = spec_of(tmp_path, [table.slice(0, 60), table.slice(60)])
    with open_here(spec) as file:
        (tmp_path / "part-0.parquet").write_bytes(b"gone")
        (late,) = file.batches(["n"], 16, 90)
        assert late.column("n").to_pylist() == list(range(90, ROWS))
        with pytest.raises(DataError, match=r"part-0\.parquet: "):
            list(file.batches(["n"], 16))


def test_a_part_may_say_that_nothing_is_missing_in_it(open_here, table, tmp_path):
    never = pa.schema([pa.field("n", pa.int64(), nullable=False), pa.field("t", pa.string())])
    spec = spec_of(tmp_path, [table.slice(0, 50), table.slice(50).cast(never)])
    with open_here(spec) as file:
        assert file.table().to_pylist() == table.to_pylist()


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"n": [1.5], "t": ["x"]}, "the column 'n' is of type double, and of type int64 in part-0.parquet"),
        ({"n": [1], "t": [None]}, "the column 't' is of type null, and of type string in part-0.parquet"),
        ({"n": [1]}, "no column 't', which part-0.parquet has"),
        ({"n": [1], "t": ["x"], "z": [1]}, "a column 'z', which part-0.parquet does not have"),
        ({"t": ["x"], "n": [1]}, "its columns stand in another order than in part-0.parquet"),
    ],
)
def test_a_part_of_another_schema_is_told_by_its_name(open_here, table, tmp_path, other, said):
    with pytest.raises(DataError) as told:
        open_here(spec_of(tmp_path, [table, table, pa.table(other)]))
    assert told.value.what == f"part-2.parquet: {said}"
