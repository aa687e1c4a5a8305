"""The workbook for those who attest: it means what the sheet of text means, and nothing hostile is ever parsed."""

from __future__ import annotations

import datetime
import io
import sys
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from proofbox.policies.attestation_sheet import COLUMNS, read_sheet, sheet
from proofbox.policies.attestation_workbook import HEADINGS, SHEET, read_workbook, workbook
from proofbox.policies.errors import BadDocumentError, MissingExtraError
from proofbox.policies.loader import load_policy
from proofbox.policies.workbook_gate import MAX_BYTES, MAX_UNPACKED_BYTES

from .test_attestation_sheet import FILLED, digest, written


def filled_in(*rows: dict[str, object], title: str = SHEET, headings: dict[str, str] = HEADINGS) -> bytes:
    """Return a workbook as a person saves it."""
    book = Workbook()
    page = book.worksheets[0]
    page.title = title
    page.append([headings[column] for column in COLUMNS])
    for row in rows:
        page.append([row[column] for column in COLUMNS])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(raw: bytes, name: str, content: bytes) -> bytes:
    """Return a workbook with one part replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if entry.filename != name:
                new.writestr(entry, old.read(entry))
        new.writestr(name, content)
    return out.getvalue()


def part(raw: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return archive.read(name)


SHEET_PART = "xl/worksheets/sheet1.xml"


def test_a_workbook_and_a_sheet_of_text_are_read_alike():
    rows = (FILLED, FILLED | {"requirement": "R.b", "answer": ""}, FILLED | {"requirement": "R.c", "answer": "no"})
    assert read_workbook(filled_in(*rows), "s.xlsx", digest) == read_sheet(written(*rows), "s.csv", digest)


def test_a_date_that_the_program_made_one_is_a_date():
    day, moment = datetime.date(2026, 11, 1), datetime.datetime(2027, 11, 1)
    (found,) = read_workbook(filled_in(FILLED | {"date": day, "expires": moment}), "s.xlsx", digest)
    assert (found.date, found.expires) == ("2026-11-01", "2027-11-01")


def test_the_empty_workbook_asks_what_the_sheet_asks_and_gives_equal_bytes():
    policies = [load_policy("eu-ai-act-high-risk").policy]
    raw = workbook(policies)
    assert raw == workbook(policies)
    page = load_workbook(io.BytesIO(raw))[SHEET]
    asked = [[cell.value for cell in row[:4]] for row in page.iter_rows(min_row=2)]
    lines = sheet(policies).decode("utf-8-sig").splitlines()
    assert len(asked) == len(lines) - 1 > 0
    assert all(row[0] == "eu-ai-act-high-risk" and row[2] and row[3] for row in asked)
    assert read_workbook(raw, "s.xlsx", digest) == ()


def test_a_person_can_change_what_is_theirs_and_nothing_else():
    page = load_workbook(io.BytesIO(workbook([load_policy("eu-ai-act-high-risk").policy])))[SHEET]
    assert page.protection.sheet
    locked = {heading.value: page.cell(2, heading.column).protection.locked for heading in page[1]}
    assert [column for column in COLUMNS if not locked[HEADINGS[column]]] == list(COLUMNS[5:])
    assert all(cell.protection.locked for cell in page[1])
    assert page.freeze_panes == "C2"
    rules = {rule.type: (rule.formula1, str(rule.sqref)) for rule in page.data_validations.dataValidation}
    last = page.max_row
    assert rules == {"list": ('"yes,no"', f"F2:F{last}"), "date": ("36526", f"J2:J{last} K2:K{last}")}


def test_a_question_is_never_a_formula():
    policy = load_policy("eu-ai-act-high-risk").policy
    control = next(one for one in policy.controls if any(item.attestation for item in one.requirements))
    asked = next(item for item in control.requirements if item.attestation)
    question = asked.attestation.question.model_copy(update={"en": '=HYPERLINK("x")'})
    evil = asked.model_copy(update={"attestation": asked.attestation.model_copy(update={"question": question})})
    changed = policy.model_copy(update={"controls": (control.model_copy(update={"requirements": (evil,)}),)})
    cell = load_workbook(io.BytesIO(workbook([changed])))[SHEET]["C2"]
    assert (cell.data_type, cell.value) == ("s", '=HYPERLINK("x")')


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"answer": "perhaps"}, "s.xlsx:2:6: Attestations!F2: answer: got 'perhaps', expected 'yes' or 'no'"),
        (
            {"answer": '=IF(1,"yes","no")'},
            "s.xlsx:2:6: Attestations!F2: answer: got a formula, expected the value itself",
        ),
        ({"signer": "=A1"}, "s.xlsx:2:8: Attestations!H2: signer: got a formula"),
        ({"signer": "#REF!"}, "s.xlsx:2:8: Attestations!H2: signer: got an error value"),
        (
            {"date": datetime.datetime(2026, 11, 1, 12, 30)},
            "Attestations!J2: date: got '2026-11-01T12:30:00', expected a date",
        ),
        ({"document": "docs/b.pdf"}, "Attestations!L2: document: got 'docs/b.pdf', which is not there"),
    ],
)
def test_a_mistake_is_told_with_its_cell(changes, told):
    with pytest.raises(BadDocumentError) as caught:
        read_workbook(filled_in(FILLED | changes), "s.xlsx", digest)
    assert told in str(caught.value)


ORDINARY = filled_in(FILLED)
LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData/></worksheet>'
)
FILES = LAUGHS.replace(b'"lol"', b'SYSTEM "file:///etc/passwd"')


def encrypted() -> bytes:
    raw = bytearray(ORDINARY)
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = raw.find(magic)
        raw[place + offset] |= 1
    return bytes(raw)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (with_part(ORDINARY, SHEET_PART, LAUGHS), "XML with a document type or entities"),
        (with_part(ORDINARY, SHEET_PART, FILES), "XML with a document type or entities"),
        (with_part(ORDINARY, SHEET_PART, LAUGHS.lower()), "XML with a document type or entities"),
        (with_part(ORDINARY, SHEET_PART, LAUGHS.decode().encode("utf-16")), "XML in another encoding"),
        (with_part(ORDINARY, SHEET_PART, LAUGHS.decode().encode("utf-16-be")), "XML with a document type or entities"),
        (with_part(ORDINARY, SHEET_PART, b'<?xml version="1.0" encoding="utf-7"?><x/>'), "XML in another encoding"),
        (with_part(ORDINARY, "xl/media/a.png", b"\0" * (MAX_UNPACKED_BYTES + 1)), "bytes unpacked"),
        (with_part(ORDINARY, "xl/vbaProject.bin", b"x"), "macros"),
        (with_part(ORDINARY, SHEET_PART, b"<x>"), "a broken workbook"),
        (with_part(ORDINARY, SHEET_PART, b"<a>" * 100_000), "a broken workbook"),
        (ORDINARY + b"x" * MAX_BYTES, f"more than {MAX_BYTES} bytes"),
        (ORDINARY[:-40], "a broken archive"),
        (encrypted(), "an encrypted workbook"),
        (b"PK\x03\x04", "a broken archive"),
        (filled_in(FILLED, title="Other"), "no such sheet"),
        (filled_in(FILLED, headings=HEADINGS | {"answer": "Antwort"}), "other headings"),
    ],
)  # fmt: skip
def test_what_is_no_honest_workbook_is_refused(raw, told):
    with pytest.raises(BadDocumentError) as caught:
        read_workbook(raw, "s.xlsx", digest)
    assert told in str(caught.value)


def test_too_many_rows_and_far_cells_are_refused_without_being_read():
    far = part(ORDINARY, SHEET_PART).replace(b'r="2"', b'r="1048576"').replace(b'2"', b'1048576"')
    with pytest.raises(BadDocumentError, match=r"more than 2000 rows|a broken workbook|other headings"):
        read_workbook(with_part(ORDINARY, SHEET_PART, far), "s.xlsx", digest)
    many = filled_in(*[FILLED | {"requirement": f"R.{index}"} for index in range(2001)])
    with pytest.raises(BadDocumentError, match="more than 2000 rows"):
        read_workbook(many, "s.xlsx", digest)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(part(ORDINARY, SHEET_PART)) - 1), st.binary(min_size=1, max_size=8))
def test_a_changed_part_is_read_or_refused(place, noise):
    content = part(ORDINARY, SHEET_PART)
    raw = with_part(ORDINARY, SHEET_PART, content[:place] + noise + content[place + len(noise) :])
    try:
        read_workbook(raw, "s.xlsx", digest)
    except BadDocumentError as err:
        told = str(err)
    else:
        told = "s.xlsx"
    assert told.startswith("s.xlsx")


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match=r"proofbox\[papers\]"):
        read_workbook(ORDINARY, "s.xlsx", digest)


def test_a_workbook_becomes_attestations_by_the_command(proofbox, tmp_path):
    empty, out = tmp_path / "sheet.xlsx", tmp_path / "submission" / "attestations.yaml"
    (tmp_path / "submission" / "docs").mkdir(parents=True)
    (tmp_path / "submission" / "docs" / "a.pdf").write_bytes(b"%PDF")
    made = proofbox("attestations", "export", "--policy", "eu-ai-act-high-risk", "--out", empty)
    assert made.returncode == 0, made.stderr
    book = load_workbook(empty)
    for column, value in FILLED.items():
        if column in COLUMNS[5:]:
            book[SHEET].cell(2, COLUMNS.index(column) + 1).value = value
    book.save(empty)
    done = proofbox("attestations", "import", empty, "--submission", tmp_path / "submission", "--out", out)
    assert done.returncode == 0, done.stderr
    text = out.read_text("utf-8")
    assert "requirement: EU-" in text
    assert "Trần Thị B" in text
