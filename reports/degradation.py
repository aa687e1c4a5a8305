"""How the model stood perturbations: the curve of each check that kept one, as a picture and a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from proofbox.checks.result import Json
from proofbox.checks.text import Text, t
from proofbox.policies.record import MeasurementRecord
from proofbox.reports.charts import Dot, rates_chart, scale, steps_chart
from proofbox.reports.figures import Chart
from proofbox.reports.i18n import Translator
from proofbox.reports.visible import visible

AXES: Mapping[str, Text] = {
    "severity": t("Noise, in standard deviations of each input"),
    "values": t("Values missing in each row"),
    "distance": t("Distance from the median, in standard deviations"),
}
"""Key of a curve's points -> what its numbers are; a curve with another key lists ways that have no order."""

WAYS: Mapping[str, Text] = {
    "slip": t("How the number was written"),
    "category": t("What the text became"),
    "column": t("Input that was lost"),
    "share": t("Largest change, as a share of the standard deviation"),
}
NAMES: Mapping[str, Text] = {
    "times a thousand": t("times a thousand"),
    "a thousandth": t("a thousandth"),
    "comma lost": t("comma lost"),
    "unknown": t("unknown category"),
    "rare": t("rare category"),
}
_MOST_DRAWN = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One way of changing rows, and how many decisions it turned."""

    name: str
    rate: float
    low: float
    high: float
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CurveView:
    """What one perturbation check measured of each way, severity or column."""

    measure: str
    axis: Text
    points: tuple[Point, ...]
    """In the order of the severities, or the highest rate first."""
    more: int
    """Points that are not shown: the record has them."""
    chart: Chart


def curve_views(measurements: Iterable[MeasurementRecord], translator: Translator) -> tuple[CurveView, ...]:
    """Return the curves of all measurements that keep one, in the order of the record."""
    return tuple(view for item in measurements if (view := _view(item, translator)) is not None)


def _view(item: MeasurementRecord, translator: Translator) -> CurveView | None:
    listed = item.detail.get("curve")
    for key, axis in (*AXES.items(), *WAYS.items()):
        points = [_point(one, key, translator) for one in listed] if isinstance(listed, list) else []
        known = [one for one in points if one is not None]
        if not known:
            continue
        shown = known if key in AXES else sorted(known, key=lambda one: -one.rate)
        shown = shown[:_MOST_DRAWN]
        return CurveView(
            measure=item.measure,
            axis=axis,
            points=tuple(shown),
            more=len(known) - len(shown),
            chart=_chart(item.measure, axis, shown, translator, ordered=key in AXES),
        )
    return None


def _point(listed: Json, key: str, translator: Translator) -> Point | None:
    if not isinstance(listed, dict) or key not in listed:
        return None
    match listed:
        case {"flip_rate": int(rate) | float(rate), "low": int(low) | float(low), "high": int(high) | float(high),
              "rows": int(rows)}:  # fmt: skip
            return Point(name=_name(listed[key], translator), rate=rate, low=low, high=high, rows=rows)
        case _:
            return None


def _name(value: Json, translator: Translator) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return translator.number(value)
    text = str(value)
    return translator.text(NAMES[text]) if text in NAMES else visible(text)


def _chart(measure: str, axis: Text, points: Sequence[Point], translator: Translator, *, ordered: bool) -> Chart:
    title = translator.measure(measure)
    said = "; ".join(f"{one.name}: {translator.rate(one.rate)}" for one in points)
    alt = translator.gettext("{measure} by {attribute}: {values}.", measure=title, attribute=translator.text(axis),
                             values=said)  # fmt: skip
    dots = [
        Dot(label=one.name, value=one.rate, low=one.low, high=one.high, shown=translator.rate(one.rate))
        for one in points
    ]
    ticks = [(place, translator.percent(place)) for place in scale([0.0, max(one.high for one in points)])]
    return Chart(title=title, uri=steps_chart(dots, ticks) if ordered else rates_chart(dots, ticks), alt=alt)
