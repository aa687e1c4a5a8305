"""JUnit XML: one suite for each control, one case for each requirement, and one case for the conclusion.

The last one makes the file agree with the conclusion: failures and errors are none if and only if the product conforms.
The elements are those of Jenkins' ``junit-10.xsd`` (xUnit plugin), which knows properties of suites and not of cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from proofbox.reports import vocabulary
from proofbox.reports.exports.entries import (
    Entry,
    Locations,
    cases_of,
    entries,
    product_name,
    reason_of,
    remedy_of,
    title_of,
)
from proofbox.reports.i18n import Translator
from proofbox.reports.visible import visible
from proofbox.reports.walls import isolated

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment

OUTCOMES = {"met": "", "broken": "failure", "open": "error", "advice": "skipped", "without": "skipped"}
"""What a requirement's standing is called in a JUnit file; nothing for what is met."""


def junit_xml(assessment: Assessment, locations: Locations | None = None, language: str = "en") -> bytes:
    """Return the document in UTF-8; equal records give equal bytes."""
    translator = Translator(language)
    found = entries(assessment, locations)
    root = Element("testsuites", {"name": xml_text(product_name(assessment)), "time": _seconds(assessment)})
    for key in dict.fromkeys((entry.finding.policy, entry.finding.control) for entry in found):
        of_control = [entry for entry in found if (entry.finding.policy, entry.finding.control) == key]
        _suite(root, of_control, translator, assessment)
    _conclusion(root, assessment, translator)
    for name in ("tests", "failures", "errors"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    indent(root)
    # Declared by hand: the writer's own declaration has quotes that some readers of the first bytes do not expect.
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode").encode() + b"\n"


def xml_text(text: str) -> str:
    """Return text that XML 1.0 allows (section 2.2): what it forbids, and what hides, is written as an escape."""
    lines = "\n".join(visible(line) for line in text.split("\n"))
    return lines.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")


def _suite(root: Element, found: Sequence[Entry], translator: Translator, assessment: Assessment) -> None:
    first = found[0]
    name = f"{first.finding.policy}.{first.finding.control}"
    suite = _open(root, name, assessment)
    properties = {"proofbox.control": first.finding.control, "proofbox.title": title_of(first, translator)}
    properties["proofbox.policy"] = _policy(assessment, first.finding.policy)
    if first.control:
        properties["proofbox.objective"] = translator.words(first.control.objective)
        clauses = (f"{item.framework} {item.clause}" for item in first.control.references)
        properties["proofbox.references"] = "; ".join(dict.fromkeys(clauses))
    _properties(suite, properties)
    for entry in found:
        _case(suite, entry, name, translator)
    _count(suite)


def _case(suite: Element, entry: Entry, classname: str, translator: Translator) -> None:
    finding = entry.finding
    case = SubElement(suite, "testcase", {"classname": xml_text(classname), "name": xml_text(finding.requirement)})
    if outcome := OUTCOMES[entry.standing]:
        kind = f"{finding.verdict}-waived" if entry.waived else finding.verdict
        kind = f"should-{kind}" if entry.standing == "advice" else kind
        message = reason_of(entry, translator)
        told = SubElement(case, outcome, {"type": kind, "message": xml_text(message)})
        told.text = xml_text("\n".join(_lines(entry, message, translator)))
    SubElement(case, "system-out").text = xml_text("\n".join(_facts(entry)))


def _lines(entry: Entry, message: str, translator: Translator) -> Iterable[str]:
    yield f"{title_of(entry, translator)} ({vocabulary.word(translator, vocabulary.LEVELS, entry.finding.level)})"
    yield message
    yield from (f"- {visible(translator.sentence(reason))}" for reason in entry.finding.further)
    yield from (f"- {said}" for said in cases_of(entry, translator))
    if remedy := remedy_of(entry, translator):
        yield remedy
    for place in entry.locations:
        yield f"{place.file}:{place.line}:{place.column}"


def _facts(entry: Entry) -> Iterable[str]:
    """Yield what a program may want of a requirement: names and unrounded values."""
    finding = entry.finding
    yield f"verdict={finding.verdict} level={finding.level} check={finding.check}"
    for item in entry.measurements:
        group = ",".join(f"{key}={value}" for key, value in item.group.items())
        bounds = f" interval=[{item.interval.low!r}, {item.interval.high!r}]" if item.interval else ""
        yield f"{item.measure}{f' ({group})' if group else ''}={item.value!r}{bounds} n={item.sample_size} id={item.id}"


def _conclusion(root: Element, assessment: Assessment, translator: Translator) -> None:
    suite = _open(root, "proofbox.assessment", assessment)
    run = assessment.run
    properties = {
        "proofbox.conclusion": assessment.conclusion,
        "proofbox.subject": assessment.subject.digest,
        "proofbox.version": run.version,
        "proofbox.seed": str(run.seed),
        "proofbox.executor": run.executor,
        "proofbox.isolated": {True: "yes", False: "no", None: "model not loaded"}[isolated(run.selfcheck)],
    }
    for policy in assessment.policies:
        properties[f"proofbox.policy.{policy.id}"] = f"{policy.version} sha256:{policy.digest}"
    _properties(suite, properties)
    case = SubElement(suite, "testcase", {"classname": "proofbox.assessment", "name": "conclusion"})
    if assessment.conclusion != "conforms":
        outcome = "failure" if assessment.conclusion == "does-not-conform" else "error"
        said = translator.text(vocabulary.CONCLUSION_SENTENCES[assessment.conclusion])
        SubElement(case, outcome, {"type": assessment.conclusion, "message": xml_text(said)})
    _count(suite)


def _open(root: Element, name: str, assessment: Assessment) -> Element:
    attributes = {"name": xml_text(name), "tests": "0", "failures": "0", "errors": "0", "skipped": "0"}
    if timestamp := _timestamp(assessment):
        attributes["timestamp"] = timestamp
    return SubElement(root, "testsuite", attributes)


def _properties(suite: Element, given: dict[str, str]) -> None:
    listed = SubElement(suite, "properties")
    for name, value in given.items():
        SubElement(listed, "property", {"name": xml_text(name), "value": xml_text(value)})


def _count(suite: Element) -> None:
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(sum(case.find(tag) is not None for case in cases)))


def _policy(assessment: Assessment, policy_id: str) -> str:
    version = next((policy.version for policy in assessment.policies if policy.id == policy_id), "")
    return f"{policy_id} {version}".strip()


def _timestamp(assessment: Assessment) -> str:
    """Return the run's begin as JUnit's readers take it: seconds and no zone; empty where the record has none."""
    try:
        return datetime.fromisoformat(assessment.run.started_at).strftime("%Y-%m-%dT%H:%M:%S")
    except ValueError:
        return ""


def _seconds(assessment: Assessment) -> str:
    try:
        began, ended = (
            datetime.fromisoformat(text) for text in (assessment.run.started_at, assessment.run.finished_at)
        )
        return f"{max(0.0, (ended - began).total_seconds()):.3f}"
    except (TypeError, ValueError):
        return "0"
