"""How the model treats groups, and how it stands change: the page's pictures, each with its table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from proofbox.reports.degradation import curve_views
from proofbox.reports.evasions import evasion_views
from proofbox.reports.papers.paper import Block, Section, Table, Words
from proofbox.reports.printed.pieces import figure, picture, table, text

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment, MeasurementRecord
    from proofbox.reports.closer import CurveView
    from proofbox.reports.i18n import Translator
    from proofbox.reports.rates import RatesView
    from proofbox.reports.view import ReportView
    from proofbox.reports.worstgroups import WorstView

MOST_RATES = 3
"""Of one table."""


def group_sections(view: ReportView, say: Translator) -> Iterator[Section]:
    """Yield the groups' rates, and the groups that differ most."""
    if not (view.rates or view.worst):
        return
    lead = say.gettext(
        "Rates of each group with their intervals. A dot is the value, a whisker its interval; where whiskers lie far"
        " apart, the groups are treated differently."
    )
    yield Section(title=say.gettext("How the model treats the groups"), basis="", blocks=(Words(text=lead),))
    for rates in view.rates:
        blocks: tuple[Block, ...] = (*_rates(rates, say), *map(picture, rates.charts))
        yield Section(title=rates.heading, basis="", blocks=blocks, level=2)
    for worst in view.worst:
        title = say.gettext("Groups that differ most from everybody else: {rate}", rate=say.measure(worst.rate))
        yield Section(title=title, basis="", blocks=(_worst(worst, say), picture(worst.chart)), level=2)


def change_sections(assessment: Assessment, view: ReportView, say: Translator) -> Iterator[Section]:
    """Yield what was measured of probabilities, of changed rows and of attacks."""
    for curve in view.curves:
        title = say.gettext("Do probabilities of {label} mean what they say?", label=curve.label)
        yield Section(title=title, basis="", blocks=(_reliability(curve, say), picture(curve.chart)))
    curves = curve_views(assessment.measurements, say)
    for number, found in enumerate(curves):
        if number == 0:
            yield Section(title=say.gettext("How the model stands changed rows"), basis="", blocks=())
        titles = ((say.text(found.axis), 6), (say.gettext("Rows"), 2), (say.gettext("Decisions that turned"), 5))
        rows = (
            (text(one.name), figure(say.number(one.rows)), figure(_rate(one.rate, one.low, one.high, say)))
            for one in found.points
        )
        shown = (table("", titles, rows), picture(found.chart))
        yield Section(title=say.heading(say.measure(found.measure)), basis="", blocks=shown, level=2)
    for attack in evasion_views(assessment.measurements, say):
        titles = (
            (say.gettext("Size of the change, at most"), 4),
            (say.gettext("Turned by the attack"), 4),
            (say.gettext("Turned at random"), 4),
        )
        points = (
            (text(say.number(one.distance)), figure(say.rate(one.attack)), figure(say.rate(one.chance)))
            for one in attack.points
        )
        shown = (table("", titles, points), picture(attack.chart))
        yield Section(title=say.gettext("How the model stands an attack"), basis="", blocks=shown)


def _rates(view: RatesView, say: Translator) -> Iterator[Table]:
    """Yield the rates, so many in a table as an upright page has room for."""
    for start in range(0, len(view.measures), MOST_RATES):
        chosen = slice(start, start + MOST_RATES)
        measures = ((say.heading(say.measure(one)), 4) for one in view.measures[chosen])
        titles = ((view.attribute, 3), (say.gettext("Rows"), 2), *measures)
        rows = (
            (text(group), figure(say.number(size)), *(figure(_shown(item, view)) for item in found[chosen]))
            for group, size, found in view.rows
        )
        yield table("", titles, rows)


def _shown(item: MeasurementRecord | None, view: RatesView) -> str:
    if item is None:
        return "–"
    ends = item.interval
    return f"{view.say(item.value)} ({view.say(ends.low)} – {view.say(ends.high)})" if ends else view.say(item.value)


def _worst(view: WorstView, say: Translator) -> Table:
    titles = (
        *((say.gettext("Group"), 5), (say.gettext("Rows"), 2), (say.heading(say.measure(view.rate)), 3)),
        *((say.gettext("Everybody else"), 3), (say.gettext("Difference"), 5)),
    )
    rows = (
        (text(say.category(one.group)), figure(say.number(one.of)), figure(say.rate(one.rate)),
         figure(say.rate(one.rest)), figure(_rate(one.difference, one.low, one.high, say)))
        for one in view.rows
    )  # fmt: skip
    judged = say.gettext(
        "{judged} groups were compared with everybody outside them; the intervals hold for all of them at once.",
        judged=view.judged,
    )
    return table(judged, titles, rows)


def _reliability(view: CurveView, say: Translator) -> Table:
    titles = ((say.gettext("Predicted"), 3), (say.gettext("Happened"), 5), (say.gettext("Rows"), 3))
    rows = (
        (
            text(say.rate(one.predicted)),
            figure(_rate(one.observed, one.low, one.high, say)),
            figure(say.number(one.rows)),
        )
        for one in view.bins
    )
    return table("", titles, rows)


def _rate(value: float, low: float, high: float, say: Translator) -> str:
    return f"{say.rate(value)} ({say.rate(low)} – {say.rate(high)})"
