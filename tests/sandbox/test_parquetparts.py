"""A folder of Parquet parts comes out as the one file with the same rows would; what is wrong is told by the part."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from proofbox.sandbox.errors import DataError
from proofbox.sandbox.reading import FileSpec, open_data

ROWS = 100
CUTS = (0, 1, 40, 40, 73, ROWS)
"""Where parts begin and end: one has a single row, one has none."""


@pytest.fixture(scope="module")
def table() -> pa.Table:
    words = ["b", None, "Nữ", "a", ""]
    return pa.table({"n": range(ROWS), "t": [words[n % 5 if n < 60 else 3] for n in range(ROWS)]})


@pytest.fixture
def spec(table, tmp_path) -> FileSpec:
    folder = tmp_path / "parts"
    folder.mkdir(mode=0o755)
    names = []
    for first, end in pairwise(CUTS):
        names.append(f"part-{len(names)}.parquet")
        pq.write_table(table.slice(first, end - first), folder / names[-1], row_group_size=11)
    return FileSpec(path=folder, format="parquet", parts=tuple(names))


def test_parts_are_read_behind_the_walls_as_one_file(executor, table, spec):
    with open_data(executor, spec) as file:
        assert (file.names, file.rows) == (("n", "t"), ROWS)
        assert file.table().to_pylist() == table.to_pylist()
        for start, stop in ((0, None), (17, 90), (40, 73), (99, 100)):
            blocks = list(file.batches(["t", "n"], 16, start, stop))
            wanted = table.slice(start, (stop or ROWS) - start)
            assert [row["n"] for block in blocks for row in block.to_pylist()] == wanted.column("n").to_pylist()
            assert [row["t"] for block in blocks for row in block.to_pylist()] == wanted.column("t").to_pylist()
            assert {block.num_rows for block in blocks[:-1]} <= {16}


def test_a_part_that_is_no_parquet_is_told_by_its_name(executor, spec):
    (spec.path / "part-3.parquet").write_bytes(b"PAR1 and no more PAR1")
    with pytest.raises(DataError, match=r"^part-3\.parquet: .") as told:
        open_data(executor, spec)
    assert str(spec.path) not in told.value.what
