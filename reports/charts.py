"""Charts as small SVG images inside the page: a dot for the value, a whisker for its interval, never colour alone.

A table beside each chart says the same in numbers. Colours are from the Okabe-Ito palette and the chart still reads in
grey.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from proofbox.reports.drawing import Align, Picture

BLUE, INK, GREY, BAND, PALE = "#0b4f8a", "#1b1f24", "#5b6470", "#dce9f5", "#c3cad3"
DASH = (3, 1.6)
_LABEL_CHARACTERS = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One value to draw, with the words that stand beside it."""

    label: str
    value: float
    low: float | None
    high: float | None
    shown: str
    """The value as the reader's language writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a picture, with its name."""

    label: str
    points: tuple[tuple[float, float], ...]
    """(place, value), from left to right; at least one."""
    main: bool
    """Whether it is the one that the picture is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """The threshold that a value is compared with."""

    low: float | None
    """The acceptable range begins here; None where it has no lower end."""
    high: float | None
    label: str

    @property
    def ends(self) -> tuple[float, ...]:
        """The ends of the acceptable range, each drawn as a line."""
        return tuple(dict.fromkeys(end for end in (self.low, self.high) if end is not None))


def criterion_chart(dot: Dot, mark: Mark) -> str:
    """Return a data URI: one value with its interval on a line, the acceptable side shaded, the threshold marked."""
    low, high = _range(dot, mark)
    picture = Picture(width=262, height=62, across=(low, high), up=(0, 62))
    begin, end = low if mark.low is None else mark.low, high if mark.high is None else mark.high
    picture.band((begin, 22.32), (end, 39.68), BAND)
    picture.line([(low, 31), (high, 31)], GREY, 0.8)
    for end in mark.ends:
        picture.line([(end, 20), (end, 42)], INK, 1.6, dash=DASH)
    _whisker(picture, dot, 31)
    place = mark.ends[0] if mark.ends else low
    picture.words((place, 50), mark.label, _side(place, low, high), INK)
    picture.words((dot.value, 4), dot.shown, _side(dot.value, low, high), BLUE, bold=True)
    return picture.data_uri()


def rates_chart(dots: Sequence[Dot], ticks: Sequence[tuple[float, str]]) -> str:
    """Return a data URI: one row for each group, a dot and a whisker on a common scale."""
    row, foot = 34, 18
    height = row * len(dots) + foot
    low, high = ticks[0][0], ticks[-1][0]
    picture = Picture(width=236, height=height, across=(low, high), up=(0, height))
    for value, label in ticks:
        picture.line([(value, foot - 2), (value, foot + 2)], GREY, 0.8)
        picture.words((value, 4), label, _side(value, low, high), INK)
    for index, dot in enumerate(dots):
        y = height - row * (index + 1) + 10
        picture.line([(low, y), (high, y)], PALE, 1.0)
        if low < 0 < high:
            picture.line([(0, y - 7), (0, y + 6)], INK, 1.0, below=True)
        _whisker(picture, dot, y)
        picture.words((low, y + 9), _short(dot.label), "start", INK)
        picture.words((high, y + 9), dot.shown, "end", BLUE, bold=True)
    picture.line([(low, foot), (high, foot)], GREY, 0.8)
    return picture.data_uri()


def curve_chart(dots: Sequence[Dot], predicted: Sequence[float]) -> str:
    """Return a data URI: what happened over what was predicted, with intervals; on the line both are equal."""
    side, foot = 236, 18
    beyond = foot / (side - 2 * foot)
    picture = Picture(width=side + 8, height=side, left=36, right=8, across=(0, 1), up=(-beyond, 1 + beyond))
    picture.line([(0, 0), (1, 1)], GREY, 1.0, dash=DASH)
    picture.line([(0, 1), (0, 0), (1, 0)], GREY, 0.8)
    for dot, place in zip(dots, predicted, strict=True):
        if dot.low is not None and dot.high is not None:
            picture.line([(place, dot.low), (place, dot.high)], BLUE, 2.2, butt=True)
        picture.dot((place, dot.value), 6, BLUE, "white")
    for value in (0.0, 0.5, 1.0):
        picture.words((value, -0.08), f"{value:.0%}", _side(value, 0, 1), INK)
        picture.words((-0.02, value), f"{value:.0%}", "end", INK, middle=True)
    return picture.data_uri()


def steps_chart(dots: Sequence[Dot], ticks: Sequence[tuple[float, str]]) -> str:
    """Return a data URI: values from left to right in equal steps, joined by a line, on a vertical scale from 0."""
    width, height, foot, head, begin = 262.0, 150.0, 22.0, 16.0, 34.0
    picture = Picture(width=width, height=height, across=(0, width), up=(0, height))
    low, high = ticks[0][0], ticks[-1][0]

    def up(value: float) -> float:
        return foot + (height - foot - head) * (value - low) / (high - low)

    for value, label in ticks:
        picture.line([(begin, up(value)), (width, up(value))], PALE, 0.8, below=True)
        picture.words((0, up(value) - 3), label, "start", INK)
    places = [begin + (width - begin) * (index + 0.5) / len(dots) for index in range(len(dots))]
    picture.line([(place, up(dot.value)) for place, dot in zip(places, dots, strict=True)], BLUE, 1.2)
    for place, dot in zip(places, dots, strict=True):
        if dot.low is not None and dot.high is not None:
            picture.line([(place, up(dot.low)), (place, up(dot.high))], BLUE, 2.2)
            for end in (dot.low, dot.high):
                picture.line([(place - 4, up(end)), (place + 4, up(end))], BLUE, 1.6)
        picture.dot((place, up(dot.value)), 7.5, BLUE, "white")
        picture.words((place, 4), dot.label, "middle", INK)
        highest = up(dot.value if dot.high is None else dot.high)
        picture.words((place, highest + 5), dot.shown, "middle", BLUE, bold=True)
    return picture.data_uri()


def lines_chart(curves: Sequence[Line], across: Sequence[tuple[float, str]], up: Sequence[tuple[float, str]]) -> str:
    """Return a data URI: shares along a common scale, one line each, told apart by dash and mark and named above.

    Parameters
    ----------
    curves
        Where two lie on each other, the later one is drawn on top.
    across, up
        The ticks of both scales, each with its words; the first and the last are their ends.
    """
    height, foot, head = 150, 22, 24
    low, high = across[0][0], across[-1][0]
    bottom, top = up[0][0], up[-1][0]
    picture = Picture(width=262, height=height, left=34, right=8, across=(low, high), up=(0, height))

    def at(value: float) -> float:
        return foot + (height - foot - head) * (value - bottom) / (top - bottom)

    for value, label in up:
        picture.line([(low, at(value)), (high, at(value))], PALE, 0.8)
        picture.words((low - (high - low) * 0.015, at(value) - 3), label, "end", INK)
    for value, label in across:
        picture.line([(value, foot - 2), (value, foot + 2)], GREY, 0.8)
        picture.words((value, 5), label, _side(value, low, high), INK)
    share = (high - low) / len(curves)
    for number, curve in enumerate(curves):
        begin = low + number * share
        _marked(picture, [(begin, height - 9), (begin + share * 0.12, height - 9)], main=curve.main)
        color = BLUE if curve.main else INK
        picture.words((begin + share * 0.17, height - 12), curve.label, "start", color, bold=curve.main)
        _marked(picture, [(place, at(value)) for place, value in curve.points], main=curve.main)
    return picture.data_uri()


def scale(values: Sequence[float]) -> list[float]:
    """Return three to five even places from below the lowest of the values to above the highest, in round steps.

    Nought is one of them wherever the values lie on both sides of it.
    """
    low, high = min(values), max(values)
    if not high > low:
        low, high = (low - abs(low) / 2, high + abs(high) / 2) if low else (-1.0, 1.0)
    rough = (high - low) / 3
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-12), math.ceil(high / step - 1e-12)
    # Multiplied and rounded, not added up: 0.1 + 0.2 is no tick's name.
    return [round(place * step, 12 - math.floor(math.log10(step))) for place in range(first, last + 1)]


def _range(dot: Dot, mark: Mark) -> tuple[float, float]:
    points = [dot.value, *mark.ends, *(end for end in (dot.low, dot.high) if end is not None)]
    low, high = min(points), max(points)
    margin = (high - low) * 0.18 or max(abs(high), 1.0) * 0.18
    return low - margin, high + margin


def _whisker(picture: Picture, dot: Dot, y: float) -> None:
    if dot.low is not None and dot.high is not None:
        picture.line([(dot.low, y), (dot.high, y)], BLUE, 2.2, butt=True)
        for end in (dot.low, dot.high):
            picture.line([(end, y - 4), (end, y + 4)], BLUE, 1.6)
    picture.dot((dot.value, y), 7.5, BLUE, "white")


def _marked(picture: Picture, places: Sequence[tuple[float, float]], *, main: bool) -> None:
    """Draw a line with a mark at each of its places: the one that the picture is about, or another one."""
    if main:
        picture.line(places, BLUE, 2.6)
    else:
        picture.line(places, INK, 1.1, dash=(3, 2))
    for place in places:
        if main:
            picture.dot(place, 5.5, BLUE)
        else:
            picture.square(place, 2.6, INK)


def _side(value: float, low: float, high: float) -> Align:
    """Keep words inside the picture: at its edges they run inwards."""
    share = (value - low) / (high - low)
    return "start" if share < 0.2 else "end" if share > 0.8 else "middle"


def _short(label: str) -> str:
    return label if len(label) <= _LABEL_CHARACTERS else label[: _LABEL_CHARACTERS - 1] + "…"
