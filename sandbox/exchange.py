"""Ask a model about a table batch by batch, and keep one batch ahead of it: it computes while the next is written."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from proofbox.sandbox import answers, batches, wire
from proofbox.sandbox.errors import ModelError
from proofbox.sandbox.rowmemory import SLOTS, RowMemory

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray


class NoAnswerError(Exception):
    """The model said that it could not answer, or answered in due form what is no answer.

    Its process lives on, and no answer of it is outstanding.
    """

    def __init__(self, error: ModelError) -> None:
        self.error = error
        super().__init__(error.what)


class Budget:
    """The time that the harness waits for one model, over all its calls and starts."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.waited = 0.0
        self.running_out = False
        """Whether the last deadline was the end of the budget, and not that of the call."""

    def deadline(self, since: float, seconds: float) -> float:
        """Return the deadline of something that may take ``seconds`` from ``since`` on (:func:`time.monotonic`).

        Raises
        ------
        ModelError
            ``hang``: the budget is used up.
        """
        left = self.seconds - self.waited
        end = time.monotonic() + left
        self.running_out = end < since + seconds
        if left <= 0:
            raise ModelError("hang", "no time is left")
        return min(since + seconds, end)

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count the time that the harness spends inside."""
        started = time.monotonic()
        try:
            yield
        finally:
            self.waited += time.monotonic() - started


@dataclass(frozen=True, slots=True)
class _Asked:
    nonce: int
    shape: wire.Shape
    at: float


class Exchange:
    """Rows out and values back, over one process's wire and the memory that it shares.

    Parameters
    ----------
    shape_of
        What the answer to so many rows must look like.
    read
        Takes the values out of an answer of that shape; raises ModelError where they are no answer.
    """

    def __init__(
        self,
        end: wire.Wire,
        memory: RowMemory | None,
        budget: Budget,
        shape_of: Callable[[int], wire.Shape],
        read: Callable[[wire.Reply, wire.Shape], NDArray[Any]],
    ) -> None:
        self._wire = end
        self._memory = memory
        self._budget = budget
        self._shape_of = shape_of
        self._read = read
        self._call_seconds = 0.0
        self._answered = 0.0

    def values(self, table: pa.Table, call_seconds: float) -> Iterator[NDArray[Any]]:
        """Yield the values of the answers to the batches of ``table``, in order.

        Parameters
        ----------
        call_seconds
            Deadline of each batch.

        Raises
        ------
        ModelError
            The model does not keep to the protocol, ended, or missed a deadline: its process is of no use any more.
        NoAnswerError
            It said that it cannot answer, or its values are no answer.
        """
        self._call_seconds = call_seconds
        ahead: deque[_Asked] = deque()
        for batch in batches.placed(table, self._memory):
            if batch.body is not None:
                # A long body: the model could be blocked writing an answer that nobody reads meanwhile.
                while ahead:
                    yield self._next(ahead)
            ahead.append(self._ask(batch, self._shape_of(batch.rows)))
            if batch.body is not None or len(ahead) == SLOTS:
                yield self._next(ahead)
        while ahead:
            yield self._next(ahead)

    def _ask(self, batch: batches.Placed, shape: wire.Shape) -> _Asked:
        if batch.body is not None:
            kind, body = wire.PREDICT, batch.body
        else:
            kind = wire.PREDICT_MATRIX if batch.matrix else wire.PREDICT_SHARED
            body = memoryview(wire.PLACE.pack(batch.offset, batch.length, batch.columns))
        now = time.monotonic()
        with self._budget.waiting():
            nonce = self._wire.request(kind, body, shape, self._budget.deadline(now, self._call_seconds))
        return _Asked(nonce, shape, now)

    def _next(self, ahead: deque[_Asked]) -> NDArray[Any]:
        asked = ahead.popleft()
        reply = self._reply(asked)
        if reply.kind == wire.REFUSED:
            error = answers.refusal(reply.body)
        else:
            try:
                return self._read(reply, asked.shape)
            except ModelError as none:
                error = none
        while ahead:  # it has been given the next batch already
            self._reply(ahead.popleft())
        raise NoAnswerError(error)

    def _reply(self, asked: _Asked) -> wire.Reply:
        # The model could not begin before it had answered what was asked before.
        deadline = self._budget.deadline(max(asked.at, self._answered), self._call_seconds)
        with self._budget.waiting():
            reply = self._wire.reply(asked.nonce, wire.ANSWER, asked.shape, deadline)
        self._answered = time.monotonic()
        return reply
