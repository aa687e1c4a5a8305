"""Croissant 1.0 and 1.1 (JSON-LD) with the RAI vocabulary, read by their keys.

JSON-LD lets one key be written in several ways; those that records in the wild use are made equal here, and no context
is ever fetched. Of ``dataCollectionTimeframe`` and ``dataManipulationProtocol`` both spellings in use are read, the RAI
specification's and the mlcroissant library's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from proofbox.checks.documents.document import Data, Document
from proofbox.checks.documents.problem import Problem
from proofbox.checks.documents.validation import MOST_PROBLEMS, shown
from proofbox.checks.records.model import CROISSANT, OWN, FileDigest, Lineage, Node, NodeKind, Places, Purposes, Record
from proofbox.checks.records.values import first_filled, first_text, is_filled, items, objects, personal_data, texts
from proofbox.checks.result import Json

KEYS: Mapping[str, tuple[str, ...]] = {
    "name": ("name",),
    "description": ("description",),
    "license": ("license",),
    "creator": ("creator", "prov:wasAttributedTo"),
    "date": ("dateModified", "datePublished", "dateCreated"),
    "source": ("prov:wasDerivedFrom", "isBasedOn", "url"),
    "collection": ("rai:dataCollection", "rai:dataCollectionType"),
    "intended_use": ("rai:dataUseCases", "usageInfo"),
    "version": ("version",),
    "publisher": ("publisher",),
    "citation": ("citeAs", "citation"),
    "timeframe": ("rai:dataCollectionTimeframe", "rai:dataCollectionTimeFrame", "temporalCoverage"),
    "geography": ("spatialCoverage",),
    "missing_data": ("rai:dataCollectionMissingData", "rai:dataImputationProtocol"),
    "preprocessing": (
        "rai:dataPreprocessingProtocol",
        "rai:dataManipulationProtocol",
        "rai:dataDataManipulationProtocol",
        "prov:wasGeneratedBy",
    ),
    "annotation": ("rai:dataAnnotationProtocol", "rai:dataAnnotationAnalysis", "rai:machineAnnotationTools"),
    "personal_data": ("rai:personalSensitiveInformation",),
    "limitations": ("rai:dataLimitations",),
    "biases": ("rai:dataBiases", "rai:dataSocialImpact"),
    "maintenance": ("rai:dataReleaseMaintenancePlan",),
    "lawful_basis": ("dpv:hasLegalBasis",),
    "valid_until": ("expires",),
    "processing_countries": ("dpv:hasProcessingLocation",),
    "storage_countries": ("dpv:hasStorageLocation",),
    "lineage": ("prov:wasDerivedFrom", "isBasedOn"),
}
"""Our field -> the Croissant keys that state it; the first that is filled counts."""

_PREFIXES = {
    "http://mlcommons.org/croissant/RAI/": "rai:",
    "http://mlcommons.org/croissant/": "",
    "https://schema.org/": "",
    "http://schema.org/": "",
    "schema:": "",
    "sc:": "",
    "cr:": "",
    "http://purl.org/dc/terms/": "dct:",
    "http://www.w3.org/ns/prov#": "prov:",
    "https://w3id.org/dpv#": "dpv:",
}
_RAI = frozenset(key.removeprefix("rai:") for keys in KEYS.values() for key in keys if key.startswith("rai:"))
_TEXT_ALONE = ("name", "description", "version", "dateModified", "datePublished", "dateCreated", "expires")
"""Keys whose value is one text; JSON-LD allows a text with its language or type as an object."""

_MOST_SOURCES, _MOST_STEPS = 1000, 20
"""Each source leads to each step."""


def read_croissant(document: Document, path: str) -> Record:
    """Return the record; a value of a wrong type is left out and told in ``problems``."""
    assert isinstance(document.data, dict)
    written = {plain_key(key): key for key in document.data}
    said = {plain_key(key): value for key, value in document.data.items()}
    told = (_of_text, _of_files, _of_many)
    problems = tuple(problem for find in told for problem in find(document, said, written))[:MOST_PROBLEMS]
    wrong = {plain_key(problem.where) for problem in problems}
    said = {key: value for key, value in said.items() if key not in wrong}
    fields: dict[str, Json] = {}
    for name, keys in KEYS.items():
        if (found := first_filled(said, keys)) is not None:
            fields[name] = found
    digests = tuple(_digests(said.get("distribution")))
    if digests:
        fields["sha256"] = [one.sha256 for one in digests]
    return Record(
        path=path,
        format=_version(said),
        fields=fields,
        digests=digests,
        licences=texts(said.get("license")),
        personal_data=personal_data(fields.get("personal_data")),
        lawful_basis=texts(fields.get("lawful_basis")),
        purposes=Purposes(texts=texts(fields.get("intended_use"))),
        processing=Places(named=texts(fields.get("processing_countries"))),
        storage=Places(named=texts(fields.get("storage_countries"))),
        made=first_text(fields.get("date")),
        valid_until=first_text(said.get("expires")),
        lineage=_lineage(said),
        problems=problems,
    )


def plain_key(key: str) -> str:
    """Return a key with the prefixes that records in the wild write, or leave out, made equal."""
    for long, short in _PREFIXES.items():
        if key.startswith(long):
            return short + key.removeprefix(long)
    return key if key not in _RAI else f"rai:{key}"


def _version(said: Mapping[str, Data]) -> str:
    versions = [text.rpartition("/")[2] for text in texts(said.get("dct:conformsTo", said.get("conformsTo")))
                if "/croissant/" in text and "/RAI/" not in text]  # fmt: skip
    return f"{CROISSANT}/{versions[0]}" if versions and versions[0] in ("1.0", "1.1") else CROISSANT


def _of_text(document: Document, said: Mapping[str, Data], written: Mapping[str, str]) -> Iterator[Problem]:
    for key in _TEXT_ALONE:
        value = said.get(key)
        if isinstance(value, list | bool):
            yield document.problem((written[key],), got=shown(value), expected="text")


def _of_files(document: Document, said: Mapping[str, Data], written: Mapping[str, str]) -> Iterator[Problem]:
    listed = said.get("distribution")
    for place, one in enumerate(items(listed)):
        path = (written["distribution"], place) if isinstance(listed, list) else (written["distribution"],)
        if not isinstance(one, dict):
            yield document.problem(path, got=shown(one), expected="a cr:FileObject or cr:FileSet")
            continue
        for key, value in one.items():
            if plain_key(key) in ("sha256", "contentUrl", "name") and not isinstance(value, str):
                yield document.problem((*path, key), got=shown(value), expected="text")


def _of_many(document: Document, said: Mapping[str, Data], written: Mapping[str, str]) -> Iterator[Problem]:
    for keys, most in ((KEYS["source"], _MOST_SOURCES), (("prov:wasGeneratedBy",), _MOST_STEPS)):
        for key in keys:
            if len(items(said.get(key))) > most:
                yield document.problem((written[key], most), got=shown(said[key]), expected=f"at most {most}")


def _digests(distribution: Data) -> Iterator[FileDigest]:
    for one in objects(distribution):
        plain = {plain_key(key): value for key, value in one.items()}
        digest = plain.get("sha256")
        # A file is often fetched from an address that says nothing, and has its name beside it.
        names = tuple(name for key in ("contentUrl", "@id", "name") if isinstance(name := plain.get(key), str) and name)
        if isinstance(digest, str) and is_filled(digest):
            yield FileDigest(files=names, sha256=digest)


def _lineage(said: Mapping[str, Data]) -> Lineage:
    """Return sources -> activity, where one is named -> the data file."""
    called = texts(said.get("@id"))
    sources = [_node(one, "source") for one in items(first_filled(said, KEYS["source"]))[:_MOST_SOURCES]]
    sources = [node for node in sources if node.id and node.id not in called]
    made_by = items(said.get("prov:wasGeneratedBy"))[:_MOST_STEPS]
    steps = [node for one in made_by if (node := _node(one, "transformation")).id]
    edges = [(node.id, step) for node in sources for step in [step.id for step in steps] or [OWN]]
    edges += [(step.id, OWN) for step in steps]
    return Lineage(nodes=(*sources, *steps), edges=tuple(edges), called=called)


def _node(value: Data, kind: NodeKind) -> Node:
    plain = {plain_key(key): one for key, one in value.items()} if isinstance(value, dict) else {}
    label = first_text(value)
    identity = first_text(plain.get("@id")) or first_text(plain.get("url")) or label
    return Node(id=identity, kind=kind, label=label, sha256=first_text(plain.get("sha256")))
