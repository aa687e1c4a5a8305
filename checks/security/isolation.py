"""How strongly the model was isolated while it was measured.

## Measures

- `isolation_level`: [0, 3], higher is better, 3 is perfect. 0 no walls, 1 filters in the namespaces of the harness, 2
  own namespaces on a shared kernel, 3 a kernel of its own.
- `attempts_held`: [0, inf), higher is better, no value is perfect. Attempts on the walls that were made before the
  model was let in, and held off.
- `attempts_through`: [0, inf), lower is better, 0 is perfect. Attempts that got through. A run with walls never comes
  to an end with one.

## Method

Before each run a battery of attempts (network, files, processes, memory, kernel, environment) is made in the very same
sandbox in the model's place, and looked at from outside. The runner hands in what came of it, with the level of the
executor. An executor whose attempts were not all held counts as level 0.

## Limits

The level says what kind of walls stood, not that they have no hole: levels 1 and 2 share the machine's kernel with the
model. The attempts are those that we thought of. The figure belongs to the machine on which it was measured.

## References

- NIST SP 800-190 (2017), Application Container Security Guide, 3.5 and 4.5.
- NIST AI 100-1 (AI RMF 1.0), MEASURE 2.7: security and resilience are evaluated and documented.
"""

from __future__ import annotations

from proofbox.checks.holding import Isolation
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Measured, Measurement


@check("security.isolation")
def isolation(isolation: Isolation) -> Measured | Inapplicable:
    """Measure how strongly the model was isolated."""
    held = [name for name, was_held in isolation.attempts.items() if was_held]
    through = [name for name, was_held in isolation.attempts.items() if not was_held]
    proven = bool(held) and not through
    found = {
        "isolation_level": float(isolation.level if proven else 0),
        "attempts_held": float(len(held)),
        "attempts_through": float(len(through)),
    }
    size = max(1, len(isolation.attempts))
    return Measured(
        measurements=tuple(
            Measurement(
                measure=measure,
                value=value,
                sample_size=size,
                detail={"executor": isolation.executor, "through": list(through)},
            )
            for measure, value in found.items()
        )
    )
