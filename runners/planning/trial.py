"""The trial: the submitted model is started behind the walls and asked for a few seconds, to see how quick it is."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.errors import ModelFailedError
from proofbox.runners.hosted.hosting import Hosting, open_hosting
from proofbox.runners.hosted.walls import Walls
from proofbox.sandbox.errors import ModelError

if TYPE_CHECKING:
    from proofbox.runners.assessing.settings import Settings
    from proofbox.runners.submitted.resolve import Resolved

TRIAL_SECONDS = 3.0
BATCH_ROWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """How quick a model is here."""

    start_seconds: float
    """From nothing to a model that answers: its process, libraries, loading."""
    call_seconds: float
    """One call about one row."""
    rows_per_second: float
    """In large batches, the cost of a call taken off."""
    rows: int
    """Rows that the trial asked about."""

    def seconds(self, rows: int, calls: int, starts: int = 0) -> float:
        """Return about how long so many rows in so many calls take, with so many fresh starts."""
        return rows / self.rows_per_second + calls * self.call_seconds + starts * self.start_seconds


@dataclass(frozen=True, slots=True)
class NoSpeed:
    """The model could not be tried, and why."""

    reason: str


def try_model(resolved: Resolved, settings: Settings, walls: Walls) -> Speed | NoSpeed:
    """Start the model behind the walls and ask it about ordinary rows, for about :data:`TRIAL_SECONDS`.

    Raises
    ------
    BadSubmissionError
        The model and its description do not fit: an assessment would end here too.
    IsolationError
        The walls could not be had; the model was not loaded.
    """
    hosting = Hosting(walls=walls, allowed_urls=settings.allowed_urls)
    rows = resolved.evaluation.feature_table()
    try:
        with open_hosting(resolved, settings.limits, hosting, settings.environment) as model:
            begun = time.perf_counter()
            model.predict(rows.slice(0, 1))
            one = time.perf_counter() - begun
            batch = rows.slice(0, BATCH_ROWS)
            asked, begun = 0, time.perf_counter()
            while asked == 0 or time.perf_counter() - begun < min(TRIAL_SECONDS, 20 * one):
                model.predict(batch)
                asked += batch.num_rows
            spent = time.perf_counter() - begun
    except (ModelError, ModelFailedError) as err:
        return NoSpeed(str(err))
    calls = asked // batch.num_rows
    alone = max(spent - calls * one, spent / 20)
    start = float(str(hosting.stats["seconds_start"]))  # 0 for an endpoint, which runs already
    return Speed(start_seconds=start, call_seconds=one, rows_per_second=asked / alone, rows=asked + 1)
