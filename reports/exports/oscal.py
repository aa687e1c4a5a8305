"""OSCAL 1.2.1 assessment results: each requirement a finding, which rests on observations, one for each measurement.

OSCAL's objective status knows ``satisfied`` and ``not-satisfied`` alone, each with a reason. Only a pass is satisfied;
what failed has the reason ``fail``; what could not be concluded has the reason ``other`` and says so in its remarks and
in the property ``verdict``, so that no reader takes it for a failure that was measured. Requirements that do not apply
have no finding: they are listed in a property of the result. Every UUID is made of digests (version 5), and no clock is
read, so equal records give equal bytes.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from proofbox.reports import vocabulary
from proofbox.reports.canonical import canonical_bytes, sha256_hex
from proofbox.reports.exports.entries import (
    Entry,
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
    from proofbox.policies.record import Assessment, MeasurementRecord

VERSION = "1.2.1"
NAMESPACE = uuid.UUID("0d6b8e0c-6a0e-5f7a-8f0e-2f7c6a5d3b19")
"""Of the UUIDs, which are version 5 over the subject's digest, the run and the id of what they name."""
PROPERTIES = "urn:proofbox:oscal:v1"
"""Namespace of our own properties."""

Part = dict[str, Any]


def oscal_json(assessment: Assessment, language: str = "en") -> bytes:
    """Return the document as canonical JSON; equal records give equal bytes."""
    return canonical_bytes({"assessment-results": _Document(assessment, Translator(language)).built()})


class _Document:
    """One document in the making."""

    def __init__(self, assessment: Assessment, translator: Translator) -> None:
        self.assessment = assessment
        self.translator = translator
        policies = ",".join(policy.digest for policy in assessment.policies)
        run = assessment.run
        self._base = sha256_hex(f"{assessment.subject.digest}\n{policies}\n{run.started_at}\n{run.seed}".encode())

    def uid(self, kind: str, name: str = "") -> str:
        return str(uuid.uuid5(NAMESPACE, f"{self._base}/{kind}/{name}"))

    def built(self) -> Part:
        run = self.assessment.run
        return {
            "uuid": self.uid("document"),
            "metadata": {
                "title": f"Proofbox: {product_name(self.assessment)}",
                "last-modified": _moment(run.finished_at),
                "version": visible(run.version),
                "oscal-version": VERSION,
            },
            # OSCAL wants a plan; ours are the policies, which lie beside the record in the evidence bundle.
            "import-ap": {"href": "policy/", "remarks": "The policies of the evidence bundle, by digest."},
            "results": [self._result()],
        }

    def _result(self) -> Part:
        assessment, run = self.assessment, self.assessment.run
        found = entries(assessment)
        judged = [entry for entry in found if entry.standing != "without"]
        used = {item.id: item for entry in judged for item in entry.measurements}
        observations = [self._measured(item) for item in used.values()]
        observations += [self._said(entry) for entry in judged if not entry.measurements]
        risks = [self._risk(entry) for entry in judged if entry.finding.waiver is not None]
        said = self.translator.text(vocabulary.CONCLUSION_SENTENCES[assessment.conclusion])
        result: Part = {
            "uuid": self.uid("result"),
            "title": product_name(assessment),
            "description": said,
            "start": _moment(run.started_at),
            "end": _moment(run.finished_at),
            "props": self._properties(found),
            "local-definitions": {"inventory-items": [self._item()]},
            "reviewed-controls": {"control-selections": [self._selection(found)]},
            "remarks": self.translator.gettext(
                "Pre-sandbox test evidence: not a licence, not a certificate, not a conformity decision."
            ),
        }
        parts = {
            "observations": observations,
            "risks": risks,
            "findings": [self._finding(entry) for entry in judged],
        }
        return result | {key: listed for key, listed in parts.items() if listed}

    def _properties(self, found: Iterable[Entry]) -> list[Part]:
        assessment, run = self.assessment, self.assessment.run
        held = {True: "isolated", False: "not-isolated", None: "model-not-loaded"}[isolated(run.selfcheck)]
        listed = [
            _property("conclusion", assessment.conclusion),
            _property("subject-sha256", assessment.subject.digest),
            _property("seed", str(run.seed)),
            _property("executor", run.executor),
            _property("isolation", held),
        ]
        for policy in assessment.policies:
            listed.append(_property("policy", f"{policy.id} {policy.version} sha256:{policy.digest}"))
        listed += [
            _property("not-applicable", entry.finding.requirement, remarks=reason_of(entry, self.translator))
            for entry in found
            if entry.standing == "without"
        ]
        return listed

    def _item(self) -> Part:
        return {
            "uuid": self.uid("subject"),
            "description": product_name(self.assessment),
            "props": [_property("sha256", self.assessment.subject.digest)],
        }

    def _selection(self, found: Iterable[Entry]) -> Part:
        names = dict.fromkeys(token(entry.finding.control) for entry in found if entry.standing != "without")
        if not names:
            return {"include-all": {}}
        return {"include-controls": [{"control-id": name} for name in names]}

    def _measured(self, item: MeasurementRecord) -> Part:
        translator = self.translator
        group = ", ".join(f"{key}={value}" for key, value in item.group.items())
        said = f"{translator.measure(item.measure)}{f' ({group})' if group else ''}: {translator.measured(item.value)}"
        props = [
            _property("measure", item.measure),
            _property("value", repr(item.value)),
            _property("sample-size", str(item.sample_size)),
            _property("check", item.check),
            _property("measurement-id", item.id),
        ]
        if item.interval is not None:
            props += [
                _property("interval-low", repr(item.interval.low)),
                _property("interval-high", repr(item.interval.high)),
                _property("interval-confidence", repr(item.interval.confidence)),
                _property("interval-method", item.interval.method),
            ]
        return self._observation(item.id, said, props)

    def _said(self, entry: Entry) -> Part:
        """Return the observation of a finding without a measurement: what was looked for, and why it is not there."""
        finding = entry.finding
        name = f"{finding.policy}/{finding.requirement}"
        return self._observation(name, reason_of(entry, self.translator), [_property("verdict", finding.verdict)])

    def _observation(self, name: str, said: str, props: list[Part]) -> Part:
        return {
            "uuid": self.uid("observation", name),
            "description": visible(said),
            "props": props,
            "methods": ["TEST"],
            "types": ["finding"],
            "subjects": [{"subject-uuid": self.uid("subject"), "type": "inventory-item"}],
            "collected": _moment(self.assessment.run.finished_at),
            "relevant-evidence": [{"href": "assessment.json", "description": f"assessment.json: {visible(name)}"}],
        }

    def _finding(self, entry: Entry) -> Part:
        finding = entry.finding
        name = f"{finding.policy}/{finding.requirement}"
        reason = reason_of(entry, self.translator)
        met = entry.standing == "met"
        status: Part = {"state": "satisfied" if met else "not-satisfied", "remarks": reason}
        status["reason"] = "pass" if met else "fail" if finding.verdict == "fail" else "other"
        said = "\n".join([reason, *cases_of(entry, self.translator), remedy_of(entry, self.translator)]).strip()
        names = [item.id for item in entry.measurements] or [name]
        part: Part = {
            "uuid": self.uid("finding", name),
            "title": title_of(entry, self.translator),
            "description": said,
            "props": [
                _property("verdict", finding.verdict),
                _property("level", finding.level),
                _property("policy", finding.policy),
                _property("control", finding.control),
            ],
            "target": {"type": "objective-id", "target-id": token(finding.requirement), "status": status},
            "related-observations": [{"observation-uuid": self.uid("observation", one)} for one in names],
        }
        if finding.waiver is not None:
            part["related-risks"] = [{"risk-uuid": self.uid("risk", name)}]
        return part

    def _risk(self, entry: Entry) -> Part:
        """Return the accepted (or no longer accepted) risk that a waiver stands for."""
        finding = entry.finding
        name = f"{finding.policy}/{finding.requirement}"
        return {
            "uuid": self.uid("risk", name),
            "title": title_of(entry, self.translator),
            "description": reason_of(entry, self.translator),
            "statement": visible(str((finding.waiver or {}).get("reason", ""))) or "–",
            "status": "deviation-approved" if entry.waived else "open",
        }


def token(name: str) -> str:
    """Return a name in the form that OSCAL has for ids: letters, digits, ``.``, ``-`` and ``_``, first a letter."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name) or "_"
    return plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"


def _property(name: str, value: str, *, remarks: str = "") -> Part:
    # A property's value is a string that begins and ends with something that is no blank.
    part = {"name": name, "ns": PROPERTIES, "value": visible(value).strip() or "–"}
    return part | ({"remarks": remarks} if remarks else {})


def _moment(iso: str) -> str:
    """Return a time with its zone; a record of another hand may have none, and then it is told as the epoch."""
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", iso):
        return iso
    return "1970-01-01T00:00:00Z"
