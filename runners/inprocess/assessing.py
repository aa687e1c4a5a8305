"""Measure and judge a model that is an object of the caller's own process: for tests and notebooks, **not isolated**.

The data take the same way as a submission's: the same tests of columns and labels, then the same checks. What differs
is said: nothing stands around the model, nobody watches it from outside, it cannot be started again, and there is no
file of it to scan. Such an assessment says *not isolated* in every view, and a policy that asks for walls is not
satisfied by it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from proofbox.checks.holding import Isolation
from proofbox.checks.registry import get_check
from proofbox.policies.expand import expand
from proofbox.policies.facts import Facts
from proofbox.policies.judge import Evidence, judge
from proofbox.policies.record import RunRecord
from proofbox.runners.assessing.assess import Assessed, assessment_of
from proofbox.runners.assessing.execute import Bench, execute
from proofbox.runners.assessing.measuring import check_given, wanted_measurements
from proofbox.runners.assessing.outcome import Outcome
from proofbox.runners.assessing.plan import Plan, make_plan
from proofbox.runners.assessing.settings import Settings, Watch
from proofbox.runners.errors import RunnersError
from proofbox.runners.hosted.hostrecord import host_record
from proofbox.runners.inprocess.data import Given, resolve_given
from proofbox.runners.inprocess.model import ObjectModel
from proofbox.runners.submitted.resolve import Resolved
from proofbox.runners.submitted.subject_record import subject_record
from proofbox.sandbox.scratch import scratch

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.policies.loader import LoadedPolicy

EXECUTOR = "none: in the caller's own process"
"""What the record names as executor."""


class NotMeasuredError(RunnersError):
    """A measure that was asked for is not there: the check does not apply, broke, or has no such measure."""

    exit_code = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """What one check measured in process; ``measurements["demographic_parity_ratio"]`` is a number."""

    outcome: Outcome
    """Everything, in the forms of the record: intervals, sample sizes, details, counterexamples."""

    def __getitem__(self, measure: str) -> float:
        """Return the value of a measure that was taken once.

        Raises
        ------
        NotMeasuredError
            It was not measured (the message says why), or for several groups: then use :meth:`of`.
        """
        found = [item for item in self.outcome.measurements if item.measure == measure]
        if len(found) == 1:
            return found[0].value
        if found:
            groups = "; ".join(_named(item.group) for item in found[:6])
            raise NotMeasuredError(f"{measure}: got {len(found)} values ({groups}), expected one: name it with of()")
        said = [str(record.reason) for record in (*self.outcome.errors, *self.outcome.inapplicable)]
        known = ", ".join(dict.fromkeys(item.measure for item in self.outcome.measurements))
        raise NotMeasuredError(f"{measure}: was not measured: {'; '.join(said) or f'there are {known}'}")

    def of(self, measure: str, **group: str) -> float:
        """Return the value of a measure for one group, for example ``of("selection_rate", sex="female")``.

        Raises
        ------
        NotMeasuredError
            There is no such value.
        """
        found = [item for item in self.outcome.measurements if item.measure == measure]
        for item in found:
            if dict(item.group) == group:
                return item.value
        groups = "; ".join(_named(item.group) or "all rows" for item in found[:6])
        raise NotMeasuredError(f"{measure}: got {_named(group) or 'no group'}, expected one of: {groups or 'none'}")


def _named(group: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in group.items())


def measure_in_process(check_id: str, given: Given, params: Mapping[str, object], seed: int = 0) -> Measurements:
    """Measure with one check on an object of this process; nothing is isolated and nothing is stored.

    Parameters
    ----------
    params
        The check's parameters, as under ``with:`` in a policy; where a check of groups is given no attribute, it
        measures for each sensitive column.

    Raises
    ------
    UsageError, UnknownCheckError, BadParamsError
        Something given is not known or does not fit.
    """
    spec = get_check(check_id)
    check_given(spec, params)
    with _opened(given) as (resolved, model):
        wanted = wanted_measurements(spec, params, resolved.evaluation.sensitive)
        plan = make_plan(wanted, recorded_only=model is None)
        settings = Settings(seed=seed)
        return Measurements(outcome=_executed(plan, _bench(resolved, model, plan, settings), Watch()))


def assess_in_process(
    given: Given, policies: Sequence[LoadedPolicy], settings: Settings | None = None, watch: Watch | None = None
) -> Assessed:
    """Assess an object of this process under policies; the record says that it was not isolated.

    Raises
    ------
    UsageError
        Something given is not known or does not fit.
    """
    settings, started = settings or Settings(), datetime.now(UTC)
    with _opened(given) as (resolved, model):
        record = subject_record(resolved, _digest(resolved))
        facts = Facts.from_subject(record)
        expected = tuple(item for loaded in policies for item in expand(loaded.policy, facts))
        plan = make_plan(((item.check, item.params) for item in expected), recorded_only=model is None)
        outcome = _executed(plan, _bench(resolved, model, plan, settings), watch or Watch())
        evidence = Evidence(
            measurements=outcome.measurements,
            counterexamples=outcome.counterexamples,
            inapplicable=outcome.inapplicable,
            errors=outcome.errors,
            judged_on=started.date().isoformat(),
        )
        judged = judge(policies, facts, evidence)
    assessment = assessment_of(record, judged, outcome, _run_record(settings, started))
    return Assessed(assessment=assessment, policies=tuple(policies), submission_yaml=b"", tables=outcome.tables)


@contextmanager
def _opened(given: Given) -> Iterator[tuple[Resolved, ObjectModel | None]]:
    with scratch("inprocess") as folder:
        resolved, classes = resolve_given(given, folder)
        block = resolved.submission.model
        yield resolved, None if block is None else ObjectModel(given.model, block, classes)


def _bench(resolved: Resolved, model: ObjectModel | None, plan: Plan, settings: Settings) -> Bench:
    return Bench(
        subject=resolved.subject,
        evaluation=resolved.evaluation,
        training=resolved.training,
        seed=settings.seed,
        as_of=settings.as_of,
        model=model,
        isolation=None if model is None else Isolation(executor=EXECUTOR, level=0),
        attributes=plan.attributes,
    )


def _executed(plan: Plan, bench: Bench, watch: Watch) -> Outcome:
    watch.planned(len(plan.static) + len(plan.dynamic))
    return execute(plan.static, bench, watch.done) + execute(plan.dynamic, bench, watch.done)


def _digest(resolved: Resolved) -> str:
    """Return a digest over the data alone: what an object in memory is, nobody can say."""
    pairs = [[file.path, file.sha256] for file in resolved.subject.files]
    return hashlib.sha256(json.dumps(pairs, separators=(",", ":")).encode()).hexdigest()


def _run_record(settings: Settings, started: datetime) -> RunRecord:
    selfcheck: dict[str, Json] = {"isolated": False, "level": 0, "rows": []}
    return RunRecord(
        seed=settings.seed,
        started_at=started.isoformat(timespec="milliseconds"),
        finished_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        executor=EXECUTOR,
        selfcheck=selfcheck,
        limits={},
        runner="in-process",
        detail={"as_of": settings.as_of},
        **host_record(),
    )
