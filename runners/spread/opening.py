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
    from proofbox.checks.blockcounts import CountElsewhere


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


@dataclass(slots=True, kw_only=True)
class Hands:
    """The hands of a run, while they are open."""

    model: DecidingModel | None = None
    """The model, asked by hands where that helps; None where there is no model."""
    counting: CountElsewhere | None = None
    """Counts a file that is read in batches; None where all rows are held."""


@contextmanager
def open_hands(how: Spread, resolved: Resolved, hosting: Hosting, granted: Granted, told: Part) -> Iterator[Hands]:
    """Open hands for the rows of a submission without a model."""
    with _open(how, _kit(resolved, hosting, granted), (resolved, granted), hosting) as (crew, done):
        yield Hands(counting=_counting(resolved, crew, done, told))


@contextmanager
def with_hands(
    how: Spread,
    resolved: Resolved,
    hosting: Hosting,
    granted: Granted,
    first: tuple[DecidingModel, Part],
) -> Iterator[Hands]:
    """Open hands beside the first host of a model, where there are any and it can be hosted more than once."""
    model, told = first
    block = resolved.submission.model
    if not how.wanted or not isinstance(model.hosted, HostedModel) or block is None:
        yield Hands(model=model)
        return
    held = max(model.hosted.memory())
    with _open(how, _kit(resolved, hosting, granted), (resolved, granted), hosting, held) as (crew, done):
        spread = DecidingModel(SpreadModel(model.hosted, crew, done), block)
        yield Hands(model=spread, counting=_counting(resolved, crew, done, told))


@contextmanager
def _open(
    how: Spread, kit: Kit, of: tuple[Resolved, Granted], hosting: Hosting, first_bytes: int = 0
) -> Iterator[tuple[Crew, Done]]:
    done = Done()
    with ExitStack() as stack:
        crew = Crew(_doors(how, kit, of, hosting, (stack, first_bytes)))
        stack.callback(crew.close)
        crew.open()
        _refuse_none(crew)
        hosting.selfcheck = lowest(hosting.selfcheck, [one for _, one in crew.opened])
        try:
            yield crew, done
        finally:
            did = crew.finish()
            hosting.workers = hands_json(crew, did, done)
            seen = [one for _, one in did if one is not None]
            hosting.summed = partial(together, seen=seen, done=done)


def _doors(
    how: Spread, kit: Kit, of: tuple[Resolved, Granted], hosting: Hosting, rest: tuple[ExitStack, int]
) -> Sequence[Door]:
    stack, first_bytes = rest
    if how.runner == "local":
        number = most_here(first_bytes) if how.workers is None else how.workers
        return local_doors(number, kit, hosting.walls)
    from proofbox.runners.spread.cluster import ADDRESS, connected
    from proofbox.runners.spread.onray import ray_doors
    from proofbox.runners.spread.parcel import parcel_of

    number = stack.enter_context(connected(how.address or ADDRESS, how.workers or 0))
    return ray_doors(number, kit, parcel_of(of[0], of[1].fetching))


def _refuse_none(crew: Crew) -> None:
    if crew.opened:
        return
    told = "; ".join(
        [*(f"{one.node}: {one.why}" for one in crew.refused), *(f"{node}: {how}" for node, how in crew.lost)]
    )
    if any("walls" in one.why for one in crew.refused):
        raise IsolationError(f"no worker may hold the model: {told}")
    raise UsageError(f"--workers: none could be made ready: {told}")


def _kit(resolved: Resolved, hosting: Hosting, granted: Granted) -> Kit:
    source, model = resolved.evaluation.source, None
    if resolved.subject.model_path is not None:
        block = resolved.submission.model
        assert block is not None
        assert hosting.spec is not None
        model = ModelKit(spec=hosting.spec, block=block, environment=granted.environment)
    rows = None
    if isinstance(source, Stream):
        rows = RowsKit(spec=source.spec, written=source.written, rows=source.rows, block_rows=source.block_rows)
    return Kit(executor=hosting.walls.name, limits=hosting.limits or granted.limits, model=model, rows=rows)


def _counting(resolved: Resolved, crew: Crew, done: Done, told: Part) -> CountElsewhere | None:
    source = resolved.evaluation.source
    if not isinstance(source, Stream):
        return None
    rows = RowsKit(spec=source.spec, written=source.written, rows=source.rows, block_rows=source.block_rows)
    return SpreadCounting(rows, crew, done, told)
