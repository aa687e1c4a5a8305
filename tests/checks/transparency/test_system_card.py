import hashlib

import pytest

CHECK = "transparency.system_card"
MODEL = b"weights"
DIGEST = hashlib.sha256(MODEL).hexdigest()

SAID = {
    "architecture": "A web service takes the form, asks the model once, and shows its advice to a loan officer.",
    "components": "The form, a queue, the model server and an archive of decisions, each on the bank's own machines.",
    "model": f"A logistic regression, file model.onnx with SHA-256 {DIGEST}, described in a model card of its own.",
    "data": "Twelve columns of the application form; no names, and nothing from other sources is looked up.",
    "purpose": "Advice to an officer whether an application should be looked at again, never a decision by itself.",
    "safety_and_security": "The officer can overrule it at any time; a switch turns it off within one minute for all.",
    "incidents": "One outage on 3 May 2026, four hours, mended by a second queue; no vulnerability is known and open.",
}
ENGLISH = {
    "architecture": "Architecture",
    "components": "Components",
    "model": "Model",
    "data": "Data",
    "purpose": "Purpose",
    "safety_and_security": "Safety and security measures",
    "incidents": "Incidents, vulnerabilities and fixes",
}
VIETNAMESE = {
    "architecture": "Kiến trúc",
    "components": "Các thành phần",
    "model": "Mô hình",
    "data": "Dữ liệu",
    "purpose": "Mục đích",
    "safety_and_security": "Biện pháp an toàn, bảo mật",
    "incidents": "Sự cố, lỗ hổng và khắc phục",
}


def text(headings=ENGLISH, **changed):
    bodies = SAID | changed
    return "# System card of the model\n\n" + "\n".join(
        f"## {headings[name]}\n\n{body}\n" for name, body in bodies.items() if body is not None
    )


@pytest.fixture
def card(measures, subject):
    def found(content, **params):
        files = {"docs/s.md": content.encode(), "model/model.onnx": MODEL}
        who = subject(files, model="model/model.onnx", documents={"system_card": "docs/s.md"})
        return measures(CHECK, params=params, subject=who)

    return found


@pytest.mark.parametrize("headings", [ENGLISH, VIETNAMESE])
def test_perfect_every_block_says_something_and_the_digest_is_the_models(card, headings):
    found = card(text(headings))
    assert {name: one.value for name, one in found.items()} == {
        "system_card_blocks_filled": 1,
        "system_card_boilerplate": 0,
        "system_card_unknown_digests": 0,
    }
    assert found["system_card_unknown_digests"].detail["digests_written"] == 1


def test_worst_there_is_none(measures, subject):
    found = measures(CHECK, subject=subject({}))
    assert found["system_card_blocks_filled"].value == 0
    assert "system_card_unknown_digests" not in found, "a card that is not there has no digests that are right"


def test_middle_a_missing_block_and_one_that_says_nothing(card):
    found = card(text(incidents=None, architecture="To be completed."))
    assert found["system_card_blocks_filled"].value == pytest.approx(5 / 7)
    assert found["system_card_blocks_filled"].detail["missing"] == ["incidents"]
    assert found["system_card_boilerplate"].detail["say_nothing"] == ["architecture"]


def test_a_digest_of_nothing_that_came_in_is_counted_once(card):
    other = "AB" * 32
    found = card(text(components=f"{SAID['components']} {other} {other.lower()} {DIGEST.upper()} {'c' * 65}"))
    assert found["system_card_unknown_digests"].value == 1
    assert found["system_card_unknown_digests"].detail["unknown"] == ["ab" * 32]


def test_the_digest_over_a_model_folder_is_known(measures, subject):
    from proofbox.checks.signatures.identity import model_identity

    files = {"m/a": b"1", "m/b": b"2"}
    digest = model_identity(subject(files, model="m")).digest
    who = subject(files | {"s.md": text(model=f"{SAID['model'].replace(DIGEST, digest)}").encode()}, model="m",
                  documents={"system_card": "s.md"})  # fmt: skip
    assert measures(CHECK, subject=who)["system_card_unknown_digests"].value == 0


def test_degenerate_a_card_of_empty_lines(card):
    assert card("\n\n---\n\n---\n")["system_card_blocks_filled"].value == 0
