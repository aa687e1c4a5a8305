"""A batch on the nodes of a Ray cluster: each worker is an actor with a bench beside it, and is reached from here.

A submission is taken in here, and goes to the node as those very bytes, unless it lies there already; its bundle comes
back as bytes and is put in its place here. A node gets no key, no ledger, and no folder of this machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from proofbox.checks.subject import FileRecord
from proofbox.runners.assessing.attempting import Attempting
from proofbox.runners.batch.arriving import put_in_place
from proofbox.runners.batch.bench import Bench
from proofbox.runners.batch.counting import begin
from proofbox.runners.batch.handing import RefusedError
from proofbox.runners.batch.kit import BatchKit, Came, Unfit, kit_of
from proofbox.runners.batch.one import after, bundle_name, kept_or, refused, told
from proofbox.runners.batch.pool import GRACE_SECONDS
from proofbox.runners.batch.sharing import assess_by
from proofbox.runners.spread.cluster import ADDRESS, Actor, Greeting, answers, connected, greeting, unlike
from proofbox.runners.spread.crew import LostError
from proofbox.runners.spread.parcel import Parcel, TakesFiles, lies_here, parcel_at, send
from proofbox.runners.submitted.bringing import bring
from proofbox.sandbox.intake import SUBMISSION, take_in
from proofbox.sandbox.scratch import scratch, sweep

if TYPE_CHECKING:
    from proofbox.policies.record import AttemptRecord
    from proofbox.reports.batch import BatchRow
    from proofbox.reports.ledger.entries import Commitment
    from proofbox.runners.batch.counting import Begun
    from proofbox.runners.batch.listing import Queued
    from proofbox.runners.batch.one import Wanted
    from proofbox.runners.batch.pool import Budget
    from proofbox.runners.spread.opening import Spread

SLACK_SECONDS = 120.0
"""Beyond its budget, until a worker that says nothing of a submission is given up."""


class RayBench(TakesFiles):
    """What runs on a node, as an actor: a bench, and the submission that is on it."""

    def __init__(self) -> None:
        self._bench: Bench | None = None

    def greet(self) -> Greeting:
        """Say what this node is, and remove what a killed one left there."""
        sweep()
        return greeting()

    def open(self, kit: BatchKit) -> Unfit | None:
        """Start the bench; return why no submission may be held here, if there is a reason."""
        self._bench = Bench(kit)
        return self._bench.refused()

    def lies_here(self, parcels: tuple[Parcel, ...]) -> Path | None:
        """Return where the submission lies on this machine already; None: it has to be sent."""
        return next((parcel.root for parcel in parcels if lies_here(parcel)), None)

    def assess(self, name: str, source: Path | None) -> Came | Commitment:
        """Assess the submission that lies at ``source``, or the one that was sent, as :meth:`Bench.assess` does."""
        assert self._bench is not None
        where = source if self.receiving is None else self.receiving.root
        assert where is not None
        return self._ended(self._bench.assess(name, where))

    def go_on(self, attempt: AttemptRecord | None) -> Came | Commitment:
        """Measure it, as the attempt that was written down."""
        assert self._bench is not None
        return self._ended(self._bench.go_on(attempt))

    def _ended(self, said: Came | Commitment) -> Came | Commitment:
        """Remove what was sent, where it is no longer needed."""
        if isinstance(said, Came) and self.receiving is not None:
            self.receiving.close()
            self.receiving = None
        return said

    def finish(self) -> None:
        """End the bench, and remove what it wrote."""
        if self._bench is not None:
            self._bench.close()


class RayWorker:
    """A worker on a node of the cluster, as it is reached from here."""

    def __init__(self, wanted: Wanted, budget: Budget) -> None:
        self._wanted = wanted
        self._seconds = budget.wall_seconds + GRACE_SECONDS + SLACK_SECONDS
        self._kit = kit_of(wanted, budget)
        self.node = "a worker that is not yet placed"
        self._actor = Actor(RayBench)

    def open(self) -> None:
        """Have its node prove its walls; raises :class:`RefusedError` where it may not hold a submission."""
        there: Greeting = self._actor.asked("greet")
        self.node = there.node
        if why := unlike(there):
            raise RefusedError(Unfit(why=why))
        unfit: Unfit | None = self._actor.asked("open", self._kit)
        if unfit is not None:
            raise RefusedError(unfit)

    def assess(self, one: Queued) -> BatchRow:
        """Have a submission assessed, and put its bundle in its place; whatever is wrong with it is in the value."""
        began = time.monotonic()
        try:
            with scratch("batch") as folder:
                row = self._taken(one, _taken_in(one, folder / "submission", self._wanted))
        except LostError:
            raise
        except Exception as err:  # noqa: BLE001 - one bad submission never stops the rest
            row = refused(one, err)
        return after(row, time.monotonic() - began)

    def finish(self) -> None:
        """Have it end the bench and remove what it wrote."""
        self._actor.asked("finish", seconds=GRACE_SECONDS)

    def close(self) -> None:
        """End its process, and with it the bench."""
        self._actor.close()

    def _taken(self, one: Queued, taken: TakenIn) -> BatchRow:
        name = bundle_name(one, taken.digest, self._wanted)
        return kept_or(lambda: self._measured(one, name, taken), one, name, self._wanted)

    def _measured(self, one: Queued, name: str, taken: TakenIn) -> BatchRow:
        with Attempting(self._wanted.publishing.ledger) as attempting:
            came, begun = self._came(one, taken, attempting)
            if not came.files:
                return replace(came.row, name=one.name, conclusion=None, bundle=None, digest=None)
            out = self._wanted.out / name
            assessment, bundle = put_in_place(out, came.files, taken.digest, self._wanted, begun)
            attempting.finished(bundle.digest, assessment.conclusion)
        return told(assessment, bundle.digest, one, name, "assessed")

    def _came(self, one: Queued, taken: TakenIn, attempting: Attempting) -> tuple[Came, Begun | None]:
        source: Path | None = self._actor.asked("lies_here", taken.there)
        if source is None and (wrong := send(taken.sent, self._actor.asked)):
            raise LostError(f"it could not take the submission: {wrong}")
        said: Came | Commitment = self._actor.asked("assess", one.name, source, seconds=self._seconds)
        if isinstance(said, Came):
            return said, None
        try:
            begun = begin(attempting, said, taken.digest, self._wanted)
        except Exception:
            self._actor.asked("go_on", None, seconds=self._seconds)
            raise
        return cast("Came", self._actor.asked("go_on", begun.attempt, seconds=self._seconds)), begun


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenIn:
    """A submission that was taken in here, and how a node comes by it."""

    digest: str
    """With what it names by address and is fetched, as the bundle will say."""
    sent: Parcel
    """Its own files; what it names by address is fetched by the node."""
    there: tuple[Parcel, ...]
    """Where these files may lie for a node already: in the copy, or on shared storage."""


def _taken_in(one: Queued, into: Path, wanted: Wanted) -> TakenIn:
    fetched: frozenset[str] = frozenset()
    if wanted.settings.fetching.allowed:
        brought = bring(one.source, into, wanted.settings.fetching)
        intake, fetched = brought.intake, frozenset(file.local for file in brought.fetched)
    else:
        intake = take_in(one.source, into)
    own = [file for file in intake.files if file.path not in fetched]
    files = tuple(FileRecord(path=file.path, size=file.size, sha256=file.sha256) for file in own)
    sent = parcel_at(intake.root, files)
    shared = one.source.parent if one.source.name == SUBMISSION else one.source
    there = (parcel_at(shared.resolve(), files),) if shared.is_dir() else ()
    return TakenIn(digest=intake.digest, sent=sent, there=there if fetched else (sent, *there))


def assess_on_ray(
    queue: Sequence[Queued], wanted: Wanted, budget: Budget, spread: Spread, say: Callable[[str], None]
) -> Iterator[BatchRow]:
    """Yield how each submission ended, in the order in which they end.

    Parameters
    ----------
    say
        Told of workers that were refused or lost.

    Raises
    ------
    IsolationError, UsageError
        The cluster cannot be used, or nobody is left who may do what is left.
    """
    sweep()
    address = spread.address or ADDRESS
    with connected(address, spread.workers or 0) as workers:
        yield from assess_by(queue, lambda: RayWorker(wanted, budget), workers, say, lambda: answers(address))
