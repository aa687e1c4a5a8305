"""A model whose answers are timed and whose memory is watched: the one source of figures that differ from run to run.

A check reads no clock. One that is about time asks for a :class:`TimedModel`, which a runner makes; the registry then
knows that its figures are timings, and the record marks them as such (docs/decisions/0008-timings.md).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """What one call cost."""

    seconds: float
    """From the first byte sent to the last byte of the answer."""
    held_bytes: int
    """Memory that the model's processes hold after it."""
    peak_bytes: int
    """The most that they were seen to hold since they were started."""


class TimedModel(Protocol):
    """The submitted model, asked for what a call costs and not for what it answers."""

    @property
    def call_seconds(self) -> float:
        """Limit on the time of one call."""
        ...

    @property
    def resident_bytes(self) -> int:
        """Limit on memory."""
        ...

    def restart(self) -> None:
        """Start the model again in a fresh process."""
        ...

    def timed(self, rows: pa.Table) -> Timed:
        """Ask about ``rows``, whose columns are the model's features, in one call.

        Raises
        ------
        ModelFailedError
            The model crashed, hung, answered something that is no answer, or went over a limit.
        """
        ...
