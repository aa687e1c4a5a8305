"""What the documents say, and what the model is made of, as far as the record has it in a known shape."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.result import Json
from proofbox.checks.text import Text, t
from proofbox.reports.details import as_it_stands, dicts_in, list_in, number_in, text_in, texts_in, whole_in

if TYPE_CHECKING:
    from proofbox.policies.record import MeasurementRecord

RECORD, BOM, CLAIMS = "provenance.model_record", "provenance.bom", "transparency.claims"

DOCUMENTS: Mapping[str, Text] = {
    "model_card_blocks_filled": t("model card"),
    "system_card_blocks_filled": t("system card"),
    "sections_filled": t("datasheet"),
}
"""Measure whose detail says which blocks of a document are there -> what the document is called."""

BLOCKS: Mapping[str, Text] = {
    "properties": t("properties"),
    "purpose": t("purpose"),
    "scope": t("scope"),
    "limits_and_risks": t("limits and risks"),
    "training_data": t("training data"),
    "training_settings": t("training settings"),
    "performance": t("performance"),
    "architecture": t("architecture"),
    "components": t("components"),
    "model": t("model"),
    "data": t("data"),
    "safety_and_security": t("safety and security"),
    "incidents": t("incidents, vulnerabilities and fixes"),
    "motivation": t("motivation"),
    "composition": t("composition"),
    "collection": t("collection"),
    "preprocessing": t("preprocessing"),
    "uses": t("uses"),
    "distribution": t("distribution"),
    "maintenance": t("maintenance"),
}

LISTED: Mapping[str, Text] = {
    "right": t("named with its digest"),
    "without digest": t("named without a digest"),
    "another digest": t("named with another digest"),
    "missing": t("not named"),
}
"""What a provider's list says of a file -> the words for it."""

VERIFIED = t("verified by the key or certificate that was given")
NOT_VERIFIED = t("there, and not verified: nobody gave a key or certificate")
FAULTY = t("not in order")
UNSIGNED = t("none")

ABOVE, WITHIN = t("above what was measured"), t("within what was measured")
NOT_COMPARED: Mapping[str, Text] = {
    "of training data": t("not compared: it is of training data"),
    "of a part of the data": t("not compared: it is of a part of the data"),
    "not measured": t("not compared: the measure was not taken here"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BlocksView:
    """One document and its blocks."""

    document: Text
    missing: tuple[Text, ...]
    empty: tuple[Text, ...]
    problem: Text | None
    """Why there is no document to read; None where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimView:
    """One figure that a document claims."""

    written: str
    figure: str
    where: str
    state: Text
    measured: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordView:
    """What the model is made of, and its signature."""

    digest: str
    files: tuple[tuple[str, str], ...]
    """(path, sha256) of the first of them."""
    left_out: int
    signature: Text
    signed_by: str
    faults: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedView:
    """One file and what the provider's list of components says of it."""

    path: str
    state: Text
    line: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentsView:
    """Everything that documents say."""

    record: RecordView | None
    blocks: tuple[BlocksView, ...]
    claims: tuple[ClaimView, ...]
    unread: tuple[tuple[str, Text], ...]
    """(place, what stands there or why it cannot be read)."""
    listed: tuple[ListedView, ...]
    list_problem: Text | None


def documents_view(measurements: Iterable[MeasurementRecord]) -> DocumentsView | None:
    """Return what the record says of documents and of the model's files; None where nobody looked."""
    by_measure = {item.measure: item for item in measurements if item.measure in DOCUMENTS or item.check in _CHECKS}
    if not by_measure:
        return None
    details = {name: item.detail for name, item in by_measure.items()}
    return DocumentsView(
        record=_record(details),
        blocks=tuple(_blocks(name, details[name]) for name in DOCUMENTS if name in details),
        claims=tuple(sorted(_claims(details), key=lambda claim: claim.state != ABOVE)),
        unread=tuple(_unread(details.get("figures_unread", {}))),
        listed=tuple(_listed(details.get("bom_coverage", {}))),
        list_problem=text_in(details.get("bom_coverage", {}).get("problem")),
    )


_CHECKS = frozenset((RECORD, BOM, CLAIMS))


def said_of_documents(item: MeasurementRecord) -> Iterator[str]:
    """Yield one English line for each thing found in a measurement's detail, for a terminal."""
    if item.measure in DOCUMENTS:
        blocks = _blocks(item.measure, item.detail)
        for said, names in (("missing", blocks.missing), ("says nothing", blocks.empty)):
            if names:
                yield f"{blocks.document}, {said}: {', '.join(map(str, names))}"
        if blocks.problem is not None:
            yield str(blocks.problem)
    details = {item.measure: item.detail} if item.check in _CHECKS else {}
    if item.measure in ("claims_compared", "claims_not_compared"):
        for claim in _claims(details):
            measured = "" if claim.measured is None else f", measured {claim.measured:.4f}"
            yield f"{claim.where}: {claim.written} {claim.figure}: {claim.state}{measured}"
    for where, text in _unread(details.get("figures_unread", {})):
        yield f"{where}: {text}"
    if "signature_faults" in details:
        yield from map(str, texts_in(item.detail.get("faults")))
    for one in _listed(details.get("bom_coverage", {})):
        yield f"{one.path}: {one.state}{'' if one.line is None else f' (line {one.line})'}"
    if problem := text_in(details.get("bom_coverage", {}).get("problem")):
        yield str(problem)


Details = Mapping[str, Mapping[str, Json]]


def _record(details: Details) -> RecordView | None:
    made, signed = details.get("model_files"), details.get("signature_faults")
    if made is None or signed is None:
        return None
    faults = tuple(texts_in(signed.get("faults")))
    by = signed.get("signed_by")
    state = UNSIGNED if signed.get("signature") is None else NOT_VERIFIED
    state = FAULTY if faults else VERIFIED if by else state
    return RecordView(
        digest=str(made.get("digest")),
        files=tuple((str(one.get("path")), str(one.get("sha256"))) for one in dicts_in(made.get("files"))),
        left_out=whole_in(made.get("files_left_out")) or 0,
        signature=state,
        signed_by=str(by) if by and not faults else "",
        faults=faults,
    )


def _blocks(measure: str, detail: Mapping[str, Json]) -> BlocksView:
    return BlocksView(
        document=DOCUMENTS[measure],
        missing=tuple(_block(name) for name in list_in(detail.get("missing"))),
        empty=tuple(_block(name) for name in list_in(detail.get("say_nothing"))),
        problem=text_in(detail.get("problem")),
    )


def _block(name: Json) -> Text:
    return BLOCKS.get(str(name), as_it_stands(name))


def _claims(details: Details) -> Iterator[ClaimView]:
    for measure in ("claims_compared", "claims_not_compared"):
        for one in dicts_in(details.get(measure, {}).get("claims")):
            excess = number_in(one.get("excess"))
            left = NOT_COMPARED.get(str(one.get("because")), NOT_COMPARED["not measured"])
            state = left if excess is None else ABOVE if excess > 0 else WITHIN
            yield ClaimView(
                written=str(one.get("written")),
                figure=str(one.get("figure")),
                where=str(one.get("where")),
                state=state,
                measured=number_in(one.get("measured")),
                low=number_in(one.get("low")),
                high=number_in(one.get("high")),
            )


def _unread(detail: Mapping[str, Json]) -> Iterator[tuple[str, Text]]:
    for one in dicts_in(detail.get("unread")):
        yield str(one.get("where")), text_in(one.get("problem")) or as_it_stands(one.get("text"))


def _listed(detail: Mapping[str, Json]) -> Iterator[ListedView]:
    for one in dicts_in(detail.get("files")):
        state = str(one.get("state"))
        yield ListedView(
            path=str(one.get("path")), state=LISTED.get(state, as_it_stands(state)), line=whole_in(one.get("line"))
        )
