import pytest

CHECK = "data.datasheet"

SAID = {
    "motivation": "The data set was made in order to study how {n} district offices of Lào Cai decide on applications "
    "for small loans, since nobody had compared them before, and to find out where delays arise.",
    "composition": "Each row is one application of 2024, with {n} columns on the applicant, the loan and the "
    "decision; there are 8,120 rows, 41 of them without an income, and no row of anybody under eighteen.",
    "collection": "Clerks typed the forms into the loan system of the bank; {n} of them were interviewed on how they "
    "read unclear handwriting, and a tenth of the forms was typed twice and compared by hand.",
    "preprocessing": "Names and numbers of people were removed by the bank before we received the file; {n} rows with "
    "a date before 2024 were dropped, incomes were rounded to a hundred thousand, and nothing else was changed.",
    "uses": "It has been used to train the model of this submission and {n} student projects. It should not be used to "
    "decide on people outside the province, whose incomes and harvests differ a great deal.",
    "distribution": "The bank keeps the file; {n} researchers under contract may read it on the bank's machines. It is "
    "not public and has no licence for anybody else, because small places could be recognised.",
    "maintenance": "The credit department answers questions within {n} days, corrects errors each quarter under a new "
    "version number, and deletes the file three years after the last loan has been repaid.",
}
VIETNAMESE = {
    "motivation": "Động cơ xây dựng",
    "composition": "Thành phần dữ liệu",
    "collection": "Quá trình thu thập",
    "preprocessing": "Tiền xử lý, làm sạch và gán nhãn",
    "uses": "Mục tiêu sử dụng",
    "distribution": "Phân phối",
    "maintenance": "Bảo trì",
}


@pytest.fixture
def sheet(measures, subject):
    def found(text, **params):
        files = {} if text is None else {"docs/d.md": text if isinstance(text, bytes) else text.encode()}
        who = subject(
            files,
            declared=[("evaluation", "eval.csv", None)],
            documents={} if text is None else {"datasheet": "docs/d.md"},
        )
        return measures(CHECK, params=params, subject=who)

    return found


def english(style="## {}\n\n{}\n", **changed):
    bodies = {name: text.format(n=7) for name, text in SAID.items()} | changed
    return "# Datasheet, 12 March 2025\n\n" + "\n".join(
        style.format(name.capitalize(), text) for name, text in bodies.items() if text is not None
    )


@pytest.mark.parametrize(
    "style", ["## {}\n\n{}\n", "{}\n-----\n{}\n", "**{}**\n\n{}\n", "3. {}\n{}\n", "### 1. {} of the data\n{}\n"]
)
def test_perfect_all_seven_sections_say_something(sheet, style):
    found = sheet(english(style))
    assert found["sections_filled"].value == 1, found["sections_filled"].detail
    assert found["boilerplate_sections"].value == 0
    assert found["sections_filled"].detail["dated"] is True


def test_perfect_in_vietnamese_with_sub_headings_and_questions(sheet):
    body = (
        "### Vì sao tập dữ liệu được tạo ra?\n\nTập dữ liệu này được xây dựng trong năm 2024 nhằm so sánh cách các "
        "phòng giao dịch số {n} tại tỉnh Lào Cai xét duyệt hồ sơ vay nhỏ, trước đây chưa ai làm việc đó. (mục {name})\n"
    )
    text = "Ngày 12 tháng 3 năm 2025\n\n".lower() + "\n".join(
        f"## {title}\n{body.format(n=place, name=title)}" for place, title in enumerate(VIETNAMESE.values())
    )
    found = sheet(text)
    assert found["sections_filled"].value == 1, found["sections_filled"].detail
    assert found["sections_filled"].detail["dated"] is True


def test_worst_there_is_no_datasheet(sheet):
    found = sheet(None)
    assert found["sections_filled"].value == 0
    assert found["sections_filled"].detail["problem"]["template"].startswith("the submission names no such document")
    assert found["sections_filled"].detail["missing"] == list(SAID)


@pytest.mark.parametrize(
    "nothing",
    [
        "",
        "TODO",
        "Đang cập nhật.",
        "To be completed before release. " * 10,
        "For what purpose was the data set created? Who created it? Who paid for it and why was it paid at all, one "
        "might ask, and when, and where, and under which law, and with whose consent?",
        "[Describe here who collected the data, when, how and with which instruments, and how people were asked.]",
        "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore",
        "Yes.",
    ],
)
def test_middle_a_section_that_says_nothing_is_boilerplate(sheet, nothing):
    found = sheet(english(collection=nothing))
    assert found["sections_filled"].value == pytest.approx(6 / 7)
    assert found["boilerplate_sections"].value == 1
    assert found["boilerplate_sections"].detail["say_nothing"] == ["collection"]


def test_a_section_copied_from_another_is_boilerplate(sheet):
    found = sheet(english(uses=SAID["motivation"].format(n=7)))
    assert found["sections_filled"].value == pytest.approx(5 / 7)
    assert found["sections_filled"].detail["repeat_another"] == ["motivation", "uses"]


def test_a_section_that_is_missing_is_named(sheet):
    found = sheet(english(maintenance=None))
    assert found["sections_filled"].detail["missing"] == ["maintenance"]
    assert found["boilerplate_sections"].value == 0


def test_the_number_of_words_can_be_set(sheet):
    assert sheet(english(uses="Only for research."), min_words=3)["sections_filled"].value == 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff\xfe\x00", "docs/d.md:1:1: got the byte 0xff, expected text in UTF-8"),
        (b"x" * 2_000_001, "more than"),
        ("no headings at all", None),
    ],
)
def test_a_document_that_cannot_be_read_counts_as_none(sheet, content, words):
    found = sheet(content)["sections_filled"]
    assert found.value == 0
    assert (words or "") in str(found.detail.get("problem", ""))


def test_nasty_text_takes_no_time(sheet):
    import time

    start = time.process_time()
    sheet("# Uses\n" + "[" * 200_000 + "{{" * 100_000 + "<!--" * 50_000 + "\n**" * 50_000)
    assert time.process_time() - start < 10


def test_inapplicable_without_data(why, subject):
    assert "names no" in why(CHECK, subject=subject({}))
