"""The dress rehearsal: every check runs as it would, but asks the stand-in; what it asks and costs is counted."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.policies.expand import Expected, expand
from proofbox.policies.judge import Evidence, judge
from proofbox.runners.assessing.assess import make_bench
from proofbox.runners.assessing.execute import execute
from proofbox.runners.assessing.outcome import Outcome
from proofbox.runners.assessing.plan import Plan, Task, make_plan
from proofbox.runners.assessing.settings import Settings, Watch
from proofbox.runners.planning.standin import StandIn

if TYPE_CHECKING:
    from proofbox.policies.facts import Facts
    from proofbox.policies.loader import LoadedPolicy
    from proofbox.policies.record import Finding
    from proofbox.runners.submitted.resolve import Resolved

OWN_CALLS = 1
"""Calls for the decisions on the evaluation rows, which all checks share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """What the rehearsal of one plan showed."""

    plan: Plan
    expected: tuple[Expected, ...]
    outcome: Outcome
    findings: tuple[Finding, ...]
    seconds: float
    """What the checks themselves took, the stand-in's answers taken off."""
    restarts: int
    """Fresh processes that checks wanted."""
    timed: tuple[Task, ...]
    """Checks that time the model, and were not rehearsed."""

    @property
    def rows(self) -> int:
        """Rows that the model would be asked about by checks with rows of their own."""
        return sum(asked.rows for asked in self.outcome.queries.values())

    @property
    def calls(self) -> int:
        """Questions in which they would be asked, those of the evaluation rows included."""
        return OWN_CALLS + sum(asked.calls for asked in self.outcome.queries.values())

    def half_widths(self) -> Mapping[tuple[str, str], float]:
        """Return (check, measure) -> the widest half of an interval of it: how exactly it would be known."""
        found: dict[tuple[str, str], float] = {}
        for item in self.outcome.measurements:
            if item.interval is not None:
                key = (item.check, item.measure)
                found[key] = max(found.get(key, 0.0), (item.interval.high - item.interval.low) / 2)
        return found


def rehearse(
    resolved: Resolved, policies: Sequence[LoadedPolicy], facts: Facts, settings: Settings, watch: Watch
) -> Rehearsed:
    """Run every check of the policies against the stand-in, in this process, and judge what came of it."""
    recorded_only = resolved.subject.model_path is None
    expected = tuple(item for loaded in policies for item in expand(loaded.policy, facts))
    plan = make_plan(((item.check, item.params) for item in expected), recorded_only=recorded_only)
    bench = make_bench(resolved, plan, settings)
    block = resolved.submission.model
    bench.model = standin = None if block is None else StandIn(resolved.evaluation, block)
    timed = tuple(task for task in plan.dynamic if task.check.timings)
    tasks = [task for task in (*plan.static, *plan.dynamic) if not task.check.timings and not task.check.closing]
    watch.planned(len(tasks))
    started = time.perf_counter()
    outcome = execute(tasks, bench, watch.done)
    seconds = time.perf_counter() - started - (standin.seconds if standin else 0.0)
    evidence = Evidence(
        measurements=outcome.measurements,
        counterexamples=outcome.counterexamples,
        inapplicable=outcome.inapplicable,
        errors=outcome.errors,
        judged_on=settings.as_of,
        # The best that there can be: a policy that counts attempts asks more of each later one.
        attempt=1,
    )
    return Rehearsed(
        plan=plan,
        expected=expected,
        outcome=outcome,
        findings=judge(policies, facts, evidence).findings,
        seconds=max(0.0, seconds),
        restarts=standin.restarts if standin else 0,
        timed=timed,
    )
