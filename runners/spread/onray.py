"""Hands on the nodes of a Ray cluster: each is an actor of its own process.

It gets values and bytes of ours and gives back values of ours; rows travel as Arrow streams. What the model writes
never leaves its sandbox but as numbers that the hand has checked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, cast

from proofbox.runners.spread.cluster import Actor, Greeting, greeting, node_name, unlike
from proofbox.runners.spread.hand import Hand
from proofbox.runners.spread.kit import Answered, Counted, Failed, Kit, Opened, Refused, Seen
from proofbox.runners.spread.parcel import Parcel, Receiving, TakesFiles, lies_here, moved, send

if TYPE_CHECKING:
    import pyarrow as pa

    from proofbox.checks.counted.blockcounts import CountOrder


class RayHand(TakesFiles):
    """What runs on a node, as an actor: a hand, and the files that it needs."""

    def __init__(self) -> None:
        self._hand: Hand | None = None

    def greet(self, parcel: Parcel) -> tuple[Greeting, bool]:
        """Say what this node is, and whether the files lie there already."""
        return greeting(), lies_here(parcel)

    def fetch(self, parcel: Parcel) -> tuple[str, ...]:
        """Fetch what has an address, with the credentials of this node; return the paths of what is here then."""
        self.receiving = self.receiving or Receiving()
        return self.receiving.fetch(parcel)

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

    def __init__(self, number: int, kit: Kit, parcel: Parcel, head: str) -> None:
        self._kit, self._parcel = kit, parcel
        self.node = f"worker {number}, not yet placed"
        self._actor = Actor(RayHand, head)

    def open(self) -> Opened | Refused:
        """Send what is not there, and have it prove its walls."""
        there, files_lie_there = cast("tuple[Greeting, bool]", self._actor.asked("greet", self._parcel))
        self.node = there.node
        if why := unlike(there):
            return Refused(node=self.node, why=why)
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
    return tuple(RayDoor(place, kit, parcel, head) for place in range(1, number + 1))


def _stream(table: pa.Table) -> bytes:
    """Return an Arrow stream of the rows: a slice is sent alone, and not with the table that it was cut from."""
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return cast("bytes", sink.getvalue().to_pybytes())
