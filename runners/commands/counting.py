"""How many bundles were read by now: on a terminal in one line, in a pipe or in CI every ten seconds, on stderr."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proofbox.runners.evidence.reading import Told

EVERY_SECONDS = 10.0


@contextmanager
def counting() -> Iterator[Told]:
    """Give who is told after each bundle how many were whole, and how many left out."""
    from proofbox.runners.assessing.progress import shows_bars

    if shows_bars():
        with _line() as shown:
            yield shown
        return
    last = time.monotonic()

    def told(whole: int, left_out: int) -> None:
        nonlocal last
        if time.monotonic() - last >= EVERY_SECONDS:
            last = time.monotonic()
            print(f"proofbox: {_said(whole, left_out)}", file=sys.stderr)

    yield told


@contextmanager
def _line() -> Iterator[Told]:
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        row = shown.add_task("looking for bundles", total=None)
        yield lambda whole, left_out: shown.update(row, description=_said(whole, left_out))


def _said(whole: int, left_out: int) -> str:
    return f"{whole} bundles read" + (f", {left_out} left out" if left_out else "")
