"""The sheet for those who attest: filled in, it becomes a file that reads as the same; whatever is wrong is told."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofbox.policies.attestation_file import read_attestations
from proofbox.policies.attestation_sheet import COLUMNS, MAX_ROWS, attestation_lines, read_sheet, sheet
from proofbox.policies.errors import BadDocumentError
from proofbox.policies.loader import load_policy

FILLED = {
    "policy": "p",
    "requirement": "R.a",
    "question_en": "Q",
    "question_vi": "H",
    "needs": "document signer date",
    "answer": "yes",
    "statement": 'It was "tried", twice',
    "signer": "Trần Thị B",
    "role": "Safety officer",
    "date": "2026-11-01",
    "expires": "2027-11-01",
    "document": "docs/a.pdf",
}


def written(*rows: dict[str, str], header=COLUMNS) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([row[key] for key in COLUMNS] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def digest(path: str) -> str | None:
    return "a" * 64 if path == "docs/a.pdf" else None


def test_a_filled_sheet_becomes_a_file_that_reads_as_the_same():
    found = read_sheet(written(FILLED, FILLED | {"requirement": "R.b", "answer": ""}), "s.csv", digest)
    assert len(found) == 1
    text = "\n".join(attestation_lines(found))
    assert read_attestations(text.encode(), "a.yaml") == found
    assert found[0].document is not None
    assert (found[0].document.sha256, found[0].statement) == ("a" * 64, 'It was "tried", twice')


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"answer": "perhaps"}, "s.csv:2:6: answer: got 'perhaps', expected 'yes' or 'no'"),
        ({"date": "01/11/2026"}, "s.csv:2:10: date: got '01/11/2026', expected a date as YYYY-MM-DD"),
        ({"expires": "2026-01-01"}, "s.csv:2:11: expires: got '2026-01-01', expected 'expires' on or after 'date'"),
        ({"role": ""}, "s.csv:2:9: role: got '', expected text that is not empty"),
        ({"document": "../etc/passwd"}, "s.csv:2:12: document: got '../etc/passwd', which is not there"),
        ({"requirement": "a b"}, "s.csv:2:2: requirement: got 'a b', expected letters, digits"),
    ],
)
def test_a_mistake_is_told_with_line_and_column(changes: dict[str, str], told: str):
    with pytest.raises(BadDocumentError) as caught:
        read_sheet(written(FILLED | changes), "s.csv", digest)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "other columns"),
        (written(FILLED, header=[*COLUMNS[:-1], "documents"]), "other columns"),
        (written().replace(b",", b";"), "separated by commas"),
        (b"\xff\xfe", "no UTF-8"),
        (b"x" * 1_000_001, "at most 1000000 bytes"),
        (written() + b'"', "a broken sheet"),
        (written() + b"a,b\n", "2 cells"),
        (written(*[FILLED | {"answer": ""}] * (MAX_ROWS + 1)), f"at most {MAX_ROWS}"),
        (written(FILLED, FILLED), "a second time"),
        (b"PK\x03\x04" + bytes(30), "other columns"),
    ],
)
def test_what_is_no_sheet_is_refused(raw: bytes, told: str):
    with pytest.raises(BadDocumentError) as caught:
        read_sheet(raw, "s.csv", digest)
    assert told in str(caught.value)


@given(st.binary(max_size=300) | st.text(max_size=100).map(lambda text: written() + text.encode("utf-8", "ignore")))
def test_arbitrary_bytes_are_read_or_refused(raw: bytes):
    told: tuple[object, ...] | None = None
    try:
        read_sheet(raw, "s.csv", digest)
    except BadDocumentError as err:
        told = err.problems
    assert told != ()


def test_the_sheet_of_a_shipped_policy_asks_in_both_languages():
    rows = list(csv.DictReader(io.StringIO(sheet([load_policy("eu-ai-act-high-risk").policy]).decode("utf-8-sig"))))
    assert rows
    assert all(row["question_en"] and row["question_vi"] and row["needs"] and not row["answer"] for row in rows)


def test_a_cell_is_never_a_formula():
    policy = load_policy("eu-ai-act-high-risk").policy
    for index, control in enumerate(policy.controls):
        asking = [item for item in control.requirements if item.attestation is not None]
        if asking:
            evil = asking[0].attestation.question.model_copy(update={"en": "=HYPERLINK(1)"})
            asked = asking[0].attestation.model_copy(update={"question": evil})
            changed = control.model_copy(
                update={"requirements": (asking[0].model_copy(update={"attestation": asked}),)}
            )
            controls = (*policy.controls[:index], changed, *policy.controls[index + 1 :])
            raw = sheet([policy.model_copy(update={"controls": controls})]).decode("utf-8-sig")
            assert "'=HYPERLINK(1)" in raw
            return
    pytest.fail("no attestation in the policy")
