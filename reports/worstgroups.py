"""The groups that fare most differently from everybody else, as their check lists them in its detail."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from proofbox.checks.result import Json
from proofbox.policies.record import MeasurementRecord
from proofbox.reports.charts import Dot, rates_chart, scale
from proofbox.reports.figures import Chart
from proofbox.reports.i18n import Translator
from proofbox.reports.visible import visible

SEARCHED = frozenset({"worst_group_difference", "worst_slice_shortfall"})
"""Measures whose detail lists groups, or slices of ordinary features, against everybody else."""

SHOWN = 12
"""Groups in the table and the picture; the evidence table of the bundle has all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstGroup:
    """One group against everybody else."""

    group: str
    """Each attribute with its value."""
    short: str
    """For a picture: a value that has no letters, such as 0, with its attribute, and every other alone."""
    of: int
    rate: float
    rest: float
    difference: float
    low: float
    high: float
    adjusted_p_value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorstView:
    """The groups that differ most in one rate."""

    rate: str
    rows: tuple[WorstGroup, ...]
    judged: int
    too_small: tuple[str, ...]
    """Groups that have too few rows to be judged, with their rows."""
    chart: Chart


def worst_views(measurements: tuple[MeasurementRecord, ...], translator: Translator) -> Iterable[WorstView]:
    """Yield the groups that differ most, one view for each rate that was searched; none for a strange detail."""
    for item in measurements:
        listed, rate = item.detail.get("worst_groups"), item.detail.get("rate")
        if item.measure not in SEARCHED or not isinstance(listed, list) or not isinstance(rate, str):
            continue
        rows = tuple(found for one in listed[:SHOWN] if (found := _group(one)) is not None)
        judged, small = item.detail.get("groups_judged"), item.detail.get("too_small")
        listed_small = small if isinstance(small, list) else []
        if rows and isinstance(judged, int):
            yield WorstView(
                rate=rate,
                rows=rows,
                judged=judged,
                too_small=tuple(_small(one) for one in listed_small if isinstance(one, dict)),
                chart=_chart(rows, rate, translator),
            )


def _group(one: Json) -> WorstGroup | None:
    if not isinstance(one, dict) or not isinstance(of := one.get("of"), int):
        return None
    names = ("rate", "rest", "difference", "low", "high", "adjusted_p_value")
    numbers = [float(value) for name in names if isinstance(value := one.get(name), int | float)]
    if len(numbers) != len(names):
        return None
    rate, rest, difference, low, high, p_value = numbers
    return WorstGroup(
        group=_name(one),
        short=" + ".join(_told(attribute, visible(str(category))) for attribute, category in _members(one)),
        of=of,
        rate=rate,
        rest=rest,
        difference=difference,
        low=low,
        high=high,
        adjusted_p_value=p_value,
    )


def _name(one: Mapping[str, Json]) -> str:
    return " + ".join(f"{visible(attribute)}: {visible(str(category))}" for attribute, category in _members(one))


def _told(attribute: str, category: str) -> str:
    return category if any(map(str.isalpha, category)) else f"{visible(attribute)}: {category}"


def _members(one: Mapping[str, Json]) -> Iterable[tuple[str, Json]]:
    group = one.get("group")
    return group.items() if isinstance(group, dict) else ()


def _small(one: Mapping[str, Json]) -> str:
    return f"{_name(one)} ({one.get('of', '?')})"


def _chart(rows: tuple[WorstGroup, ...], rate: str, translator: Translator) -> Chart:
    title = translator.gettext("{measure}: the group's less everybody else's", measure=translator.measure(rate))
    places = scale([end for row in rows for end in (row.low, row.high)] + [0.0])
    dots = [
        Dot(
            label=translator.category(row.short),
            value=row.difference,
            low=row.low,
            high=row.high,
            shown=translator.rate(row.difference),
        )
        for row in rows
    ]
    said = "; ".join(
        translator.gettext(
            "{group}: {value} ({low} to {high})",
            group=row.group,
            value=translator.rate(row.difference),
            low=translator.rate(row.low),
            high=translator.rate(row.high),
        )
        for row in rows
    )
    uri = rates_chart(dots, [(place, translator.percent(place)) for place in places])
    return Chart(title=title, uri=uri, alt=f"{title}. {said}.")
