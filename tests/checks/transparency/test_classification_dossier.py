import pytest

CHECK = "transparency.classification_dossier"
SAID = (
    "Risk score, version 2, of Example Ltd in Hanoi, registered under number 0101234567 in the national register.",
    "Advice to loan officers on applications of private persons; a form, a model and an archive in one building.",
    "Twelve columns of the application form, filled in by the applicant and checked against the payslip.",
    "An officer reviews every refusal; the model is scanned and signed; applicants are told that software advises.",
)
ENGLISH = ("Identity", "Purpose and functions", "Main input data", "Risks, safety and transparency")
VIETNAMESE = ("Thông tin chung", "Mục đích, chức năng", "Dữ liệu đầu vào chính", "Rủi ro, an toàn và minh bạch")


def text(headings=ENGLISH, said=SAID):
    return "\n".join(f"## {heading}\n\n{body}\n" for heading, body in zip(headings, said, strict=True)).encode()


@pytest.fixture
def dossier(measures, subject):
    def found(raw):
        who = subject({"d.md": raw}, documents={"classification_dossier": "d.md"})
        return measures(CHECK, subject=who)

    return found


@pytest.mark.parametrize("headings", [ENGLISH, VIETNAMESE])
def test_perfect_every_block_says_something(dossier, headings):
    found = dossier(text(headings))
    assert {name: one.value for name, one in found.items()} == {"dossier_blocks_filled": 1, "dossier_boilerplate": 0}


def test_worst_no_heading_is_known(dossier):
    assert dossier(b"Hello.")["dossier_blocks_filled"].value == 0


def test_middle_one_block_is_empty(dossier):
    found = dossier(text(said=(SAID[0], "TBD", *SAID[2:])))
    assert (found["dossier_blocks_filled"].value, found["dossier_boilerplate"].value) == (0.75, 1)
    assert found["dossier_blocks_filled"].detail["say_nothing"] == ["purpose_and_functions"]


def test_degenerate_a_file_that_is_no_text_fills_nothing(dossier):
    assert dossier(b"\xff\xfe\x00")["dossier_blocks_filled"].value == 0


def test_inapplicable_where_none_was_submitted(why, subject):
    assert "names no such document" in why(CHECK, subject=subject({}))
