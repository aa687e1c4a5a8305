"""Hands on the nodes of a Ray cluster: the one place that knows Ray (https://docs.ray.io/en/latest/ray-core/actors.html).

Each hand is an actor of its own process. It gets values and bytes of ours and gives back values of ours; rows travel as
Arrow streams. What the model writes never leaves its sandbox but as numbers that the hand has checked. Whoever may
speak to a Ray cluster may run programs on it: a node that asks for no token (``RAY_AUTH_MODE=token``) gets no model.
"""

from __future__ import annotations

import contextlib
import logging
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from proofbox.runners.errors import UsageError
from proofbox.runners.hosted.hostrecord import HostRecord, host_record
from proofbox.runners.spread.crew import LostError
from proofbox.runners.spread.hand import Hand
from proofbox.runners.spread.kit import Failed, Kit, Opened, Refused, Seen
from proofbox.runners.spread.parcel import Parcel, Receiving, WrongFileError, lies_here, moved, pieces

if TYPE_CHECKING:
    import pyarrow as pa

    from proofbox.checks.blockcounts import BlockCounts, CountOrder, NotCountable
    from proofbox.checks.subject import FileRecord
    from proofbox.sandbox.spec import Answer

ADDRESS = "127.0.0.1:6379"
"""Of the cluster, where none is named: one on this machine, and nowhere else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What a node says of itself before it is given anything."""

    node: str
    software: HostRecord
    asks_for_token: bool
    files_lie_there: bool


class RayHand:
    """What runs on a node, as an actor: a hand, and the files that it needs."""

    def __init__(self) -> None:
        self._receiving: Receiving | None = None
        self._hand: Hand | None = None
        self._root: str = ""

    def greet(self, parcel: Parcel) -> Greeting:
        """Say where this is, and what is there."""
        return Greeting(
            node=self._name(),
            software=host_record(),
            asks_for_token=os.environ.get("RAY_AUTH_MODE", "").lower() == "token",
            files_lie_there=lies_here(parcel),
        )

    def take(self, file: FileRecord, piece: bytes, last: bool) -> str:
        """Write a piece of a file; return what is wrong with it, if anything."""
        self._receiving = self._receiving or Receiving()
        try:
            self._receiving.take(file, piece, last=last)
        except (WrongFileError, OSError) as err:
            return str(err)
        return ""

    def open(self, kit: Kit, parcel: Parcel) -> Opened | Refused:
        """Prove the walls of this node and start the model behind them."""
        if self._receiving is not None:
            kit = moved(kit, parcel.root, self._receiving.root)
        self._hand = Hand(kit, node=self._name())
        return self._hand.open()

    def predict(self, rows: bytes, call_seconds: float | None) -> Answer | Failed:
        """Ask the model about rows in the form of an Arrow stream."""
        import pyarrow as pa

        with pa.ipc.open_stream(rows) as reader:
            return self._there().predict(reader.read_all(), call_seconds)

    def count(self, order: CountOrder, first: int, end: int) -> tuple[BlockCounts | NotCountable, ...] | Failed:
        """Count blocks of the file."""
        return self._there().count(order, first, end)

    def finish(self) -> Seen:
        """End the model, remove what was sent, and return what was done here."""
        seen = self._there().finish()
        if self._receiving is not None:
            self._receiving.close()
        return seen

    def _there(self) -> Hand:
        assert self._hand is not None
        return self._hand

    def _name(self) -> str:
        import ray

        return f"{platform.node()}, Ray node {ray.get_runtime_context().get_node_id()[:8]}"


class RayDoor:
    """A hand on a node of the cluster."""

    def __init__(self, number: int, kit: Kit, parcel: Parcel) -> None:
        import ray

        self._kit, self._parcel = kit, parcel
        self.node = f"worker {number}, not yet placed"
        options = {"num_cpus": 1, "max_restarts": 0, "scheduling_strategy": "SPREAD"}
        self._actor = cast("Any", ray.remote(RayHand)).options(**options).remote()

    def open(self) -> Opened | Refused:
        """Send what is not there, and have it prove its walls."""
        there: Greeting = self._asked("greet", self._parcel)
        self.node = there.node
        if unlike := _unlike(there):
            return Refused(node=self.node, why=unlike)
        if not there.files_lie_there:
            for file, piece, last in pieces(self._parcel):
                if wrong := self._asked("take", file, piece, last):
                    return Refused(node=self.node, why=wrong)
        return cast("Opened | Refused", self._asked("open", self._kit, self._parcel))

    def predict(self, table: pa.Table, call_seconds: float | None) -> Answer | Failed:
        """Have it ask its model."""
        return cast("Answer | Failed", self._asked("predict", _stream(table), call_seconds))

    def count(self, order: CountOrder, first: int, end: int) -> tuple[BlockCounts | NotCountable, ...] | Failed:
        """Have it count blocks."""
        return cast("tuple[BlockCounts | NotCountable, ...] | Failed", self._asked("count", order, first, end))

    def finish(self) -> Seen:
        """End its model, and return what it did."""
        return cast("Seen", self._asked("finish"))

    def close(self) -> None:
        """End its process, and with it what it started."""
        import ray

        with contextlib.suppress(Exception):  # whatever Ray says of an actor that has gone
            ray.kill(self._actor)

    def _asked(self, method: str, *given: object) -> Any:  # noqa: ANN401 what the methods of RayHand return
        from ray import exceptions, get

        try:
            return get(getattr(self._actor, method).remote(*given))
        except exceptions.RayTaskError:
            raise  # a defect of ours, with its own traceback
        except exceptions.RayError as err:
            raise LostError(f"{type(err).__name__}") from err


@contextmanager
def connected(address: str, workers: int) -> Iterator[int]:
    """Connect to a cluster for as long as the context lasts; yield the number of workers.

    Parameters
    ----------
    address
        ``HOST:PORT`` of the cluster.
    workers
        Hands that are wanted; 0: one for each processor of the cluster.

    Raises
    ------
    UsageError
        Ray is not installed, or the cluster cannot be reached, or no token is in use.
    """
    if find_spec("ray") is None:
        raise UsageError("--runner ray: Ray is not installed, install it with: pip install 'proofbox[ray]'")
    if os.environ.setdefault("RAY_AUTH_MODE", "token").lower() != "token":
        raise UsageError(
            f"--runner ray: got RAY_AUTH_MODE={os.environ['RAY_AUTH_MODE']}, expected token; see docs/ray.md"
        )
    # Ray tells its makers how it is used, unless it is told not to; nobody named that address.
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray

    try:
        ray.init(address=address, logging_level=logging.ERROR, log_to_driver=False, configure_logging=False)
    except Exception as err:
        reason = str(err).strip().partition("\n")[0][:300] or type(err).__name__
        raise UsageError(
            f"--ray-address {address}: the cluster cannot be used: {reason}; start one with:"
            " RAY_AUTH_MODE=token ray start --head --port 6379, and see docs/ray.md"
        ) from err
    try:
        yield workers or max(1, int(cast("Any", ray).cluster_resources().get("CPU", 1)))
    finally:
        ray.shutdown()


def ray_doors(number: int, kit: Kit, parcel: Parcel) -> tuple[RayDoor, ...]:
    """Return so many hands on the nodes of the cluster, not yet open."""
    return tuple(RayDoor(place, kit, parcel) for place in range(1, number + 1))


def _unlike(there: Greeting) -> str:
    """Return why a node is given no model: it is open to all, or differs so that its figures might; else nothing."""
    if not there.asks_for_token:
        return "its Ray asks nobody for a token; start it with RAY_AUTH_MODE=token"
    ours, software = host_record(), there.software
    if software == ours:
        return ""
    for name, version in ours["packages"].items():
        if software["packages"].get(name) != version:
            return f"it has {name} {software['packages'].get(name)}, expected {version}"
    return f"it has {software['platform']}, expected {ours['platform']}"


def _stream(table: pa.Table) -> bytes:
    """Return an Arrow stream of the rows: a slice is sent alone, and not with the table that it was cut from."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return cast("bytes", sink.getvalue().to_pybytes())
