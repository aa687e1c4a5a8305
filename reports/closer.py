"""What two checks list in their detail, as a page shows it: the reliability curve, and the columns that moved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from proofbox.checks.result import Json
from proofbox.policies.record import MeasurementRecord
from proofbox.reports.charts import Dot, curve_chart
from proofbox.reports.figures import Chart
from proofbox.reports.i18n import Translator
from proofbox.reports.visible import visible

SHOWN = 12
"""Columns in the table; the evidence table of the bundle has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """The rows of one bin of probability."""

    rows: int
    predicted: float
    observed: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveView:
    """What happened, against what was predicted."""

    label: str
    """The label whose probability it is."""
    bins: tuple[Bin, ...]
    chart: Chart


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedColumn:
    """One column of the evaluation data against the training data."""

    column: str
    effect: float
    stability_index: float
    adjusted_p_value: float
    missing_in_training: float
    missing_in_evaluation: float
    fresh: str
    """Categories that the training data do not have."""


def curves(measurements: tuple[MeasurementRecord, ...], translator: Translator) -> Iterator[CurveView]:
    """Yield one curve for each measurement of calibration that lists one; none for a strange detail."""
    for item in measurements:
        listed = item.detail.get("curve")
        if item.measure != "expected_calibration_error" or item.group or not isinstance(listed, list):
            continue
        bins = tuple(found for one in listed if isinstance(one, dict) and (found := _bin(one)) is not None)
        if bins:
            yield CurveView(
                label=visible(str(item.detail.get("counted_label", ""))), bins=bins, chart=_chart(bins, translator)
            )


def moved(measurements: tuple[MeasurementRecord, ...]) -> tuple[MovedColumn, ...]:
    """Return the columns that drift was measured of, those that most surely moved first; none for a strange detail."""
    item = next((one for one in measurements if one.measure == "drifted_columns"), None)
    listed = item.detail.get("columns") if item else None
    rows = listed[:SHOWN] if isinstance(listed, list) else []
    return tuple(found for one in rows if isinstance(one, dict) and (found := _column(one)) is not None)


def _numbers(one: Mapping[str, Json], *names: str) -> list[float] | None:
    found = [float(value) for name in names if isinstance(value := one.get(name), int | float)]
    return found if len(found) == len(names) else None


def _bin(one: Mapping[str, Json]) -> Bin | None:
    found = _numbers(one, "rows", "predicted", "observed", "observed_low", "observed_high")
    if found is None:
        return None
    rows, predicted, observed, low, high = found
    return Bin(rows=int(rows), predicted=predicted, observed=observed, low=low, high=high)


def _column(one: Mapping[str, Json]) -> MovedColumn | None:
    names = ("effect", "stability_index", "adjusted_p_value", "missing_in_training", "missing_in_evaluation")
    found, fresh = _numbers(one, *names), one.get("not_in_training")
    if found is None:
        return None
    effect, stability_index, p_value, before, now = found
    return MovedColumn(
        column=visible(str(one.get("column", ""))),
        effect=effect,
        stability_index=stability_index,
        adjusted_p_value=p_value,
        missing_in_training=before,
        missing_in_evaluation=now,
        fresh=", ".join(visible(str(name)) for name in fresh) if isinstance(fresh, list) else "",
    )


def _chart(bins: tuple[Bin, ...], translator: Translator) -> Chart:
    title = translator.gettext("What happened (upwards) against what was predicted")
    dots = [
        Dot(label="", value=one.observed, low=one.low, high=one.high, shown=translator.rate(one.observed))
        for one in bins
    ]
    said = "; ".join(
        translator.gettext(
            "predicted {predicted}, happened {observed} ({low} to {high})",
            predicted=translator.rate(one.predicted),
            observed=translator.rate(one.observed),
            low=translator.rate(one.low),
            high=translator.rate(one.high),
        )
        for one in bins
    )
    uri = curve_chart(dots, [one.predicted for one in bins])
    return Chart(title=title, uri=uri, alt=f"{title}. {said}.")
