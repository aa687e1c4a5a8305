"""Share a batch among workers, and listen how each submission ends, until all have or nobody is left for the rest."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from queue import Empty

from proofbox.reports.batch import BatchRow
from proofbox.runners.batch.handing import Handing, Worker
from proofbox.runners.batch.listing import Queued
from proofbox.runners.errors import UsageError
from proofbox.sandbox.errors import IsolationError

PLACED_SECONDS = 600.0
"""How long a batch waits while the cluster has no free processor for any worker of it."""
GONE_SECONDS = 15.0
"""How long nobody is ready before it is asked whether the cluster is there at all."""
JOINED_SECONDS = 30.0
MOST_TOLD = 4
"""Workers of which it is told why they went, where nobody is left."""


def assess_by(
    queue: Sequence[Queued],
    hire: Callable[[], Worker],
    workers: int,
    say: Callable[[str], None],
    there: Callable[[], bool] = lambda: True,
) -> Iterator[BatchRow]:
    """Yield how each submission ended, in the order in which they end.

    Parameters
    ----------
    hire
        Gives a worker that is not ready yet.
    workers
        How many work at a time, at most.
    say
        Told of what a person at the terminal should know.
    there
        Whether the cluster answers; asked where no worker is ready.

    Raises
    ------
    IsolationError, UsageError
        Nobody is left who may do what is left.
    """
    handing = Handing(queue, hire)
    threads = [
        threading.Thread(target=handing.seat, name="proofbox-seat", daemon=True)
        for _ in range(min(workers, len(queue)))
    ]
    for thread in threads:
        thread.start()
    try:
        yield from _rows(handing, threads, len(queue), say, there)
    finally:
        handing.end()
        for thread in threads:
            thread.join(timeout=JOINED_SECONDS)


def _rows(
    handing: Handing,
    threads: Sequence[threading.Thread],
    number: int,
    say: Callable[[str], None],
    there: Callable[[], bool],
) -> Iterator[BatchRow]:
    told, since = 0, time.monotonic()
    while number:
        alone = not any(thread.is_alive() for thread in threads)
        for why in handing.why[told:]:
            told += 1
            say(why)
        try:
            row = handing.rows.get(timeout=0 if alone else 1.0)
        except Empty:
            if alone:
                raise _nobody(handing, number) from None
            waited = 0.0 if handing.ready else time.monotonic() - since
            since = time.monotonic() - waited
            if waited > PLACED_SECONDS:
                raise _gone(f"no processor of the cluster was free in {PLACED_SECONDS:g} seconds", number) from None
            if waited > GONE_SECONDS and not there():
                raise _gone("the cluster does not answer any more", number) from None
            continue
        if isinstance(row, BaseException):
            raise row
        number -= 1
        yield row


def _gone(why: str, left: int) -> UsageError:
    return UsageError(
        f"--runner ray: {why}; {left} submissions are left: run the same command again to go on with them"
    )


def _nobody(handing: Handing, left: int) -> Exception:
    why = "; ".join(handing.why[-MOST_TOLD:])
    told = f"no worker is left for {left} submissions: {why}; run the same command again to go on with them"
    return IsolationError(told) if handing.walls else UsageError(f"--runner ray: {told}")
