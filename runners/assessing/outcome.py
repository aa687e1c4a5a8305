"""What tasks gave, as records: in one order whatever ran first."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from proofbox.checks.asked.broker import Queries
from proofbox.checks.errors import ModelFailedError
from proofbox.checks.result import Counterexample, CountTable, Inapplicable, Measured, Measurement, Result
from proofbox.checks.text import Text, t
from proofbox.policies.comparable import TIMED
from proofbox.policies.expand import measurement_id
from proofbox.policies.record import CounterexampleRecord, MeasurementRecord, ReasonRecord
from proofbox.runners.assessing.plan import Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the tasks gave, in an order that does not depend on when they ran."""

    measurements: tuple[MeasurementRecord, ...] = ()
    counterexamples: tuple[CounterexampleRecord, ...] = ()
    inapplicable: tuple[ReasonRecord, ...] = ()
    errors: tuple[ReasonRecord, ...] = ()
    tables: Mapping[str, CountTable] = field(default_factory=dict)
    queries: Mapping[str, Queries] = field(default_factory=dict)
    """Key of a task that asked the model -> what it asked."""

    def __add__(self, other: Outcome) -> Outcome:
        """Join two outcomes; the result is the same whichever came first."""
        return joined((self, other))


def joined(parts: Sequence[Outcome]) -> Outcome:
    """Join outcomes, sorted once; the result is the same in whatever order they come."""
    return Outcome(
        measurements=tuple(sorted((item for part in parts for item in part.measurements), key=_measurement_order)),
        counterexamples=tuple(sorted((case for part in parts for case in part.counterexamples), key=lambda c: c.id)),
        inapplicable=tuple(sorted((record for part in parts for record in part.inapplicable), key=_reason_order)),
        errors=tuple(sorted((record for part in parts for record in part.errors), key=_reason_order)),
        tables=dict(sorted({name: table for part in parts for name, table in part.tables.items()}.items())),
        queries=dict(sorted({key: asked for part in parts for key, asked in part.queries.items()}.items())),
    )


def recorded(task: Task, result: Result) -> Outcome:
    """Return what a check gave back as records."""
    if isinstance(result, Inapplicable):
        return Outcome(inapplicable=(ReasonRecord(check=task.check.id, params=task.params, reason=result.reason),))
    return _measured(task, result)


def broken(task: Task, err: Exception) -> Outcome:
    """Return the record of a check that ended in an error: the model's, or one of its own."""
    if isinstance(err, ModelFailedError):
        return _error(task, t("the model did not answer: {what}", what=str(err)))
    what = f"{type(err).__name__}: {err}"[:300]
    return _error(task, t("the check ended in an error of its own: {what}", what=what))


def _measured(task: Task, result: Measured) -> Outcome:
    return Outcome(
        measurements=tuple(_measurement(task, item) for item in result.measurements),
        counterexamples=tuple(_counterexample(task, case) for case in result.counterexamples),
        inapplicable=tuple(_absent(task, result.absent)),
        tables={f"{task.check.id}-{table.name}": table for table in result.tables},
    )


def _measurement(task: Task, item: Measurement) -> MeasurementRecord:
    return MeasurementRecord(
        id=measurement_id(task.check.id, task.params, item.measure, item.group),
        check=task.check.id,
        params=task.params,
        measure=item.measure,
        value=item.value,
        interval=item.interval,
        sample_size=item.sample_size,
        group=item.group,
        detail={**item.detail, TIMED: True} if task.check.timings else item.detail,
    )


def _counterexample(task: Task, case: Counterexample) -> CounterexampleRecord:
    content = json.dumps([task.key, asdict(case)], sort_keys=True, default=str)
    digest = hashlib.sha256(content.encode()).hexdigest()[:16]
    return CounterexampleRecord(id=f"c-{digest}", check=task.check.id, params=task.params, case=case)


def _absent(task: Task, absent: Mapping[str, Text]) -> Iterable[ReasonRecord]:
    """One record for each reason, with the measures that have no meaning for it."""
    for reason in dict.fromkeys(str(reason) for reason in absent.values()):
        measures = tuple(sorted(name for name, said in absent.items() if str(said) == reason))
        yield ReasonRecord(check=task.check.id, params=task.params, reason=absent[measures[0]], measures=measures)


def _error(task: Task, reason: Text) -> Outcome:
    return Outcome(errors=(ReasonRecord(check=task.check.id, params=task.params, reason=reason),))


def _measurement_order(record: MeasurementRecord) -> tuple[str, str, str, str]:
    group = json.dumps(dict(record.group), sort_keys=True)
    return record.check, json.dumps(dict(record.params), sort_keys=True), record.measure, group


def _reason_order(record: ReasonRecord) -> tuple[str, str, tuple[str, ...]]:
    return record.check, json.dumps(dict(record.params), sort_keys=True), record.measures
