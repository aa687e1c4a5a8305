"""A picture as SVG, of lines, dots, squares, bands and words, placed by the values that they stand for.

Written directly: what a plotting library does for such a picture takes a hundred times longer, and its bytes differ
from one version to the next. Words stay text, so that the reader's own fonts show every letter.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Literal

from proofbox.reports.visible import visible

FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"
FONT_SIZE = 9.5
_HALF_HEIGHT = 3.4
"""From the middle of a line of such words down to the line that they stand on."""

Place = tuple[float, float]
Align = Literal["start", "middle", "end"]


@dataclass(slots=True, kw_only=True)
class Picture:
    """What is drawn so far; lengths are in points, places in the values of the two scales."""

    width: float
    height: float
    left: float = 6
    """Margin on the left; there are none above and below."""
    right: float = 6
    across: Place
    """The values at the two ends of the horizontal scale."""
    up: Place
    """The values at the lower and the upper edge."""
    _below: list[str] = field(default_factory=list)
    _shapes: list[str] = field(default_factory=list)
    _words: list[str] = field(default_factory=list)

    def line(
        self,
        places: Sequence[Place],
        color: str,
        width: float,
        *,
        dash: Sequence[float] = (),
        butt: bool = False,
        below: bool = False,
    ) -> None:
        """Draw a line from place to place.

        Parameters
        ----------
        dash
            Lengths of strokes and gaps, in widths of the line; none: it is whole.
        butt
            Whether it ends exactly at its last places; else it reaches half its width beyond them.
        below
            Whether it lies under all that is drawn otherwise.
        """
        cap = "" if dash or butt else ' stroke-linecap="square"'
        strokes = f' stroke-dasharray="{" ".join(_number(part * width) for part in dash)}"' if dash else ""
        points = " ".join(",".join(self._at(place)) for place in places)
        drawn = f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="{width}"{cap}{strokes}/>'
        (self._below if below else self._shapes).append(drawn)

    def dot(self, place: Place, size: float, color: str, edge: str | None = None) -> None:
        """Draw a disc of that diameter, with an edge of one point."""
        x, y = self._at(place)
        circle = f'<circle cx="{x}" cy="{y}" r="{_number(size / 2)}" fill="{color}" stroke="{edge or color}"/>'
        self._shapes.append(circle)

    def square(self, place: Place, size: float, color: str) -> None:
        """Draw a square with sides of that length, with an edge of one point."""
        x, y = (_number(float(middle) - size / 2) for middle in self._at(place))
        square = f'<rect x="{x}" y="{y}" width="{size}" height="{size}" fill="{color}" stroke="{color}"/>'
        self._shapes.append(square)

    def band(self, low: Place, high: Place, color: str) -> None:
        """Fill the rectangle between its lower left and its upper right corner; it lies under the lines."""
        left, bottom = map(float, self._at(low))
        right, top = map(float, self._at(high))
        size = f'width="{_number(right - left)}" height="{_number(bottom - top)}"'
        self._below.append(f'<rect x="{_number(left)}" y="{_number(top)}" {size} fill="{color}"/>')

    def words(
        self, place: Place, text: str, align: Align, color: str, *, bold: bool = False, middle: bool = False
    ) -> None:
        """Write words that stand on a place, or whose middle is level with it; empty ones leave nothing."""
        if not text:
            return
        x, y = self._at(place)
        if middle:
            y = _number(float(y) + _HALF_HEIGHT)
        weight = ' font-weight="bold"' if bold else ""
        anchor = f'text-anchor="{align}" fill="{color}"{weight}'
        self._words.append(f'<text x="{x}" y="{y}" {anchor}>{escape(visible(text))}</text>')

    def data_uri(self) -> str:
        """Return the picture for an ``img``: it loads nothing, and equal pictures are equal to the byte."""
        width, height = _number(self.width), _number(self.height)
        size = f'width="{width}pt" height="{height}pt" viewBox="0 0 {width} {height}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} stroke-linejoin="round">'
        words = [f'<g font-family="{FONTS}" font-size="{FONT_SIZE}px">', *self._words, "</g>"]
        svg = "\n".join([head, *self._below, *self._shapes, *words, "</svg>\n"])
        return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode("ascii")

    def _at(self, place: Place) -> tuple[str, str]:
        (low, high), (bottom, top) = self.across, self.up
        room = self.width - self.left - self.right
        x = self.left + room * (place[0] - low) / (high - low)
        y = self.height * (top - place[1]) / (top - bottom)
        return _number(x), _number(y)


def _number(value: float) -> str:
    """Return a length with at most three decimals, never in powers of ten."""
    return f"{value:.3f}".rstrip("0").rstrip(".")
