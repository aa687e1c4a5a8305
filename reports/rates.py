"""The rates of groups: as one check measured them, or as the detail of a gap between groups lists them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from proofbox.checks.result import Json
from proofbox.policies.record import MeasurementRecord
from proofbox.reports.charts import rates_chart, scale
from proofbox.reports.figures import Chart, dot_of, value_in_words
from proofbox.reports.i18n import Translator
from proofbox.reports.visible import visible

RATES = "fairness.group_rates"
CHARTED = ("selection_rate", "true_positive_rate", "false_positive_rate")
TABLED = (*CHARTED, "precision", "accuracy", "base_rate")
OF_SHARES = frozenset({"fairness.calibration", "fairness.ranking"})
"""Checks whose values of groups are shares, and shown as percentages."""
_MOST_GROUPS_IN_A_CHART = 24

Say = Callable[[float], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RatesView:
    """What was measured of the groups of one attribute (or one intersection of attributes)."""

    heading: str
    attribute: str
    measures: tuple[str, ...]
    rows: tuple[tuple[str, int, tuple[MeasurementRecord | None, ...]], ...]
    """Group, rows in it, and one measurement (or none) for each of ``measures``."""
    charts: tuple[Chart, ...]
    say: Say
    """Writes a value in the reader's language: a share as a percentage, another number as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCount:
    """How often the counted thing happened in one group, as a check's ``detail`` says it."""

    group: str
    count: int
    of: int
    rate: float


Groups = dict[str, dict[str, MeasurementRecord]]
"""Group -> measure -> what was measured."""


def rates_views(measurements: tuple[MeasurementRecord, ...], translator: Translator) -> Iterable[RatesView]:
    """Yield what checks measured group by group: first all rates, then the values of other checks, by attribute."""
    tables: dict[tuple[bool, str, str, tuple[str, ...]], Groups] = {}
    for item in measurements:
        if item.group:
            group = " + ".join(translator.category(visible(str(item.group[key]))) for key in sorted(item.group))
            # One check may be asked for several metrics, each of which has a scale of its own.
            of = item.detail.get("metric")
            key = (item.check != RATES, item.check, of if isinstance(of, str) else "", tuple(sorted(item.group)))
            tables.setdefault(key, {}).setdefault(group, {})[item.measure] = item
    for (other, check, metric, attributes), groups in sorted(tables.items(), key=lambda entry: entry[0][0]):
        attribute = " + ".join(visible(name) for name in attributes)
        if not other:
            yield _view(translator.gettext("By {attribute}", attribute=attribute), attribute, groups, translator)
            continue
        measured = dict.fromkeys(measure for found in groups.values() for measure in found)
        title = ", ".join(translator.measure(measure) for measure in measured)
        if metric:
            title = f"{title} ({visible(metric)})"
        heading = translator.gettext("{measure} by {attribute}", measure=title, attribute=attribute)
        yield _other_view(translator.heading(heading), attribute, groups, translator, shares=check in OF_SHARES)


def _view(heading: str, attribute: str, groups: Groups, translator: Translator) -> RatesView:
    measures = tuple(name for name in TABLED if any(name in found for found in groups.values()))
    ticks = [(share / 100, translator.percent(share / 100)) for share in (0, 25, 50, 75, 100)]
    return RatesView(
        heading=heading,
        attribute=attribute,
        measures=measures,
        rows=_rows(groups, measures),
        charts=tuple(
            _chart(name, attribute, groups, translator, ticks=ticks, say=translator.rate)
            for name in CHARTED
            if name in measures
        ),
        say=translator.rate,
    )


def _other_view(heading: str, attribute: str, groups: Groups, translator: Translator, *, shares: bool) -> RatesView:
    measures = tuple(dict.fromkeys(measure for found in groups.values() for measure in found))
    say = translator.rate if shares else translator.measured
    charts = []
    for measure in measures:
        drawn = [found[measure] for found in groups.values() if measure in found]
        places = scale([value for item in drawn for value in _ends(item)])
        ticks = [(place, (translator.percent if shares else translator.number)(place)) for place in places]
        charts.append(_chart(measure, attribute, groups, translator, ticks=ticks, say=say))
    return RatesView(
        heading=heading,
        attribute=attribute,
        measures=measures,
        rows=_rows(groups, measures),
        charts=tuple(charts),
        say=say,
    )


def _ends(item: MeasurementRecord) -> tuple[float, ...]:
    return (item.value, item.interval.low, item.interval.high) if item.interval else (item.value,)


def _rows(
    groups: Groups, measures: tuple[str, ...]
) -> tuple[tuple[str, int, tuple[MeasurementRecord | None, ...]], ...]:
    return tuple((group, _size(found), tuple(map(found.get, measures))) for group, found in groups.items())


def _size(found: Mapping[str, MeasurementRecord]) -> int:
    if "count" in found:
        return int(found["count"].value)
    return max(item.sample_size for item in found.values())


def _chart(
    measure: str,
    attribute: str,
    groups: Groups,
    translator: Translator,
    *,
    ticks: list[tuple[float, str]],
    say: Say,
) -> Chart:
    drawn = [(group, found[measure]) for group, found in groups.items() if measure in found][:_MOST_GROUPS_IN_A_CHART]
    said = "; ".join(f"{group}: {value_in_words(item, translator, say)}" for group, item in drawn)
    title = translator.measure(measure)
    alt = translator.gettext("{measure} by {attribute}: {values}.", measure=title, attribute=attribute, values=said)
    return Chart(title=title, uri=rates_chart([dot_of(group, item, say) for group, item in drawn], ticks), alt=alt)


def group_counts(item: MeasurementRecord) -> tuple[tuple[str, str, tuple[GroupCount, ...]], ...]:
    """Return (rate, what it is of, its groups) from the detail of a gap between groups.

    What it is of is a class or a combination of attributes where a gap is the worst of several, and empty elsewhere;
    where the detail has another shape there is nothing.
    """
    blocks = item.detail.get("rates", [dict(item.detail)])
    found = []
    for block in blocks if isinstance(blocks, list) else []:
        if isinstance(block, dict) and isinstance(name := block.get("rate"), str):
            listed = block.get("groups")
            counts = tuple(map(_count, listed)) if isinstance(listed, list) else ()
            within = block.get("within", "")
            if counts and all(counts):
                found.append(
                    (name, within if isinstance(within, str) else "", tuple(count for count in counts if count))
                )
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """What became of one group within one stratum, as ``fairness.decisions_only`` says it."""

    name: str
    people: int
    selected: int
    expected: float


def strata_of(item: MeasurementRecord) -> tuple[str, tuple[Stratum, ...]]:
    """Return the group that fell shortest and how it fared in each stratum; nothing where nothing was stratified."""
    group, listed = item.detail.get("group"), item.detail.get("strata")
    if not item.detail.get("within") or not isinstance(group, dict) or not isinstance(listed, list):
        return "", ()
    return " + ".join(str(group[key]) for key in sorted(group)), tuple(filter(None, map(_stratum, listed)))


def _stratum(listed: Json) -> Stratum | None:
    match listed:
        case {"stratum": dict(name), "people": int(people), "selected": int(selected),
              "expected": int(expected) | float(expected)}:  # fmt: skip
            joined = " + ".join(map(str, name.values()))
            return Stratum(name=joined, people=people, selected=selected, expected=float(expected))
        case _:
            return None


def _count(listed: Json) -> GroupCount | None:
    match listed:
        case {"group": dict(group), "count": int(count), "of": int(of), "rate": int(rate) | float(rate)}:
            return GroupCount(group=" + ".join(str(group[key]) for key in sorted(group)), count=count, of=of, rate=rate)
        case _:
            return None
