"""Whether two assessments of one subject with one seed say the same, measurement by measurement.

What a second machine gives is *identical*, *within a stated tolerance*, or *different*. Figures that are timings or
host facts are told and left out (docs/decisions/0008-timings.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from proofbox.checks.result import Json
from proofbox.policies.canonical import canonical, task_key
from proofbox.policies.comparable import TIMED
from proofbox.policies.record import Assessment, Finding, MeasurementRecord, ReasonRecord
from proofbox.policies.record_json import to_json

State = Literal["identical", "within-tolerance", "different", "only-recorded", "only-measured", "left-out"]
DIFFERENCES: tuple[State, ...] = ("different", "only-recorded", "only-measured")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far two numbers may lie apart and still be called the same result."""

    relative: float
    """Share of the larger of 1 and the two numbers; at least 0. Whole numbers are counts and must be equal."""
    origin: str
    """Whose word it is."""


DEFAULT_TOLERANCE = Tolerance(
    relative=1e-9,
    origin="Proofbox's own: other processors and libraries add the same numbers in another order; 1e-9 is how closely"
    " its measures agree with those of fairlearn and scikit-learn",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One measurement as it was recorded and as it was measured again."""

    id: str
    check: str
    measure: str
    group: Mapping[str, str]
    state: State
    recorded: float | None
    """None where it was measured again only."""
    measured: float | None
    deviation: float
    """The largest distance of two numbers in it, as a share of the larger of 1 and the two; infinite for what is no
    number, or a count."""
    where: str
    """The part of the measurement that lies furthest apart, such as ``interval.low``; empty where all is equal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    """Something besides a measurement that came out otherwise."""

    kind: Literal["verdict", "conclusion", "counterexamples", "inapplicable", "errors"]
    name: str
    recorded: str
    measured: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """What came of comparing."""

    tolerance: Tolerance
    measurements: tuple[Compared, ...]
    others: tuple[Other, ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing is different."""
        return not self.others and not any(one.state in DIFFERENCES for one in self.measurements)

    def count(self, *states: State) -> int:
        """Return how many measurements are in one of these states."""
        return sum(one.state in states for one in self.measurements)


def agreement(recorded: Assessment, again: Assessment, tolerance: Tolerance = DEFAULT_TOLERANCE) -> Agreement:
    """Compare what was recorded with what was measured again.

    Verdicts are compared, their reasons are not: they hold the numbers that are compared already.
    """
    first = {one.id: one for one in recorded.measurements}
    second = {one.id: one for one in again.measurements}
    shapes = _shapes(recorded), _shapes(again)
    measurements = tuple(
        _compared((first.get(key), second.get(key)), (shapes[0].get(key), shapes[1].get(key)), tolerance)
        for key in sorted({*first, *second}, key=lambda key: _order(first.get(key) or second[key]))
    )
    timed = {one.id for one in measurements if one.state == "left-out"}
    return Agreement(
        tolerance=tolerance,
        measurements=measurements,
        others=(*_verdicts(recorded, again, timed), *_cases(recorded, again, tolerance), *_unmeasured(recorded, again)),
    )


def deviation(first: Json, second: Json) -> tuple[float, str]:
    """Return how far two JSON values lie apart, and the path of the part that lies furthest apart."""
    if isinstance(first, dict) and isinstance(second, dict) and first.keys() == second.keys():
        return _furthest((str(key), deviation(first[key], second[key])) for key in first)
    if isinstance(first, list) and isinstance(second, list) and len(first) == len(second):
        return _furthest((str(place), deviation(*pair)) for place, pair in enumerate(zip(first, second, strict=True)))
    if _is_number(first) and _is_number(second):
        a, b = float(first), float(second)  # type: ignore[arg-type]  # both are numbers
        if a == b:
            return 0.0, ""
        counts = a.is_integer() and b.is_integer()
        return (math.inf, "") if counts else (abs(a - b) / max(1.0, abs(a), abs(b)), "")
    return (0.0, "") if first == second and type(first) is type(second) else (math.inf, "")


def _furthest(parts: Iterator[tuple[str, tuple[float, str]]]) -> tuple[float, str]:
    most, where = 0.0, ""
    for key, (distance, below) in parts:
        if distance > most:
            most, where = distance, f"{key}.{below}" if below else key
    return most, where


def _is_number(value: Json) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shapes(assessment: Assessment) -> dict[str, Json]:
    """Return id -> measurement as JSON says it."""
    listed = to_json(assessment)["measurements"]
    assert isinstance(listed, list)
    return {str(one["id"]): one for one in listed if isinstance(one, dict)}


def _compared(
    pair: tuple[MeasurementRecord | None, MeasurementRecord | None],
    shapes: tuple[Json, Json],
    tolerance: Tolerance,
) -> Compared:
    recorded, again = pair
    there = recorded or again
    assert there is not None
    most, where, state = math.inf, "", _one_sided(recorded, again)
    if any(one is not None and one.detail.get(TIMED) is True for one in pair):
        state = "left-out"
    elif state == "identical":
        most, where = deviation(*shapes)
        state = "identical" if most == 0 else "within-tolerance" if most <= tolerance.relative else "different"
    return Compared(
        id=there.id,
        check=there.check,
        measure=there.measure,
        group=there.group,
        state=state,
        recorded=None if recorded is None else recorded.value,
        measured=None if again is None else again.value,
        deviation=most,
        where=where,
    )


def _one_sided(recorded: MeasurementRecord | None, again: MeasurementRecord | None) -> State:
    if recorded is None:
        return "only-measured"
    return "only-recorded" if again is None else "identical"


def _verdicts(recorded: Assessment, again: Assessment, timed: set[str]) -> Iterator[Other]:
    before, after = _findings(recorded, timed), _findings(again, timed)
    for key in sorted({*before, *after}):
        old, new = before.get(key, "no such finding"), after.get(key, "no such finding")
        if old != new:
            yield Other(kind="verdict", name=" ".join(key), recorded=old, measured=new)
    rests = any(timed & set(finding.measurements) for finding in (*recorded.findings, *again.findings))
    if recorded.conclusion != again.conclusion and not rests:
        yield Other(kind="conclusion", name="", recorded=recorded.conclusion, measured=again.conclusion)


def _findings(assessment: Assessment, timed: set[str]) -> dict[tuple[str, str], str]:
    kept: Iterator[Finding] = (one for one in assessment.findings if not timed & set(one.measurements))
    return {(one.policy, one.requirement): one.verdict for one in kept}


def _cases(recorded: Assessment, again: Assessment, tolerance: Tolerance) -> Iterator[Other]:
    """Yield the checks whose counterexamples are others; an id follows from content and is not compared."""
    before, after = _cases_by_task(recorded), _cases_by_task(again)
    for key in sorted({*before, *after}):
        old, new = before.get(key, []), after.get(key, [])
        if deviation(old, new)[0] > tolerance.relative:
            said = (f"{len(one)} with other content" if len(old) == len(new) else str(len(one)) for one in (old, new))
            yield Other(kind="counterexamples", name=key[0], recorded=next(said), measured=next(said))


def _cases_by_task(assessment: Assessment) -> dict[tuple[str, str], list[Json]]:
    """Return (check, key of its task) -> its counterexamples."""
    listed = to_json(assessment)["counterexamples"]
    found: dict[tuple[str, str], list[Json]] = {}
    assert isinstance(listed, list)
    for one in listed:
        assert isinstance(one, dict)
        found.setdefault((str(one["check"]), task_key(str(one["check"]), one["params"])), []).append(one["case"])  # type: ignore[arg-type]  # parameters are a mapping
    return {key: sorted(cases, key=canonical) for key, cases in found.items()}


def _unmeasured(recorded: Assessment, again: Assessment) -> Iterator[Other]:
    """Yield the checks that could not measure in one of the two."""
    for kind, old, new in (
        ("inapplicable", recorded.inapplicable, again.inapplicable),
        ("errors", recorded.errors, again.errors),
    ):
        before, after = ({(one.check, _task(one), one.measures): one for one in side} for side in (old, new))
        for key in sorted(before.keys() ^ after.keys()):
            reasons = (str(side[key].reason) if key in side else "measured" for side in (before, after))
            yield Other(kind=kind, name=key[0], recorded=next(reasons), measured=next(reasons))  # type: ignore[arg-type]


def _order(record: MeasurementRecord) -> tuple[str, str, str, Sequence[tuple[str, str]]]:
    return record.check, _task(record), record.measure, sorted(record.group.items())


def _task(record: MeasurementRecord | ReasonRecord) -> str:
    return task_key(record.check, record.params)
