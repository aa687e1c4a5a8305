"""W3C PROV-JSON: the entity that is the data file gives the fields, and what was used and made gives the lineage."""

from __future__ import annotations

from collections.abc import Mapping

from proofbox.checks.documents.document import Data, Document
from proofbox.checks.records.model import FIELDS, PROV, FileDigest, Lineage, Node, Purposes, Record
from proofbox.checks.records.provgraph import ProvGraph
from proofbox.checks.records.values import first_filled, first_text, objects, personal_data, places, texts
from proofbox.checks.result import Json

_LOCAL_NAMES = {
    "name": ("name", "title", "label"),
    "date": ("date", "modified", "issued", "created", "generatedAtTime"),
    "license": ("license", "rights"),
    "source": ("source", "wasDerivedFrom"),
    "valid_until": ("valid_until", "valid", "expires", "invalidatedAtTime"),
    "lawful_basis": ("lawful_basis", "hasLegalBasis"),
}
"""Our field -> local names of attributes that state it, beside its own name."""


def is_prov(data: Mapping[str, Data]) -> bool:
    """Return whether an object is PROV-JSON: entities by id."""
    return isinstance(data.get("entity"), dict)


def read_prov(document: Document, path: str, data_file: str, sha256: str | None) -> Record:
    """Return the record of one data file.

    Parameters
    ----------
    data_file, sha256
        Path and digest of the data file; the entity of that path, name or digest is the one that gives the fields.
    """
    assert isinstance(document.data, dict)
    graph = ProvGraph(document)
    graph.take((), document.data)
    bundles = document.data.get("bundle")
    for name, bundle in bundles.items() if isinstance(bundles, dict) else ():
        if isinstance(bundle, dict):
            graph.take(("bundle", name), bundle)
    nodes = graph.nodes()
    own = next((node for node in nodes if _is_file(node, data_file, sha256)), None)
    said = graph.attributes.get(own.id, {}) if own else {}
    if own is None:
        got = f"no entity of '{data_file}'"
        hint = "give one prov:location with the path, or its sha256"
        graph.problems.append(document.problem(("entity",), got=got, expected="the data file as an entity", hint=hint))
    fields: dict[str, Json] = {}
    for name in FIELDS:
        if (found := first_filled(said, (name, *_LOCAL_NAMES.get(name, ())))) is not None:
            fields[name] = found
    fields |= _of_relations(graph, document.data, own)
    return Record(
        path=path,
        format=PROV,
        fields=fields,
        digests=(FileDigest(files=(data_file,), sha256=own.sha256),) if own and own.sha256 else (),
        licences=texts(fields.get("license")),
        personal_data=personal_data(said.get("personal_data")),
        lawful_basis=texts(fields.get("lawful_basis")),
        purposes=Purposes(sectors=texts(said.get("sectors")), texts=texts(fields.get("intended_use"))),
        processing=places(said, "processing"),
        storage=places(said, "storage"),
        made=first_text(fields.get("date")),
        valid_until=first_text(fields.get("valid_until")),
        lineage=Lineage(nodes=nodes, edges=tuple(graph.edges), called=(own.id,) if own else ()),
        problems=tuple(graph.problems),
    )


def _is_file(node: Node, path: str, sha256: str | None) -> bool:
    name = path.rpartition("/")[2]
    by_path = path in (node.path, node.id) or name in (node.path, node.id.rpartition(":")[2].rpartition("/")[2])
    return by_path or (sha256 is not None and node.sha256.lower() == sha256)


def _of_relations(graph: ProvGraph, data: Mapping[str, Data], own: Node | None) -> dict[str, Json]:
    """Return the fields that relations state: who made the data file, and of what."""
    if own is None:
        return {}
    found: dict[str, Json] = {}
    attributed = data.get("wasAttributedTo")
    stated = [one for each in (attributed.values() if isinstance(attributed, dict) else ()) for one in objects(each)]
    agents: list[Json] = [
        agent
        for one in stated
        if first_text(one.get("prov:entity")) == own.id and (agent := first_text(one.get("prov:agent")))
    ]
    if agents:
        found["creator"] = agents
    origins: list[Json] = [*_sources(graph, own.id)]
    if origins:
        found |= {"source": origins, "lineage": origins}
    return found


def _sources(graph: ProvGraph, own: str) -> list[str]:
    """Return the stations that something led to ``own`` from and that nothing led to, over whatever way."""
    before: dict[str, list[str]] = {}
    for origin, made in graph.edges:
        before.setdefault(made, []).append(origin)
    seen, open_ends = {own}, [own]
    while open_ends:
        new = [one for one in before.get(open_ends.pop(), ()) if one not in seen]
        seen.update(new)
        open_ends += new
    return sorted(one for one in seen - {own} if one not in before)
