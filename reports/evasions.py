"""How many decisions an attack turned by how large a change, beside random search, as its measurement says it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from proofbox.checks.result import Json
from proofbox.policies.record import MeasurementRecord
from proofbox.reports.charts import Line, lines_chart, scale
from proofbox.reports.figures import Chart
from proofbox.reports.i18n import Translator


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What share of the attacked rows was turned by a change of no more than a distance."""

    distance: float
    attack: float
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EvasionView:
    """One attack."""

    rows: int
    queries: float
    """Changed rows asked about for each attacked row, on average."""
    norm: str
    immutable: tuple[str, ...]
    points: tuple[Point, ...]
    """From the smallest distance to the budget; at least one."""
    chart: Chart

    @property
    def budget(self) -> float:
        """The largest change that counts."""
        return self.points[-1].distance


def evasion_views(measurements: tuple[MeasurementRecord, ...], translator: Translator) -> Iterable[EvasionView]:
    """Yield one view for each attack that was measured; none for a strange detail."""
    for item in measurements:
        curve, queries = item.detail.get("curve"), item.detail.get("queries")
        if item.measure != "evasion_rate" or not isinstance(curve, list) or not isinstance(queries, int):
            continue
        points = tuple(found for one in curve if (found := _point(one)) is not None)
        immutable = item.detail.get("immutable")
        if points:
            yield EvasionView(
                rows=item.sample_size,
                queries=queries / item.sample_size,
                norm=str(item.detail.get("norm", "")),
                immutable=tuple(str(name) for name in immutable) if isinstance(immutable, list) else (),
                points=points,
                chart=_chart(points, translator),
            )


def _point(one: Json) -> Point | None:
    if not isinstance(one, dict):
        return None
    names = ("distance", "evasion_rate", "random_evasion_rate")
    numbers = [float(value) for name in names if isinstance(value := one.get(name), int | float)]
    if len(numbers) != len(names):
        return None
    distance, attack, chance = numbers
    return Point(distance=distance, attack=attack, chance=chance)


def _chart(points: tuple[Point, ...], translator: Translator) -> Chart:
    title = translator.gettext("Decisions turned, by the size of the change")
    attack, chance = translator.gettext("attack"), translator.gettext("random changes")
    top = max(max(one.attack, one.chance) for one in points)
    up = [(place, translator.percent(place)) for place in scale([0.0, top or 0.1]) if place <= 1]
    across = [(place, translator.number(place)) for place in (0.0, points[-1].distance / 2, points[-1].distance)]
    curves = (
        Line(label=attack, points=tuple((one.distance, one.attack) for one in points), main=True),
        Line(label=chance, points=tuple((one.distance, one.chance) for one in points), main=False),
    )
    said = "; ".join(
        translator.gettext(
            "{distance}: {attack} and {chance}",
            distance=translator.number(one.distance),
            attack=translator.percent(one.attack),
            chance=translator.percent(one.chance),
        )
        for one in points
    )
    return Chart(title=title, uri=lines_chart(curves, across, up), alt=f"{title} ({attack}, {chance}). {said}.")
