"""Spread what takes long, and leave the rest where it was: rows by the ten thousand, and blocks of a file.

The first host of the model, beside the harness, answers what is small, what wants a fresh process or other
surroundings, and whatever a hand did not answer; so an assessment is the same whether hands helped or not. It is no
hand itself, though it waits while they work: which rows it had been asked about would then depend on who was quick, and
with them what a model that remembers answers afterwards, and how often it fails and is started again. What is
spread is cut at places that follow from the rows alone, in pieces that the sandbox would have made of them anyway, so
that the model is asked the very same questions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from proofbox.checks.counted.blockcounts import BlockCounts, CountOrder, NotCountable
from proofbox.runners.spread.crew import Crew, Door, NobodyLeftError
from proofbox.runners.spread.kit import Answered, Beside, Counted, Failed, RowsKit
from proofbox.sandbox.batches import BATCH_ROWS
from proofbox.sandbox.hosted import HostedModel
from proofbox.sandbox.spec import Answer
from proofbox.sandbox.surroundings import USUAL, Surroundings

if TYPE_CHECKING:
    import pyarrow as pa

SLICE_ROWS = 5 * BATCH_ROWS
"""Rows that a hand is given at once: whole batches of the sandbox, so that none is cut in another place."""
MOST_BLOCKS = 16
"""Blocks that a hand counts before it gives them back."""

Part = Callable[[int, int], None]
"""Told how many parts are done, of how many."""


@dataclass(slots=True, kw_only=True)
class Done:
    """What was done by hands and counts as done by the one model."""

    calls: int = 0
    rows: int = 0
    """Rows that the model was asked about."""
    denied: Counter[str] = field(default_factory=Counter)
    """System call -> how often the model made it and was denied."""
    printed_bytes: int = 0
    not_answered: int = 0
    """Questions, and passes over the file, that hands did not answer whole, and that were gone through again in
    order: nothing that the model did for them is in the figures above."""

    def counts(self, calls: int, rows: int, besides: Iterable[Beside]) -> None:
        """Add what was answered whole, and what the model did meanwhile."""
        self.calls += calls
        self.rows += rows
        for one in besides:
            self.denied.update(one.denied)
            self.printed_bytes += one.printed_bytes


class SpreadModel:
    """The first host of a model, with hands for what is large.

    Has of :class:`proofbox.sandbox.hosted.HostedModel` what a deciding model uses of it.
    """

    def __init__(self, first: HostedModel, crew: Crew, done: Done) -> None:
        self._first, self._crew, self._done = first, crew, done
        self._usual = True
        self.classes = first.classes

    @property
    def own_hostname(self) -> bool:
        """Whether :meth:`restart` can give it another name of the machine."""
        return self._first.own_hostname

    @property
    def stopped(self) -> bool:
        """Whether the first host has no process any more."""
        return self._first.stopped

    @property
    def waited_seconds(self) -> float:
        """Seconds that the harness has waited for the first host."""
        return self._first.waited_seconds

    def memory(self) -> tuple[int, int]:
        """Return the bytes that the first host holds now, and the most that it was seen to hold."""
        return self._first.memory()

    def restart(self, surroundings: Surroundings = USUAL) -> None:
        """Start the first host again; a model that is watched for what it remembers is watched there."""
        self._usual = surroundings == USUAL
        self._first.restart(surroundings)

    def revive(self) -> None:
        """Start the first host again after a failure."""
        self._usual = True
        self._first.revive()

    def predict(self, table: pa.Table, call_seconds: float | None = None) -> Answer:
        """Return the model's answers for the rows of ``table``.

        Raises
        ------
        ModelError, SandboxError
            As :meth:`proofbox.sandbox.hosted.HostedModel.predict`, which is asked where a hand does not answer.
        """
        if self._usual and self._crew.size and table.num_rows > SLICE_ROWS:
            answer = self._spread(table, call_seconds)
            if answer is not None:
                return answer
            self._done.not_answered += 1
        return self._first.predict(table, call_seconds)

    def _spread(self, table: pa.Table, call_seconds: float | None) -> Answer | None:
        import numpy as np

        whole = table.combine_chunks()
        slices = (whole.slice(start, SLICE_ROWS) for start in range(0, table.num_rows, SLICE_ROWS))
        parts: list[Answer] = []
        besides: list[Beside] = []
        try:
            for part in self._crew.in_order(partial(_predict, piece, call_seconds) for piece in slices):
                if isinstance(part, Failed) or part.answer.classes != self.classes or _unlike(part.answer, parts):
                    return None
                parts.append(part.answer)
                besides.append(part.beside)
        except NobodyLeftError:
            return None
        self._done.counts(1, table.num_rows, besides)
        return Answer(values=np.concatenate([part.values for part in parts]), classes=self.classes)


class SpreadCounting:
    """Counts the blocks of a file by hands; satisfies :class:`proofbox.checks.counted.blockcounts.CountElsewhere`."""

    def __init__(self, rows: RowsKit, crew: Crew, done: Done, told: Part) -> None:
        self._rows, self._crew, self._done, self._told = rows, crew, done, told

    def counted(self, order: CountOrder) -> Iterator[BlockCounts | NotCountable]:
        """Yield the counts of the blocks in order; one that cannot be had is not countable, and ends it."""
        if not self._crew.size:
            yield NotCountable()
            return
        blocks, rows, besides = -(-self._rows.rows // self._rows.block_rows), list[int](), list[Beside]()
        whole = False
        try:
            for number, part in enumerate(self._parts(order, blocks, besides), start=1):
                if isinstance(part, BlockCounts) and part.classes is not None:
                    rows.append(part.rows)
                self._told(number, blocks)
                yield part
            whole = True
        except NobodyLeftError:
            yield NotCountable()
        finally:
            # Whoever wants no more of it, for what is in it, goes through the rows in order.
            if whole:
                self._done.counts(len(rows), sum(rows), besides)
            else:
                self._done.not_answered += 1

    def _parts(self, order: CountOrder, blocks: int, besides: list[Beside]) -> Iterator[BlockCounts | NotCountable]:
        step = self._step(blocks)
        ranges = [(start, min(start + step, blocks)) for start in range(0, blocks, step)]
        # What is counted jointly follows from the first block. Until that is known, others are counted as their own
        # rows suggest: the same, but for columns whose categories come late. Each job is made when it is given out, of
        # the order as it is by then.
        jobs = (partial(_count, order, first, end) for first, end in ranges)
        for (first, end), given in zip(ranges, self._crew.in_order(jobs), strict=True):
            found, parts = given, _or_none(given)
            if order.sets is None and isinstance(parts[0], BlockCounts):
                order = replace(order, sets=parts[0].sets)
            if not isinstance(found, Failed) and any(_otherwise(part, order) for part in parts):
                found = next(self._crew.in_order([partial(_count, order, first, end)]))
                parts = _or_none(found)
            if not isinstance(found, Failed):
                besides.append(found.beside)
            yield from parts

    def _step(self, blocks: int) -> int:
        """Return how many blocks are given out at once."""
        hands = max(1, self._crew.size)
        if self._rows.spec.format == "csv":
            return -(-blocks // hands)  # what lies before has to be parsed: the fewer beginnings, the better
        return max(1, min(MOST_BLOCKS, blocks // (8 * hands)))


def _predict(piece: pa.Table, call_seconds: float | None, door: Door) -> Answered | Failed:
    return door.predict(piece, call_seconds)


def _count(order: CountOrder, first: int, end: int, door: Door) -> Counted | Failed:
    return door.count(order, first, end)


def _or_none(found: Counted | Failed) -> tuple[BlockCounts | NotCountable, ...]:
    return (NotCountable(),) if isinstance(found, Failed) else found.parts


def _otherwise(part: BlockCounts | NotCountable, order: CountOrder) -> bool:
    """Whether a block was counted by other columns together, or not at all, before the first one was known."""
    return order.sets is not None and (not isinstance(part, BlockCounts) or part.sets != order.sets)


def _unlike(part: Answer, parts: list[Answer]) -> bool:
    """Whether an answer is of another form than the first, which the first host would have refused."""
    return bool(parts) and part.values.shape[1:] != parts[0].values.shape[1:]
