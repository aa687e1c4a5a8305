"""How far it is: a bar on a terminal, plain lines in a pipe or in CI, always on stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from proofbox.runners.assessing.settings import Watch

if TYPE_CHECKING:
    from proofbox.runners.assessing.plan import Task


@contextmanager
def progress(*, enabled: bool) -> Iterator[Watch]:
    """Yield a watch that shows what it is told."""
    if not enabled:
        yield Watch()
    elif shows_bars():
        with _bar() as watch:
            yield watch
    else:
        yield Watch(step=lambda name: print(f"proofbox: {name}", file=sys.stderr))


def shows_bars() -> bool:
    """Whether messages go to a terminal that somebody looks at."""
    return sys.stderr.isatty() and os.environ.get("CI", "").lower() not in ("1", "true")


@contextmanager
def _bar() -> Iterator[Watch]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        row = bar.add_task("starting", total=None)

        def done(task: Task) -> None:
            bar.update(row, advance=1, description=task.check.id)

        yield Watch(
            planned=lambda number: bar.update(row, total=number),
            step=lambda name: bar.update(row, description=name),
            part=lambda number, of: bar.update(row, description=f"counting block {number} of {of}"),
            done=done,
        )
