"""What is around a hosted model that it could tell the time, the place or a test by, and that can be made different."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What differs from the usual; without arguments, nothing does."""

    clock: float | None = None
    """What the clock shows when the process starts, in seconds since 1970 (UTC), and goes on from; None: the time.

    It is the clock as Python tells it (:mod:`proofbox.sandbox.host.clock`): a Linux time namespace moves the monotonic
    clocks alone, so compiled code that asks the kernel itself still sees the time."""
    hostname: str = "sandbox"
    """Name of the machine; an executor without a namespace of its own for it (``own_hostname``) cannot change it."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables that are set beside, or instead of, the usual ones."""


USUAL = Surroundings()
