"""What makes a command fail: which findings count (``--fail-on``), and which of them a baseline excuses.

A gate changes no verdict and no conclusion. It says which exit code follows, and names everything that it excuses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from proofbox.checks.text import Text, t
from proofbox.policies.changes import MeasureChange, findings_of
from proofbox.policies.comparison import Comparison
from proofbox.policies.record import Assessment, CriterionRecord, Finding

FailOn = Literal["must", "should", "inconclusive"]
DEFAULT: frozenset[FailOn] = frozenset({"must", "inconclusive"})
"""What the exit codes of the contract count: a failed must, and a must without an answer."""

Exit = Literal[0, 1, 3]
State = Literal["new", "worse", "before"]
"""``new``: not failing in the baseline. ``worse``: failing then, and worse now. ``before``: failing then, not worse."""

OPEN = frozenset({"inconclusive", "error", "not-run"})
_UNMEASURED = frozenset({"error", "not-run"})
_SEVERITY = {"pass": 0, "not-applicable": 0, "inconclusive": 1, "error": 1, "not-run": 1, "fail": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A finding that counts, and how it stands to the baseline."""

    finding: Finding
    before: Finding | None
    """The baseline's; None where it has no such requirement."""
    state: State
    why: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What follows for the exit code."""

    fail_on: frozenset[FailOn]
    failing: tuple[Standing, ...]
    """Everything that counts, excused or not; without a baseline all of it is ``new``."""
    exit_code: Exit

    @property
    def excused(self) -> tuple[Standing, ...]:
        """What was failing before and is not worse."""
        return tuple(one for one in self.failing if one.state == "before")


def gate(assessment: Assessment, fail_on: Iterable[FailOn], comparison: Comparison | None) -> Gate:
    """Return what the findings of an assessment mean for the exit code.

    Parameters
    ----------
    fail_on
        What counts; a failed ``must`` always does.
    comparison
        From the baseline to the assessment; None without a baseline.

    Notes
    -----
    1 comes before 3: what failed weighs more than what has no answer. An undetermined assessment of which no finding
    says why (no requirement of a policy applied) stays 3, unless the baseline was no better.
    """
    counted = frozenset({"must", *fail_on})
    standings = tuple(_standing(finding, comparison) for finding in assessment.findings if _counts(finding, counted))
    holding = [one for one in standings if one.state != "before"]
    code: Exit = 0
    if any(one.finding.verdict == "fail" for one in holding):
        code = 1
    elif holding or ("inconclusive" in counted and _unexplained(assessment, comparison)):
        code = 3
    return Gate(fail_on=counted, failing=standings, exit_code=code)


def _counts(finding: Finding, counted: frozenset[FailOn]) -> bool:
    if finding.verdict == "fail":
        return finding.level in counted
    return finding.level == "must" and finding.verdict in OPEN and "inconclusive" in counted


def _unexplained(assessment: Assessment, comparison: Comparison | None) -> bool:
    """Return whether an assessment is undetermined though every must that was asked has an answer."""
    open_musts = any(one.level == "must" and one.verdict in OPEN for one in assessment.findings)
    if assessment.conclusion != "undetermined" or open_musts:
        return False
    return comparison is None or comparison.first.conclusion == "conforms"


def _standing(finding: Finding, comparison: Comparison | None) -> Standing:
    if comparison is None:
        return Standing(finding=finding, before=None, state="new", why=t("there is no baseline"))
    before = findings_of(comparison.first).get((finding.policy, finding.requirement))
    state, why = _state(finding, before, comparison)
    return Standing(finding=finding, before=before, state=state, why=why)


def _state(finding: Finding, before: Finding | None, comparison: Comparison) -> tuple[State, Text]:
    if before is None:
        return "new", t("the baseline has no such requirement")
    if _SEVERITY[finding.verdict] > _SEVERITY[before.verdict]:
        return "new", t("it was not failing like this in the baseline")
    if finding.verdict in _UNMEASURED and before.verdict not in _UNMEASURED:
        return "worse", t("it was measured in the baseline, and is not any more")
    worse = next(_worse(finding, comparison.measures), None)
    return ("before", t("failing before, not worse")) if worse is None else ("worse", worse)


def _worse(finding: Finding, measures: Iterable[MeasureChange]) -> Iterator[Text]:
    """Yield how the measures that a finding rests on got worse."""
    mine = [one for one in measures if one.named.id in finding.measurements]
    for one in mine:
        if one.before is None or one.after is None or not _moved_away(one, finding.criterion):
            continue
        name = one.named.measure
        if one.test is not None:
            if one.shown:
                yield t("{measure} is shown to be worse", measure=name)
        elif one.before.interval is None or one.after.interval is None:
            yield t("{measure} is worse, by exact figures", measure=name)
        elif _apart(one):
            yield t("{measure} is worse: the two intervals lie apart", measure=name)


def _moved_away(change: MeasureChange, criterion: CriterionRecord | None) -> bool:
    """Return whether a value went the way that the requirement does not want."""
    assert change.before is not None
    assert change.after is not None
    old, new = change.before.value, change.after.value
    if criterion is None:
        return change.way == "worse"
    if criterion.comparison == "at_least":
        return new < old
    if criterion.comparison == "at_most":
        return new > old
    ends = criterion.threshold if isinstance(criterion.threshold, tuple) else (criterion.threshold,) * 2
    return _outside(new, ends) > _outside(old, ends)


def _outside(value: float, ends: tuple[float, float]) -> float:
    return max(ends[0] - value, value - ends[1], 0.0)


def _apart(change: MeasureChange) -> bool:
    assert change.before is not None
    assert change.after is not None
    old, new = change.before.interval, change.after.interval
    return old is not None and new is not None and (new.low > old.high or new.high < old.low)
