"""CycloneDX 1.6 with declarations: the policies as standards, each requirement claimed or counter-claimed by evidence.

The list of what was assessed is that of the evidence bundle (``bom.cdx.json``); the declarations are added to it. A
pass is a claim with conformance 1. A failure is a counter-claim with conformance 0. What could not be concluded is
neither: it has a confidence of 0 and no conformance. What does not apply stands in the standard and in no map.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import TYPE_CHECKING, Any

from proofbox.reports.bom import NAMESPACE, bom_bytes
from proofbox.reports.canonical import canonical_bytes, sha256_hex
from proofbox.reports.exports.entries import Entry, cases_of, entries, reason_of, remedy_of, title_of
from proofbox.reports.i18n import Translator
from proofbox.reports.visible import visible

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment, MeasurementRecord, PolicyRecord

Part = dict[str, Any]
TARGET, ASSESSOR = "target:model", "assessor:proofbox"


def cyclonedx_json(assessment: Assessment, language: str = "en") -> bytes:
    """Return the list with its declarations as canonical JSON; equal records give equal bytes."""
    translator = Translator(language)
    found = entries(assessment)
    bom: Part = json.loads(bom_bytes(assessment))
    bom.pop("serialNumber")
    bom["declarations"] = _declarations(assessment, found, translator)
    bom["definitions"] = {"standards": [_standard(policy, translator) for policy in assessment.policies]}
    serial = uuid.uuid5(NAMESPACE, sha256_hex(canonical_bytes(bom)))
    return canonical_bytes({**bom, "serialNumber": f"urn:uuid:{serial}"})


def _declarations(assessment: Assessment, found: tuple[Entry, ...], translator: Translator) -> Part:
    judged = [entry for entry in found if entry.standing != "without"]
    used = {item.id: item for entry in judged for item in entry.measurements}
    product = assessment.subject.product
    declarations: Part = {
        "assessors": [{"bom-ref": ASSESSOR, "thirdParty": False, "organization": {"name": "Proofbox (self-run)"}}],
        "attestations": [_attestation(policy, judged, translator) for policy in assessment.policies],
        "claims": [_claim(entry, translator) for entry in judged],
        "evidence": [_evidence(item, assessment) for item in used.values()],
        "targets": {
            "components": [
                {
                    "type": "machine-learning-model",
                    "bom-ref": TARGET,
                    "name": visible(str(product.get("name"))),
                    "version": visible(str(product.get("version"))),
                }
            ]
        },
    }
    return {key: value for key, value in declarations.items() if value}


def _attestation(policy: PolicyRecord, judged: list[Entry], translator: Translator) -> Part:
    mine = [entry for entry in judged if entry.finding.policy == policy.id]
    title = visible(translator.words(policy.title)) or visible(policy.id)
    return {
        "summary": f"{title} ({visible(policy.id)} {visible(policy.version)})",
        "assessor": ASSESSOR,
        "map": [_mapped(entry, translator) for entry in mine],
    }


def _mapped(entry: Entry, translator: Translator) -> Part:
    reason = reason_of(entry, translator)
    claim = _ref("claim", entry)
    part: Part = {"requirement": _ref("requirement", entry)}
    if entry.standing == "met":
        return {**part, "claims": [claim], "conformance": {"score": 1, "rationale": reason}}
    if entry.finding.verdict == "fail":
        return {**part, "counterClaims": [claim], "conformance": {"score": 0, "rationale": reason}}
    return {**part, "confidence": {"score": 0, "rationale": reason}}


def _claim(entry: Entry, translator: Translator) -> Part:
    title = title_of(entry, translator)
    evidence = [f"evidence:{item.id}" for item in entry.measurements]
    reasoning = [reason_of(entry, translator), *cases_of(entry, translator), remedy_of(entry, translator)]
    part: Part = {
        "bom-ref": _ref("claim", entry),
        "target": TARGET,
        "predicate": f"{entry.finding.verdict}: {visible(entry.finding.requirement)} ({title})",
        "reasoning": "\n".join(line for line in reasoning if line),
    }
    if evidence:
        part["counterEvidence" if entry.finding.verdict == "fail" else "evidence"] = evidence
    return part


def _evidence(item: MeasurementRecord, assessment: Assessment) -> Part:
    group = ", ".join(f"{key}={value}" for key, value in item.group.items())
    said = f"{item.measure}{f' ({group})' if group else ''} = {item.value!r}, n = {item.sample_size}"
    if item.interval is not None:
        said += f", {item.interval.confidence:.0%} interval [{item.interval.low!r}, {item.interval.high!r}]"
    part: Part = {
        "bom-ref": f"evidence:{item.id}",
        "propertyName": visible(f"{item.check}:{item.measure}"),
        "description": visible(said),
        "data": [{"name": item.id, "contents": {"url": "assessment.json"}}],
    }
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", assessment.run.finished_at):
        part["created"] = assessment.run.finished_at
    return part


def _standard(policy: PolicyRecord, translator: Translator) -> Part:
    requirements: list[Part] = []
    for control in policy.controls:
        parent = f"control:{policy.id}/{control.id}"
        objective = visible(translator.words(control.objective))
        title = visible(translator.words(control.title)) or visible(control.id)
        clauses = [visible(f"{item.framework} {item.clause} ({item.relation})") for item in control.references]
        requirements.append(
            {
                "bom-ref": parent,
                "identifier": visible(control.id),
                "text": title,
                "descriptions": [text for text in (objective, *clauses) if text],
            }
        )
        requirements += [
            {
                "bom-ref": f"requirement:{policy.id}/{item.id}",
                "identifier": visible(item.id),
                "text": f"{title} ({item.level})",
                "parent": parent,
                "properties": [{"name": "proofbox:check", "value": visible(item.check)}],
            }
            for item in control.requirements
        ]
    return {
        "bom-ref": f"standard:{policy.id}",
        "name": visible(translator.words(policy.title)) or visible(policy.id),
        "version": visible(policy.version),
        "description": f"sha256:{policy.digest}",
        "requirements": requirements,
    }


def _ref(kind: str, entry: Entry) -> str:
    return f"{kind}:{entry.finding.policy}/{entry.finding.requirement}"
