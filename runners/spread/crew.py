"""Several hands at one piece of work: whoever is free takes the next part, and the parts come back in their order.

Nothing that comes out says who did what. A hand that is lost gives its part back, and another one takes it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeVar

from proofbox.checks.counted.blockcounts import CountOrder
from proofbox.runners.spread.kit import Answered, Counted, Failed, Opened, Refused, Seen

if TYPE_CHECKING:
    import pyarrow as pa

T = TypeVar("T")
Job = Callable[["Door"], T]
AHEAD = 2
"""Parts for each hand that are given out, or done and not yet taken: so much is held, however much there is to do."""


class LostError(Exception):
    """A hand has gone: its process, or its node, has ended."""


class NobodyLeftError(Exception):
    """Every hand is lost."""


class Door(Protocol):
    """A hand as it is reached from here; every method raises :class:`LostError` where it is gone."""

    @property
    def node(self) -> str:
        """Where it is."""
        ...

    def open(self) -> Opened | Refused:
        """Make it ready."""
        ...

    def predict(self, table: pa.Table, call_seconds: float | None) -> Answered | Failed:
        """Have it ask its model."""
        ...

    def count(self, order: CountOrder, first: int, end: int) -> Counted | Failed:
        """Have it count blocks."""
        ...

    def finish(self) -> Seen:
        """End its model and its reader, and return what it did."""
        ...

    def close(self) -> None:
        """End it; nothing of it is left. Raises nothing, and may be called again."""
        ...


class Crew:
    """Hands, and who of them is free.

    Each is reached by a thread of its own, which lives as long as the crew: a sandbox ends with the thread that
    started it (prctl(2), PR_SET_PDEATHSIG).
    """

    def __init__(self, doors: Sequence[Door]) -> None:
        self._doors = tuple(doors)
        self._pool = ThreadPoolExecutor(max_workers=max(1, len(doors)), thread_name_prefix="proofbox-hand")
        self._free: deque[Door] = deque()
        self._left = 0
        self._changed = threading.Condition()
        self.opened: list[tuple[Door, Opened]] = []
        self.refused: list[Refused] = []
        self.lost: list[tuple[str, str]] = []
        """Where hands were lost, and how."""

    @property
    def size(self) -> int:
        """Number of hands that are left."""
        return self._left

    def open(self) -> None:
        """Make all hands ready, side by side; those that cannot be are noted as refused or lost."""
        for door, future in [(door, self._pool.submit(door.open)) for door in self._doors]:
            try:
                found = future.result()
            except LostError as err:
                self.lost.append((door.node, str(err)))
                door.close()  # or it would take the place of another, once there is one
                continue
            if isinstance(found, Refused):
                self.refused.append(found)
                door.close()
            else:
                self.opened.append((door, found))
                self._free.append(door)
        self._left = len(self._free)

    def in_order(self, jobs: Iterable[Job[T]]) -> Iterator[T]:
        """Yield what each job gives, in the order of the jobs, of which only a few are begun ahead.

        Raises
        ------
        NobodyLeftError
            Every hand is lost.
        """
        waiting: deque[Future[T]] = deque()
        try:
            for job in jobs:
                waiting.append(self._pool.submit(self._done, job))
                if len(waiting) >= AHEAD * max(1, self._left):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

    def finish(self) -> list[tuple[Opened, Seen | None]]:
        """End the work of all hands that were ever ready, and return what they did; None for one that was lost."""
        asked = [(opened, self._pool.submit(_finished, door)) for door, opened in self.opened]
        return [(opened, future.result()) for opened, future in asked]

    def close(self) -> None:
        """End all hands."""
        for door in self._doors:
            door.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _done(self, job: Job[T]) -> T:
        while True:
            door = self._taken()
            try:
                found = job(door)
            except LostError as err:
                self._lose(door, err)
                continue
            except BaseException:
                self._give_back(door)
                raise
            self._give_back(door)
            return found

    def _taken(self) -> Door:
        with self._changed:
            while not self._free:
                if not self._left:
                    raise NobodyLeftError("every hand is lost")
                self._changed.wait()
            return self._free.popleft()

    def _give_back(self, door: Door) -> None:
        with self._changed:
            self._free.append(door)
            self._changed.notify()

    def _lose(self, door: Door, error: LostError) -> None:
        with self._changed:
            self._left -= 1
            self.lost.append((door.node, str(error)))
            self._changed.notify_all()
        door.close()


def _finished(door: Door) -> Seen | None:
    try:
        return door.finish()
    except LostError:
        return None
