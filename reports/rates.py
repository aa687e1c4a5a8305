"""The rates of groups: as one check measured them, or as the detail of a gap between groups lists them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from proofbox.checks.result import Json
from proofbox.policies.record import MeasurementRecord
from proofbox.reports.charts import rates_chart
from proofbox.reports.figures import Chart, dot_of, value_in_words
from proofbox.reports.i18n import Translator
from proofbox.reports.visible import visible

RATES = "fairness.group_rates"
CHARTED = ("selection_rate", "true_positive_rate", "false_positive_rate")
TABLED = (*CHARTED, "precision", "accuracy", "base_rate")
_MOST_GROUPS_IN_A_CHART = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class RatesView:
    """The rates of the groups of one attribute (or one intersection of attributes)."""

    attribute: str
    measures: tuple[str, ...]
    rows: tuple[tuple[str, int, tuple[MeasurementRecord | None, ...]], ...]
    """Group, rows in it, and one measurement (or none) for each of ``measures``."""
    charts: tuple[Chart, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCount:
    """How often the counted thing happened in one group, as a check's ``detail`` says it."""

    group: str
    count: int
    of: int
    rate: float


def rates_views(measurements: tuple[MeasurementRecord, ...], translator: Translator) -> Iterable[RatesView]:
    """Yield the rates that ``fairness.group_rates`` measured, one view for each attribute."""
    tables: dict[tuple[str, ...], dict[str, dict[str, MeasurementRecord]]] = {}
    for item in measurements:
        if item.check == RATES and item.group:
            group = " + ".join(visible(str(item.group[key])) for key in sorted(item.group))
            tables.setdefault(tuple(sorted(item.group)), {}).setdefault(group, {})[item.measure] = item
    for attributes, groups in tables.items():
        measures = tuple(name for name in TABLED if any(name in found for found in groups.values()))
        attribute = " + ".join(visible(name) for name in attributes)
        yield RatesView(
            attribute=attribute,
            measures=measures,
            rows=tuple((group, _size(found), tuple(map(found.get, measures))) for group, found in groups.items()),
            charts=tuple(_rates_chart(name, attribute, groups, translator) for name in CHARTED if name in measures),
        )


def _size(found: Mapping[str, MeasurementRecord]) -> int:
    if "count" in found:
        return int(found["count"].value)
    return max(item.sample_size for item in found.values())


def _rates_chart(
    measure: str, attribute: str, groups: Mapping[str, Mapping[str, MeasurementRecord]], translator: Translator
) -> Chart:
    drawn = [(group, found[measure]) for group, found in groups.items() if measure in found][:_MOST_GROUPS_IN_A_CHART]
    ticks = [(share / 100, translator.percent(share / 100)) for share in (0, 25, 50, 75, 100)]
    said = "; ".join(f"{group}: {value_in_words(item, translator, percent=True)}" for group, item in drawn)
    title = translator.measure(measure)
    alt = translator.gettext("{measure} by {attribute}: {values}.", measure=title, attribute=attribute, values=said)
    return Chart(
        title=title, uri=rates_chart([dot_of(group, item, translator.rate) for group, item in drawn], ticks), alt=alt
    )


def group_counts(item: MeasurementRecord) -> tuple[tuple[str, tuple[GroupCount, ...]], ...]:
    """Return (rate, its groups) pairs from the detail of a gap between groups; nothing where it has another shape."""
    blocks = item.detail.get("rates", [dict(item.detail)])
    found = []
    for block in blocks if isinstance(blocks, list) else []:
        if isinstance(block, dict) and isinstance(name := block.get("rate"), str):
            listed = block.get("groups")
            counts = tuple(map(_count, listed)) if isinstance(listed, list) else ()
            if counts and all(counts):
                found.append((name, tuple(count for count in counts if count)))
    return tuple(found)


def _count(listed: Json) -> GroupCount | None:
    match listed:
        case {"group": dict(group), "count": int(count), "of": int(of), "rate": int(rate) | float(rate)}:
            return GroupCount(group=" + ".join(str(group[key]) for key in sorted(group)), count=count, of=of, rate=rate)
        case _:
            return None
