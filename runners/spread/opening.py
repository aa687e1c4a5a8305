"""Open the hands that a run was given, and put what they did into its record when they are done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from proofbox.runners.errors import UsageError
from proofbox.runners.hosted.deciding import DecidingModel
from proofbox.runners.hosted.hosting import Hosting
from proofbox.runners.spread.crew import Crew, Door
from proofbox.runners.spread.evidence import hands_json, lowest, together
from proofbox.runners.spread.kit import Kit, ModelKit, RowsKit
from proofbox.runners.spread.local import local_doors, most_here
from proofbox.runners.spread.spreading import Done, Part, SpreadCounting, SpreadModel
from proofbox.runners.submitted.bringing import Fetching
from proofbox.runners.submitted.resolve import Resolved
from proofbox.runners.submitted.streams import Stream
from proofbox.sandbox.errors import IsolationError
from proofbox.sandbox.hosted import HostedModel
from proofbox.sandbox.limits import Limits

if TYPE_CHECKING:
    from proofbox.checks.counted.blockcounts import CountElsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Where a run finds hands; nothing of it bears on what is measured."""

    runner: Literal["local", "ray"] = "local"
    workers: int | None = 0
    """Hands; None: as many as processors and memory allow. 0: none here, and one for each processor of a cluster."""
    address: str | None = None
    """``HOST:PORT`` of a Ray cluster; None: that on this machine, at the usual port."""

    @property
    def wanted(self) -> bool:
        """Whether there are hands at all."""
        return self.runner == "ray" or self.workers != 0


def spread_of(given: Mapping[str, object]) -> Spread:
    """Return where hands are found, from the options of a command.

    Raises
    ------
    UsageError
        An address of a cluster without the runner that uses one.
    """
    runner, address = given["runner"], given["ray_address"]
    if address is not None and runner != "ray":
        raise UsageError("--ray-address: got the local runner, expected --runner ray beside it")
    workers = None if given["workers"] == "auto" else int(str(given["workers"]))
    return Spread(
        runner="ray" if runner == "ray" else "local", workers=workers, address=None if address is None else str(address)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What the operator grants a run, and its workers with it."""

    limits: Limits
    environment: Path | None = None
    fetching: Fetching = field(default_factory=Fetching)
    """Addresses of data; a node fetches for itself what it may, with credentials of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Opens the hands of one run."""

    how: Spread
    resolved: Resolved
    hosting: Hosting
    granted: Granted
    told: Part
    """Told how far the counting of a long file is."""

    @contextmanager
    def for_rows(self) -> Iterator[CountElsewhere | None]:
        """Open hands that count recorded decisions, where there are any hands and the rows are too many to hold."""
        if self.resolved.subject.model_path is not None or not self.how.wanted or self._rows() is None:
            yield None
            return
        with self._open() as (crew, done):
            yield self._counting(crew, done)

    @contextmanager
    def beside(self, first: DecidingModel) -> Iterator[tuple[DecidingModel, CountElsewhere | None]]:
        """Open hands beside the first host of a model, where there are any and it can be hosted more than once."""
        block = self.resolved.submission.model
        if not self.how.wanted or not isinstance(first.hosted, HostedModel) or block is None:
            yield first, None
            return
        with self._open(max(first.hosted.memory())) as (crew, done):
            yield DecidingModel(SpreadModel(first.hosted, crew, done), block), self._counting(crew, done)

    @contextmanager
    def _open(self, first_bytes: int = 0) -> Iterator[tuple[Crew, Done]]:
        hosting, done = self.hosting, Done()
        with ExitStack() as stack:
            crew = Crew(self._doors(stack, first_bytes))
            stack.callback(crew.close)
            crew.open()
            _refuse_none(crew)
            hosting.selfcheck = lowest(hosting.selfcheck, [one for _, one in crew.opened])
            try:
                yield crew, done
            except (KeyboardInterrupt, SystemExit):
                raise  # nothing is waited for
            except BaseException:
                self._finish(crew, done)
                raise
            self._finish(crew, done)

    def _finish(self, crew: Crew, done: Done) -> None:
        did = crew.finish()
        self.hosting.workers = hands_json(crew, did, done)
        self.hosting.summed = partial(together, seen=[seen for _, seen in did if seen is not None], done=done)

    def _doors(self, stack: ExitStack, first_bytes: int) -> Sequence[Door]:
        how, kit = self.how, self._kit()
        if how.runner == "local":
            number = most_here(first_bytes) if how.workers is None else how.workers
            return local_doors(number, kit, self.hosting.walls)
        from proofbox.runners.spread.cluster import ADDRESS, connected
        from proofbox.runners.spread.onray import ray_doors
        from proofbox.runners.spread.parcel import parcel_of

        head = how.address or ADDRESS
        number = stack.enter_context(connected(head, how.workers or 0))
        return ray_doors(number, kit, parcel_of(self.resolved, self.granted.fetching), head)

    def _kit(self) -> Kit:
        model, block = None, self.resolved.submission.model
        if block is not None:
            assert self.hosting.spec is not None
            model = ModelKit(spec=self.hosting.spec, block=block, environment=self.granted.environment)
        limits = self.hosting.limits or self.granted.limits
        return Kit(executor=self.hosting.walls.name, limits=limits, model=model, rows=self._rows())

    def _rows(self) -> RowsKit | None:
        source = self.resolved.evaluation.source
        if not isinstance(source, Stream):
            return None
        return RowsKit(spec=source.spec, written=source.written, rows=source.rows, block_rows=source.block_rows)

    def _counting(self, crew: Crew, done: Done) -> CountElsewhere | None:
        rows = self._rows()
        return None if rows is None else SpreadCounting(rows, crew, done, self.told)


def _refuse_none(crew: Crew) -> None:
    """Refuse to go on where nobody is ready.

    Raises
    ------
    IsolationError, UsageError
        No walls held, or there is another reason.
    """
    if crew.opened:
        return
    told = [f"{one.node}: {one.why}" for one in crew.refused] + [f"{node}: {how}" for node, how in crew.lost]
    if any(one.walls for one in crew.refused):
        raise IsolationError(f"no worker may hold the model: {'; '.join(told)}")
    raise UsageError(f"--workers: none could be made ready: {'; '.join(told)}")
