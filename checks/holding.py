"""How the model was held: what a runner hands in once the walls are closed again.

Checks know nothing of the room that builds the walls; this is all they are given of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """The walls that stood around the model, and what was tried against them before it was let in."""

    executor: str
    """Name of what built them."""
    level: int
    """0 none, 1 filters in the same namespaces, 2 own namespaces on a shared kernel, 3 a kernel of its own."""
    attempts: Mapping[str, bool] = field(default_factory=dict)
    """Attempt on the walls -> whether it was held off; empty where nothing was tried."""
