"""Run tasks: give each check what it asks for, and keep whatever comes back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Protocol, cast

from proofbox.checks.artefacts.opinions import NoOpinions, Opinion
from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.batched import not_held
from proofbox.checks.asked.broker import Broker, Finished
from proofbox.checks.asked.timing import TimedModel
from proofbox.checks.counted.blockcounts import CountElsewhere, Decide
from proofbox.checks.counted.counts import Counts
from proofbox.checks.counted.counttables import count_tables
from proofbox.checks.errors import ModelFailedError
from proofbox.checks.holding import Behaviour, Isolation
from proofbox.checks.result import CountTable, Result
from proofbox.checks.subject import Dataset, Decisions, Model, Subject
from proofbox.checks.text import Text, t
from proofbox.policies.record import ReasonRecord
from proofbox.runners.assessing.outcome import Outcome, broken, joined, recorded
from proofbox.runners.assessing.plan import Task
from proofbox.runners.hosted.deciding import recorded_decisions

if TYPE_CHECKING:
    from numpy.random import Generator

_ALL_ROWS = frozenset({"data", "decisions", "model"})
"""What cannot be given to a check unless all rows are held in memory, or the check reads them in batches itself."""

Done = Callable[[Task], None]
"""Told after each task, for a progress bar."""


@dataclass(slots=True, kw_only=True)
class Bench:
    """What checks are given; the model is there only while the sandbox is open."""

    subject: Subject
    evaluation: Dataset
    training: Dataset | None
    seed: int
    as_of: str
    """The day by which ages are judged, as ``2026-11-22``."""
    model: Model | None = None
    timed: TimedModel | None = None
    """The same model, asked for what a call costs."""
    isolation: Isolation | None = None
    """How the model was held; there once the sandbox is closed again."""
    attributes: tuple[tuple[str, ...], ...] = ()
    """The attributes that checks will ask about, so that one pass over the rows counts them all."""
    behaviour: Behaviour | None = None
    """What the model did beside answering; there once the sandbox is closed again."""
    ask_scanners: Callable[[], tuple[Opinion, ...] | NoOpinions] | None = None
    """Asks other scanners about the submitted files, behind the walls; None where nobody can be asked."""
    elsewhere: CountElsewhere | None = None
    """Counts the blocks of a file that is read in batches by several hands; None: one after the other, here."""
    _decisions: Decisions | ModelFailedError | None = None
    _opinions: tuple[Opinion, ...] | NoOpinions | None = None
    _counts: Counts | None = None

    def decisions(self) -> Decisions | None:
        """Return the decisions on the evaluation rows, asked for once; None where there is nothing to ask.

        Raises
        ------
        ModelFailedError
            The model does not answer for them, and is not asked again: it might take a deadline to fail each time.
        """
        if self._decisions is None:
            data = self.evaluation
            if self.model is not None:
                try:
                    self._decisions = self.model.predict(data.feature_table())
                except ModelFailedError as err:
                    self._decisions = err
            elif data.prediction is not None:
                self._decisions = recorded_decisions(data.table.column(data.prediction), data.positive_label)
        if isinstance(self._decisions, ModelFailedError):
            raise self._decisions
        return self._decisions

    def counts(self) -> Counts:
        """Return what counts the decisions on the evaluation rows; made once, so that the rows are counted once."""
        if self._counts is None:
            decided: Decisions | Decide | None = None
            if self.model is not None:
                # Rows that are too many to hold are decided about, and counted, batch by batch.
                decided = self.decisions() if self.evaluation.source is None else self.model.predict
            elsewhere = None if self.evaluation.source is None else self.elsewhere
            self._counts = Counts(self.evaluation, decided, self.attributes, elsewhere)
        return self._counts

    def evidence(self) -> Mapping[str, CountTable]:
        """Return the joint tables that were counted, from which every count-based measurement can be had again."""
        return {} if self._counts is None else count_tables(self._counts.tables)

    def opinions(self) -> tuple[Opinion, ...] | NoOpinions:
        """Return what other scanners said, asked for once."""
        if self._opinions is None:
            self._opinions = self.ask_scanners() if self.ask_scanners else NoOpinions(reason="this runner asks no one")
        return self._opinions

    def rng(self, task: Task) -> Generator:
        """Return the task's own random stream, which depends on the seed and the task alone, never on the order."""
        import numpy as np

        entropy = int.from_bytes(hashlib.sha256(task.key.encode()).digest()[:16], "big")
        return np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, entropy])))


class Kept(Protocol):
    """Where finished tasks are kept, so that none is done twice."""

    def take(self, task: Task) -> Outcome | None:
        """Return what a task gave; None where it is not finished."""

    def keep(self, task: Task, outcome: Outcome) -> None:
        """Keep what a task gave."""


def execute(tasks: Iterable[Task], bench: Bench, done: Done = lambda task: None, kept: Kept | None = None) -> Outcome:
    """Run every task and return what they gave. A check that breaks becomes an error record, never an exception.

    Those that ask the model come last and run side by side: the broker merges their questions.

    Parameters
    ----------
    kept
        Tasks that were finished before, which are not run again; None where none are kept.
    """
    parts, asking = [], []

    def finish(task: Task, outcome: Outcome) -> None:
        parts.append(outcome)
        if kept is not None:
            # What was counted so far goes with it: a task that is not run again counts nothing.
            kept.keep(task, replace(outcome, tables={**outcome.tables, **bench.evidence()}))
        done(task)

    for task in tasks:
        if kept is not None and (found := kept.take(task)) is not None:
            parts.append(found)
            done(task)
            continue
        if task.check.asks and not _missing(task, bench):
            asking.append(task)
            continue
        finish(task, _run(task, bench))
    if asking:
        assert bench.model is not None
        for finished in Broker(bench.model).run((task, partial(_begin, task, bench)) for task in asking):
            finish(finished.key, _of_asking(finished))
    return joined([*parts, Outcome(tables=bench.evidence())])


def _run(task: Task, bench: Bench) -> Outcome:
    if missing := _missing(task, bench):
        return Outcome(inapplicable=(ReasonRecord(check=task.check.id, params=task.params, reason=missing),))
    try:
        return recorded(task, cast("Result", task.check.run(**_inputs(task, bench))))
    except Exception as err:  # noqa: BLE001 - one broken check must not take the others' measurements with it
        return broken(task, err)


def _begin(task: Task, bench: Bench) -> Asking[Result]:
    return cast("Asking[Result]", task.check.run(**_inputs(task, bench)))


def _of_asking(finished: Finished[Task, Result]) -> Outcome:
    task, result = finished.key, finished.result
    outcome = broken(task, result) if isinstance(result, Exception) else recorded(task, result)
    return replace(outcome, queries={task.key: finished.queries})


def _missing(task: Task, bench: Bench) -> Text | None:
    needs = task.check.needs
    if (needs & {"model", "timed"} or task.check.asks) and bench.model is None:
        return t("the submission has no model, only recorded decisions")
    if bench.evaluation.source is not None and (needs - task.check.optional - task.check.streams) & _ALL_ROWS:
        return not_held(bench.evaluation)
    training = bench.training
    if training is not None and training.source is not None and "training" in needs - task.check.streams:
        return not_held(training)
    if needs & {"decisions", "counts"} and bench.model is None and bench.evaluation.prediction is None:
        return t("there is neither a model nor a column of recorded predictions")
    return _unseen(needs, bench)


def _unseen(needs: frozenset[str], bench: Bench) -> Text | None:
    """Return why what only somebody outside the walls can see is not there."""
    wanted = (("timed", bench.timed), ("isolation", bench.isolation), ("behaviour", bench.behaviour))
    if all(seen is not None for name, seen in wanted if name in needs):
        return None
    if bench.model is not None:
        # Behind walls, the model is gone by the time that what was seen of it is asked for.
        return t("the model ran in the caller's own process, where nobody watches it from outside")
    return t("the submission has no model, only recorded decisions")


def _inputs(task: Task, bench: Bench) -> dict[str, object]:
    needs = task.check.needs
    given: dict[str, object] = {"subject": bench.subject, "data": bench.evaluation, "training": bench.training}
    given |= {"model": bench.model, "params": task.check.params(task.params)}
    given |= {"isolation": bench.isolation, "behaviour": bench.behaviour, "as_of": bench.as_of}
    if "timed" in needs:
        given["timed"] = bench.timed
    if "varies" in needs:
        assert bench.model is not None
        given["varies"] = bench.model.varies
    if "rng" in needs:
        given["rng"] = bench.rng(task)
    if bench.evaluation.source is not None:
        needs = needs - task.check.optional
    if "decisions" in needs:
        given["decisions"] = bench.decisions()
    if "opinions" in needs:
        asked = task.params.get("second_opinions") is True
        given["opinions"] = bench.opinions() if asked else NoOpinions(reason="the policy did not ask for any")
    if "counts" in needs:
        given["counts"] = bench.counts()
    return {name: value for name, value in given.items() if name in needs}
