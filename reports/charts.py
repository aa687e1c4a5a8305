"""Charts as small SVG images inside the page: a dot for the value, a whisker for its interval, never colour alone.

The only import of matplotlib. Its text stays text (``svg.fonttype: none``), so that the reader's own fonts show every
letter; a table beside each chart says the same in numbers. Colours are from the Okabe-Ito palette and the chart still
reads in grey.
"""

from __future__ import annotations

import base64
import io
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLUE, INK, GREY, BAND = "#0b4f8a", "#1b1f24", "#5b6470", "#dce9f5"
FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
_MATPLOTLIB_FONTS = "font-family: 'DejaVu Sans'"
_RC: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "proofbox",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "path.simplify": False,
    "text.usetex": False,
    # A group named "$x" is a name and no formula.
    "text.parse_math": False,
}
_POINTS = 72
_LABEL_CHARACTERS = 28


_STYLES: dict[bool, dict[str, Any]] = {
    True: {"color": BLUE, "linewidth": 2.6, "marker": "o", "markersize": 5.5},
    False: {"color": INK, "linewidth": 1.1, "linestyle": (0, (3, 2)), "marker": "s", "markersize": 2.6},
}
"""How a line is drawn: the one that the picture is about, and the others."""


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


def preload() -> None:
    """Import what drawing needs (about one second of processor time), for a thread that has time to spare."""
    import matplotlib.backends.backend_svg
    import matplotlib.figure  # noqa: F401 - imported for its side effect: later imports find it loaded


def criterion_chart(dot: Dot, mark: Mark) -> str:
    """Return a data URI: one value with its interval on a line, the acceptable side shaded, the threshold marked."""
    with _drawing():
        figure, axes = _figure(width=262, height=62, left=6, right=6)
        low, high = _range(dot, mark)
        axes.set_xlim(low, high)
        axes.set_ylim(0, 62)
        axes.axvspan(
            low if mark.low is None else mark.low,
            high if mark.high is None else mark.high,
            0.36,
            0.64,
            color=BAND,
            lw=0,
        )
        axes.plot([low, high], [31, 31], color=GREY, linewidth=0.8)
        for end in mark.ends:
            axes.plot([end, end], [20, 42], color=INK, linewidth=1.6, linestyle=(0, (3, 1.6)))
        _whisker(axes, dot, 31)
        place = mark.ends[0] if mark.ends else low
        _words(axes, (place, 50), mark.label, _side(place, low, high))
        _words(axes, (dot.value, 4), dot.shown, _side(dot.value, low, high), value=True)
        return _data_uri(figure)


def rates_chart(dots: Sequence[Dot], ticks: Sequence[tuple[float, str]]) -> str:
    """Return a data URI: one row for each group, a dot and a whisker on a common scale."""
    row, foot = 34, 18
    height = row * len(dots) + foot
    with _drawing():
        figure, axes = _figure(width=236, height=height, left=6, right=6)
        low, high = ticks[0][0], ticks[-1][0]
        axes.set_xlim(low, high)
        axes.set_ylim(0, height)
        for value, label in ticks:
            axes.plot([value, value], [foot - 2, foot + 2], color=GREY, linewidth=0.8)
            _words(axes, (value, 4), label, _side(value, low, high))
        for index, dot in enumerate(dots):
            y = height - row * (index + 1) + 10
            axes.plot([low, high], [y, y], color="#c3cad3", linewidth=1.0)
            if low < 0 < high:
                axes.plot([0, 0], [y - 7, y + 6], color=INK, linewidth=1.0, zorder=0)
            _whisker(axes, dot, y)
            _words(axes, (low, y + 9), _short(dot.label), "left")
            _words(axes, (high, y + 9), dot.shown, "right", value=True)
        axes.plot([low, high], [foot, foot], color=GREY, linewidth=0.8)
        return _data_uri(figure)


def curve_chart(dots: Sequence[Dot], predicted: Sequence[float]) -> str:
    """Return a data URI: what happened over what was predicted, with intervals; on the line both are equal."""
    side, foot = 236, 18
    with _drawing():
        figure, axes = _figure(width=side + 8, height=side, left=36, right=8)
        axes.set_xlim(0, 1)
        axes.set_ylim(-foot / (side - 2 * foot), 1 + foot / (side - 2 * foot))
        axes.plot([0, 1], [0, 1], color=GREY, linewidth=1.0, linestyle=(0, (3, 1.6)))
        axes.plot([0, 0, 1], [1, 0, 0], color=GREY, linewidth=0.8)
        for dot, place in zip(dots, predicted, strict=True):
            if dot.low is not None and dot.high is not None:
                axes.plot([place, place], [dot.low, dot.high], color=BLUE, linewidth=2.2, solid_capstyle="butt")
            axes.plot(
                [place], [dot.value], marker="o", markersize=6, color=BLUE, markeredgecolor="white", clip_on=False
            )
        for value in (0.0, 0.5, 1.0):
            _words(axes, (value, -0.08), f"{value:.0%}", _side(value, 0, 1))
            axes.text(-0.02, value, f"{value:.0%}", ha="right", va="center", color=INK, fontsize=9.5, clip_on=False)
        return _data_uri(figure)


def steps_chart(dots: Sequence[Dot], ticks: Sequence[tuple[float, str]]) -> str:
    """Return a data URI: values from left to right in equal steps, joined by a line, on a vertical scale from 0."""
    width, height, foot, head = 262.0, 150.0, 22.0, 16.0
    with _drawing():
        figure, axes = _figure(width=width, height=height, left=6, right=6)
        low, high = ticks[0][0], ticks[-1][0]
        room = height - foot - head
        axes.set_xlim(0, width)
        axes.set_ylim(0, height)

        def up(value: float) -> float:
            return foot + room * (value - low) / (high - low)

        for value, label in ticks:
            axes.plot([34, width], [up(value)] * 2, color="#c3cad3", linewidth=0.8, zorder=0)
            _words(axes, (0, up(value) - 3), label, "left")
        places = [34 + (width - 34) * (index + 0.5) / len(dots) for index in range(len(dots))]
        axes.plot(places, [up(dot.value) for dot in dots], color=BLUE, linewidth=1.2)
        for place, dot in zip(places, dots, strict=True):
            if dot.low is not None and dot.high is not None:
                axes.plot([place, place], [up(dot.low), up(dot.high)], color=BLUE, linewidth=2.2)
                for end in (dot.low, dot.high):
                    axes.plot([place - 4, place + 4], [up(end)] * 2, color=BLUE, linewidth=1.6)
            axes.plot([place], [up(dot.value)], marker="o", markersize=7.5, color=BLUE, markeredgecolor="white")
            _words(axes, (place, 4), dot.label, "center")
            _words(axes, (place, up(dot.value if dot.high is None else dot.high) + 5), dot.shown, "center", value=True)
        return _data_uri(figure)


def lines_chart(curves: Sequence[Line], across: Sequence[tuple[float, str]], up: Sequence[tuple[float, str]]) -> str:
    """Return a data URI: shares along a common scale, one line each, told apart by dash and mark and named above.

    Parameters
    ----------
    curves
        Where two lie on each other, the later one is drawn on top.
    across, up
        The ticks of both scales, each with its words; the first and the last are their ends.
    """
    width, height, foot, head, left = 262, 150, 22, 24, 34
    with _drawing():
        figure, axes = _figure(width=width, height=height, left=left, right=8)
        low, high = across[0][0], across[-1][0]
        bottom, top = up[0][0], up[-1][0]
        axes.set_xlim(low, high)
        axes.set_ylim(0, height)

        def at(value: float) -> float:
            return foot + (height - foot - head) * (value - bottom) / (top - bottom)

        for value, label in up:
            axes.plot([low, high], [at(value), at(value)], color="#c3cad3", linewidth=0.8)
            axes.text(low - (high - low) * 0.015, at(value) - 3, label, ha="right", color=INK, fontsize=9.5)
        for value, label in across:
            axes.plot([value, value], [foot - 2, foot + 2], color=GREY, linewidth=0.8)
            _words(axes, (value, 5), label, _side(value, low, high))
        share = (high - low) / len(curves)
        for place, curve in enumerate(curves):
            style = _STYLES[curve.main]
            begin = low + place * share
            axes.plot([begin, begin + share * 0.12], [height - 9, height - 9], **style)
            _words(axes, (begin + share * 0.17, height - 12), curve.label, "left", value=curve.main)
            values = [at(value) for _, value in curve.points]
            axes.plot([one for one, _ in curve.points], values, clip_on=False, **style)
        return _data_uri(figure)


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


@contextmanager
def _drawing() -> Iterator[None]:
    """Fix matplotlib's settings, and silence its wish for glyphs which the reader's browser will supply."""
    import matplotlib as mpl

    with mpl.rc_context(_RC), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        yield


def _figure(*, width: float, height: float, left: float, right: float) -> tuple[Figure, Axes]:
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width / _POINTS, height / _POINTS), facecolor="none")
    FigureCanvasSVG(figure)
    axes = figure.add_axes((left / width, 0.0, (width - left - right) / width, 1.0))
    axes.set_axis_off()
    return figure, axes


def _range(dot: Dot, mark: Mark) -> tuple[float, float]:
    points = [dot.value, *mark.ends, *(end for end in (dot.low, dot.high) if end is not None)]
    low, high = min(points), max(points)
    margin = (high - low) * 0.18 or max(abs(high), 1.0) * 0.18
    return low - margin, high + margin


def _whisker(axes: Axes, dot: Dot, y: float) -> None:
    if dot.low is not None and dot.high is not None:
        axes.plot([dot.low, dot.high], [y, y], color=BLUE, linewidth=2.2, solid_capstyle="butt", clip_on=False)
        for end in (dot.low, dot.high):
            axes.plot([end, end], [y - 4, y + 4], color=BLUE, linewidth=1.6, clip_on=False)
    axes.plot([dot.value], [y], marker="o", markersize=7.5, color=BLUE, markeredgecolor="white", clip_on=False)


def _words(axes: Axes, place: tuple[float, float], text: str, align: str, *, value: bool = False) -> None:
    color, weight = (BLUE, "bold") if value else (INK, "normal")
    axes.text(*place, text, ha=align, va="baseline", color=color, fontsize=9.5, fontweight=weight)


def _side(value: float, low: float, high: float) -> str:
    """Keep words inside the picture: at its edges they run inwards."""
    share = (value - low) / (high - low)
    return "left" if share < 0.2 else "right" if share > 0.8 else "center"


def _short(label: str) -> str:
    return label if len(label) <= _LABEL_CHARACTERS else label[: _LABEL_CHARACTERS - 1] + "…"


def _data_uri(figure: Figure) -> str:
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    svg = out.getvalue().replace(_MATPLOTLIB_FONTS, f"font-family: {FONTS}")
    svg = svg[svg.index("<svg") :]
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode("utf-8", "replace")).decode("ascii")
