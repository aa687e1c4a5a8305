"""The pictures: what they show, that they stay quiet and still, and that a label is never a formula or markup."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET

import pytest

from proofbox.reports.charts import Dot, Line, Mark, criterion_chart, lines_chart, rates_chart, scale

TICKS = [(0.0, "0%"), (0.5, "50%"), (1.0, "100%")]


def dot(label="group", value=0.6, low=0.5, high=0.7, shown="60.0%"):
    return Dot(label=label, value=value, low=low, high=high, shown=shown)


def svg(uri):
    head, _, body = uri.partition(",")
    assert head == "data:image/svg+xml;base64"
    return ET.fromstring(base64.b64decode(body))


def words(uri):
    return [element.text for element in svg(uri).iter("{http://www.w3.org/2000/svg}text")]


def test_the_words_are_text_that_the_readers_fonts_show():
    assert words(rates_chart([dot("dân tộc Kinh"), dot("北京 🙂")], TICKS)) == [
        "0%", "50%", "100%", "dân tộc Kinh", "60.0%", "北京 🙂", "60.0%",
    ]  # fmt: skip
    assert words(criterion_chart(dot(), Mark(low=0.8, high=None, label="ít nhất 0,80"))) == ["ít nhất 0,80", "60.0%"]


@pytest.mark.parametrize("label", ["$x^{$", "$\\frac{1}{0}$", "<script>", "&amp;", "a\\nb", "%", ""])
def test_a_label_is_neither_formula_nor_markup(label):
    assert [text or "" for text in words(rates_chart([dot(label)], TICKS))].count(label) == (1 if label else 0)


def test_what_no_page_may_hold_is_made_visible_and_the_picture_stays_whole():
    assert "a\\u0001b\\u202ec" in words(rates_chart([dot("a\x01b\u202ec")], TICKS))


def test_a_value_stands_where_its_scale_says():
    picture = svg(rates_chart([dot(value=0.5, low=0.25, high=1.0)], TICKS))
    (disc,) = picture.iter("{http://www.w3.org/2000/svg}circle")
    lines = [line.attrib["points"] for line in picture.iter("{http://www.w3.org/2000/svg}polyline")]
    assert (disc.attrib["cx"], picture.attrib["width"]) == ("118", "236pt")
    assert f"62,{disc.attrib['cy']} 230,{disc.attrib['cy']}" in lines


def test_a_long_label_is_cut_with_a_sign():
    assert "x" * 27 + "…" in words(rates_chart([dot("x" * 60)], TICKS))


@pytest.mark.parametrize(
    ("value", "mark"),
    [
        (0.0, Mark(low=None, high=0.0, label="at most 0")),
        (0.0, Mark(low=0.0, high=0.0, label="equal to 0")),
        (1e12, Mark(low=0.1, high=0.2, label="between")),
        (-3.0, Mark(low=None, high=None, label="")),
    ],
)
def test_degenerate_scales_are_drawn(value, mark):
    assert "60.0%" in words(criterion_chart(dot(value=value, low=None, high=None), mark))


def test_equal_charts_are_equal_to_the_byte():
    assert rates_chart([dot()], TICKS) == rates_chart([dot()], TICKS)


def test_a_picture_loads_nothing():
    source = base64.b64decode(rates_chart([dot()], TICKS).partition(",")[2]).decode()
    assert "http" not in source.replace("http://www.w3.org/", "")
    assert "<image" not in source
    assert "<!DOCTYPE" not in source


@pytest.mark.parametrize(
    ("values", "places"),
    [
        ([0.03, 0.41], [0.0, 0.2, 0.4, 0.6]),
        ([-0.13, 0.08], [-0.2, -0.1, 0.0, 0.1]),
        ([9.2, 13.7], [8.0, 10.0, 12.0, 14.0]),
        ([5.0], [2.0, 4.0, 6.0, 8.0]),
        ([0.0, 0.0], [-1.0, 0.0, 1.0]),
        ([-3e9, 50.0], [-3e9, -2e9, -1e9, 0.0, 1e9]),
    ],
)
def test_a_scale_has_round_places_and_nought_where_values_lie_on_both_sides(values, places):
    assert scale(values) == places
    assert places[0] <= min(values) <= max(values) <= places[-1]


def test_two_lines_are_named_above_and_stay_in_the_picture_where_they_lie_on_each_other():
    points = ((0.1, 0.0), (0.2, 0.4))
    uri = lines_chart(
        [Line(label="tấn công", points=points, main=True), Line(label="ngẫu nhiên", points=points, main=False)],
        [(0.0, "0"), (0.2, "0,2")],
        [(0.0, "0 %"), (0.4, "40 %")],
    )
    assert words(uri) == ["0 %", "40 %", "0", "0,2", "tấn công", "ngẫu nhiên"]
    assert lines_chart(
        [Line(label="$x^{$", points=points[:1], main=True)], [(0.0, ""), (1.0, "")], [(0.0, ""), (1.0, "")]
    )
