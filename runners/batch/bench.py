"""A process on a node that assesses submissions one after the other, as ``proofbox batch`` does on one machine.

It is a fresh program beside the worker: what the cluster's library keeps in the worker's process (threads, sockets, a
token) would be in every process that is forked from it. Here everything is imported once, the walls are proven once,
and each submission has a process of its own, under the budget of the batch.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from functools import partial
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import TYPE_CHECKING, cast

from proofbox.runners.spread.crew import LostError
from proofbox.runners.spread.vanishing import vanish, vanishing_folder
from proofbox.sandbox.scratch import remove

if TYPE_CHECKING:
    from proofbox.policies.record import AttemptRecord
    from proofbox.reports.ledger.entries import Commitment
    from proofbox.runners.batch.kit import BatchKit, Came, Unfit

CLUSTER = "RAY_"
"""What the names of a cluster's variables begin with: the token is among them."""


class Bench:
    """The process, as the worker beside it sees it; it ends with the worker."""

    def __init__(self, kit: BatchKit) -> None:
        ours, theirs = Pipe()
        self._out = vanishing_folder("bench")
        argv = [sys.executable, "-m", __spec__.name, str(theirs.fileno())]
        env = {name: value for name, value in os.environ.items() if not name.startswith(CLUSTER)}
        self._process = subprocess.Popen(  # noqa: S603 this program itself
            argv,
            env=env,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            start_new_session=True,  # Ray kills the group of a worker, and what is in it has no time to clear away
        )
        theirs.close()
        self._pipe = ours
        self._pipe.send((kit, self._out))

    def refused(self) -> Unfit | None:
        """Return why no model may be held here; None once everything is imported and the walls are proven."""
        return cast("Unfit | None", self._heard())

    def assess(self, name: str, source: Path) -> Came | Commitment:
        """Assess one submission that lies on this machine, and return how it ended with the bytes of its bundle.

        Where attempts are counted, what is going to be measured is returned first, and nothing is before :meth:`go_on`.
        """
        self._pipe.send((name, source))
        return self._told()

    def go_on(self, attempt: AttemptRecord | None) -> Came:
        """Measure what was said, as the attempt that was written down; None: it was not, and nothing is measured."""
        self._pipe.send(attempt)
        return cast("Came", self._told())

    def _told(self) -> Came | Commitment:
        from proofbox.runners.batch.kit import Came

        said = cast("Came | Commitment", self._heard())
        if not isinstance(said, Came):
            return said
        row = said.row
        folder = None if row.bundle is None else self._out / row.bundle
        if folder is None:
            return Came(row=row)
        files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        remove(folder)
        return Came(row=row, files=files)

    def close(self) -> None:
        """End it; may be called again."""
        self._pipe.close()
        self._process.terminate()
        self._process.wait()
        vanish(self._out)

    def _heard(self) -> object:
        try:
            return self._pipe.recv()
        except (EOFError, OSError):
            raise LostError(f"its process ended (status {self._process.wait()})") from None


def main() -> None:
    """Serve the worker that started this process, until it goes."""
    from proofbox.runners.batch.pool import interrupted

    # Asked to end with the worker, however that ends (prctl(2), PR_SET_PDEATHSIG).
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    signal.signal(signal.SIGTERM, interrupted)
    try:
        with Connection(int(sys.argv[1])) as pipe:
            _serve(pipe)
    except (EOFError, OSError, KeyboardInterrupt):
        return


def _serve(pipe: Connection) -> None:
    from proofbox.runners.batch.kit import Came
    from proofbox.runners.batch.listing import Queued
    from proofbox.runners.batch.one import Wanted
    from proofbox.runners.batch.pool import assess_all
    from proofbox.runners.batch.preloading import preload
    from proofbox.runners.run.main_job import Publishing

    kit, out = cast("tuple[BatchKit, Path]", pipe.recv())
    preload(kit.settings.executor)
    pipe.send(_unfit(kit))
    publishing = Publishing(as_json=True, counted_by=partial(_attempt, pipe) if kit.counted else None)
    wanted = Wanted(policies=kit.policies, settings=kit.whole(), out=out, as_of=kit.as_of, publishing=publishing)
    while True:
        said = cast("tuple[str, Path] | AttemptRecord | None", pipe.recv())
        if not isinstance(said, tuple):
            continue  # for a submission that has ended meanwhile, over its budget
        name, source = said
        for row in assess_all([Queued(name=name, source=source)], wanted, kit.budget, 1, lambda _one: None):
            pipe.send(Came(row=row))


def _attempt(pipe: Connection, commitment: Commitment) -> AttemptRecord:
    """Ask which attempt this is, in the process of the submission; who waits for that one uses the pipe no more."""
    from proofbox.reports.ledger.errors import LedgerError

    pipe.send(commitment)
    attempt = cast("AttemptRecord | None", pipe.recv())
    if attempt is None:
        raise LedgerError("the attempt was not written down; nothing was measured")
    return attempt


def _unfit(kit: BatchKit) -> Unfit | None:
    """Return why nothing may be assessed on this machine, if anything."""
    from proofbox.runners.batch.kit import Unfit
    from proofbox.runners.hosted.walls import Walls
    from proofbox.sandbox import interpreter
    from proofbox.sandbox.errors import IsolationError, SandboxError

    settings = kit.settings
    try:
        python = None if settings.environment is None else interpreter.of(settings.environment)
        Walls(settings.executor, settings.limits, python).executor()
    except IsolationError as err:
        return Unfit(why=f"its walls do not hold: {err}", walls=True)
    except SandboxError as err:
        return Unfit(why=str(err))
    return None


if __name__ == "__main__":
    main()
