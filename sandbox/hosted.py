"""A submitted model behind the walls, as the harness uses it: a table of features in, checked numbers out."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from proofbox.sandbox import answers, endings, wire
from proofbox.sandbox.beginnings import configuration, launched
from proofbox.sandbox.denials import Tally
from proofbox.sandbox.errors import ModelError, SandboxError
from proofbox.sandbox.exchange import Budget, Exchange, NoAnswerError
from proofbox.sandbox.executor import Executor
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.running import Running
from proofbox.sandbox.spec import Answer, Counters, ModelSpec, Output
from proofbox.sandbox.surroundings import USUAL, Surroundings

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

MOST_REVIVALS = 40
"""How often a model that failed is started again: a search for the one row that breaks it costs about ten starts, so
that every check can tell what broke it, and a model that always breaks is given up within a minute or so."""
__all__ = ("Answer", "HostedModel", "ModelSpec", "Output", "open_model")


class HostedModel:
    """A model in its own process behind walls; made by :func:`open_model`, closed by ``with`` or :meth:`close`."""

    def __init__(self, executor: Executor, spec: ModelSpec, limits: Limits) -> None:
        self._executor = executor
        self._spec = spec
        self._limits = limits
        self._lock = threading.RLock()
        self._counters = Counters()
        self._budget = Budget(limits.wall_seconds)
        self._denied = Tally()
        self._running: Running | None = None
        self._surroundings = USUAL
        self._call_seconds = limits.call_seconds
        self._libraries: tuple[str, ...] = ()
        self.classes: tuple[str, ...] = ()
        try:
            self._start()
        except ModelError as error:
            error.stats = self.stats()
            raise

    @property
    def features(self) -> tuple[str, ...]:
        """Columns that it reads, in order."""
        return self._spec.features

    @property
    def own_hostname(self) -> bool:
        """Whether :meth:`restart` can give it another name of the machine."""
        return self._executor.own_hostname

    def predict(self, table: pa.Table, call_seconds: float | None = None) -> Answer:
        """Return the model's answers for the rows of ``table``, whose columns are exactly ``features``.

        Parameters
        ----------
        call_seconds
            Deadline of each batch; None, or more than the limits have: that of the limits.

        Raises
        ------
        ModelError
            It raised, crashed, hung, answered garbage or went over a limit. Nothing of its answer is used. Unless the
            error says that it lives on, its process is gone; :meth:`restart` gives a new one.
        SandboxError
            The columns are not the features, or the model has been closed.
        """
        if tuple(table.column_names) != self._spec.features:
            raise SandboxError(f"got the columns {table.column_names}, expected exactly {list(self._spec.features)}")
        with self._lock:
            if self._running is None:
                raise SandboxError("the model is not running: it was closed, or stopped after an earlier failure")
            self._counters.calls += 1
            self._call_seconds = min(call_seconds or self._limits.call_seconds, self._limits.call_seconds)
            values = self._predicted(table)
            self._counters.rows += table.num_rows
        return Answer(values=values, classes=self.classes)

    @property
    def stopped(self) -> bool:
        """Whether it has no process any more: it was closed, or stopped after a failure."""
        return self._running is None

    @property
    def waited_seconds(self) -> float:
        """Seconds that the harness has waited for answers so far, over all its processes."""
        return self._counters.seconds_predict

    def memory(self) -> tuple[int, int]:
        """Return the bytes that its processes hold now, and the most that the present ones were seen to hold."""
        with self._lock:
            if self._running is None:
                return 0, 0
            used = self._running.used_bytes()
            return used, max(used, self._running.stats().peak_resident_bytes)

    def restart(self, surroundings: Surroundings = USUAL) -> None:
        """Start the model again in a fresh process, because a check wants one.

        Parameters
        ----------
        surroundings
            What is different around it from now on, until it is started again.

        Raises
        ------
        ModelError
            It could not be loaded again.
        """
        with self._lock:
            self._stop()
            self._counters.restarts += 1
            self._surroundings = surroundings
            self._start()

    def revive(self) -> None:
        """Start a model that failed again, in the usual surroundings and at most ``MOST_REVIVALS`` times in its life.

        Raises
        ------
        ModelError
            It failed too often and is given up, or it could not be loaded again.
        """
        with self._lock:
            if not self._counters.violations:
                raise SandboxError("the model was closed")
            last = self._counters.violations[-1]
            done = len(self._counters.revivals)
            if done >= MOST_REVIVALS:
                raise ModelError(
                    "crash",
                    f"the model failed {done + 1} times and was given up; after the last time it was not started again:"
                    f" {last['what']}",
                )
            self._counters.revivals.append({"after": last["kind"], "what": last["what"]})
            self._surroundings = USUAL
            self._start()

    def close(self) -> None:
        """End the model's processes; none is left when this returns. May be called again.

        A model that has ended by itself by then, or has written what nobody asked for, is noted as having done so.
        """
        with self._lock:
            if self._running is not None:
                try:
                    self._wire.expect_silence()
                except ModelError as error:
                    found = endings.explained(error, self._running, self._limits, loading=False)
                    self._counters.violated(found)
            self._stop()

    def stats(self) -> Mapping[str, Any]:
        """Return what it did and used: calls, rows, restarts, bytes, seconds, violations and libraries inside."""
        with self._lock:
            self._observe()
            return {**self._counters.to_json(), **self._denied.to_json(), "libraries": list(self._libraries)}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> None:
        started = time.monotonic()
        self._denied.loaded = False
        shape = wire.text_shape()
        try:
            deadline = self._budget.deadline(started, self._limits.start_seconds)
            with self._budget.waiting():
                self._running, memory = launched(self._executor, self._spec, self._limits, self._surroundings)
                self._wire = wire.Wire(self._running.wire)
                config = configuration(self._spec, self._running.inside, self._limits, self._surroundings)
                nonce = self._wire.request(wire.CONFIGURE, memoryview(config), shape, deadline)
                self._running.count_denied(self._denied, deadline)
                reply = self._wire.reply(nonce, wire.HELLO, shape, deadline)
            if reply.kind == wire.REFUSED:
                raise answers.refusal(reply.body)
            classes, libraries = wire.read_texts(reply.body, 2)
            self.classes = answers.checked_classes(classes, self._spec.task)
            self._denied.loaded = True
            self._libraries = tuple(answers.printable(name, 100) for name in libraries[:50])
            self._exchange = Exchange(self._wire, memory, self._budget, self._shape, self._read)
        except ModelError as error:
            raise self._failed(error, loading=True) from error
        except BaseException:
            self._stop()
            raise
        finally:
            self._counters.seconds_start += time.monotonic() - started

    def _predicted(self, table: pa.Table) -> NDArray[Any]:
        import numpy as np

        waited = self._budget.waited
        parts: list[NDArray[Any]] = []
        try:
            for values in self._exchange.values(table, self._call_seconds):
                if parts and values.shape[1:] != parts[0].shape[1:]:
                    raise ModelError("garbage", "the model answered with differing numbers of columns")
                parts.append(values)
        except NoAnswerError as none:
            before = sum(len(part) for part in parts)
            none.error.rows = tuple(before + row for row in none.error.rows)
            none.error.lives_on = True
            self._counters.violated(none.error)
            raise none.error from None
        except ModelError as error:
            raise self._failed(error) from error
        except BaseException:
            self._stop()
            raise
        finally:
            self._counters.seconds_predict += self._budget.waited - waited
        if not parts:
            return answers.empty(self._spec.output, self._spec.task, self.classes)
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _shape(self, rows: int) -> wire.Shape:
        return answers.expected_shape(self._spec.output, self._spec.task, self.classes, rows)

    def _read(self, reply: wire.Reply, shape: wire.Shape) -> NDArray[Any]:
        return answers.checked_values(reply, shape, self._spec.output, len(self.classes))

    def _failed(self, error: ModelError, *, loading: bool = False) -> ModelError:
        """Stop the sandbox and return the error to raise, told more exactly by how the process ended."""
        limits = replace(self._limits, call_seconds=self._call_seconds)
        found = endings.explained(error, self._running, limits, loading=loading)
        if found.kind == "hang" and self._budget.running_out:
            used_up = f"the model used up the {self._limits.wall_seconds:g} seconds that an assessment may wait for it"
            found = ModelError("limit", used_up)
        self._counters.violated(found)
        self._stop()
        return found

    def _observe(self) -> None:
        if self._running is not None:
            self._counters.observe(self._running.stats())

    def _stop(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._observe()
            self._counters.ended()
            self._running = None


def open_model(executor: Executor, spec: ModelSpec, limits: Limits | None = None) -> HostedModel:
    """Start ``spec``'s model behind the walls of ``executor`` and wait until it is ready.

    Raises
    ------
    ModelError
        ``load``: it could not be loaded; ``refused``: it has no such output; or any other kind.
    IsolationError
        The walls could not be built; the model was not loaded.
    """
    return HostedModel(executor, spec, limits or Limits())
