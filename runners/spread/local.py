"""Hands on this machine: each is a sandboxed host of the model and a reader of the file, reached by a thread."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from proofbox.runners.hosted.walls import Walls
from proofbox.runners.spread.hand import Hand
from proofbox.runners.spread.kit import Failed, Kit, Opened, Refused, Seen

if TYPE_CHECKING:
    import pyarrow as pa

    from proofbox.checks.blockcounts import BlockCounts, CountOrder, NotCountable
    from proofbox.sandbox.spec import Answer


class LocalDoor:
    """A hand in this process; it is never lost."""

    def __init__(self, number: int, kit: Kit, walls: Walls) -> None:
        self._hand = Hand(kit, walls)
        self.node = f"{self._hand.node}, hand {number}"

    def open(self) -> Opened | Refused:
        """Start the model behind the walls that were proven for this run."""
        return self._hand.open()

    def predict(self, table: pa.Table, call_seconds: float | None) -> Answer | Failed:
        """Have it ask its model."""
        return self._hand.predict(table, call_seconds)

    def count(self, order: CountOrder, first: int, end: int) -> tuple[BlockCounts | NotCountable, ...] | Failed:
        """Have it count blocks."""
        return self._hand.count(order, first, end)

    def finish(self) -> Seen:
        """End it and return what it did."""
        return self._hand.finish()

    def close(self) -> None:
        """End it."""
        self._hand.close()


def local_doors(number: int, kit: Kit, walls: Walls) -> tuple[LocalDoor, ...]:
    """Return so many hands, not yet open."""
    return tuple(LocalDoor(place, kit, walls) for place in range(1, number + 1))


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))
