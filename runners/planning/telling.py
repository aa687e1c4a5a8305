"""A plan as lines for a person and as one JSON document."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from proofbox.runners.planning.trial import NoSpeed, Speed

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.policies.record import Finding
    from proofbox.runners.assessing.plan import Task
    from proofbox.runners.planning.planned import Estimate, Planned, Sized


def plan_lines(planned: Planned) -> Iterator[str]:
    """Yield the lines of ``proofbox plan``."""
    usual = planned.usual
    named = ", ".join(f"{one.policy.id} {one.policy.version}" for one in usual.policies)
    tasks = len(usual.rehearsed.plan.static) + len(usual.rehearsed.plan.dynamic)
    yield f"{planned.product} under {named}: {tasks} measurements on {planned.rows:,} rows"
    yield f"before the sandbox opens: {_names(usual.rehearsed.plan.static)}"
    yield f"behind the walls: {_names(usual.rehearsed.plan.dynamic)}"
    yield from _asked(usual)
    yield from _speed(planned)
    yield f"about {_duration(usual.estimate.total)} in all: {_parts(usual.estimate)}"
    yield from _open(usual, "with these rows even a plain model fitted to them would stay inconclusive in")
    if planned.minutes is not None:
        yield from fitted_lines(planned)


def _names(tasks: tuple[Task, ...]) -> str:
    counted: dict[str, int] = {}
    for task in tasks:
        counted[task.check.id] = counted.get(task.check.id, 0) + 1
    return ", ".join(name + (f" x{count}" if count > 1 else "") for name, count in counted.items()) or "nothing"


def _asked(sized: Sized) -> Iterator[str]:
    queries = sized.rehearsed.outcome.queries
    for task in sized.rehearsed.plan.dynamic:
        asked = queries.get(task.key)
        if asked is not None and asked.rows:
            attribute = task.params.get("attribute")
            of = f" of {' x '.join(map(str, attribute))}" if isinstance(attribute, list) else ""
            yield f"  {task.check.id}{of}: {asked.rows:,} rows in {asked.calls:,} questions"
    yield f"  in all {sized.rehearsed.rows:,} rows of the checks' own making, and the evaluation rows once"


def _speed(planned: Planned) -> Iterator[str]:
    if isinstance(planned.speed, Speed):
        speed = planned.speed
        yield (
            f"tried behind the walls with {speed.rows:,} rows: {speed.rows_per_second:,.0f} rows a second in large"
            f" calls, {speed.call_seconds * 1000:.1f} ms for one row, {speed.start_seconds:.1f} s to start"
        )
    elif isinstance(planned.speed, NoSpeed):
        yield f"the model could not be tried: {planned.speed.reason}; its time is not in the sum"


def _parts(estimate: Estimate) -> str:
    parts = {"taking in": estimate.intake, "checks": estimate.checks, "the model": estimate.model}
    if estimate.timing:
        parts["timing the model, at most"] = estimate.timing
    return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in parts.items())


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.0f} minutes"


def _open(sized: Sized, said: str) -> Iterator[str]:
    found = [one for one in sized.rehearsed.findings if one.verdict == "inconclusive"]
    if not found:
        yield "with these rows no requirement would stay inconclusive for a plain model fitted to them"
        return
    yield f"{said}:"
    for one in found:
        yield f"  ? {one.requirement} [{one.level}] {one.reason}"


def fitted_lines(planned: Planned) -> Iterator[str]:
    """Yield what fits into the minutes, and what it costs."""
    minutes = f"{planned.minutes:g} minutes"
    if planned.fitted is None:
        yield f"that fits into {minutes}: the usual sample sizes stay"
        return
    fitted = planned.fitted
    part = f"1/{round(1 / fitted.share)} of the usual samples"
    if planned.fits:
        yield f"into {minutes} fit {part}: about {_duration(fitted.estimate.total)}"
    else:
        total = _duration(fitted.estimate.total)
        yield f"not even {part} fit into {minutes}: they would take about {total}; use fewer checks or a faster machine"
    wider = planned.wider()
    if wider:
        yield "what that costs in certainty (half width of the interval, usual -> smaller):"
    for (check, measure), (before, after) in wider.items():
        yield f"  {check}, {measure}: {before:.4f} -> {after:.4f}"
    before_open = {one.requirement for one in planned.usual.rehearsed.findings if one.verdict == "inconclusive"}
    now = [one for one in fitted.rehearsed.findings if one.verdict == "inconclusive"]
    for one in now:
        if one.requirement not in before_open:
            yield f"  ? {one.requirement} [{one.level}] would then be inconclusive too"


def plan_json(planned: Planned) -> dict[str, Json]:
    """Return the form of ``proofbox plan --json``."""
    found: dict[str, Json] = {
        "product": planned.product,
        "rows": planned.rows,
        "trial": asdict(planned.speed) if planned.speed is not None else None,
        "usual": _sized_json(planned.usual),
        "minutes": planned.minutes,
        "fits": planned.fits,
        "fitted": None if planned.fitted is None else _sized_json(planned.fitted),
        "half_widths": [
            {"check": check, "measure": measure, "usual": before, "fitted": after}
            for (check, measure), (before, after) in planned.wider().items()
        ],
    }
    return found


def _sized_json(sized: Sized) -> dict[str, Json]:
    rehearsed = sized.rehearsed
    queries = rehearsed.outcome.queries
    tasks: list[Json] = []
    for task in (*rehearsed.plan.static, *rehearsed.plan.dynamic):
        asked = queries.get(task.key)
        told: dict[str, Json] = {"check": task.check.id, "params": dict(task.params)}
        told |= {"static": task in rehearsed.plan.static}
        tasks.append(told | ({} if asked is None else {"rows": asked.rows, "questions": asked.calls}))
    return {
        "share": sized.share,
        "policies": [{"id": one.policy.id, "digest": one.digest} for one in sized.policies],
        "tasks": tasks,
        "seconds": {**asdict(sized.estimate), "total": sized.estimate.total},
        "inconclusive": [_finding(one) for one in rehearsed.findings if one.verdict == "inconclusive"],
    }


def _finding(one: Finding) -> dict[str, Json]:
    return {
        "requirement": one.requirement,
        "level": one.level,
        "reason": str(one.reason),
        "rows_needed": one.rows_needed,
    }
