"""Measure on both sides of the walls: what needs no model, then the one way down to it and the one way up."""

from __future__ import annotations

from collections.abc import Sequence

from proofbox.checks.text import t
from proofbox.policies.record import ReasonRecord
from proofbox.runners.assessing.execute import Bench, execute
from proofbox.runners.assessing.outcome import Outcome
from proofbox.runners.assessing.plan import Task
from proofbox.runners.assessing.resuming import State
from proofbox.runners.assessing.settings import Settings, Watch
from proofbox.runners.hosted.hosting import Hosting, open_hosting
from proofbox.runners.hosted.timings import TimingModel
from proofbox.runners.spread.opening import Granted, Opening
from proofbox.runners.submitted.resolve import Resolved
from proofbox.sandbox.errors import ModelError


def before_walls(
    tasks: Sequence[Task],
    resolved: Resolved,
    bench: Bench,
    hosting: Hosting,
    how: tuple[Settings, Watch],
    state: State | None = None,
) -> Outcome:
    """Measure what needs no model; a file of recorded decisions that is too long to hold is counted by all hands."""
    settings, watch = how
    with _opening(resolved, hosting, settings, watch).for_rows() as bench.elsewhere:
        outcome = execute(tasks, bench, watch.done, state)
    bench.elsewhere = None
    return outcome


def behind_walls(
    tasks: Sequence[Task],
    resolved: Resolved,
    bench: Bench,
    hosting: Hosting,
    how: tuple[Settings, Watch],
    state: State | None = None,
) -> Outcome:
    """Open the sandbox, measure, close it: the one way down and the one way up.

    Parameters
    ----------
    state
        Tasks that were finished by an earlier run; None where none are kept.
    """
    watch = how[1]
    asking = [task for task in tasks if not task.check.closing]
    # What the model did is measured over all that it was asked: then these tasks are finished together or not at all.
    whole = state is not None and any("behaviour" in task.check.needs for task in tasks)
    outcome = state.take_hosted(asking, hosting) if state is not None and whole else None
    if outcome is None:
        outcome = _hosted(asking, resolved, bench, hosting, how, None if whole else state)
        if state is not None and whole:
            state.keep_hosted(asking, hosting, outcome)
    bench.isolation, bench.behaviour = hosting.isolation(), hosting.behaviour()
    return outcome + execute((task for task in tasks if task.check.closing), bench, watch.done)


def _hosted(
    asking: Sequence[Task],
    resolved: Resolved,
    bench: Bench,
    hosting: Hosting,
    how: tuple[Settings, Watch],
    state: State | None,
) -> Outcome:
    """Measure the model while the sandbox is open."""
    settings, watch = how
    try:
        with (
            open_hosting(resolved, settings.limits, hosting, settings.environment) as first,
            _opening(resolved, hosting, settings, watch).beside(first) as (bench.model, bench.elsewhere),
        ):
            # A call that several hands share is not the call that is timed.
            bench.timed = TimingModel(first, settings.limits)
            watch.step("measuring the model")
            return execute(asking, bench, watch.done, state)
    except ModelError as err:
        reason = t("the model could not be started: it {what}", what=err.what)
        errors = (ReasonRecord(check=task.check.id, params=task.params, reason=reason) for task in asking)
        return Outcome(errors=tuple(errors))
    finally:
        bench.model = bench.timed = bench.elsewhere = None


def _opening(resolved: Resolved, hosting: Hosting, settings: Settings, watch: Watch) -> Opening:
    granted = Granted(limits=settings.limits, environment=settings.environment, fetching=settings.fetching)
    return Opening(how=settings.spread, resolved=resolved, hosting=hosting, granted=granted, told=watch.part)
