"""The one record that every format becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Literal

from proofbox.checks.documents.problem import Problem
from proofbox.checks.result import Json

COMPACT = "proofbox/provenance/v1"
"""Our own format, in YAML or JSON."""
STANDARDS = "data-provenance-standards/1.0.0"
"""Data & Trust Alliance, Data Provenance Standards 1.0.0."""
PROV = "prov-json"
"""W3C PROV-JSON."""
CROISSANT = "croissant"
"""MLCommons Croissant; ``croissant/1.0`` or ``croissant/1.1`` where the record says which."""

FIELDS = (
    "name",
    "description",
    "license",
    "creator",
    "date",
    "source",
    "sha256",
    "collection",
    "intended_use",
    "version",
    "publisher",
    "citation",
    "timeframe",
    "geography",
    "missing_data",
    "preprocessing",
    "annotation",
    "personal_data",
    "limitations",
    "biases",
    "maintenance",
    "lawful_basis",
    "valid_until",
    "processing_countries",
    "storage_countries",
    "lineage",
)
"""What a record may say, under our names; docs/provenance.md has the keys of each format."""

OWN = "."
"""In a lineage, the data file that the record is of."""

NodeKind = Literal["source", "transformation", "dataset", "training", "model", "evidence"]
KINDS: tuple[NodeKind, ...] = ("source", "transformation", "dataset", "training", "model", "evidence")
"""From where data come from to what is shown of a model, in that order."""


PersonalData = Literal["declared", "denied", "unsaid"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDigest:
    """A digest that a record states."""

    files: tuple[str, ...]
    """Path, address and name of the file, as written; empty where the record is of one file."""
    sha256: str
    """As written: it may be malformed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One station of a lineage."""

    id: str
    kind: NodeKind
    label: str
    sha256: str = ""
    """As written; empty where none is stated."""
    path: str = ""
    """Path inside the submission, where it is a file or folder of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What a record says of the way from sources to the model."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[tuple[str, str], ...] = ()
    """(id it comes from, id of what was made of it)."""
    called: tuple[str, ...] = ()
    """Ids by which other records may call the data file that the record is of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Countries of one kind of use, as written."""

    named: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Purposes:
    """What the data may be used for."""

    sectors: tuple[str, ...] = ()
    """Sectors or codes, as written."""
    texts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One provenance record."""

    path: str
    """Of the record's file, inside the submission."""
    format: str
    """:data:`COMPACT`, :data:`STANDARDS`, :data:`PROV` or one that begins with :data:`CROISSANT`."""
    fields: Mapping[str, Json]
    """Field -> its value as written, for the fields that are filled."""
    digests: tuple[FileDigest, ...] = ()
    holds_digests: bool = True
    """Whether the format has a key for digests at all."""
    licences: tuple[str, ...] = ()
    personal_data: PersonalData = "unsaid"
    lawful_basis: tuple[str, ...] = ()
    purposes: Purposes = field(default_factory=Purposes)
    processing: Places = field(default_factory=Places)
    storage: Places = field(default_factory=Places)
    made: str = ""
    """When the data were made or last changed, as written; empty where it is not said."""
    valid_until: str = ""
    lineage: Lineage = field(default_factory=Lineage)
    problems: tuple[Problem, ...] = ()
    """What in it departs from its format; what is wrong is left out and the rest is read."""

    def digests_of(self, path: str) -> tuple[str, ...]:
        """Return the digests declared for a file: by its path or name, or as the one file that the record is of."""
        names = {path, PurePosixPath(path).name}
        return tuple(
            one.sha256
            for one in self.digests
            if not one.files or any(file == path or PurePosixPath(file).name in names for file in one.files)
        )
