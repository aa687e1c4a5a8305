"""Crosswalks as an OSCAL mapping-collection (1.2): for tools that read mappings, with what is not mapped beside it.

Equal crosswalks give equal bytes: identifiers are derived from names, and the date is that on which the clauses were
read. OSCAL's control ids are tokens, so that ``4(3)`` becomes ``4.3`` there and stands as it is in a property.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from proofbox.policies.clause_lists import clause_lists

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.policies.crosswalks import ClauseMap, Crosswalk

OSCAL_VERSION = "1.2.1"
NAMESPACE = "https://proofbox.example/ns/oscal"
_WORDS = re.compile(r"[^\W_]+")
_IDS = uuid.uuid5(uuid.NAMESPACE_URL, NAMESPACE)

DESCRIPTION = (
    "Mapped by theme by the makers of Proofbox; no official table of correspondence between these texts was found. "
    "A map says that clauses are about the same thing. It is no evidence that either is met."
)


def mapping_collection(crosswalks: Sequence[Crosswalk]) -> dict[str, Json]:
    """Return the document: one mapping for each pair of source and target framework.

    Parameters
    ----------
    crosswalks
        At least one.
    """
    pairs = [(one, source) for one in crosswalks for source in _sources(one)]
    frameworks = sorted({source for _, source in pairs} | {one.target for one in crosswalks})
    read_on = max(one.checked_on for one in crosswalks)
    resources: list[Json] = [_resource(framework) for framework in frameworks]
    mappings: list[Json] = [_mapping(one, source) for one, source in pairs]
    return {
        "mapping-collection": {
            "uuid": _id("collection", *(one.id for one in crosswalks)),
            "metadata": {
                "title": "Crosswalk of laws and frameworks on artificial intelligence",
                "last-modified": f"{read_on}T00:00:00+00:00",
                "version": read_on,
                "oscal-version": OSCAL_VERSION,
            },
            "provenance": {
                "method": "human",
                "matching-rationale": "semantic",
                "status": "draft",
                "mapping-description": DESCRIPTION,
            },
            "mappings": mappings,
            "back-matter": {"resources": resources},
        }
    }


def _sources(crosswalk: Crosswalk) -> list[str]:
    return list(dict.fromkeys(source.framework for item in crosswalk.maps for source in item.sources))


def _mapping(crosswalk: Crosswalk, source: str) -> Json:
    items = [item for item in crosswalk.maps if any(one.framework == source for one in item.sources)]
    maps: list[Json] = [_map(crosswalk, source, item) for item in items]
    mapped = {clause for item in items for one in item.sources if one.framework == source for clause in one.clauses}
    reached = {clause for item in items for clause in item.targets}
    found: dict[str, Json] = {
        "uuid": _id("mapping", crosswalk.id, source),
        "source-resource": {"type": "catalog", "href": f"#{_id('resource', source)}"},
        "target-resource": {"type": "catalog", "href": f"#{_id('resource', crosswalk.target)}"},
        "maps": maps,
    }
    for side, framework, there in (("source", source, mapped), ("target", crosswalk.target, reached)):
        left = [one.clause for one in clause_lists()[framework].clauses if one.clause not in there]
        if left:
            ids: list[Json] = [_token(framework, clause) for clause in left]
            unmapped: list[Json] = [{"with-ids": ids}]
            summary: dict[str, Json] = {"uuid": _id(side, crosswalk.id, source), "unmapped-controls": unmapped}
            found[f"{side}-gap-summary"] = summary
    return found


def _map(crosswalk: Crosswalk, source: str, item: ClauseMap) -> Json:
    clauses = [clause for one in item.sources if one.framework == source for clause in one.clauses]
    return {
        "uuid": _id("map", crosswalk.id, source, item.id),
        "relationship": item.relation,
        "matching-rationale": "semantic",
        "sources": _items(source, clauses),
        "targets": _items(crosswalk.target, item.targets),
        "confidence-score": {"category": item.confidence},
        "props": [{"name": "theme", "ns": NAMESPACE, "value": item.id}],
        "remarks": f"{item.rationale.en} Gap: {item.gap.en}",
    }


def _items(framework: str, clauses: Iterable[str]) -> list[Json]:
    return [
        {
            "type": "control",
            "id-ref": _token(framework, clause),
            "props": [{"name": "clause", "ns": NAMESPACE, "value": clause}],
        }
        for clause in clauses
    ]


def _resource(framework: str) -> Json:
    listed = clause_lists()[framework]
    return {
        "uuid": _id("resource", framework),
        "title": listed.title.en,
        "description": f"{framework}, {listed.source}",
    }


def _token(framework: str, clause: str) -> str:
    """Return a clause as an OSCAL token: a letter first, then letters, digits, dots, hyphens and underscores."""
    return f"{framework}_{'.'.join(_WORDS.findall(clause))}"


def _id(*names: str) -> str:
    return str(uuid.uuid5(_IDS, "/".join(names)))
