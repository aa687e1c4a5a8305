"""Where the data come from: what their records say, what is missing or wrong in them, and the lineage of the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from proofbox.checks.result import Json
from proofbox.checks.text import Text, t
from proofbox.reports.details import texts_in
from proofbox.reports.lineage import LineageView, lineage_view

if TYPE_CHECKING:
    from proofbox.policies.record import MeasurementRecord

RECORD = "provenance.record"

FIELDS: Mapping[str, Text] = {
    "name": t("name"),
    "description": t("description"),
    "license": t("licence"),
    "creator": t("creator"),
    "date": t("date"),
    "source": t("origin"),
    "sha256": t("digest (SHA-256)"),
    "collection": t("how it was collected"),
    "intended_use": t("intended use"),
    "version": t("version"),
    "publisher": t("publisher"),
    "citation": t("citation"),
    "timeframe": t("period"),
    "geography": t("region"),
    "missing_data": t("missing data"),
    "preprocessing": t("preparation"),
    "annotation": t("how labels were made"),
    "personal_data": t("personal data"),
    "limitations": t("limitations"),
    "biases": t("biases"),
    "maintenance": t("maintenance"),
    "lawful_basis": t("lawful basis"),
    "valid_until": t("valid until"),
    "processing_countries": t("countries of processing"),
    "storage_countries": t("countries of storage"),
    "lineage": t("lineage"),
}


@dataclass(slots=True, kw_only=True)
class RecordView:
    """The record of one data file, filled in from one measurement after the other."""

    role: Text
    file: str = ""
    format: str = ""
    missing_required: tuple[Text, ...] = ()
    missing_recommended: tuple[Text, ...] = ()
    problems: list[Text] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class OriginView:
    """What the page says of where the data come from."""

    records: tuple[RecordView, ...]
    lineage: LineageView | None


def origin_view(measurements: Iterable[MeasurementRecord]) -> OriginView | None:
    """Return what the record says of the data's origin; None where nobody looked."""
    found = tuple(measurements)
    records: dict[str, RecordView] = {}
    for item in found:
        if item.check == RECORD:
            role = str(item.params.get("role"))
            words = t("training") if role == "training" else t("evaluation")
            _add(records.setdefault(role, RecordView(role=words)), item)
    lineage = lineage_view(found)
    return OriginView(records=tuple(records.values()), lineage=lineage) if records or lineage else None


def said_of_origin(item: MeasurementRecord) -> Iterator[str]:
    """Yield one English line for each thing that a measurement's detail names, for a terminal."""
    if item.check != RECORD:
        return
    view = RecordView(role=t("evaluation"))
    _add(view, item)
    for missing in (*view.missing_required, *view.missing_recommended):
        yield f"missing: {missing}"
    yield from map(str, view.problems)


def _add(view: RecordView, item: MeasurementRecord) -> None:
    view.file = str(item.detail.get("record") or view.file)
    view.format = str(item.detail.get("format") or view.format)
    if item.measure == "required_fields_present":
        view.missing_required = tuple(_fields(item.detail.get("missing")))
    elif item.measure == "recommended_fields_present":
        view.missing_recommended = tuple(_fields(item.detail.get("missing")))
    view.problems += [one for one in texts_in(item.detail.get("problems")) if one not in view.problems]


def _fields(value: Json) -> Iterator[Text]:
    for name in value if isinstance(value, list) else ():
        yield FIELDS.get(str(name), Text("{x}", {"x": str(name)}))
