"""Hands on the nodes of a Ray cluster: each is an actor of its own process.

It gets values and bytes of ours and gives back values of ours; rows travel as Arrow streams. What the model writes
never leaves its sandbox but as numbers that the hand has checked.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from proofbox.runners.spread.cluster import Actor, Greeting, greeting, node_name, unlike
from proofbox.runners.spread.hand import Hand
from proofbox.runners.spread.kit import Answered, Counted, Failed, Kit, Opened, Refused, Seen
from proofbox.runners.spread.parcel import Parcel, TakesFiles, lies_here, moved, send
from proofbox.sandbox.scratch import sweep

if TYPE_CHECKING:
    import pyarrow as pa

    from proofbox.checks.counted.blockcounts import CountOrder


ALONE_SECONDS = 600.0
"""How long the hands of a run wait for a processor of the cluster as long as none of them has one."""
BESIDE_SECONDS = 60.0
"""How long the others are waited for once one of them has one: they may be wanted by another run that waits as well."""


class Places:
    """Since when the hands of a run wait for processors of the cluster, and since when one of them has one."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._first: float | None = None

    def taken(self) -> None:
        """Note that a hand has one."""
        self._first = self._first or time.monotonic()

    def over(self) -> str:
        """Return why a hand that has none waits no longer; nothing as long as it should."""
        since, seconds = (self._began, ALONE_SECONDS) if self._first is None else (self._first, BESIDE_SECONDS)
        over = time.monotonic() - since > seconds
        return f"no processor of the cluster was free for it in {seconds:g} seconds" if over else ""


class RayHand(TakesFiles):
    """What runs on a node, as an actor: a hand, and the files that it needs."""

    def __init__(self) -> None:
        self._hand: Hand | None = None

    def greet(self) -> Greeting:
        """Say what this node is, and remove what a killed one left there."""
        sweep()
        return greeting()

    def lies_here(self, parcel: Parcel) -> bool:
        """Say whether the files lie there already."""
        return lies_here(parcel)

    def fetch(self, parcel: Parcel) -> tuple[str, ...]:
        """Fetch what has an address, with the credentials of this node; return the paths of what is here then."""
        return self.received().fetch(parcel)

    def open(self, kit: Kit, parcel: Parcel) -> Opened | Refused:
        """Prove the walls of this node and start the model behind them."""
        if self.receiving is not None:
            kit = moved(kit, parcel.root, self.receiving.root)
        self._hand = Hand(kit, node=node_name())
        return self._hand.open()

    def predict(self, rows: bytes, call_seconds: float | None) -> Answered | Failed:
        """Ask the model about rows in the form of an Arrow stream."""
        import pyarrow as pa

        with pa.ipc.open_stream(rows) as reader:
            return self._there().predict(reader.read_all(), call_seconds)

    def count(self, order: CountOrder, first: int, end: int) -> Counted | Failed:
        """Count blocks of the file."""
        return self._there().count(order, first, end)

    def finish(self) -> Seen:
        """End the model, remove what was sent, and return what was done here."""
        seen = self._there().finish()
        if self.receiving is not None:
            self.receiving.close()
        return seen

    def _there(self) -> Hand:
        assert self._hand is not None
        return self._hand


class RayDoor:
    """A hand on a node of the cluster."""

    def __init__(self, number: int, kit: Kit, parcel: Parcel, head: str, places: Places) -> None:
        self._kit, self._parcel, self._places = kit, parcel, places
        self.node = f"worker {number}, not yet placed"
        self._actor = Actor(RayHand, head)

    def open(self) -> Opened | Refused:
        """Send what is not there, and have it prove its walls."""
        there: Greeting = self._actor.asked("greet", over=self._places.over)
        self._places.taken()
        self.node = there.node
        if why := unlike(there):
            return Refused(node=self.node, why=why)
        files_lie_there: bool = self._actor.asked("lies_here", self._parcel)
        if not files_lie_there:
            fetched = self._actor.asked("fetch", self._parcel) if self._parcel.addresses else ()
            if wrong := send(self._parcel, self._actor.asked, fetched):
                return Refused(node=self.node, why=wrong)
        opened = cast("Opened | Refused", self._actor.asked("open", self._kit, self._parcel))
        return replace(opened, files_sent=not files_lie_there) if isinstance(opened, Opened) else opened

    def predict(self, table: pa.Table, call_seconds: float | None) -> Answered | Failed:
        """Have it ask its model."""
        return cast("Answered | Failed", self._actor.asked("predict", _stream(table), call_seconds))

    def count(self, order: CountOrder, first: int, end: int) -> Counted | Failed:
        """Have it count blocks."""
        return cast("Counted | Failed", self._actor.asked("count", order, first, end))

    def finish(self) -> Seen:
        """End its model, and return what it did."""
        return cast("Seen", self._actor.asked("finish"))

    def close(self) -> None:
        """End its process, and with it what it started."""
        self._actor.close()


def ray_doors(number: int, kit: Kit, parcel: Parcel, head: str) -> tuple[RayDoor, ...]:
    """Return so many hands on the nodes of the cluster, not yet open."""
    places = Places()
    return tuple(RayDoor(place, kit, parcel, head, places) for place in range(1, number + 1))


def _stream(table: pa.Table) -> bytes:
    """Return an Arrow stream of the rows: a slice is sent alone, and not with the table that it was cut from."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return cast("bytes", sink.getvalue().to_pybytes())
