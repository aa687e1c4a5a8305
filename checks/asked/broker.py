"""The query broker: runs every check that asks, and merges the questions that are open at one time into one call."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from proofbox.checks.asked.asking import Asking, Question
from proofbox.checks.asked.changing import joined, part_of
from proofbox.checks.errors import ModelFailedError
from proofbox.checks.late import pa
from proofbox.checks.subject import Decisions, Model

BATCH_ROWS = 200_000
"""Rows in one call at most: enough to make a call's own cost vanish, little enough to bound memory."""

K = TypeVar("K")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Queries:
    """What a check asked: a property of the check, the data and the seed, never of the machine."""

    rows: int = 0
    calls: int = 0
    """Questions; one that shares a call with others counts as one."""
    planned: int = 0
    """Rows that it said beforehand it would ask about at most; 0 where it did not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished(Generic[K, R]):
    """One asking that came to its end."""

    key: K
    result: R | Exception
    """What it returned, or the exception in which it ended."""
    queries: Queries


@dataclass(slots=True)
class _Open(Generic[K, R]):
    """An asking that has come to a question."""

    key: K
    asking: Asking[R]
    question: Question
    queries: Queries
    suspect: bool = False
    """Whether the model failed on a question of it: it is asked alone from then on, and hinders nobody."""

    def answered(self) -> Self:
        """Count the question, and let go of its rows."""
        rows, calls, planned = self.queries.rows, self.queries.calls, self.queries.planned
        planned = max(planned, self.question.planned)
        self.queries = Queries(rows + self.question.rows.num_rows, calls + 1, planned)
        self.question = Question(rows=pa.table({}))
        return self


class Broker:
    """Stands before the model while checks ask."""

    def __init__(self, model: Model, most_rows: int = BATCH_ROWS) -> None:
        self._model = model
        self._most_rows = most_rows
        self._fallen = False
        """Whether the model has to be started again after the last call."""
        self.calls = 0
        """Calls made to the model."""
        self.rows = 0
        """Rows that the model was asked about, those asked twice included."""
        self._elsewhere = False
        """Whether the model runs in other surroundings than the usual ones."""

    def run(self, started: Iterable[tuple[K, Callable[[], Asking[R]]]]) -> Iterator[Finished[K, R]]:
        """Run every asking to its end and yield what each gave, as they end.

        An asking is begun, or told its answer, only while the rows of the open questions fit into one call: so many
        rows are held at most, and those of one question more. What waits holds answers alone, or nothing.
        """
        waiting = iter(started)
        told: deque[tuple[_Open[K, R], Decisions | ModelFailedError]] = deque()
        while True:
            open_: list[_Open[K, R]] = []
            while _rows(open_) < self._most_rows:
                if told:
                    yield from _went_on(*told.popleft(), open_)
                elif (begun := next(waiting, None)) is not None:
                    yield from _advanced(*begun, open_)
                else:
                    break
            if not open_:
                return
            for together in self._calls(open_):
                for one, answer in self._answers(together):
                    told.append((one.answered(), answer))

    def _calls(self, asked: Sequence[_Open[K, R]]) -> Iterator[list[_Open[K, R]]]:
        """Yield who is asked for in one call: rows of one schema, up to the most rows of a call."""
        by_schema: dict[str, list[list[_Open[K, R]]]] = {}
        for one in asked:
            if not one.question.shared or one.suspect:
                yield [one]
                continue
            groups = by_schema.setdefault(one.question.rows.schema.to_string(), [[]])
            if groups[-1] and _rows([*groups[-1], one]) > self._most_rows:
                groups.append([])
            groups[-1].append(one)
        for groups in by_schema.values():
            yield from groups

    def _answers(self, together: Sequence[_Open[K, R]]) -> Iterator[tuple[_Open[K, R], Decisions | ModelFailedError]]:
        try:
            answer = self._ask(together)
        except ModelFailedError as err:
            self._fallen = not err.lives_on
            if len(together) == 1:
                together[0].suspect = True
                yield together[0], err
                return
            # One of the questions broke the model: who did not ask it gets an answer.
            for one in together:
                yield from self._answers([one])
            return
        end = 0
        for one in together:
            start, end = end, end + one.question.rows.num_rows
            yield one, part_of(answer, slice(start, end)) if len(together) > 1 else answer

    def _ask(self, together: Sequence[_Open[K, R]]) -> Decisions:
        question = together[0].question
        self._settle(question)
        rows = pa.concat_tables([one.question.rows for one in together])
        answers = []
        for start in range(0, max(1, rows.num_rows), self._most_rows):
            part = rows.slice(start, self._most_rows)
            self.calls += 1
            self.rows += part.num_rows
            try:
                answers.append(self._predicted(part, question.deadline_seconds))
            except ModelFailedError as err:
                err.rows = tuple(start + row for row in err.rows)
                raise
        return answers[0] if len(answers) == 1 else joined(answers)

    def _settle(self, question: Question) -> None:
        """Start the model again where the question wants that, or where one before it left it changed or fallen."""
        if question.surroundings is not None:
            self._elsewhere = True
            self._model.restart(question.surroundings)
        elif question.fresh or self._elsewhere or self._fallen:
            # What one check did to the model is not to be felt by the next.
            self._elsewhere = False
            self._model.restart()
        self._fallen = False

    def _predicted(self, rows: pa.Table, deadline_seconds: float | None) -> Decisions:
        if deadline_seconds is None:
            return self._model.predict(rows)
        return self._model.predict(rows, deadline_seconds)


def _rows(together: Iterable[_Open[K, R]]) -> int:
    return sum(one.question.rows.num_rows for one in together)


def _advanced(key: K, begin: Callable[[], Asking[R]], open_: list[_Open[K, R]]) -> Iterator[Finished[K, R]]:
    """Begin an asking; yield it where it ends without a question, else put it among the open ones."""
    try:
        asking = begin()
        asked = next(asking)
    except StopIteration as end:
        yield Finished(key=key, result=end.value, queries=Queries())
    except Exception as err:  # noqa: BLE001 - one broken check must not take the others with it
        yield Finished(key=key, result=err, queries=Queries())
    else:
        open_.append(_Open(key, asking, _question(asked), Queries()))


def _went_on(
    one: _Open[K, R], answer: Decisions | ModelFailedError, open_: list[_Open[K, R]]
) -> Iterator[Finished[K, R]]:
    """Give an asking its answer; yield it where that ends it, else put it back among the open ones."""
    try:
        asked = one.asking.throw(answer) if isinstance(answer, ModelFailedError) else one.asking.send(answer)
    except StopIteration as end:
        yield Finished(key=one.key, result=end.value, queries=one.queries)
    except Exception as err:  # noqa: BLE001 - one broken check must not take the others with it
        yield Finished(key=one.key, result=err, queries=one.queries)
    else:
        one.question = _question(asked)
        open_.append(one)


def _question(asked: pa.Table | Question) -> Question:
    return asked if isinstance(asked, Question) else Question(rows=asked, shared=True)


def answered(model: Model, asking: Asking[R]) -> R:
    """Run one asking against a model and return what it found.

    Raises
    ------
    Exception
        Whatever it ended in.
    """
    for finished in Broker(model).run([(None, lambda: asking)]):
        if isinstance(finished.result, Exception):
            raise finished.result
        return finished.result
    raise AssertionError("unreachable: every asking comes to its end")
