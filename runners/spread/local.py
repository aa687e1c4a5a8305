"""Hands on this machine: each is a sandboxed host of the model and a reader of the file, reached by a thread."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.runners.hosted.walls import Walls
from proofbox.runners.spread.hand import Hand
from proofbox.runners.spread.kit import Answered, Counted, Failed, Kit, Opened, Refused, Seen
from proofbox.runners.submitted.streams import BLOCK_BYTES

if TYPE_CHECKING:
    import pyarrow as pa

    from proofbox.checks.counted.blockcounts import CountOrder


HAND_BYTES = 4 * BLOCK_BYTES
"""Of a hand beside its model: a block in its reader, on the way, and here, with what is counted of it."""


class LocalDoor:
    """A hand in this process; it is never lost."""

    def __init__(self, number: int, kit: Kit, walls: Walls) -> None:
        self._hand = Hand(kit, walls)
        self.node = f"{self._hand.node}, hand {number}"

    def open(self) -> Opened | Refused:
        """Start the model behind the walls that were proven for this run."""
        return self._hand.open()

    def predict(self, table: pa.Table, call_seconds: float | None) -> Answered | Failed:
        """Have it ask its model."""
        return self._hand.predict(table, call_seconds)

    def count(self, order: CountOrder, first: int, end: int) -> Counted | Failed:
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


def most_here(held_bytes: int) -> int:
    """Return how many hands this machine has processors and memory for, at least 1.

    Parameters
    ----------
    held_bytes
        What the first host of the model was seen to hold; a block of rows comes to it, there and here.
    """
    available = HAND_BYTES
    with contextlib.suppress(OSError):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        available = next(int(line.split()[1]) << 10 for line in lines if line.startswith("MemAvailable:"))
    return max(1, min(len(os.sched_getaffinity(0)), available // (held_bytes + HAND_BYTES)))
