"""Our own compact record (``proofbox/provenance/v1``): the fields' names as keys, in YAML or JSON."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field

from proofbox.checks.described import Described
from proofbox.checks.documents.document import Data, Document
from proofbox.checks.documents.validation import check, wrong
from proofbox.checks.records.model import (
    COMPACT,
    FIELDS,
    OWN,
    FileDigest,
    Lineage,
    Node,
    NodeKind,
    Purposes,
    Record,
)
from proofbox.checks.records.values import first_text, is_filled, objects, personal_data, places, texts


def _inside(path: str) -> str:
    if path.startswith("/") or ".." in path.split("/") or "\\" in path or "\x00" in path:
        raise wrong("a path inside the submission's folder", "'/' between names, no '..' and no leading '/'")
    return path


Said = str | tuple[str, ...]
Inside = Annotated[str, AfterValidator(_inside)]
Countries = tuple[Annotated[str, Field(min_length=2, max_length=60)], ...]


class Station(Described):
    """One station on the way from the sources to the model."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(min_length=1, max_length=200)]
    """its name among the stations"""
    kind: NodeKind
    name: str = ""
    sha256: str | None = None
    """of the file, or of the program of a transformation or a training run"""
    path: Inside | None = None
    """path inside the submission, where it is a file or folder of it"""
    from_: tuple[str, ...] = Field(default=(), alias="from")
    """ids of the stations that it was made of; '.' is the data file that the record is of"""


class CompactRecord(Described):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_: Literal["proofbox/provenance/v1"] = Field(alias="schema")
    name: Said | None = None
    description: Said | None = None
    version: Said | None = None
    license: Said | None = None
    """an SPDX expression such as CC-BY-4.0, or the terms of use in words"""
    creator: Said | None = None
    publisher: Said | None = None
    date: str | None = None
    """when the data were made or last changed, as 2026-11-22, 2026-11 or 2026"""
    valid_until: str | None = None
    source: Said | None = None
    """where the data come from, in words; the lineage says it for machines"""
    sha256: str | dict[Inside, str] | None = None
    """64 hex digits, or one such digest for each file"""
    collection: Said | None = None
    """how the data were collected"""
    intended_use: Said | None = None
    """what the data may be used for, in words"""
    sectors: tuple[str, ...] = ()
    """sectors whose products the data may serve, as in submission.yaml, or any"""
    citation: Said | None = None
    timeframe: Said | None = None
    geography: Said | None = None
    missing_data: Said | None = None
    preprocessing: Said | None = None
    annotation: Said | None = None
    personal_data: bool | Said | None = None
    """false where there are none; else true, or what they are"""
    lawful_basis: Said | None = None
    """the ground on which personal data are processed, for example consent, with its clause"""
    limitations: Said | None = None
    biases: Said | None = None
    maintenance: Said | None = None
    processing_countries: Countries = ()
    """where the data are processed: country codes of two letters"""
    processing_excluded: Countries = ()
    storage_countries: Countries = ()
    storage_excluded: Countries = ()
    lineage: Annotated[tuple[Station, ...], Field(max_length=2000)] = ()


def compact_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of the compact record."""
    schema = CompactRecord.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": COMPACT} | schema


def read_compact(document: Document, path: str) -> Record:
    """Return the record; a field whose value is not what the schema asks for is left out and told in ``problems``."""
    _, problems = check(document, CompactRecord)
    wrong_keys = {problem.where.partition(".")[0].partition("[")[0] for problem in problems} - {"lineage"}
    data = document.data if isinstance(document.data, dict) else {}
    said = {key: value for key, value in data.items() if key not in wrong_keys}
    return Record(
        path=path,
        format=COMPACT,
        fields={name: said[name] for name in FIELDS if is_filled(said.get(name))},
        digests=_digests(data.get("sha256")),
        licences=texts(said.get("license")),
        personal_data=personal_data(said.get("personal_data")),
        lawful_basis=texts(said.get("lawful_basis")),
        purposes=Purposes(sectors=texts(said.get("sectors")), texts=texts(said.get("intended_use"))),
        processing=places(said, "processing"),
        storage=places(said, "storage"),
        made=first_text(said.get("date")),
        valid_until=first_text(said.get("valid_until")),
        lineage=_lineage(said),
        problems=problems,
    )


def _digests(value: Data) -> tuple[FileDigest, ...]:
    if isinstance(value, dict):
        return tuple(FileDigest(files=(name,), sha256=one) for name, one in value.items() if isinstance(one, str))
    return (FileDigest(files=(), sha256=value),) if isinstance(value, str) and is_filled(value) else ()


def _lineage(said: dict[str, Data]) -> Lineage:
    nodes: list[Node] = []
    edges: list[tuple[str, str]] = []
    for one in objects(said.get("lineage")):
        try:
            station = Station.model_validate(one)
        except ValueError:
            continue  # told among the problems
        nodes.append(
            Node(
                id=station.id,
                kind=station.kind,
                label=station.name or station.id,
                sha256=station.sha256 or "",
                path=station.path or "",
            )
        )
        edges += [(origin, station.id) for origin in station.from_]
    if not nodes:
        named = texts(said.get("source"))
        nodes = [Node(id=name, kind="source", label=name) for name in dict.fromkeys(named)]
        edges = [(node.id, OWN) for node in nodes]
    return Lineage(nodes=tuple(nodes), edges=tuple(edges))
