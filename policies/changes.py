"""What changed from one assessment to another: verdicts, measures with both intervals, and what a test says of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from proofbox.checks.errors import UnknownCheckError
from proofbox.checks.grouped.subgroups import holm
from proofbox.checks.registry import get_check
from proofbox.checks.statistics.tested import Tested
from proofbox.checks.text import Text
from proofbox.policies.record import Assessment, Finding, MeasurementRecord

LEVEL = 0.05
"""A change counts as shown where its p-value, adjusted by Holm for all that were tested, is below this."""

Way = Literal["better", "worse", "other"]
"""``other``: neither way is better, or it is not known which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictChange:
    """A requirement of which the two assessments say different things, or which one of them does not have."""

    before: Finding | None
    after: Finding | None

    @property
    def of_both(self) -> bool:
        """Whether both assessments asked it: where policies differ, what one alone asked has not changed."""
        return self.before is not None and self.after is not None

    @property
    def named(self) -> Finding:
        """The finding that names the requirement."""
        found = self.after or self.before
        assert found is not None
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureChange:
    """One measure in both assessments."""

    before: MeasurementRecord | None
    """None where the first did not measure it."""
    after: MeasurementRecord | None
    judged: bool
    """Whether a requirement rests on it in one of the two."""
    way: Way
    """Which way the value went, by what the check says is better; ``other`` where it did not move."""
    test: Tested | None = None
    """None where none was made: it is not judged, or see ``why``."""
    why: Text | None = None
    """Why there is no paired test, or no test at all."""
    adjusted: float | None = None
    """The p-value of the test, adjusted by Holm over all tests of this comparison."""

    @property
    def named(self) -> MeasurementRecord:
        """The measurement that names the measure."""
        found = self.after or self.before
        assert found is not None
        return found

    @property
    def shown(self) -> bool:
        """Whether the test shows that the value changed."""
        return self.adjusted is not None and self.adjusted < LEVEL


Test = Callable[[MeasurementRecord, MeasurementRecord], tuple[Tested | None, Text | None]]
"""Gives the test of two measurements, and why it is not a paired one or none."""


def verdict_changes(first: Assessment, second: Assessment) -> tuple[VerdictChange, ...]:
    """Return the requirements whose verdict changed, in the order of the second assessment."""
    before, after = findings_of(first), findings_of(second)
    keys = [*after, *(key for key in before if key not in after)]
    pairs = (VerdictChange(before=before.get(key), after=after.get(key)) for key in keys)
    return tuple(one for one in pairs if _verdict(one.before) != _verdict(one.after))


def findings_of(assessment: Assessment) -> dict[tuple[str, str], Finding]:
    """Return (policy, requirement) -> finding."""
    return {(one.policy, one.requirement): one for one in assessment.findings}


def measure_changes(first: Assessment, second: Assessment, test: Test) -> tuple[MeasureChange, ...]:
    """Return every measurement of the two, those that a requirement rests on tested and adjusted together.

    The family is what requirements rest on and nothing else: what nobody judges is shown and not tested, so that a
    report of many figures does not weaken the tests of those that count.
    """
    before = {one.id: one for one in first.measurements}
    after = {one.id: one for one in second.measurements}
    judged = {key for side in (first, second) for finding in side.findings for key in finding.measurements}
    keys = [*after, *(key for key in before if key not in after)]
    found = [_change(before.get(key), after.get(key), judged=key in judged, test=test) for key in keys]
    return _adjusted(found)


def _change(
    before: MeasurementRecord | None, after: MeasurementRecord | None, *, judged: bool, test: Test
) -> MeasureChange:
    tested, why = (None, None)
    if judged and before is not None and after is not None:
        tested, why = test(before, after)
    return MeasureChange(before=before, after=after, judged=judged, way=_way(before, after), test=tested, why=why)


def _adjusted(found: Sequence[MeasureChange]) -> tuple[MeasureChange, ...]:
    tested = [one.test.p_value for one in found if one.test is not None]
    if not tested:
        return tuple(found)
    adjusted = iter(holm(np.array(tested)).tolist())
    return tuple(one if one.test is None else replace(one, adjusted=next(adjusted)) for one in found)


def _way(before: MeasurementRecord | None, after: MeasurementRecord | None) -> Way:
    if before is None or after is None or before.value == after.value:
        return "other"
    try:
        spec = get_check(after.check).measures.get(after.measure)
    except UnknownCheckError:
        return "other"
    if spec is None or spec.better == "neither":
        return "other"
    return "better" if (after.value > before.value) == (spec.better == "higher") else "worse"


def _verdict(finding: Finding | None) -> str | None:
    return None if finding is None else finding.verdict
