"""How the model was held and what it did beside answering: what a runner hands in once the walls are closed again.

Checks know nothing of the room that builds the walls; these values are all they are given of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from proofbox.checks.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Isolation:
    """The walls that stood around the model, and what was tried against them before it was let in."""

    executor: str
    """Name of what built them."""
    level: int
    """0 none, 1 filters in the same namespaces, 2 own namespaces on a shared kernel, 3 a kernel of its own."""
    attempts: Mapping[str, bool] = field(default_factory=dict)
    """Attempt on the walls -> whether it was held off; empty where nothing was tried."""


@dataclass(frozen=True, slots=True)
class NotCounted:
    """A count that could not be had, and why."""

    reason: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """What was seen of the model from outside, over all its processes."""

    batches: int
    """How often it was asked."""
    denied_calls: Mapping[str, int] | NotCounted
    """System call -> how often it was made and denied, once the model was loaded."""
    denied_calls_at_start: Mapping[str, int] | NotCounted
    """The same before: while libraries were imported and the model was loaded."""
    more_denied: bool = False
    """Whether it was denied so often that counting stopped."""
    output_bytes: int
    """Bytes written to standard output and standard error."""
    violations: tuple[str, ...] = ()
    """Kinds of failure, in order: ``crash``, ``hang``, ``garbage``, ``limit`` and so on."""
    restarts: int = 0
    """Fresh processes that were needed after a failure."""
