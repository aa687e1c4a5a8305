"""The entities, activities and relations of a PROV-JSON document, as stations and the way between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from proofbox.checks.documents.document import Data, Document, Path
from proofbox.checks.documents.problem import Problem
from proofbox.checks.documents.validation import shown
from proofbox.checks.records.model import Node, NodeKind
from proofbox.checks.records.values import first_filled, first_text, is_filled, items, objects, texts

_RELATIONS = {
    "used": ("prov:entity", "prov:activity"),
    "wasGeneratedBy": ("prov:activity", "prov:entity"),
    "wasDerivedFrom": ("prov:usedEntity", "prov:generatedEntity"),
    "wasInformedBy": ("prov:informant", "prov:informed"),
    "wasRevisionOf": ("prov:usedEntity", "prov:generatedEntity"),
    "specializationOf": ("prov:generalEntity", "prov:specificEntity"),
}
"""Relation -> the key of what it comes from, and the key of what was made of it."""

_WORDS: Mapping[NodeKind, tuple[str, ...]] = {
    "dataset": ("dataset", "collection"),
    "model": ("model",),
    "evidence": ("evidence", "report", "evaluation"),
    "source": ("source",),
}
"""Kind of an entity -> words in its ``prov:type`` that say so; the first kind that one fits counts."""

_DIGESTS = ("sha256", "checksum", "digest", "hash")
_PLACES = ("location", "atLocation", "path")


@dataclass(slots=True)
class ProvGraph:
    """Entities, activities and relations of a document and its bundles."""

    document: Document
    activities: set[str] = field(default_factory=set)
    attributes: dict[str, dict[str, Data]] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def take(self, base: Path, data: Mapping[str, Data]) -> None:
        """Add what one document or bundle states."""
        for relation, (origin, made) in _RELATIONS.items():
            self._relations((*base, relation), data.get(relation), origin, made)
        for kind in ("entity", "activity"):
            for identity, said in self._elements((*base, kind), data.get(kind)):
                local = {key.rpartition(":")[2]: value for key, value in said.items()}
                self.attributes[identity] = {**self.attributes.get(identity, {}), **local}
                if kind == "activity":
                    self.activities.add(identity)

    def nodes(self) -> tuple[Node, ...]:
        """Return every entity and activity as a station; once all is taken."""
        made = {target for _, target in self.edges}
        return tuple(
            Node(
                id=identity,
                kind=_kind(said, activity=identity in self.activities, made=identity in made),
                label=first_text(said.get("label")) or first_text(said.get("name")) or identity,
                sha256=first_text(first_filled(said, _DIGESTS)).removeprefix("sha256:"),
                path=first_text(first_filled(said, _PLACES)),
            )
            for identity, said in self.attributes.items()
        )

    def _elements(self, path: Path, value: Data) -> Iterator[tuple[str, dict[str, Data]]]:
        if value is not None and not isinstance(value, dict):
            self._wrong(path, value, "ids with their attributes")
            return
        for identity, said in (value or {}).items():
            if not isinstance(said, dict | list):
                self._wrong((*path, identity), said, "attributes with their values")
            # The same id may be stated several times, as a list.
            merged = {key: one for each in objects(said) for key, one in each.items()}
            yield identity, merged

    def _relations(self, path: Path, value: Data, origin: str, made: str) -> None:
        if value is not None and not isinstance(value, dict):
            self._wrong(path, value, "ids with their attributes")
            return
        for identity, stated in (value or {}).items():
            for one in items(stated):
                ends = [first_text(one.get(key)) for key in (origin, made)] if isinstance(one, dict) else ["", ""]
                if all(ends):
                    self.edges.append((ends[0], ends[1]))
                elif not (isinstance(one, dict) and is_filled(one.get(made))):
                    # An activity without an entity, or the other way round, is allowed where it is not known.
                    self._wrong((*path, identity), one, f"{origin} and {made}")

    def _wrong(self, path: Path, value: Data, expected: str) -> None:
        self.problems.append(self.document.problem(path, got=shown(value), expected=expected))


def _kind(said: Mapping[str, Data], *, activity: bool, made: bool) -> NodeKind:
    types = " ".join(texts(said.get("type"))).casefold()
    if activity:
        return "training" if "train" in types else "transformation"
    named = (kind for kind, words in _WORDS.items() if any(word in types for word in words))
    return next(named, "dataset" if made else "source")
