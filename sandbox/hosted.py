"""A submitted model behind the walls, as the harness uses it: a table of features in, checked numbers out."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from proofbox.sandbox import answers, batches, endings, wire
from proofbox.sandbox.errors import ModelError, SandboxError
from proofbox.sandbox.executor import Executor, Launch
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.running import Running

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

Output = Literal["label", "probability", "score"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """What the submission says of its model."""

    path: Path
    """File (or folder) of the taken-in copy."""
    format: str
    """``onnx``, ``skops``, ``pickle`` or ``joblib``, as :func:`proofbox.sandbox.intake.model_format` found it."""
    features: tuple[str, ...]
    """Columns that the model reads, in order."""
    output: Output
    task: str
    """A task of the submission; all but ``regression`` are classifications here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the model said about the rows of one table."""

    values: NDArray[np.float64] | NDArray[np.int64]
    """Output ``label``: int64 of shape (n,), indices into ``classes``. Otherwise finite float64 of shape (n, k):
    probabilities of the k classes, decision values (k = 1 for two classes) or, for regression, values with k = 1."""
    classes: tuple[str, ...]
    """Names of the classes in text form; empty for regression."""


@dataclass(slots=True)
class _Counters:
    calls: int = 0
    rows: int = 0
    restarts: int = 0
    stdout_bytes: int = 0
    peak_resident_bytes: int = 0
    seconds_start: float = 0.0
    seconds_predict: float = 0.0
    violations: list[dict[str, str]] = field(default_factory=list)


class HostedModel:
    """A model in its own process behind walls; made by :func:`open_model`, closed by ``with`` or :meth:`close`."""

    def __init__(self, executor: Executor, spec: ModelSpec, limits: Limits) -> None:
        self._executor = executor
        self._spec = spec
        self._limits = limits
        self._lock = threading.RLock()
        self._counters = _Counters()
        self._waited = 0.0
        self._last_seconds = False
        self._output_before = 0
        self._running: Running | None = None
        self._libraries: tuple[str, ...] = ()
        self.classes: tuple[str, ...] = ()
        self._start()

    @property
    def features(self) -> tuple[str, ...]:
        """Columns that it reads, in order."""
        return self._spec.features

    def predict(self, table: pa.Table) -> Answer:
        """Return the model's answers for the rows of ``table``, whose columns are exactly ``features``.

        Raises
        ------
        ModelError
            It raised, crashed, hung, answered garbage or went over a limit. Nothing of its answer is used. Unless the
            error is an exception of the model's own, its process is gone; :meth:`restart` gives a new one.
        SandboxError
            The columns are not the features, or the model has been closed.
        """
        import numpy as np

        if tuple(table.column_names) != self._spec.features:
            raise SandboxError(f"got the columns {table.column_names}, expected exactly {list(self._spec.features)}")
        with self._lock:
            self._counters.calls += 1
            parts = [self._ask(body, rows) for body, rows in batches.streams(table)]
            self._counters.rows += table.num_rows
        if not parts:
            return Answer(values=answers.empty(self._spec.output, self._task, self.classes), classes=self.classes)
        widths = {part.shape[1:] for part in parts}
        if len(widths) > 1:
            raise self._failed(ModelError("garbage", "the model answered with differing numbers of columns"))
        return Answer(values=parts[0] if len(parts) == 1 else np.concatenate(parts), classes=self.classes)

    def restart(self) -> None:
        """Start the model again in a fresh process.

        Raises
        ------
        ModelError
            It could not be loaded again.
        """
        with self._lock:
            self._stop()
            self._counters.restarts += 1
            self._start()

    def close(self) -> None:
        """End the model's processes; none is left when this returns. May be called again."""
        with self._lock:
            self._stop()

    def stats(self) -> Mapping[str, Any]:
        """Return what it did and used: calls, rows, restarts, bytes, seconds, violations and libraries inside."""
        with self._lock:
            self._observe()
            return {**asdict(self._counters), "libraries": list(self._libraries)}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _task(self) -> str:
        return self._spec.task

    def _start(self) -> None:
        started = time.monotonic()
        self._running = self._executor.launch(Launch(limits=self._limits, model=self._spec.path))
        self._wire = wire.Wire(self._running.wire)
        config = json.dumps(_config(self._spec, self._running, self._limits)).encode()
        deadline = self._deadline(self._limits.start_seconds)
        shape = wire.text_shape()
        try:
            nonce = self._wire.request(wire.CONFIGURE, memoryview(config), shape, deadline)
            reply = self._wire.reply(nonce, wire.HELLO, shape, deadline)
            if reply.kind == wire.REFUSED:
                raise answers.refusal(reply.body)
            classes, libraries = wire.read_texts(reply.body, 2)
            self.classes = answers.checked_classes(classes, self._spec.task)
            self._libraries = tuple(answers.printable(name, 100) for name in libraries[:50])
        except ModelError as error:
            raise self._failed(error, loading=True) from error
        except BaseException:
            self._stop()
            raise
        finally:
            self._counters.seconds_start += time.monotonic() - started
            self._waited += time.monotonic() - started

    def _ask(self, body: memoryview, rows: int) -> NDArray[Any]:
        if self._running is None:
            raise SandboxError("the model is not running: it was closed, or stopped after an earlier failure")
        started = time.monotonic()
        shape = answers.expected_shape(self._spec.output, self._task, self.classes, rows)
        deadline = self._deadline(self._limits.call_seconds)
        try:
            nonce = self._wire.request(wire.PREDICT, body, shape, deadline)
            reply = self._wire.reply(nonce, wire.ANSWER, shape, deadline)
            if reply.kind == wire.REFUSED:
                error = answers.refusal(reply.body)
                self._counters.violations.append({"kind": error.kind, "what": error.what})
                raise _Said(error)
            return answers.checked_values(reply, shape, self._spec.output, len(self.classes))
        except _Said as said:
            raise said.error from None
        except ModelError as error:
            raise self._failed(error) from error
        except BaseException:
            self._stop()
            raise
        finally:
            self._counters.seconds_predict += time.monotonic() - started
            self._waited += time.monotonic() - started

    def _deadline(self, seconds: float) -> float:
        left = self._limits.wall_seconds - self._waited
        self._last_seconds = left < seconds
        if left <= 0:
            raise self._failed(ModelError("hang", "no time is left"))
        return time.monotonic() + min(seconds, left)

    def _failed(self, error: ModelError, *, loading: bool = False) -> ModelError:
        """Stop the sandbox and return the error to raise, told more exactly by how the process ended."""
        found = endings.explained(error, self._running, self._limits, loading=loading)
        if found.kind == "hang" and self._last_seconds:
            used_up = f"the model used up the {self._limits.wall_seconds:g} seconds that an assessment may wait for it"
            found = ModelError("limit", used_up)
        self._counters.violations.append({"kind": found.kind, "what": found.what})
        self._stop()
        return found

    def _observe(self) -> None:
        if self._running is not None:
            seen = self._running.stats()
            self._counters.peak_resident_bytes = max(self._counters.peak_resident_bytes, seen.peak_resident_bytes)
            self._counters.stdout_bytes = self._output_before + seen.output_bytes

    def _stop(self) -> None:
        if self._running is not None:
            self._running.kill()
            self._observe()
            self._output_before = self._counters.stdout_bytes
            self._running = None


class _Said(Exception):  # noqa: N818 a model's own exception on its way past the handler that stops the sandbox
    def __init__(self, error: ModelError) -> None:
        self.error = error
        super().__init__()


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


def _config(spec: ModelSpec, running: Running, limits: Limits) -> dict[str, object]:
    return {
        "mode": "serve",
        "limits": limits.to_json(),
        **running.inside.config(),
        "sites": running.inside.sites,
        "path": running.inside.model,
        "format": spec.format,
        "features": spec.features,
        "output": spec.output,
        "task": spec.task,
    }
