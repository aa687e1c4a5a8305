"""The report: whole-page goldens, and the promises that hold for any record."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import re
from html.parser import HTMLParser

import pytest

from proofbox.reports.errors import ReportsError
from proofbox.reports.html import render_html

LANGUAGES = ("en", "vi")


class Page(HTMLParser):
    """Everything that a browser would act on."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.balanced = True
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in {"meta", "img", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag):
        self.balanced = self.balanced and bool(self.open) and self.open.pop() == tag

    def handle_data(self, data):
        if not self.open or self.open[-1] != "style":
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def normalised(page: str) -> str:
    """Leave the pictures out of the golden: nobody can read their bytes, and ``test_charts.py`` looks into them."""
    page = re.sub(r"data:image/svg\+xml;base64,[A-Za-z0-9+/=]+", "data:PICTURE", page)
    page = re.sub(r"<style>.*?</style>", "<style>STYLE</style>", page, flags=re.DOTALL)
    return re.sub(r"sha256-[A-Za-z0-9+/=]+", "sha256-STYLE", page)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["model_a", "model_b", "hostile"])
def test_the_page_is_the_golden_one(name, language, request, goldens, update_goldens):
    page = normalised(render_html(request.getfixturevalue(name), language))
    golden = goldens / f"{name}.{language}.html"
    if update_goldens:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(page, "utf-8")
    assert page == golden.read_text("utf-8")


@pytest.mark.parametrize("language", LANGUAGES)
def test_two_renderings_are_equal_to_the_byte(model_a, language):
    assert render_html(model_a, language) == render_html(model_a, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ["model_a", "hostile"])
def test_nothing_is_loaded_and_nothing_runs(name, language, request):
    page = Page(render_html(request.getfixturevalue(name), language))
    names = {tag for tag, _ in page.tags}
    assert page.balanced
    assert not names & {"script", "iframe", "object", "embed", "link", "form", "base", "svg", "video", "audio", "a"}
    for tag, attributes in page.tags:
        assert not [key for key in attributes if key.startswith("on") or key in {"style", "srcset", "href"}], tag
        if "src" in attributes:
            assert tag == "img"
            assert attributes["src"].startswith("data:image/svg+xml;base64,")
            assert attributes["alt"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_policy_of_the_page_lets_in_its_own_style_and_nothing_else(model_a, language):
    source = render_html(model_a, language)
    policy = next(a["content"] for _, a in Page(source).tags if a.get("http-equiv") == "Content-Security-Policy")
    style = re.search(r"<style>(.*?)</style>", source, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert "url(" not in style
    assert "@import" not in style


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_names_stay_text(hostile, hostile_text, language):
    source = render_html(hostile, language)
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b-\u200f\ufeff\x00-\x09\x0b-\x1f\x7f]", source)
    shown = hostile_text.replace("\u202e", "\\u202e").replace("\x1b", "\\u001b")
    assert shown in Page(source).text
    assert "<img src=x" not in source
    pictures = [
        base64.b64decode(found) for found in re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", source)
    ]
    assert any(b"&lt;img src=x" in picture for picture in pictures)
    assert not any(b"<img" in picture or b"<script" in picture for picture in pictures)


def test_the_first_screen_says_what_was_found_and_why(model_a):
    text = Page(render_html(model_a, "en")).text
    places = [
        text.index("Does not conform", text.index("Unsigned")),
        text.index("Trusted AI for Vietnam"),
        text.index(
            "demographic parity ratio (white) is 0.6917, and its 95 % interval 0.5990 to 0.7890 lies wholly below"
        ),
        text.index("What could not be concluded"),
        text.index("Requirements by verdict"),
        text.index("Requirements, one by one"),
    ]
    assert places == sorted(places)
    assert text.index("Pre-sandbox test evidence") < places[0]


def test_vietnamese_uses_the_words_of_the_circular_and_the_decimal_comma(model_a):
    text = Page(render_html(model_a, "vi")).text
    for word in ("Không phù hợp", "Chưa đạt", "Đạt", "Chưa áp dụng", "Chưa kết luận được", "Chưa chạy", "Lỗi"):
        assert word in text
    assert "là 0,6917, toàn bộ khoảng tin cậy 95 % từ 0,5990 đến 0,7890 thấp hơn ngưỡng 0,8" in text
    assert "2.400 dòng" in text
    assert "ngày 22 tháng 11 năm 2026, 09:00 UTC" in text


@pytest.mark.parametrize(
    ("expires", "said"),
    [("2026-11-21", "expired on 21 November 2026"), ("2027-01-01", "expires on 1 January 2027"), ("2027-11-22", None)],
)
def test_an_old_policy_is_warned_of(model_a, expires, said):
    policy = dataclasses.replace(model_a.policies[0], expires_on=expires)
    page = Page(render_html(dataclasses.replace(model_a, policies=(policy,)), "en"))
    warned = any(attributes.get("class") == "warning" for _, attributes in page.tags)
    assert warned == (said is not None)
    assert said is None or said in page.text


def test_the_counterexample_shows_the_change_first_and_what_stayed(model_a):
    source = render_html(model_a, "en")
    page = Page(source)
    assert 'class="changed"' in source
    assert "Row 417 of the evaluation data" in page.text
    assert "hrat 27" in page.text


def test_a_record_with_next_to_nothing_in_it_is_shown(model_a):
    bare = dataclasses.replace(
        model_a,
        conclusion="undetermined",
        subject=dataclasses.replace(model_a.subject, product={}, model=None, data={}, files=(), declared={}),
        findings=(),
        measurements=(),
        counterexamples=(),
        inapplicable=(),
        errors=(),
        run=dataclasses.replace(model_a.run, selfcheck={}, limits={}, packages={}, detail={}),
    )
    text = Page(render_html(bare, "en")).text
    assert "Nothing was left open" in text
    assert "No model was submitted" in text


def test_a_finding_whose_control_is_unknown_is_not_lost(model_a):
    orphan = dataclasses.replace(model_a.findings[0], control="GONE-01", requirement="GONE-01.a")
    text = Page(render_html(dataclasses.replace(model_a, findings=(orphan,)), "en")).text
    assert "GONE-01.a" in text
    assert "Findings without a control" in text


def test_an_unknown_language_is_refused(model_a):
    with pytest.raises(ReportsError, match="'fr'; the languages are: en, vi"):
        render_html(model_a, "fr")
