"""The hosted model as a check of time and memory asks it: the clock and the watch on memory are on this side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofbox.checks.asked.timing import Timed
from proofbox.checks.errors import ModelFailedError
from proofbox.sandbox.errors import ModelError

if TYPE_CHECKING:
    import pyarrow as pa

    from proofbox.runners.hosted.deciding import DecidingModel
    from proofbox.sandbox.limits import Limits


class TimingModel:
    """A deciding model whose calls are timed; satisfies :class:`proofbox.checks.asked.timing.TimedModel`."""

    def __init__(self, model: DecidingModel, limits: Limits) -> None:
        self._model = model
        self.call_seconds = float(limits.call_seconds)
        self.resident_bytes = int(limits.resident_bytes)

    def restart(self) -> None:
        """Start the model again in a fresh process behind the same walls."""
        self._model.restart()

    def timed(self, rows: pa.Table) -> Timed:
        """Ask about ``rows`` and tell what it cost.

        Raises
        ------
        ModelFailedError
            The model did not answer.
        """
        before = self._model.hosted.waited_seconds
        self._model.predict(rows)
        seconds = self._model.hosted.waited_seconds - before
        try:
            held, peak = self._model.hosted.memory()
        except ModelError as err:
            raise ModelFailedError(err.what, err.kind) from err
        return Timed(seconds=seconds, held_bytes=held, peak_bytes=peak)
