"""Curves of perturbed rows and what the model was asked, as a reader of the page and of the terminal sees them."""

import dataclasses

import pytest

from proofbox.reports.console import summary_lines
from proofbox.reports.degradation import curve_views
from proofbox.reports.html import render_html
from proofbox.reports.i18n import Translator
from proofbox.reports.queries import Asked, queries_view

QUERIES = {
    '{"check":"robustness.noise","params":{"severity":0.1}}': {"rows": 1200, "calls": 3, "planned": 9000},
    '{"check":"robustness.noise","params":{"severity":0.2}}': {"rows": 800, "calls": 2, "planned": 9000},
    '{"check":"robustness.repeatability","params":{}}': {"rows": 500, "calls": 9, "planned": 0},
}


def point(rate, **name):
    return {**name, "flip_rate": rate, "low": rate / 2, "high": min(1, rate * 2), "rows": 1000, "flips": 0}


def with_curve(assessment, *points):
    curve = dataclasses.replace(
        assessment.measurements[0], id="m-curve", measure="noise_flip_rate", detail={"curve": list(points)}
    )
    return dataclasses.replace(assessment, measurements=(*assessment.measurements, curve))


def test_severities_keep_their_order_and_other_ways_come_by_their_rate(model_a):
    said = Translator("en")
    given = with_curve(model_a, point(0.01, severity=0.05), point(0.2, severity=0.1))
    (view,) = curve_views(given.measurements, said)
    assert [(one.name, one.rate) for one in view.points] == [("0.05", 0.01), ("0.10", 0.2)]
    given = with_curve(model_a, *(point(place / 100, column=f"c{place}") for place in range(20)))
    (view,) = curve_views(given.measurements, said)
    assert (view.points[0].name, len(view.points), view.more) == ("c19", 12, 8)


@pytest.mark.parametrize("curve", ["a text", [1, 2], [{"severity": 1}], [{"severity": 1, "flip_rate": "high"}]])
def test_shapes_of_other_versions_break_nothing(model_a, curve):
    flips = model_a.measurements[0]
    assert curve_views([dataclasses.replace(flips, detail={"curve": curve})], Translator("en")) == ()


def test_a_column_cannot_smuggle_markup_or_control_characters(model_a):
    given = with_curve(model_a, point(0.5, column="<script>\x1b[31m\u202e"))
    page = render_html(given, "en")
    assert not {"\x1b", "\u202e"} & set(page)
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("How the model stands changed rows", "Values missing in each row", "Rows planned, at most", "18,000")),
        ("vi", ("Mô hình phản ứng thế nào khi bản ghi bị thay đổi", "Số giá trị bị thiếu trong mỗi bản ghi", "18.000")),
    ],
)
def test_the_page_shows_the_curve_and_the_queries(model_a, language, words):
    given = with_curve(model_a, point(0.1, values=1), point(0.3, values=2))
    run = dataclasses.replace(given.run, detail={**given.run.detail, "queries": QUERIES})
    page = render_html(dataclasses.replace(given, run=run), language)
    assert all(word in page for word in words)
    assert "data:image/svg+xml" in page


def test_queries_are_added_up_by_check():
    assert queries_view({"queries": QUERIES}) == (
        Asked(check="robustness.noise", planned=18_000, rows=2_000, calls=5),
        Asked(check="robustness.repeatability", planned=0, rows=500, calls=9),
    )
    assert queries_view({}) == queries_view({"queries": [1]}) == queries_view({"queries": {"x": "y"}}) == ()


def test_the_summary_says_what_was_planned_and_asked(model_a):
    run = dataclasses.replace(model_a.run, detail={"queries": QUERIES})
    given = dataclasses.replace(model_a, run=run)
    assert any("2,500 rows; at most 18,500 were planned" in line for line in summary_lines(given))
    assert any("2.500 bản ghi; dự kiến nhiều nhất 18.500" in line for line in summary_lines(given, "vi"))
