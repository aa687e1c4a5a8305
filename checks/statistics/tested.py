"""What a test of two values against each other gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from proofbox.checks.result import Interval, Json

Method = Literal["mcnemar-mid-p", "paired-bootstrap", "paired-t", "paired-delong", "fisher-mid-p", "mover-independent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """A test of the hypothesis that the second value is the same as the first, in the population."""

    method: Method
    paired: bool
    """Whether both values are of the same rows and the test uses it."""
    difference: float
    """Second less first."""
    interval: Interval
    """For the difference."""
    p_value: float
    """Two-sided, in [0, 1]; not yet adjusted for other tests."""
    detail: Mapping[str, Json] = field(default_factory=dict)
    """What the test worked with: discordant rows, replicates, counts."""
