"""Hand the submissions of a batch to workers: whoever is free gets the next, and how it ended is told as it ends.

A worker that is lost gives its submission back, and another worker, or the one that follows it, gets it. What was twice
with a worker that was lost is told and not tried again, so that it cannot end one worker after the other.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable, Sequence
from queue import SimpleQueue
from typing import Protocol

from proofbox.reports.batch import BatchRow
from proofbox.runners.batch.kit import Unfit
from proofbox.runners.batch.listing import Queued
from proofbox.runners.exit_codes import ExitCode
from proofbox.runners.spread.crew import LostError

MOST_LOST = 2
"""Workers that a submission may lose."""
MOST_FAILED = 3
"""Workers in a row that may be lost before they are ready; nobody follows them."""


class RefusedError(Exception):
    """A node may not hold a submission: its walls do not hold, or its software differs."""

    def __init__(self, unfit: Unfit) -> None:
        self.unfit = unfit
        super().__init__(unfit.why)


class Worker(Protocol):
    """A worker as it is reached from here; what it cannot do because it has gone raises :class:`LostError`."""

    @property
    def node(self) -> str:
        """Where it is."""
        ...

    def open(self) -> None:
        """Make it ready; raises :class:`RefusedError` where its node may not hold a submission."""
        ...

    def assess(self, one: Queued) -> BatchRow:
        """Have a submission assessed, and put its bundle in its place."""
        ...

    def finish(self) -> None:
        """Have it clear away what it made, once there is no more to do for it."""
        ...

    def close(self) -> None:
        """End it; nothing of it is left. Raises nothing, and may be called again, and from another thread."""
        ...


class Handing:
    """Who has what, and what is left; used by the threads that each reach one worker."""

    def __init__(self, queue: Sequence[Queued], hire: Callable[[], Worker]) -> None:
        self.rows: SimpleQueue[BatchRow | BaseException] = SimpleQueue()
        """How submissions ended; an error is a defect, and ends the batch."""
        self.why: list[str] = []
        """Why there are fewer workers than there were."""
        self.walls = False
        """Whether there is a node whose walls do not hold."""
        self.ready = 0
        """Workers that are ready now."""
        self._waiting = deque(queue)
        self._left = len(queue)
        self._lost: Counter[str] = Counter()
        self._hire = hire
        self._open: set[Worker] = set()
        self._ended = False
        self._changed = threading.Condition()

    def seat(self) -> None:
        """Keep one worker at work, and have another follow it where it is lost; return when there is no more to do."""
        failed = 0
        try:
            while failed < MOST_FAILED and (worker := self._hired()) is not None:
                try:
                    worker.open()
                    failed = 0
                    self._work(worker)
                    self._finish(worker)
                except RefusedError as err:
                    self._note(worker, err.unfit.why, walls=err.unfit.walls)
                    return
                except LostError as err:
                    failed += 1
                    self._note(worker, f"lost: {err}")
                finally:
                    self._dismiss(worker)
        except BaseException as err:  # noqa: BLE001 - raised again by who listens
            self.rows.put(err)

    def end(self) -> None:
        """End all workers, and let nobody begin anything."""
        with self._changed:
            self._ended = True
            workers = tuple(self._open)
            self._changed.notify_all()
        for worker in workers:
            worker.close()

    def _work(self, worker: Worker) -> None:
        self._count(1)
        try:
            while (one := self._next()) is not None:
                try:
                    row = worker.assess(one)
                except LostError as err:
                    self._take_back(one, worker, err)
                    raise
                self._tell(row)
        finally:
            self._count(-1)

    def _count(self, more: int) -> None:
        with self._changed:
            self.ready += more

    def _hired(self) -> Worker | None:
        with self._changed:
            if self._ended or not self._left:
                return None
        worker = self._hire()  # which may take its time: nobody else waits for it
        with self._changed:
            self._open.add(worker)
            ended = self._ended
        if ended:
            self._dismiss(worker)
        return None if ended else worker

    def _finish(self, worker: Worker) -> None:
        with self._changed:
            self._open.discard(worker)
            ended = self._ended
        if not ended:
            worker.finish()

    def _dismiss(self, worker: Worker) -> None:
        with self._changed:
            self._open.discard(worker)
        worker.close()

    def _next(self) -> Queued | None:
        with self._changed:
            # What others have at work may come back.
            self._changed.wait_for(lambda: bool(self._waiting) or not self._left or self._ended)
            return None if self._ended or not self._waiting else self._waiting.popleft()

    def _take_back(self, one: Queued, worker: Worker, err: LostError) -> None:
        self._lost[one.name] += 1
        if self._lost[one.name] < MOST_LOST:
            with self._changed:
                self._waiting.append(one)
                self._changed.notify_all()
            return
        why = f"{MOST_LOST} workers were lost while they had it, the last one at {worker.node} ({err})"
        self._tell(BatchRow(name=one.name, how="failed", exit_code=int(ExitCode.DEFECT), why=why))

    def _tell(self, row: BatchRow) -> None:
        with self._changed:
            self._left -= 1
            self._changed.notify_all()
        self.rows.put(row)

    def _note(self, worker: Worker, why: str, *, walls: bool = False) -> None:
        with self._changed:
            if not self._ended:
                self.why.append(f"{worker.node}: {why}")
                self.walls = self.walls or walls
