"""A provider's own list of what the product is made of: CycloneDX in JSON, the parts of it that are compared."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, Field

from proofbox.checks.artefacts.files import read_submitted
from proofbox.checks.documents.document import Document, Path
from proofbox.checks.documents.jsontext import read_json
from proofbox.checks.documents.validation import check as validate
from proofbox.checks.errors import BadDataError
from proofbox.checks.subject import Subject
from proofbox.checks.text import Text, t

MOST_BYTES = 5_000_000

_MOST_WORD = 2000


class _Hash(BaseModel):
    alg: str = Field(max_length=_MOST_WORD)
    content: str = Field(max_length=_MOST_WORD)


class _Metric(BaseModel):
    type: str = Field(default="", max_length=_MOST_WORD)
    value: str | int | float | None = None
    slice: str = Field(default="", max_length=_MOST_WORD)


class _Analysis(BaseModel):
    performanceMetrics: tuple[_Metric, ...] = ()  # noqa: N815 - the key's name in the file


class _ModelCard(BaseModel):
    quantitativeAnalysis: _Analysis = _Analysis()  # noqa: N815


class _Component(BaseModel):
    type: str = Field(max_length=_MOST_WORD)
    name: str = Field(max_length=_MOST_WORD)
    hashes: tuple[_Hash, ...] = ()
    components: tuple[_Component, ...] = ()
    modelCard: _ModelCard = _ModelCard()  # noqa: N815


class _Metadata(BaseModel):
    component: _Component | None = None


class _Bom(BaseModel):
    bomFormat: Literal["CycloneDX"]  # noqa: N815
    specVersion: Literal["1.5", "1.6", "1.7"]  # noqa: N815
    metadata: _Metadata = _Metadata()
    components: tuple[_Component, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One component."""

    name: str
    sha256: tuple[str, ...]
    """Its SHA-256 digests as written; other kinds of digest are not compared."""
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One figure of performance."""

    type: str
    value: str | int | float | None
    slice: str
    """The part of the data that it is said of; empty for all of them."""
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bom:
    """What a list of components says."""

    path: str
    spec_version: str
    components: tuple[Component, ...]
    """Every component, those within others as well, and the one that the list is about."""
    metrics: tuple[Metric, ...]


def read_bom(subject: Subject) -> Bom | Text:
    """Read the list under ``documents.bom``; return why it cannot be read where it cannot."""
    path = subject.documents.get("bom")
    if path is None:
        return t("the submission names no such document (documents.{key})", key="bom")
    try:
        document = read_json(read_submitted(subject.root, path, MOST_BYTES), path, MOST_BYTES)
    except BadDataError as err:
        return t("the document cannot be read: {why}", why=str(err))
    bom, problems = validate(document, _Bom)
    if bom is None:
        return t("the document cannot be read: {why}", why=str(problems[0]))
    placed = [*_placed(bom)]
    return Bom(
        path=path,
        spec_version=bom.specVersion,
        components=tuple(_component(document, place, one) for place, one in placed),
        metrics=tuple(metric for place, one in placed for metric in _metrics(document, place, one)),
    )


def _placed(bom: _Bom) -> Iterator[tuple[Path, _Component]]:
    """Yield every component with its place in the document."""
    waiting: deque[tuple[Path, _Component]] = deque(
        (("components", place), one) for place, one in enumerate(bom.components)
    )
    if bom.metadata.component is not None:
        waiting.appendleft((("metadata", "component"), bom.metadata.component))
    while waiting:
        path, one = waiting.popleft()
        yield path, one
        waiting.extend(((*path, "components", place), inner) for place, inner in enumerate(one.components))


def _component(document: Document, place: Path, one: _Component) -> Component:
    digests = tuple(digest.content for digest in one.hashes if digest.alg.upper() == "SHA-256")
    return Component(name=one.name, sha256=digests, line=document.position(place)[0])


def _metrics(document: Document, place: Path, one: _Component) -> Iterator[Metric]:
    key = (*place, "modelCard", "quantitativeAnalysis", "performanceMetrics")
    for number, metric in enumerate(one.modelCard.quantitativeAnalysis.performanceMetrics):
        line = document.position((*key, number))[0]
        yield Metric(type=metric.type, value=metric.value, slice=metric.slice, line=line)
