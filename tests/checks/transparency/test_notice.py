import unicodedata

import pytest

CHECK = "transparency.notice"
WHOLE = (
    "Bạn đang trò chuyện với hệ thống trí tuệ nhân tạo, được sử dụng để giải đáp về khoản vay. "
    "Câu trả lời có thể sai và chỉ mang tính tham khảo. "
    "Để nhân viên xem xét lại, liên hệ 1900 0000."
)


@pytest.fixture
def notice(measures, subject):
    def found(text):
        who = subject({"notice.txt": text.encode()}, documents={"notice": "notice.txt"})
        return {name: one.value for name, one in measures(CHECK, subject=who).items()}

    return found


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_perfect_the_notice_says_everything(notice, form):
    assert notice(unicodedata.normalize(form, WHOLE)) == {"notice_names_ai": 1, "notice_points_made": 1}


@pytest.mark.parametrize("text", ["Xin chào quý khách!", "You are talking to an AI system.", "Tro ly ao xin chao.", ""])
def test_worst_nobody_is_told(notice, text):
    assert notice(text) == {"notice_names_ai": 0, "notice_points_made": 0}


@pytest.mark.parametrize(
    "text", ["Đây là chatbot của ngân hàng.", "Quyết định này do AI đề xuất.", "Tôi là trợ lý ảo của bệnh viện."]
)
def test_middle_it_is_named_and_nothing_else_is_said(notice, text):
    assert notice(text) == {"notice_names_ai": 1, "notice_points_made": 0.25}


def test_a_word_that_only_holds_the_letters_is_not_ai(notice):
    assert notice("Ai là người quyết định? Mại dâm không được phép, Taiwan cũng vậy: xin hãy gọi điện.")[
        "notice_names_ai"
    ] == 0  # fmt: skip


def test_degenerate_a_file_that_is_no_text(why, subject):
    who = subject({"notice.txt": b"\xff"}, documents={"notice": "notice.txt"})
    assert "cannot be read" in why(CHECK, subject=who)


def test_inapplicable_without_a_notice(why, subject):
    assert "names no such document" in why(CHECK, subject=subject({}))
