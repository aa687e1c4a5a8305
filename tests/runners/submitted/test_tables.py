"""Reading data files: what is detected, what is merged, what is refused."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofbox.runners.submitted.data import Csv
from proofbox.runners.submitted.tables import UnreadableTableError, read_table


@pytest.fixture
def read(tmp_path: Path, open_here):
    def table_and_detail(content: bytes, name: str = "data.csv", csv: Csv | None = None) -> tuple[pa.Table, dict]:
        (tmp_path / name).write_bytes(content)
        result = read_table(tmp_path / name, open_here, csv)
        return result.table, dict(result.detail)

    return table_and_detail


def test_an_office_spreadsheet_from_vietnam_is_read_right(read) -> None:
    nfc, nfd = unicodedata.normalize("NFC", "Nữ"), unicodedata.normalize("NFD", "Nữ")
    assert nfc != nfd
    text = f"tuổi;thu nhập;giới tính\n30;1,5;{nfc}\n41;2,25; {nfd} \n52;3,0;Nam\n"
    table, detail = read(b"\xef\xbb\xbf" + text.encode())
    assert table.column("thu nhập").to_pylist() == [1.5, 2.25, 3.0]
    assert table.column("giới tính").to_pylist() == [nfc, nfc, "Nam"]
    assert (detail["delimiter"], detail["decimal"], detail["encoding"]) == (";", ",", "utf-8-sig")
    merged = detail["merged_categories"]["giới tính"]
    assert [item["category"] for item in merged] == [nfc]
    assert len(merged[0]["written_as"]) == 2


def test_what_was_rewritten_is_counted_by_row_and_names_of_people_are_not_listed(read) -> None:
    nfd = unicodedata.normalize("NFD", "Nữ")
    rows = [f"{nfd};Lan {n}" for n in range(30)] + [f" Nam;Lan {n} " for n in range(30)] + ["  ;Hoa"] * 14
    _, detail = read(("sex;who\n" + "\n".join(rows) + "\n").encode())
    assert detail["text_forms"] == {
        "sex": {"not_nfc": 30, "blanks_at_ends": 30, "only_blanks": 14},
        "who": {"blanks_at_ends": 30},
    }
    assert "sex" not in detail["merged_categories"]
    rows += [f"Nữ;Hoa {n}" for n in range(60)] + [f"Nữ;Hoa {n} " for n in range(60)]
    _, detail = read(("sex;who\n" + "\n".join(rows) + "\n").encode())
    assert detail["merged_categories"]["who"] == [{"categories_merged": 90}]
    assert len(detail["merged_categories"]["sex"]) == 1


def test_many_different_texts_are_read_in_seconds(read) -> None:
    import time

    content = "a,b\n" + "".join(f"x{n} ,1\n" for n in range(200_000))
    start = time.process_time()
    table, _ = read(content.encode())
    assert time.process_time() - start < 10
    assert table.column("a")[199_999].as_py() == "x199999"


def test_an_empty_cell_is_missing_and_a_blank_category_too(read) -> None:
    table, _ = read(b"sex,x\nmale,1\n,2\n  ,\n")
    assert table.column("sex").to_pylist() == ["male", None, None]
    assert table.column("x").to_pylist() == [1, 2, None]


def test_a_comma_file_keeps_the_point(read) -> None:
    table, detail = read(b"a,b\n1.5,x\n2.5,y\n")
    assert detail["decimal"] == "."
    assert table.column("a").to_pylist() == [1.5, 2.5]


def test_categories_stay_codes(tmp_path: Path, open_here) -> None:
    pq.write_table(pa.table({"g": pa.array(["b", "a", None, "b"]).dictionary_encode()}), tmp_path / "d.parquet")
    table = read_table(tmp_path / "d.parquet", open_here).table
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
def test_what_cannot_be_read_is_refused_with_a_reason(
    tmp_path: Path, open_here, content: bytes, name: str, word: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UnreadableTableError, match=word):
        read_table(tmp_path / name, open_here)


def test_a_file_without_line_ends_is_told_as_one(read) -> None:
    with pytest.raises(UnreadableTableError, match="a first line of more than 1048576 bytes"):
        read(b"1.25," * 300_000)


def test_a_very_wide_header_is_none(read) -> None:
    names = [f"feature number {place}" for place in range(6_000)]
    table, detail = read("\n".join([";".join(names), ";".join(["1,5"] * 6_000)]).encode())
    assert table.num_columns == 6_000
    assert (detail["delimiter"], detail["decimal"]) == (";", ",")


@given(st.binary(max_size=300))
def test_no_bytes_get_another_error_out_of_the_reader(
    tmp_path_factory: pytest.TempPathFactory, open_here, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "data.csv"
    path.write_bytes(content)
    try:
        table = read_table(path, open_here).table
    except UnreadableTableError:
        return
    assert table.num_rows > 0
