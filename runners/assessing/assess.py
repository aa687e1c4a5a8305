"""The product's story: one submission's way through the rooms, from an untrusted path to evidence on disk."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.checks.registry import find_check
from proofbox.checks.text import Text, t
from proofbox.policies.expand import Expected, expand
from proofbox.policies.facts import Facts
from proofbox.policies.judge import Evidence, Judged, judge
from proofbox.policies.loader import LoadedPolicy
from proofbox.policies.record import Assessment, AttemptRecord, RunRecord, SubjectRecord
from proofbox.runners.assessing.attempting import Attempting
from proofbox.runners.assessing.execute import Bench
from proofbox.runners.assessing.outcome import Outcome
from proofbox.runners.assessing.plan import Plan, make_plan
from proofbox.runners.assessing.resuming import state_of
from proofbox.runners.assessing.settings import Settings, Watch
from proofbox.runners.assessing.walled import before_walls, behind_walls
from proofbox.runners.hosted.hosting import Hosting
from proofbox.runners.hosted.hostrecord import host_record
from proofbox.runners.hosted.opinions import second_opinions
from proofbox.runners.hosted.walls import Walls
from proofbox.runners.signed.attesting import Statements, read_statements
from proofbox.runners.signed.waiving import waive
from proofbox.runners.submitted.bringing import Brought, bring
from proofbox.runners.submitted.resolve import Resolved, resolve
from proofbox.runners.submitted.streams import Reading
from proofbox.runners.submitted.subject_record import fetched_record, subject_record
from proofbox.sandbox.intake import Intake
from proofbox.sandbox.scratch import scratch, sweep

if TYPE_CHECKING:
    from proofbox.checks.result import CountTable, Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessed:
    """An assessment and what goes into the bundle beside it."""

    assessment: Assessment
    policies: tuple[LoadedPolicy, ...]
    submission_yaml: bytes
    tables: Mapping[str, CountTable]


@contextmanager
def taken_in(
    source: Path | Brought, walls: Walls, settings: Settings, *, refuse_mismatch: bool = True
) -> Iterator[tuple[Intake, Resolved, bytes]]:
    """Take a submission in: a read-only copy in a folder that is gone afterwards, its data read behind ``walls``.

    One that was brought already is left where it is.
    """
    with ExitStack() as stack:
        if isinstance(source, Brought):
            brought = source
        else:
            sweep()
            folder = stack.enter_context(scratch("intake"))
            brought = bring(source, folder / "submission", settings.fetching)
        how = Reading(opener=walls.open_data, most_rows=settings.most_rows)
        resolved = resolve(brought.submission, brought.document, brought.intake, how, refuse_mismatch=refuse_mismatch)
        stack.callback(resolved.close)
        yield brought.intake, replace(resolved, fetched=brought.fetched), brought.raw


def assess(
    source: Path | Brought,
    policies: Sequence[LoadedPolicy],
    settings: Settings,
    watch: Watch,
    attempting: Attempting | None = None,
) -> Assessed:
    """Assess one submission under one or more policies.

    Parameters
    ----------
    source
        Folder, ``submission.yaml`` or archive; untrusted. Or one of these that was brought already.
    policies
        Loaded policies: every mistake in them was told before a byte of the submission is read.
    attempting
        Writes down what is going to be measured before it is; None: no ledger is kept.

    Raises
    ------
    LedgerError
        The attempt could not be written down; nothing was measured.
    BadSubmissionError, IntakeError
        The submission cannot be assessed as it is (exit code 2).
    IsolationError
        The walls could not be had or proven; the model was not loaded (exit code 4).
    """
    started = datetime.now(UTC)
    clock = _Clock()
    watch.step("taking the submission in")
    hosting = Hosting(walls=Walls(settings.executor, settings.limits), allowed_urls=settings.allowed_urls)
    with taken_in(source, hosting.walls, settings) as (intake, resolved, raw):
        record = subject_record(resolved, intake.digest)
        facts = Facts.from_subject(record)
        attested_on = settings.attested_on or started.date().isoformat()
        statements = read_statements(resolved.subject, attested_on, settings.attestation_keys)
        plan, expected = _planned(policies, facts, recorded_only=resolved.subject.model_path is None)
        attempt = attempting.commit(record, policies, settings.seed) if attempting else settings.attempt
        watch.planned(len(plan.static) + len(plan.dynamic))
        bench = make_bench(resolved, plan, settings)
        bench.ask_scanners = partial(second_opinions, resolved.subject, hosting.walls)
        clock.lap("intake")
        watch.step("checking files and data")
        state = state_of(settings, record, policies, plan)
        outcome = before_walls(plan.static, resolved, bench, hosting, (settings, watch), state)
        clock.lap("static_checks")
        closed = _gate_closed(policies, facts, outcome, expected)
        if closed is None and plan.dynamic:
            watch.step("opening the sandbox")
            outcome += behind_walls(plan.dynamic, resolved, bench, hosting, (settings, watch), state)
        clock.lap("dynamic_checks")
        judged = _judged(policies, facts, outcome, closed, (statements, attempt))
    run = replace(_run_record(settings, hosting, started, clock, outcome), attempt=attempt)
    run = replace(run, detail={**run.detail, **fetched_record(resolved)})
    if state is not None:
        run = replace(run, detail={**run.detail, "tasks_taken_from_an_earlier_run": state.taken})
    assessment = assessment_of(record, judged, outcome, run)
    assessment = replace(assessment, attestations=statements.given)
    assessment = waive(assessment, settings.waivers, statements.on)
    return Assessed(assessment=assessment, policies=tuple(policies), submission_yaml=raw, tables=outcome.tables)


def assessment_of(subject: SubjectRecord, judged: Judged, outcome: Outcome, run: RunRecord) -> Assessment:
    """Return the record of what was measured and judged; nobody has attested anything in it yet."""
    return Assessment(
        conclusion=judged.conclusion,
        subject=subject,
        policies=judged.policies,
        findings=judged.findings,
        measurements=outcome.measurements,
        counterexamples=outcome.counterexamples,
        inapplicable=outcome.inapplicable,
        errors=outcome.errors,
        run=run,
    )


def make_bench(resolved: Resolved, plan: Plan, settings: Settings) -> Bench:
    """Lay out what the plan's checks will be given."""
    return Bench(
        subject=replace(resolved.subject, signers=settings.signers),
        evaluation=resolved.evaluation,
        training=resolved.training,
        seed=settings.seed,
        as_of=settings.as_of,
        attributes=plan.attributes,
    )


def _planned(
    policies: Sequence[LoadedPolicy], facts: Facts, *, recorded_only: bool
) -> tuple[Plan, tuple[Expected, ...]]:
    expected = tuple(item for loaded in policies for item in expand(loaded.policy, facts))
    return make_plan(((item.check, item.params) for item in expected), recorded_only=recorded_only), expected


def _judged(
    policies: Sequence[LoadedPolicy],
    facts: Facts,
    outcome: Outcome,
    not_run: Text | None,
    given: tuple[Statements | None, AttemptRecord | None] = (None, None),
    *,
    settle: bool = True,
) -> Judged:
    statements, attempt = given
    evidence = Evidence(
        measurements=outcome.measurements,
        counterexamples=outcome.counterexamples,
        inapplicable=outcome.inapplicable,
        errors=outcome.errors,
        attestations=statements.given if statements else (),
        judged_on=statements.on if statements else "",
        not_run_reason=not_run,
        attempt=attempt.on_data if attempt else None,
    )
    return judge(policies, facts, evidence, settle=settle)


def _gate_closed(
    policies: Sequence[LoadedPolicy], facts: Facts, outcome: Outcome, expected: Sequence[Expected]
) -> Text | None:
    """Return why the model is not loaded, where a gating requirement has failed already."""
    gates = {item.requirement.id for item in expected if item.requirement.gate}
    if not gates:
        return None
    for finding in _judged(policies, facts, outcome, None, settle=False).findings:
        if finding.requirement in gates and finding.verdict == "fail":
            return t("the model was not loaded, because {requirement} failed", requirement=finding.requirement)
    return None


class _Clock:
    """Seconds of wall time per step, for ``run.detail`` and the benchmark."""

    def __init__(self) -> None:
        self.seconds: dict[str, Json] = {}
        self._last = time.perf_counter()

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self.seconds[step] = round(now - self._last, 4)
        self._last = now


def _run_record(settings: Settings, hosting: Hosting, started: datetime, clock: _Clock, outcome: Outcome) -> RunRecord:
    queries: dict[str, Json] = {key: asdict(asked) for key, asked in outcome.queries.items()}
    return RunRecord(
        seed=settings.seed,
        started_at=started.isoformat(timespec="milliseconds"),
        finished_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
        executor=hosting.executor,
        selfcheck=hosting.selfcheck,
        limits=(hosting.limits or settings.limits).to_json(),
        runner=settings.spread.runner,
        detail={
            "as_of": settings.as_of,
            "rows_in_memory": settings.most_rows,
            "seconds": clock.seconds,
            "model": dict(hosting.stats),
            "queries": queries,
            **({"workers": dict(hosting.workers)} if hosting.workers else {}),
            **_by_others(outcome),
        },
        **host_record(),
    )


def _by_others(outcome: Outcome) -> dict[str, Json]:
    """Return where the checks come from that are not ours; nothing where all are."""
    used = {one.check for part in (outcome.measurements, outcome.inapplicable, outcome.errors) for one in part}
    known = {name: find_check(name) for name in sorted(used)}
    found: dict[str, Json] = {name: spec.origin for name, spec in known.items() if spec is not None and spec.origin}
    return {"checks_by_others": found} if found else {}
