"""Data & Trust Alliance, Data Provenance Standards 1.0.0, by a schema of our own for the same keys.

The published JSON Schema lacks a closing brace and asks for a key that it does not define, so it cannot be
used as it is. Where the published text leaves open whether a value is one or a list, both are read.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from proofbox.checks.documents.document import Data, Document
from proofbox.checks.documents.validation import check
from proofbox.checks.records.model import OWN, STANDARDS, Lineage, Node, Places, Purposes, Record
from proofbox.checks.records.values import first_filled, first_text, is_filled, items, objects, texts
from proofbox.checks.result import Json


class _Block(BaseModel):
    """A block of the record; further keys are allowed, since later versions add some."""

    model_config = ConfigDict(frozen=True, extra="allow", populate_by_name=True)


class Named(_Block):
    """An organisation."""

    name: str
    address: JsonValue = None


class Coded(_Block):
    """A code and the system that it is of."""

    code: str
    system: str | None = None
    description: str | None = None


class Country(_Block):
    """A place."""

    country: str
    state: str | None = None


class Purpose(Coded):
    """What the data may be used for; here the standards ask for the description."""

    description: str


class Classification(_Block):
    """Rules on data that apply, and how that was found out."""

    regulation: Coded | tuple[Coded, ...]
    evaluated: JsonValue
    tool: JsonValue = None


class Technique(_Block):
    """What was done for privacy."""

    tool_category: Coded | None = Field(default=None, alias="tool-category")
    tool_used: JsonValue = Field(default=None, alias="tool-used")
    parameters: JsonValue = None
    result: JsonValue = None


class Source(_Block):
    """Who speaks of which data."""

    version: str
    title: str
    id: str
    location: JsonValue = None
    issuer: Named | tuple[Named, ...]
    description: str


class Provenance(_Block):
    """Where the data come from."""

    source: JsonValue = None
    origin: Named | tuple[Named, ...] | None = None
    origin_geography: Country | tuple[Country, ...] = Field(alias="origin-geography")
    date: str
    previous_date: str | None = Field(default=None, alias="previous-date")
    generation_period: JsonValue = Field(default=None, alias="generation-period")
    generation_method: Coded | tuple[Coded, ...] = Field(alias="generation-method")
    format: JsonValue = None
    sub_provenance: JsonValue = Field(default=None, alias="sub-provenance")


class Use(_Block):
    """What may be done with the data, and where."""

    classification: Classification | tuple[Classification, ...] | None = None
    consents: JsonValue = None
    privacy_enhancing: Technique | tuple[Technique, ...] | None = Field(default=None, alias="privacy-enhancing")
    processing_included: Country | tuple[Country, ...] | None = Field(default=None, alias="processing-included")
    processing_excluded: Country | tuple[Country, ...] | None = Field(default=None, alias="processing-excluded")
    storage_allowed: Country | tuple[Country, ...] | None = Field(default=None, alias="storage-allowed")
    storage_forbidden: Country | tuple[Country, ...] | None = Field(default=None, alias="storage-forbidden")
    license: JsonValue = None
    intended_purpose: Purpose | tuple[Purpose, ...] = Field(alias="intended-purpose")
    copyright: JsonValue = None
    patent: JsonValue = None
    trademark: JsonValue = None


class StandardsRecord(_Block):
    """The whole record, in the three groups of the standards."""

    source: Source
    provenance: Provenance
    use: Use


_FIELDS = {
    "name": ("source", ("title",)),
    "description": ("source", ("description",)),
    "version": ("source", ("version",)),
    "creator": ("source", ("issuer",)),
    "source": ("provenance", ("source", "origin")),
    "date": ("provenance", ("date",)),
    "timeframe": ("provenance", ("generation-period",)),
    "geography": ("provenance", ("origin-geography",)),
    "collection": ("provenance", ("generation-method",)),
    "preprocessing": ("provenance", ("sub-provenance",)),
    "lineage": ("provenance", ("source",)),
    "license": ("use", ("license", "copyright")),
    "intended_use": ("use", ("intended-purpose",)),
    "personal_data": ("use", ("classification",)),
    "lawful_basis": ("use", ("consents",)),
    "processing_countries": ("use", ("processing-included",)),
    "storage_countries": ("use", ("storage-allowed",)),
}
"""Our field -> the group and its keys that state it; the first that is filled counts."""


def standards_schema() -> dict[str, Any]:
    """Return our JSON Schema (2020-12) for the keys of the Data Provenance Standards 1.0.0."""
    schema = StandardsRecord.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": STANDARDS} | schema


def is_standards(data: dict[str, Data]) -> bool:
    """Return whether an object has the three groups of the standards."""
    return all(isinstance(data.get(group), dict) for group in ("source", "provenance", "use"))


def read_standards(document: Document, path: str) -> Record:
    """Return the record; a value that is not what the schema asks for is left out and told in ``problems``."""
    assert isinstance(document.data, dict)
    _, problems = check(document, StandardsRecord)
    wrong = {".".join(problem.where.partition("[")[0].split(".")[:2]) for problem in problems}
    groups = {
        group: {key: one for key, one in value.items() if f"{group}.{key}" not in wrong}
        for group, value in document.data.items()
        if isinstance(value, dict)
    }
    fields: dict[str, Json] = {}
    for name, (group, keys) in _FIELDS.items():
        if (found := first_filled(groups[group], keys)) is not None:
            fields[name] = found
    use = groups["use"]
    return Record(
        path=path,
        format=STANDARDS,
        fields=fields,
        holds_digests=False,
        licences=texts(fields.get("license")),
        personal_data="declared" if is_filled(fields.get("personal_data")) else "unsaid",
        lawful_basis=texts(fields.get("lawful_basis")),
        purposes=_purposes(use.get("intended-purpose")),
        processing=Places(named=texts(use.get("processing-included")), excluded=texts(use.get("processing-excluded"))),
        storage=Places(named=texts(use.get("storage-allowed")), excluded=texts(use.get("storage-forbidden"))),
        made=first_text(groups["provenance"].get("date")),
        lineage=_lineage(groups, fields),
        problems=problems,
    )


def _purposes(value: Data) -> Purposes:
    found = list(objects(value))
    return Purposes(
        sectors=tuple(text for one in found for text in texts(one.get("code"))),
        texts=tuple(text for one in found for text in texts(one.get("description"))),
    )


def _lineage(groups: dict[str, dict[str, Data]], fields: dict[str, Json]) -> Lineage:
    called = texts(groups["source"].get("id"))
    named = [(first_text(one), one) for one in items(fields.get("source"))]
    nodes = [
        Node(id=_id(one) or text, kind="source", label=text, sha256=_stated(one, "sha256"))
        for text, one in named
        if text and text not in called
    ]
    return Lineage(nodes=tuple(nodes), edges=tuple((node.id, OWN) for node in nodes), called=called)


def _id(value: Data) -> str:
    return _stated(value, "id")


def _stated(value: Data, key: str) -> str:
    return first_text(value.get(key)) if isinstance(value, dict) else ""
