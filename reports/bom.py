"""The list of what was assessed, for machines: CycloneDX 1.6 with the model, its data, libraries and measurements.

It is made of the record alone, so that it adds no second truth and comes out the same whenever the record does; it
bears no time, and its serial number is made of its content.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from proofbox.checks.result import Json
from proofbox.reports.canonical import canonical_bytes, sha256_hex

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment, MeasurementRecord

FILE_NAME = "bom.cdx.json"
SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json"
NAMESPACE = uuid.UUID("6f1f5c1e-2f0b-5d0a-9a57-3c0f6b1d7a42")
"""Of the serial numbers, which are version 5 UUIDs over the SHA-256 of the content."""

MEASURED = ("performance.", "fairness.")
"""The families of checks whose measurements stand in the model card."""

Part = dict[str, Json]


def bom_bytes(assessment: Assessment) -> bytes:
    """Return the list as canonical JSON; equal records give equal bytes."""
    libraries = [*_libraries(assessment)]
    bom: Part = {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "tools": {"components": [_library("proofbox", assessment.run.version, "application", "")]},
            "component": _model(assessment),
        },
        "components": [*_data(assessment), *libraries],
    }
    serial = uuid.uuid5(NAMESPACE, sha256_hex(canonical_bytes(bom)))
    return canonical_bytes({**bom, "serialNumber": f"urn:uuid:{serial}"})


def _model(assessment: Assessment) -> Part:
    subject = assessment.subject
    product, model = subject.product, subject.model or {}
    provider = product.get("provider")
    part: Part = {
        "type": "machine-learning-model",
        "bom-ref": "model",
        "name": str(product.get("name")),
        "version": str(product.get("version")),
        "description": str(product.get("intended_purpose")),
        "modelCard": _card(assessment),
        "properties": [*_properties({
            "proofbox:submission:sha256": subject.digest,
            "proofbox:model:submitted": "true" if model else "false",
            "proofbox:model:sha256": model.get("sha256"),
            "proofbox:model:format": model.get("format"),
        })],
    }  # fmt: skip
    if isinstance(provider, dict) and provider.get("name"):
        part["supplier"] = {"name": str(provider["name"])}
    path = model.get("path")
    files = [file for file in subject.files if path and _below(str(file["path"]), str(path))]
    if [file["path"] for file in files] == [path]:
        part["hashes"] = _sha256(files[0]["sha256"])
    elif files:
        part["components"] = [_file(file) for file in files]
    return part


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _file(file: Mapping[str, Json]) -> Part:
    return {"type": "file", "bom-ref": f"file:{file['path']}", "name": file["path"], "hashes": _sha256(file["sha256"])}


def _sha256(digest: Json) -> list[Json]:
    return [{"alg": "SHA-256", "content": digest}]


def _properties(given: Mapping[str, Json]) -> Iterator[Json]:
    for name, value in given.items():
        if value is not None:
            yield {"name": name, "value": str(value)}


def _card(assessment: Assessment) -> Part:
    subject = assessment.subject
    model = subject.model or {}
    parameters: Part = {
        "task": str(subject.data.get("task")),
        "datasets": [{"ref": part["bom-ref"]} for part in _data(assessment)],
    }
    if model.get("output"):
        parameters["inputs"] = [{"format": "table"}]
        parameters["outputs"] = [{"format": str(model["output"])}]
    metrics: list[Json] = [_metric(item) for item in assessment.measurements if item.check.startswith(MEASURED)]
    return {
        "bom-ref": "model-card",
        "modelParameters": parameters,
        "quantitativeAnalysis": {"performanceMetrics": metrics},
        "considerations": {"useCases": [str(subject.product.get("intended_purpose"))]},
        "properties": [*_properties({f"proofbox:feature:{place}": name for place, name in _features(model)})],
    }


def _features(model: Mapping[str, Json]) -> Iterator[tuple[int, Json]]:
    listed = model.get("features")
    yield from enumerate(listed if isinstance(listed, list) else ())


def _metric(item: MeasurementRecord) -> Part:
    metric: Part = {"type": item.measure, "value": repr(item.value)}
    attribute = item.params.get("attribute")
    of = [f"{key}={value}" for key, value in sorted(item.group.items())]
    if not of and isinstance(attribute, list):
        of = [f"between groups of {' x '.join(map(str, attribute))}"]
    if of:
        metric["slice"] = ", ".join(of)
    if item.interval is not None:
        metric["confidenceInterval"] = {
            "lowerBound": repr(item.interval.low),
            "upperBound": repr(item.interval.high),
        }
    return metric


def _data(assessment: Assessment) -> list[Part]:
    personal = assessment.subject.declared.get("personal_data")
    return [
        _table(role, table, personal if isinstance(personal, list) else [])
        for role in ("evaluation", "training")
        if isinstance(table := assessment.subject.data.get(role), dict)
    ]


def _table(role: str, table: Mapping[str, Json], personal: list[Json]) -> Part:
    contents: Part = {"type": "dataset", "name": str(table.get("path"))}
    if personal and role == "evaluation":
        contents["sensitiveData"] = [str(name) for name in personal]
    return {
        "type": "data",
        "bom-ref": f"data:{role}",
        "name": str(table.get("path")),
        "hashes": _sha256(table.get("sha256")),
        "data": [contents],
        "properties": [*_properties({
            "proofbox:role": role,
            "proofbox:rows": table.get("rows"),
            "proofbox:columns": table.get("columns"),
        })],
    }  # fmt: skip


def _libraries(assessment: Assessment) -> Iterator[Part]:
    """Yield the libraries of the harness, and those that the model had beside it behind the walls."""
    for name, version in sorted(assessment.run.packages.items()):
        if version[:1].isdigit():  # the others say that they are not installed
            yield _library(name, version, "library", "harness")
    model = assessment.run.detail.get("model")
    listed = model.get("libraries") if isinstance(model, dict) else None
    for said in sorted(map(str, listed if isinstance(listed, list) else ())):
        name, _, version = said.partition(" ")
        yield _library(name, version, "library", "sandbox")


def _library(name: str, version: str, kind: str, where: str) -> Part:
    part: Part = {"type": kind, "name": name, "version": version}
    if where:
        part |= {
            "bom-ref": f"{where}:{name}",
            "purl": f"pkg:pypi/{quote(name.lower().replace('_', '-'), safe='')}@{quote(version, safe='')}",
            "properties": cast("list[Json]", [*_properties({"proofbox:where": where})]),
        }
    return part
