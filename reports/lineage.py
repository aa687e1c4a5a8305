"""The lineage of a model as a picture: where each station stands on the page and how the ways run; nothing is computed.

Stations stand in rows, each below what it was made of, so that the page reads downwards on any screen. A station is
told by words and signs before colour, and the ways are written out beside the picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.result import Json
from proofbox.checks.text import Text, t

if TYPE_CHECKING:
    from proofbox.policies.record import MeasurementRecord

CHECK = "provenance.lineage"

KINDS: Mapping[str, Text] = {
    "source": t("source"),
    "transformation": t("transformation"),
    "dataset": t("data set"),
    "training": t("training run"),
    "model": t("model"),
    "evidence": t("evidence"),
}

ASSESSMENT = "(this assessment)"
WIDTH, HEIGHT, GAP_X, GAP_Y, ACROSS = 216, 58, 24, 40, 4
"""Of a station, and between stations, in units of the picture; stations that stand side by side."""
_LABEL = 27
"""Characters of a name that fit into a station."""
_MOST = 100
"""Stations that are drawn, whatever a record holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """One station, where it stands and what it says."""

    x: int
    y: int
    name: Text
    short: Text
    kind: Text
    note: Text | None
    """What is wrong with it, or that its digest comes later."""
    state: str
    """``whole``, ``bare`` (no digest) or ``circle``."""
    digest: str
    """Its first twelve digits; empty where it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way from a station to what was made of it."""

    path: str
    """The line, as SVG has it."""
    head: str
    """The corners of its arrow head."""
    origin: Station
    made: Station
    by_submission: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LineageView:
    """The picture."""

    width: int
    height: int
    stations: tuple[Station, ...]
    ways: tuple[Way, ...]
    left_out: int


def lineage_view(measurements: Iterable[MeasurementRecord]) -> LineageView | None:
    """Return the picture; None where no lineage was measured."""
    found = (item.detail.get("graph") for item in measurements if item.check == CHECK)
    graph = next((one for one in found if one is not None), None)
    if not isinstance(graph, dict):
        return None
    nodes = [one for one in _objects(graph.get("nodes")) if isinstance(one.get("label"), str)][:_MOST]
    edges = [edge for one in _objects(graph.get("edges"))[: 4 * _MOST] if (edge := _edge(one, len(nodes))) is not None]
    circle = {number for number, one in enumerate(nodes) if one.get("in_cycle") is True}
    rows = _rows(len(nodes), [(origin, made) for origin, made, _ in edges if not {origin, made} <= circle])
    places = _places(rows)
    stations = tuple(_station(one, *places[number]) for number, one in enumerate(nodes))
    ways = (_way(stations[origin], stations[made], stated=stated) for origin, made, stated in edges)
    left_out = graph.get("left_out")
    return LineageView(
        width=max((station.x for station in stations), default=0) + WIDTH + GAP_X,
        height=max((station.y for station in stations), default=0) + HEIGHT + GAP_X,
        stations=stations,
        ways=tuple(sorted(ways, key=lambda way: (way.origin.y, way.origin.x, way.made.y, way.made.x))),
        left_out=left_out if type(left_out) is int else 0,
    )


def _objects(value: Json) -> list[dict[str, Json]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _edge(one: Mapping[str, Json], size: int) -> tuple[int, int, bool] | None:
    origin, made = one.get("from"), one.get("to")
    if type(origin) is not int or type(made) is not int or not (0 <= origin < size and 0 <= made < size):
        return None
    return origin, made, one.get("by_submission") is True


def _rows(size: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """Return the row of each station: one below the lowest of those that it was made of.

    Ways within a circle are not among ``edges``; were one left all the same, the rows stop growing.
    """
    rows = [0] * size
    for _ in range(size):
        before = list(rows)
        for origin, made in edges:
            rows[made] = min(max(rows[made], rows[origin] + 1), size)
        if rows == before:
            break
    return rows


def _places(rows: Sequence[int]) -> list[tuple[int, int]]:
    """Return x and y of each station; a row of many goes on below itself."""
    places = [(0, 0)] * len(rows)
    top = GAP_X
    for row in sorted(set(rows)):
        members = [number for number, one in enumerate(rows) if one == row]
        for place, number in enumerate(members):
            down, along = divmod(place, ACROSS)
            places[number] = (GAP_X + along * (WIDTH + GAP_X), top + down * (HEIGHT + GAP_Y // 2))
        top = max(places[number][1] for number in members) + HEIGHT + GAP_Y
    return places


def _station(one: Mapping[str, Json], x: int, y: int) -> Station:
    name, digest = str(one.get("label")), one.get("sha256")
    known = isinstance(digest, str) and len(digest) == 64
    circle, described = one.get("in_cycle") is True, one.get("described") is not False
    note = t("its digest is that of the bundle") if name == ASSESSMENT else None
    if not known and note is None:
        note = t("no valid digest") if described else t("described nowhere")
    return Station(
        x=x,
        y=y,
        name=_called(name),
        short=_called(name if len(name) <= _LABEL else f"{name[: _LABEL - 1]}…"),
        kind=KINDS.get(str(one.get("kind")), Text("{x}", {"x": str(one.get("kind"))})),
        note=t("part of a circle") if circle else note,
        state="circle" if circle else "whole" if known or name == ASSESSMENT else "bare",
        digest=str(digest)[:12] if known else "",
    )


def _called(name: str) -> Text:
    return t("this assessment") if name == ASSESSMENT else Text("{x}", {"x": name})


def _way(origin: Station, made: Station, *, stated: bool) -> Way:
    """Return a way from the lower edge of one station to the upper edge of the other, straight down first."""
    x, y, to_x, to_y = origin.x + WIDTH // 2, origin.y + HEIGHT, made.x + WIDTH // 2, made.y - 7
    bend, turn = GAP_Y // 2 + 6, max(y, to_y - GAP_Y + 7)
    return Way(
        path=f"M{x} {y} V{turn} C{x} {turn + bend} {to_x} {to_y - bend} {to_x} {to_y}",
        head=f"{to_x - 5},{to_y} {to_x + 5},{to_y} {to_x},{to_y + 7}",
        origin=origin,
        made=made,
        by_submission=stated,
    )
