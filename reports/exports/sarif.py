"""SARIF 2.1.0: a rule for each requirement, with help in both languages, and a result for each that is not met.

What passed or does not apply is a rule without a result: GitHub shows every result as an alert, whatever its ``kind``
says. The ids of both stand in the run's properties. A waiver that holds is a suppression; the level stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from proofbox.reports import vocabulary
from proofbox.reports.canonical import canonical_bytes
from proofbox.reports.exports.entries import (
    Entry,
    Location,
    Locations,
    cases_of,
    entries,
    reason_of,
    remedy_of,
    title_of,
    verdict_word,
)
from proofbox.reports.i18n import LANGUAGES, Translator
from proofbox.reports.visible import markdown, visible
from proofbox.reports.waiving import waiver_decision, waiver_line

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
KINDS = {"broken": ("fail", "error"), "advice": ("fail", "warning"), "open": ("open", "none")}
"""Standing -> kind and level (SARIF 2.1.0, 3.27.9 and 3.27.10: a level other than none is for kind fail alone)."""

Part = dict[str, Any]


def sarif_json(assessment: Assessment, locations: Locations | None = None, language: str = "en") -> bytes:
    """Return the log as canonical JSON; equal records give equal bytes."""
    found = entries(assessment, locations)
    rules = {rule_id(entry): index for index, entry in enumerate(found)}
    results = [
        _result(entry, rules[rule_id(entry)], Translator(language)) for entry in found if entry.standing in KINDS
    ]
    run: Part = {
        "tool": {
            "driver": {
                "name": "Proofbox",
                "version": visible(assessment.run.version),
                "rules": [_rule(entry) for entry in found],
            }
        },
        "results": results,
        "columnKind": "unicodeCodePoints",
        "language": {"en": "en-US", "vi": "vi-VN"}[language],
        "invocations": [_invocation(assessment, language)],
        "properties": _properties(assessment, found),
    }
    return canonical_bytes({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def rule_id(entry: Entry) -> str:
    """Return ``<policy>/<requirement>``: stable as long as the policy keeps the requirement's id."""
    return visible(f"{entry.finding.policy}/{entry.finding.requirement}")


def _rule(entry: Entry) -> Part:
    finding = entry.finding
    english = Translator("en")
    rule: Part = {
        "id": rule_id(entry),
        "name": visible(finding.control),
        "shortDescription": {"text": title_of(entry, english)},
        "help": _help(entry),
        "defaultConfiguration": {"level": "error" if finding.level == "must" else "warning"},
        "properties": {
            "tags": sorted({"proofbox", visible(finding.check.partition(".")[0] or "attestation")}),
            "proofbox/level": finding.level,
            "proofbox/check": visible(finding.check),
            "precision": "high",
        },
    }
    if entry.control:
        rule["fullDescription"] = {"text": visible(english.words(entry.control.objective)) or title_of(entry, english)}
        rule["properties"]["proofbox/references"] = [
            visible(f"{item.framework} {item.clause}") for item in entry.control.references
        ]
    return rule


def _help(entry: Entry) -> Part:
    """Return the help in English and Vietnamese: what the control is for, and what to do."""
    plain, marked = [], []
    for language in LANGUAGES:
        translator = Translator(language)
        title = title_of(entry, translator)
        objective = visible(translator.words(entry.control.objective)) if entry.control else ""
        said = [text for text in (objective, remedy_of(entry, translator)) if text]
        plain.append("\n".join([title, *said]))
        marked.append("\n\n".join([f"**{markdown(title)}**", *map(markdown, said)]))
    return {"text": "\n\n".join(plain), "markdown": "\n\n".join(marked)}


def _result(entry: Entry, index: int, translator: Translator) -> Part:
    finding = entry.finding
    kind, level = KINDS[entry.standing]
    lines = [f"{verdict_word(entry, translator)}: {reason_of(entry, translator)}"]
    lines += [visible(translator.sentence(reason)) for reason in finding.further]
    lines += [*cases_of(entry, translator), remedy_of(entry, translator)]
    places = entry.locations or (Location(file="submission.yaml"),)
    result: Part = {
        "ruleId": rule_id(entry),
        "ruleIndex": index,
        "kind": kind,
        "level": level,
        "message": {"text": "\n".join(line for line in lines if line)},
        "locations": [_location(places[0])],
        "partialFingerprints": {"proofbox/v1": _fingerprint(entry)},
        "properties": {
            "proofbox/verdict": finding.verdict,
            "proofbox/measurements": list(finding.measurements),
            "proofbox/counterexamples": list(finding.counterexamples),
        },
    }
    if places[1:]:
        result["relatedLocations"] = [{"id": number, **_location(place)} for number, place in enumerate(places[1:], 1)]
    if finding.waiver is not None:
        result["suppressions"] = [_suppression(entry, translator)]
    return result


def _suppression(entry: Entry, translator: Translator) -> Part:
    """Return the waiver; one that does not hold is there as rejected, and suppresses nothing."""
    waiver = entry.finding.waiver or {}
    said = f"{waiver_line(translator, waiver)}; {waiver_decision(translator, waiver)}"
    status = "accepted" if entry.waived else "rejected"
    return {"kind": "external", "status": status, "justification": visible(said)}


def _location(place: Location) -> Part:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(place.file, safe="/")},
            "region": {"startLine": place.line, "startColumn": place.column},
        }
    }


def _fingerprint(entry: Entry) -> str:
    """Return what stays the same from run to run: the rule and the file, not the line and not the value."""
    file = entry.locations[0].file if entry.locations else ""
    return hashlib.sha256(f"{rule_id(entry)}\n{file}".encode()).hexdigest()


def _invocation(assessment: Assessment, language: str) -> Part:
    invocation: Part = {"executionSuccessful": True}
    translator = Translator(language)
    notes = [
        {
            "level": "error",
            "descriptor": {"id": visible(record.check)},
            "message": {"text": visible(f"{record.check}: {translator.sentence(record.reason)}")},
        }
        for record in assessment.errors
    ]
    if notes:
        invocation["toolExecutionNotifications"] = notes
    return invocation


def _properties(assessment: Assessment, found: tuple[Entry, ...]) -> Part:
    return {
        "proofbox/conclusion": assessment.conclusion,
        "proofbox/conclusion-text": {
            language: Translator(language).text(vocabulary.CONCLUSION_SENTENCES[assessment.conclusion])
            for language in LANGUAGES
        },
        "proofbox/subject": assessment.subject.digest,
        "proofbox/policies": [f"{policy.id} {policy.version} sha256:{policy.digest}" for policy in assessment.policies],
        "proofbox/met": [*_ids(found, "met")],
        "proofbox/not-applicable": [*_ids(found, "without")],
    }


def _ids(found: tuple[Entry, ...], standing: str) -> Iterator[str]:
    return (rule_id(entry) for entry in found if entry.standing == standing)
