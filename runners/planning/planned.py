"""``proofbox plan``: what an assessment would run, ask and take, and what it may leave open."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.policies.facts import Facts
from proofbox.runners.assessing.assess import taken_in
from proofbox.runners.assessing.settings import Settings, Watch
from proofbox.runners.hosted.walls import Walls
from proofbox.runners.planning.rehearsal import Rehearsed, rehearse
from proofbox.runners.planning.sizes import STEPS, smaller
from proofbox.runners.planning.trial import NoSpeed, Speed, try_model
from proofbox.runners.submitted.subject_record import subject_record

if TYPE_CHECKING:
    from proofbox.policies.loader import LoadedPolicy
    from proofbox.runners.submitted.resolve import Resolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """About how long an assessment takes here, in seconds."""

    intake: float
    """Copying, digesting and reading: measured."""
    checks: float
    """The checks' own work: measured in the rehearsal."""
    model: float
    """The model's answers and starts: from the trial."""
    timing: float
    """Checks that time the model, at most."""

    @property
    def total(self) -> float:
        """All together."""
        return self.intake + self.checks + self.model + self.timing


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """Policies with one choice of sample sizes, and what the rehearsal showed of them."""

    share: float
    """Of the usual sample sizes."""
    policies: tuple[LoadedPolicy, ...]
    rehearsed: Rehearsed
    estimate: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A plan: as the policies have it, and as it would fit into the minutes, where some were named."""

    product: str
    rows: int
    speed: Speed | NoSpeed | None
    """None where there is no model."""
    usual: Sized
    minutes: float | None = None
    fitted: Sized | None = None
    """The largest samples that fit; the smallest there are, where none does."""

    @property
    def fits(self) -> bool:
        """Whether it can be had within the minutes."""
        chosen = self.fitted or self.usual
        return self.minutes is None or chosen.estimate.total <= self.minutes * 60

    def wider(self) -> Mapping[tuple[str, str], tuple[float, float]]:
        """Return (check, measure) -> half widths as usual and as fitted, where they differ."""
        if self.fitted is None:
            return {}
        before, after = self.usual.rehearsed.half_widths(), self.fitted.rehearsed.half_widths()
        return {key: (before[key], after[key]) for key in sorted(before) if key in after and after[key] > before[key]}


def plan_submission(
    source: Path, policies: Sequence[LoadedPolicy], settings: Settings, minutes: float | None, watch: Watch
) -> Planned:
    """Plan an assessment: take the submission in, try its model for seconds behind the walls, rehearse the checks.

    Raises
    ------
    BadSubmissionError, IntakeError, IsolationError
        As an assessment would end.
    """
    started = time.perf_counter()
    watch.step("taking the submission in")
    walls = Walls(settings.executor, settings.limits)
    with taken_in(source, walls, settings) as (intake, resolved, _raw):
        facts = Facts.from_subject(subject_record(resolved, intake.digest))
        took = time.perf_counter() - started
        speed: Speed | NoSpeed | None = None
        if resolved.subject.model_path is not None:
            watch.step("trying the model for a few seconds")
            speed = try_model(resolved, settings, walls)

        def sized(share: float) -> Sized:
            watch.step("rehearsing the checks" if share == 1 else f"rehearsing with 1/{round(1 / share)} of the rows")
            chosen = tuple(policies) if share == 1 else tuple(smaller(one, share, minutes or 0) for one in policies)
            rehearsed = rehearse(resolved, chosen, facts, settings, watch)
            estimate = _estimate(rehearsed, resolved, speed, took)
            return Sized(share=share, policies=chosen, rehearsed=rehearsed, estimate=estimate)

        usual = sized(1)
        fitted = None
        if minutes is not None and usual.estimate.total > minutes * 60:
            fitted = _largest(sized, minutes * 60)
        return Planned(
            product=f"{resolved.submission.product.name} {resolved.submission.product.version}",
            rows=resolved.evaluation.rows,
            speed=speed,
            usual=usual,
            minutes=minutes,
            fitted=fitted,
        )


def _largest(sized: Callable[[float], Sized], seconds: float) -> Sized:
    """Return the largest of the smaller samples that fit, by halving; the smallest there is where none does."""
    low, high, found = 1, len(STEPS) - 1, None
    while low < high:
        middle = (low + high) // 2
        tried = sized(STEPS[middle])
        if tried.estimate.total <= seconds:
            high, found = middle, tried
        else:
            low = middle + 1
    return found if found is not None and found.share == STEPS[low] else sized(STEPS[low])


def _estimate(rehearsed: Rehearsed, resolved: Resolved, speed: Speed | NoSpeed | None, took: float) -> Estimate:
    model = timing = 0.0
    if isinstance(speed, Speed):
        asked = rehearsed.rows + resolved.evaluation.rows
        model = speed.seconds(asked, rehearsed.calls, rehearsed.restarts + 1)
        most = (task.params.get("most_seconds", 0) for task in rehearsed.timed)
        timing = float(sum(one for one in most if isinstance(one, int | float)))
    return Estimate(intake=took, checks=rehearsed.seconds, model=model, timing=timing)
