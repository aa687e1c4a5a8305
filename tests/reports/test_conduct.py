"""What the model did beside answering, as a reader of the page sees it, in both languages."""

import dataclasses

from proofbox.reports.conduct import conduct_view
from proofbox.reports.html import render_html

QUIET = {
    "denied_calls": {},
    "denied_calls_at_start": {},
    "denied_calls_uncounted": "",
    "denied_calls_at_least": False,
    "stdout_bytes": 0,
    "violations": [],
    "revivals": [],
}


def view(**given):
    return conduct_view({"model": {**QUIET, **given}})


def test_records_that_say_nothing_have_no_view():
    assert conduct_view({}) is None
    assert conduct_view({"model": {}}) is None
    assert conduct_view({"model": ["of another shape"]}) is None


def test_calls_are_sorted_by_how_often_they_were_made():
    found = view(
        denied_calls={"socket": 2, "clone": 5}, denied_calls_at_start={"mkdir": 4, "socket": 1}, violations=[{}, {}]
    )
    assert [(one.name, one.at_start, one.afterwards) for one in found.denied] == [
        ("clone", 0, 5),
        ("socket", 1, 2),
        ("mkdir", 4, 0),
    ]
    assert [number for _, number in found.figures] == [0, 2, 0]
    assert (found.counted, found.more) == (True, False)


def test_shapes_of_other_versions_break_nothing():
    found = view(denied_calls="many", denied_calls_at_start=None, violations=None)
    assert found.denied == ()


def page(assessment, language, **given):
    run = dataclasses.replace(assessment.run, detail={"model": {**QUIET, **given}})
    return render_html(dataclasses.replace(assessment, run=run), language)


def test_the_page_names_what_was_attempted(model_a):
    for language, words in (
        ("en", ("What the model itself attempted", "Afterwards", "bytes that it printed", "counting stopped")),
        ("vi", ("Những gì chính mô hình đã thử làm", "Sau đó", "số byte mô hình đã in ra", "việc đếm đã dừng")),
    ):
        text = page(model_a, language, denied_calls={"socket": 1234}, stdout_bytes=6, denied_calls_at_least=True)
        assert "<code>socket</code>" in text
        assert all(word in text for word in words)


def test_the_page_says_so_where_nothing_was_attempted_or_nothing_counted(model_a):
    assert "It made no system call that was denied." in page(model_a, "en")
    assert "Mô hình không thực hiện lời gọi hệ thống nào bị từ chối." in page(model_a, "vi")
    assert "were not counted" in page(model_a, "en", denied_calls_uncounted="this kernel does not tell")
    assert "không được đếm" in page(model_a, "vi", denied_calls_uncounted="this kernel does not tell")


def test_names_of_another_harness_are_shown_and_not_run(model_a, hostile_text):
    text = page(model_a, "en", denied_calls={hostile_text: 1})
    assert "<img src=x" not in text
