"""Reading data files: what is detected, what is merged, what is refused."""

from __future__ import annotations

import subprocess
import sys
import unicodedata
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofbox.runners.submission import Csv
from proofbox.runners.tables import UnreadableTableError, read_table


def read(tmp_path: Path, content: bytes, name: str = "data.csv", csv: Csv | None = None) -> tuple[pa.Table, dict]:
    (tmp_path / name).write_bytes(content)
    result = read_table(tmp_path / name, csv)
    return result.table, dict(result.detail)


def test_an_office_spreadsheet_from_vietnam_is_read_right(tmp_path: Path) -> None:
    nfc, nfd = unicodedata.normalize("NFC", "Nữ"), unicodedata.normalize("NFD", "Nữ")
    assert nfc != nfd
    text = f"tuổi;thu nhập;giới tính\n30;1,5;{nfc}\n41;2,25; {nfd} \n52;3,0;Nam\n"
    table, detail = read(tmp_path, b"\xef\xbb\xbf" + text.encode())
    assert table.column("thu nhập").to_pylist() == [1.5, 2.25, 3.0]
    assert table.column("giới tính").to_pylist() == [nfc, nfc, "Nam"]
    assert (detail["delimiter"], detail["decimal"], detail["encoding"]) == (";", ",", "utf-8-sig")
    merged = detail["merged_categories"]["giới tính"]
    assert [item["category"] for item in merged] == [nfc]
    assert len(merged[0]["written_as"]) == 2


def test_what_was_rewritten_is_counted_by_row_and_names_of_people_are_not_listed(tmp_path: Path) -> None:
    nfd = unicodedata.normalize("NFD", "Nữ")
    rows = [f"{nfd};Lan {n}" for n in range(30)] + [f" Nam;Lan {n} " for n in range(30)] + ["  ;Hoa"] * 14
    _, detail = read(tmp_path, ("sex;who\n" + "\n".join(rows) + "\n").encode())
    assert detail["text_forms"] == {
        "sex": {"not_nfc": 30, "blanks_at_ends": 30, "only_blanks": 14},
        "who": {"blanks_at_ends": 30},
    }
    assert "sex" not in detail["merged_categories"]
    rows += [f"Nữ;Hoa {n}" for n in range(60)] + [f"Nữ;Hoa {n} " for n in range(60)]
    _, detail = read(tmp_path, ("sex;who\n" + "\n".join(rows) + "\n").encode())
    assert detail["merged_categories"]["who"] == [{"categories_merged": 90}]
    assert len(detail["merged_categories"]["sex"]) == 1


def test_many_different_texts_are_read_in_seconds(tmp_path: Path) -> None:
    import time

    content = "a,b\n" + "".join(f"x{n} ,1\n" for n in range(200_000))
    start = time.process_time()
    table, _ = read(tmp_path, content.encode())
    assert time.process_time() - start < 10
    assert table.column("a")[199_999].as_py() == "x199999"


def test_an_empty_cell_is_missing_and_a_blank_category_too(tmp_path: Path) -> None:
    table, _ = read(tmp_path, b"sex,x\nmale,1\n,2\n  ,\n")
    assert table.column("sex").to_pylist() == ["male", None, None]
    assert table.column("x").to_pylist() == [1, 2, None]


def test_a_comma_file_keeps_the_point(tmp_path: Path) -> None:
    table, detail = read(tmp_path, b"a,b\n1.5,x\n2.5,y\n")
    assert detail["decimal"] == "."
    assert table.column("a").to_pylist() == [1.5, 2.5]


def test_categories_stay_codes(tmp_path: Path) -> None:
    pq.write_table(pa.table({"g": pa.array(["b", "a", None, "b"]).dictionary_encode()}), tmp_path / "d.parquet")
    table = read_table(tmp_path / "d.parquet").table
    assert pa.types.is_dictionary(table.column("g").type)
    assert table.column("g").to_pylist() == ["b", "a", None, "b"]


@pytest.mark.parametrize(
    ("content", "name", "word"),
    [
        (b"", "a.csv", "empty"),
        (b"a,b\n", "a.csv", "0 rows"),
        (b"a,a\n1,2\n", "a.csv", "twice"),
        (b"a,\n1,2\n", "a.csv", "without a name"),
        (b"a,b\n1,2,3\n", "a.csv", "parse"),
        ("a;b\n1;2\n".encode("utf-16"), "a.csv", "UTF-16"),
        (b"t\xean,b\nx,2\n", "a.csv", "line 1"),
        (b"PAR1 but not really", "a.parquet", "parquet"),
        (b"{'no': json}", "a.jsonl", "jsonl"),
        (b"x", "a.arrow", "arrow"),
        (b"x", "a.xlsx", ".xlsx"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_reason(tmp_path: Path, content: bytes, name: str, word: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableTableError, match=word):
        read_table(tmp_path / name)


@pytest.mark.parametrize("suffix", ["parquet", "arrow"])
def test_corrupted_binary_tables_are_refused_and_never_crash_the_harness(tmp_path: Path, suffix: str) -> None:
    """In a process of its own: a reader that follows a stranger's offsets dies of a signal, not of an exception."""
    program = (
        "import random, sys, pathlib\n"
        "import pyarrow as pa, pyarrow.parquet as pq\n"
        "from proofbox.runners.tables import UnreadableTableError, read_table\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "table = pa.table({'s': [f'text {i}' * (i % 7) for i in range(400)], 'x': list(range(400))})\n"
        "if path.suffix == '.parquet':\n"
        "    pq.write_table(table, path)\n"
        "else:\n"
        "    with pa.ipc.new_file(path, table.schema) as sink:\n"
        "        sink.write_table(table)\n"
        "good = path.read_bytes()\n"
        "rng, refused = random.Random(5), 0\n"
        "for _ in range(300):\n"
        "    bad = bytearray(good)\n"
        "    for _ in range(12):\n"
        "        bad[rng.randrange(len(bad))] = rng.randrange(256)\n"
        "    path.write_bytes(bad)\n"
        "    try:\n"
        "        read_table(path)\n"
        "    except UnreadableTableError:\n"
        "        refused += 1\n"
        "assert refused > 50, refused\n"
    )
    argv = [sys.executable, "-c", program, str(tmp_path / f"data.{suffix}")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, (done.returncode, done.stderr[-800:])


@given(st.binary(max_size=300))
def test_no_bytes_get_another_error_out_of_the_reader(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "data.csv"
    path.write_bytes(content)
    try:
        table = read_table(path).table
    except UnreadableTableError:
        return
    assert table.num_rows > 0
