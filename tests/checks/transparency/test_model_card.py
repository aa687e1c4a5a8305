import pytest

CHECK = "transparency.model_card"

SAID = {
    "properties": "A logistic regression with twelve inputs, made in March 2025 by the credit team of Example Bank.",
    "purpose": "It advises a loan officer whether an application for a home mortgage should be looked at again.",
    "scope": "Applications of private persons for one home in the district; not for firms, and not for renewals.",
    "limits_and_risks": "Trained on one city and one year; it may repeat what earlier officers did wrong.",
    "training_data": "1,193 applications decided in 1990, with the bank's decision as the label; 8 lack a sex.",
    "training_settings": "Median imputation, standard scaling, L2 penalty with C = 1, 1,000 iterations, seed 2026.",
    "performance": "On 796 applications that it has not seen it agrees with the bank in about five of six cases.",
}
ENGLISH = {
    "properties": "Model details",
    "purpose": "Intended use",
    "scope": "Out-of-scope use",
    "limits_and_risks": "Bias, risks, and limitations",
    "training_data": "Training data",
    "training_settings": "Training hyperparameters",
    "performance": "Evaluation results",
}
VIETNAMESE = {
    "properties": "Đặc tính của mô hình",
    "purpose": "Mục đích sử dụng",
    "scope": "Phạm vi áp dụng",
    "limits_and_risks": "Hạn chế và rủi ro",
    "training_data": "Dữ liệu huấn luyện",
    "training_settings": "Thiết lập huấn luyện",
    "performance": "Kết quả hiệu năng",
}
FRONT = "---\nlicense: mit\nmodel-index:\n  - name: risk\n    results: []\n---\n"


def text(headings=ENGLISH, front="", **changed):
    bodies = SAID | changed
    return (
        front
        + "# Model card for the purpose of testing\n\n"
        + "\n".join(f"## {headings[name]}\n\n{body}\n" for name, body in bodies.items() if body is not None)
    )


@pytest.fixture
def card(measures, subject):
    def found(content, **params):
        raw = content if isinstance(content, bytes) else content.encode()
        who = subject({"docs/card.md": raw}, documents={"model_card": "docs/card.md"})
        return measures(CHECK, params=params, subject=who)

    return found


@pytest.mark.parametrize("headings", [ENGLISH, VIETNAMESE])
@pytest.mark.parametrize("front", ["", FRONT])
def test_perfect_all_seven_blocks_say_something(card, headings, front):
    found = card(text(headings, front))
    assert found["model_card_blocks_filled"].value == 1, found["model_card_blocks_filled"].detail
    assert found["model_card_boilerplate"].value == 0


def test_worst_there_is_no_card(measures, subject):
    found = measures(CHECK, subject=subject({}))
    assert found["model_card_blocks_filled"].value == 0
    assert found["model_card_blocks_filled"].detail["missing"] == list(SAID)
    assert found["model_card_blocks_filled"].detail["problem"]["values"] == {"key": "model_card"}


@pytest.mark.parametrize("nothing", ["", "TODO", "Đang cập nhật.", "[More Information Needed]", "n/a " * 12])
def test_middle_a_block_that_says_nothing_is_boilerplate(card, nothing):
    found = card(text(training_data=nothing))
    assert found["model_card_blocks_filled"].value == pytest.approx(6 / 7)
    assert found["model_card_boilerplate"].value == 1
    assert found["model_card_boilerplate"].detail["say_nothing"] == ["training_data"]


def test_middle_a_block_that_is_missing_is_named(card):
    found = card(text(limits_and_risks=None))
    assert found["model_card_blocks_filled"].detail["missing"] == ["limits_and_risks"]


def test_one_text_pasted_under_every_heading_says_nothing(card):
    found = card(text(**dict.fromkeys(SAID, SAID["purpose"])))
    assert found["model_card_blocks_filled"].value == 0


def test_the_title_and_the_yaml_block_name_no_section(card):
    assert card("---\nuse: performance\n---\n# Model card: purpose\n\n" + SAID["purpose"])[
        "model_card_blocks_filled"
    ].detail["missing"] == list(SAID)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("# Purpose\n\nxă".encode() + b"\xff", "docs/card.md:3:3: got the byte 0xff, expected text in UTF-8"),
        (b"x" * 2_000_001, "more than the 2000000 that are read"),
    ],
)
def test_degenerate_a_card_that_cannot_be_read_fills_nothing(card, content, words):
    found = card(content)["model_card_blocks_filled"]
    assert found.value == 0
    assert words in found.detail["problem"]["values"]["why"]


def test_a_link_in_the_place_of_the_card_is_not_followed(measures, subject, tmp_path):
    who = subject({"docs/other.md": text().encode()}, documents={"model_card": "docs/card.md"})
    (tmp_path / "docs/card.md").symlink_to(tmp_path / "docs/other.md")
    assert measures(CHECK, subject=who)["model_card_blocks_filled"].value == 0


def test_a_yaml_block_that_never_ends_is_text(card):
    assert card("---\n" + text())["model_card_blocks_filled"].value == 1
