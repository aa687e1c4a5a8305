"""What the page says of where the data come from: gaps, faults with their places, and the lineage as a picture."""

from __future__ import annotations

import dataclasses
import re
import xml.etree.ElementTree as ET

import pytest

from proofbox.checks.records.model import FIELDS as KNOWN_FIELDS
from proofbox.checks.records.model import KINDS as KNOWN_KINDS
from proofbox.reports.html import render_html
from proofbox.reports.lineage import ACROSS, HEIGHT, KINDS, WIDTH, lineage_view
from proofbox.reports.origin import FIELDS, origin_view, said_of_origin

PROBLEM = {
    "template": "{file}, line {line}, column {column}, {where}: got {got}, expected {expected}",
    "values": {"file": "p.json", "line": 3, "column": 2, "where": "license", "got": "<b>7", "expected": "text"},
}


def node(label, kind, **more):
    return {"label": label, "kind": kind, "sha256": "a" * 64, "in_cycle": False, "described": True} | more


def way(origin, made, *, stated=False):
    return {"from": origin, "to": made, "by_submission": stated}


GRAPH = {
    "nodes": [
        node("(this assessment)", "evidence", sha256=None),
        node("model.onnx", "model"),
        node("register <1>", "source", sha256=None),
        node("fit", "training"),
    ],
    "edges": [way(2, 3), way(3, 1), way(1, 0, stated=True)],
    "left_out": 0,
}


def measured(model_a, check, detail, **more):
    one = dataclasses.replace(model_a.measurements[0], check=check, detail=detail, group={}, **more)
    return dataclasses.replace(model_a, measurements=(*model_a.measurements, one)), one


def view_of(model_a, graph):
    found = lineage_view([measured(model_a, "provenance.lineage", {"graph": graph})[1]])
    assert found is not None
    return found


def test_every_field_and_every_kind_of_station_has_words():
    assert tuple(FIELDS) == KNOWN_FIELDS
    assert tuple(KINDS) == KNOWN_KINDS


def test_a_page_without_records_has_no_such_section(model_a):
    assert origin_view(model_a.measurements) is None
    assert "Where the data come from" not in render_html(model_a, "en")


def test_gaps_and_faults_are_told_in_both_languages_and_on_a_terminal(model_a):
    params = {"role": "training"}
    with_gap, one = measured(model_a, "provenance.record", {"missing": ["lawful_basis"], "record": "p.json"},
                             measure="required_fields_present", params=params)  # fmt: skip
    both, other = measured(with_gap, "provenance.record", {"problems": [PROBLEM]}, measure="record_problems",
                           params=params)  # fmt: skip
    english, vietnamese = (render_html(both, language) for language in ("en", "vi"))
    for said in ("Record of the training data", "lawful basis", "p.json, line 3, column 2, license: got &lt;b&gt;7"):
        assert said in english
    for said in ("Nguồn gốc dữ liệu", "căn cứ pháp lý", "p.json, dòng 3, cột 2, license: gặp &lt;b&gt;7, cần text"):
        assert said in vietnamese
    assert list(said_of_origin(one)) == ["missing: lawful basis"]
    assert list(said_of_origin(other)) == ["p.json, line 3, column 2, license: got <b>7, expected text"]


@pytest.mark.parametrize(
    ("language", "leads", "this"), [("en", "leads to", "this assessment"), ("vi", "dẫn tới", "lần đánh giá này")]
)
def test_the_lineage_is_drawn_with_a_text_that_says_the_same(model_a, language, leads, this):
    page = render_html(measured(model_a, "provenance.lineage", {"graph": GRAPH})[0], language)
    found = re.search(r"<svg class=\"lineage\".*?</svg>", page, re.DOTALL)
    assert found is not None
    svg = ET.fromstring(found[0])
    assert svg.get("role") == "img"
    described = svg.find("desc")
    assert described is not None
    assert f"register <1> {leads} fit; fit {leads} model.onnx; model.onnx {leads} {this}" in described.text
    boxes = [item.get("class") for item in svg.iter("g")]
    assert boxes == ["station whole", "station whole", "station bare", "station whole"]
    assert len(list(svg.iter("path"))) == 3
    assert "register &lt;1&gt;" in found[0]
    assert "<li>model.onnx" in page[found.end() :]


def test_what_was_made_stands_below_what_it_was_made_of_and_nothing_overlaps(model_a):
    nodes = [node(f"n{number}", "source") for number in range(30)] + [node("made", "model")]
    view = view_of(model_a, {"nodes": nodes, "edges": [way(number, 30) for number in range(30)]})
    assert all(one.origin.y < one.made.y for one in view.ways)
    corners = {(one.x, one.y) for one in view.stations}
    assert len(corners) == 31
    assert all(abs(x - a) >= WIDTH or abs(y - b) >= HEIGHT for x, y in corners for a, b in corners if (x, y) != (a, b))
    assert view.width <= (WIDTH + 24) * ACROSS + 24
    assert max(one.y for one in view.stations) + HEIGHT < view.height


def test_a_circle_is_marked_and_does_not_hang_the_page(model_a):
    nodes = [node("a", "dataset", in_cycle=True), node("b", "dataset", in_cycle=True)]
    view = view_of(model_a, {"nodes": nodes, "edges": [way(0, 1), way(1, 0)]})
    assert {one.state for one in view.stations} == {"circle"}
    forged = [{**one, "in_cycle": False} for one in nodes]
    assert len(view_of(model_a, {"nodes": forged, "edges": [way(0, 1), way(1, 0)]}).ways) == 2


@pytest.mark.parametrize("graph", [None, [], {"nodes": 3}, {"nodes": [1, {}], "edges": [{"from": 0, "to": 9}, "x"]}])
def test_a_graph_of_another_shape_breaks_nothing(model_a, graph):
    page = render_html(measured(model_a, "provenance.lineage", {"graph": graph})[0], "en")
    assert "</html>" in page
