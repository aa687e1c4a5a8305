"""The identity of data in parts: names and contents of the parts, wherever their folder lies, without the marks."""

from __future__ import annotations

import hashlib

from proofbox.checks.dataparts import data_digest, data_files
from proofbox.checks.subject import FileRecord


def record(path: str, content: str = "") -> FileRecord:
    raw = (content or path).encode()
    return FileRecord(path=path, size=len(raw), sha256=hashlib.sha256(raw).hexdigest())


def folder(at: str, **contents: str) -> list[FileRecord]:
    return [record(f"{at}/{name}.parquet", content) for name, content in contents.items()]


def test_a_file_has_its_own_digest_and_what_is_not_there_has_none():
    file = record("data/e.parquet")
    assert data_digest([file, record("data/e.parquet.txt")], "data/e.parquet") == file.sha256
    assert data_digest([file], "data/e") is None


def test_the_digest_of_parts_is_that_of_the_documented_list():
    first, second = folder("data/e", a="1", b="2")
    text = f'[["a.parquet","{first.sha256}"],["b.parquet","{second.sha256}"]]'
    assert data_digest([second, first], "data/e") == hashlib.sha256(text.encode()).hexdigest()


def test_it_is_the_same_wherever_the_folder_lies_and_another_where_a_part_is():
    known = data_digest(folder("data/e", a="1", b="2"), "data/e")
    assert data_digest(folder("fetched/s3/x", a="1", b="2"), "fetched/s3/x") == known
    others = [folder("e", a="1", b="3"), folder("e", a="1", c="2"), folder("e", a="1"), folder("e", a="2", b="1")]
    digests = {data_digest(files, "e") for files in others}
    assert len(digests - {known}) == len(others)


def test_marks_of_the_writer_and_neighbours_are_no_parts():
    parts = folder("data/e", a="1", b="2")
    marks = [record(f"data/e/{name}") for name in ("_SUCCESS", "_metadata", ".a.parquet.crc")]
    beside = [record("data/e2/a.parquet"), record("data/other.parquet"), record("data/e/in/a.parquet")]
    assert data_files([*beside, *marks, *parts], "data/e") == tuple(parts)
