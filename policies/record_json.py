"""``assessment.json``: the record as JSON and back, each the other's inverse.

Every text stands twice: in English under its own key, and as ``<key>_text`` with template and values, so that it can be
shown in another language years later. Reading checks that the two agree. Keys that a later version adds are ignored.
"""

from __future__ import annotations

import json
import string
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from proofbox.checks.result import Json
from proofbox.checks.text import Text
from proofbox.policies.errors import BadRecordError
from proofbox.policies.record import SCHEMA, Assessment, MeasurementRecord, ReasonRecord

_TEXTS = frozenset({"reason", "summary", "label"})
"""Keys whose value is a :class:`~proofbox.checks.text.Text` wherever the record's own types have them."""

_TEXT_SCHEMA = {"$ref": "#/$defs/Text"}


def to_json(assessment: Assessment) -> dict[str, Json]:
    """Return the content of ``assessment.json``; write it with keys sorted to get equal bytes for equal records."""
    dumped: dict[str, Any] = _adapter().dump_python(assessment, mode="json")
    return {"schema": SCHEMA, **_each_record(dumped, _spread)}


def preload() -> None:
    """Build what reads and writes a record: who has many does it once."""
    _adapter()


def evidence_json(
    measurements: Sequence[MeasurementRecord], inapplicable: Sequence[ReasonRecord], errors: Sequence[ReasonRecord]
) -> dict[str, Json]:
    """Return what checks gave, unjudged, in the forms of ``assessment.json``."""
    reasons = TypeAdapter(Sequence[ReasonRecord])
    return {
        "measurements": TypeAdapter(Sequence[MeasurementRecord]).dump_python(measurements, mode="json"),
        "inapplicable": [_spread(found) for found in reasons.dump_python(inapplicable, mode="json")],
        "errors": [_spread(found) for found in reasons.dump_python(errors, mode="json")],
    }


def from_json(data: Mapping[str, Any]) -> Assessment:
    """Return the record of an ``assessment.json``.

    Raises
    ------
    BadRecordError
        It is malformed, of another schema, refers to what it does not hold, or its texts contradict themselves.
    """
    if not isinstance(data, Mapping) or data.get("schema") != SCHEMA:
        got = data.get("schema") if isinstance(data, Mapping) else type(data).__name__
        raise BadRecordError(f"schema: got {got!r}, expected '{SCHEMA}'")
    try:
        gathered = _each_record({key: value for key, value in data.items() if key != "schema"}, _gather)
        # Through text: whatever is not JSON ends here, and pydantic's strict JSON mode reads lists as tuples.
        assessment = _adapter().validate_json(json.dumps(gathered, allow_nan=False), strict=True)
    except ValidationError as err:
        first = err.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadRecordError(f"{where}: {first['msg'].lower()}") from err
    except (TypeError, ValueError, RecursionError, LookupError, AttributeError) as err:
        raise BadRecordError(f"not an assessment ({type(err).__name__}: {err})") from err
    _check_ids(assessment)
    return assessment


def assessment_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of ``assessment.json``."""
    schema = _adapter().json_schema(mode="serialization")
    for definition in (schema, *schema.get("$defs", {}).values()):
        if definition.get("title") != "Text":
            _spread_schema(definition)
    properties = {"schema": {"const": SCHEMA}, **schema.pop("properties")}
    required = ["schema", *schema.pop("required")]
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SCHEMA}
    return {**head, **schema, "properties": properties, "required": required}


@cache
def _adapter() -> TypeAdapter[Assessment]:
    return TypeAdapter(Assessment)


def _each_record(data: dict[str, Any], change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    """Apply ``change`` to every record that holds texts; parameters, details and the like are left alone."""
    cases = [
        {
            **found,
            "case": {**change(found["case"]), "rows": [change(row) for row in found["case"]["rows"]]},
        }
        for found in data["counterexamples"]
    ]
    findings = [
        {**change(found), "further": [change(item) for item in found.get("further", [])]}
        if change is _gather
        else {**change({**found, "further": []}), "further": [change({"reason": item}) for item in found["further"]]}
        for found in data["findings"]
    ]
    if change is _gather:
        findings = [{**found, "further": [item["reason"] for item in found["further"]]} for found in findings]
    reasons = {key: [change(found) for found in data[key]] for key in ("inapplicable", "errors")}
    return {**data, **reasons, "findings": findings, "counterexamples": cases}


def _spread(record: dict[str, Any]) -> dict[str, Any]:
    """Return a record in which ``reason: {template, values}`` became ``reason: "..."`` and ``reason_text: {...}``."""
    spread: dict[str, Any] = {}
    for key, value in record.items():
        if key in _TEXTS:
            spread[key] = str(Text(value["template"], value["values"]))
            spread[f"{key}_text"] = value
        else:
            spread[key] = value
    return spread


def _gather(record: dict[str, Any]) -> dict[str, Any]:
    """Undo :func:`_spread`, refusing texts that contradict themselves."""
    gathered = {key: value for key, value in record.items() if key.removesuffix("_text") not in _TEXTS}
    for key in _TEXTS & record.keys():
        value = record[f"{key}_text"]
        if _filled(value) != record[key]:
            raise ValueError(f"{key} {record[key]!r} is not what {key}_text says")
        gathered[key] = value
    return gathered


def _filled(text: dict[str, Any]) -> str:
    # A stranger's template must not reach str.format with attributes or widths in it ("{x:>999999999}").
    for _, name, spec, conversion in string.Formatter().parse(text["template"]):
        if name is not None and (not name.isidentifier() or spec or conversion):
            raise ValueError(f"the template {text['template']!r} holds more than plain names")
    return str(Text(text["template"], text["values"]))


def _check_ids(assessment: Assessment) -> None:
    measurements = {record.id for record in assessment.measurements}
    cases = {record.id for record in assessment.counterexamples}
    if len(measurements) != len(assessment.measurements) or len(cases) != len(assessment.counterexamples):
        raise BadRecordError("measurements, counterexamples: got an id twice, expected each once")
    for finding in assessment.findings:
        for kind, named, known in (
            ("measurements", finding.measurements, measurements),
            ("counterexamples", finding.counterexamples, cases),
        ):
            if missing := sorted(set(named) - known):
                raise BadRecordError(f"findings: {finding.requirement} names the {kind} {missing}, which are not there")


def _spread_schema(definition: dict[str, Any]) -> None:
    properties = definition.get("properties", {})
    for key in sorted(_TEXTS & properties.keys()):
        properties[key] = {"type": "string", "description": "in English"}
        properties[f"{key}_text"] = _TEXT_SCHEMA
        definition["required"] = [*definition.get("required", []), f"{key}_text"]
    if "further" in properties:
        item = {
            "type": "object",
            "properties": {"reason": {"type": "string"}, "reason_text": _TEXT_SCHEMA},
            "required": ["reason", "reason_text"],
        }
        properties["further"] = {**properties["further"], "items": item}
