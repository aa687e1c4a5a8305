"""Parts of one table, read without walls: what of them is opened, what they must have in common, and what is told."""

from __future__ import annotations

import io
import re
from itertools import combinations

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


def test_text_is_text_however_a_part_keeps_it(open_here, tmp_path):
    few, many = ["a", None, "Nữ"], [f"{n}" for n in range(300)]
    kept = [
        pa.array(few, pa.large_string()),
        pa.array(few).dictionary_encode(),
        pa.array(few).dictionary_encode().cast(pa.dictionary(pa.int8(), pa.string())),
        pa.array(many).dictionary_encode().cast(pa.dictionary(pa.int16(), pa.string())),
        pa.array(few, pa.string()),
    ]
    spec = spec_of(tmp_path, [pa.table({"n": range(len(text)), "t": text}) for text in kept])
    with open_here(spec) as file:
        wanted = [text for array in kept for text in array.to_pylist()]
        assert file.types == ("int64", "text")
        assert file.table().column("t").to_pylist() == wanted
        parts = [part.column("t").to_pylist() for part in file.batches(["t"], 5, 2)]
        assert [text for part in parts for text in part] == wanted[2:]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"n": [1.5], "t": ["x"]}, "the column 'n' is of type double, and of type int64 in part-0.parquet"),
        ({"n": [1], "t": [None]}, "the column 't' is of type null, and of type string in part-0.parquet"),
        ({"n": [1]}, "no column 't', which part-0.parquet has"),
        ({"n": [1], "t": ["x"], "z": [1]}, "a column 'z', which part-0.parquet does not have"),
        ({"t": ["x"], "n": [1]}, "its columns stand in another order than in part-0.parquet"),
        ({"n": ["x"], "t": [1]}, "the column 'n' is of type string, and of type int64 in part-0.parquet"),
    ],
)
def test_a_part_of_another_schema_is_told_by_its_name(open_here, table, tmp_path, other, said):
    with pytest.raises(DataError) as told:
        open_here(spec_of(tmp_path, [table, table, pa.table(other)]))
    assert told.value.what == f"part-2.parquet: {said}"


def test_what_is_told_to_differ_is_not_the_text_that_is_kept_in_another_way(open_here, table, tmp_path):
    other = pa.table({"t": pa.array(["x"], pa.large_string()), "n": [1.5]})
    coded = pa.table({"t": table.column("t").dictionary_encode(), "n": table.column("n")})
    with pytest.raises(DataError, match=r"^part-1\.parquet: the column 'n' is of type double"):
        open_here(spec_of(tmp_path, [coded, other]))


def lying(path, groups: tuple[int, int], all_rows: int = ROWS) -> None:
    """Make a file of two row groups of 50 rows tell other lengths; each stands there as one byte or two."""
    raw = path.read_bytes()
    footer = len(raw) - 8 - int.from_bytes(raw[-8:-4], "little")
    places = [place.start() for place in re.finditer(b"\x16\x64", raw) if place.start() >= footer]
    for first, second in combinations(places, 2):
        changed = bytearray(raw)
        changed[first + 1], changed[second + 1] = (2 * rows for rows in groups)
        metadata = pq.ParquetFile(io.BytesIO(changed)).metadata
        if tuple(metadata.row_group(group).num_rows for group in range(2)) == groups:
            path.write_bytes(changed.replace(b"\x16\xc8\x01", b"\x16" + bytes([2 * all_rows & 127 | 128, 1]), 1))
            return
    raise AssertionError("no such lengths in the footer")


@pytest.mark.parametrize(
    ("groups", "all_rows", "said"),
    [
        ((52, 48), 100, "row group 0 has 2 rows fewer than it says"),
        ((48, 52), 100, "row group 1 has 2 rows fewer than it says"),
        ((48, 50), 100, "it says that it has 100 rows, and 98 in its row groups"),
        ((50, 50), 98, "it says that it has 98 rows, and 100 in its row groups"),
    ],
)
def test_a_file_that_lies_of_its_lengths_gives_no_other_rows_to_who_reads_its_end(
    open_here, table, tmp_path, groups, all_rows, said
):
    path = tmp_path / "a.parquet"
    pq.write_table(table, path, row_group_size=50)
    lying(path, groups, all_rows)
    with (
        pytest.raises(DataError, match=said),
        open_here(FileSpec(path=path, format="parquet")) as file,
    ):
        list(file.batches(["n"], 100))
