"""What one call takes."""

from __future__ import annotations

import time
from collections.abc import Callable


def timed(call: Callable[[], object]) -> tuple[float, float, object]:
    """Return seconds of processor time, seconds of wall time, and what the call returned."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = call()
    return time.process_time() - cpu, time.perf_counter() - wall, result
