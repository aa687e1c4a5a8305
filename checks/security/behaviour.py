"""What the model did beside answering.

## Measures

- `denied_calls`: [0, inf), lower is better, 0 is perfect. System calls that the loaded model made and the filter
  denied, such as making a socket or starting a process.
- `denied_calls_at_start`: [0, inf), lower is better, 0 is perfect. The same while libraries were imported and the model
  was loaded.
- `output_bytes`: [0, inf), lower is better, 0 is perfect. Bytes written to standard output and standard error.
- `violations`: [0, inf), lower is better, 0 is perfect. Failures: crashes, hangs, answers that are none, and limits
  passed. A model that raises an error of its own for rows that it cannot decide about has said no, and
  has not failed.
- `restarts`: [0, inf), lower is better, 0 is perfect. Fresh processes that were needed after a failure.

## Method

Everything is seen from outside, over all processes that the model had in this run; nothing that it says is believed.
The kernel tells the harness of every call that the filter denies (seccomp user notification), and the harness counts
it by name and answers EPERM. Calls that are answered ENOSYS are not counted, since libraries find out by them what the
kernel has. What is printed is counted and thrown away. The figures are taken when all other checks are done.

## Limits

Not every denied call is an attack. Honest scikit-learn and skops models make none. onnxruntime 1.32 makes six while it
is imported (`mkdir` and `chmod`, to keep a device number for its telemetry) and prints one line about it. What is
denied by the mounts or by Landlock, such as opening a file that is not shown, is no denied call and is not counted. A
model that does nothing wrong while it is tested may still do so elsewhere. Where the executor or the kernel does not
tell of denied calls, both counts are left out and the detail says so.

## References

- Linux kernel, seccomp_unotify(2): the seccomp user-space notification mechanism.
- NIST AI 100-1 (AI RMF 1.0), MEASURE 2.7: security and resilience are evaluated and documented.
"""

from __future__ import annotations

from proofbox.checks.holding import Behaviour, NotCounted
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement


@check("security.behaviour")
def behaviour(behaviour: Behaviour) -> Measured | Inapplicable:
    """Measure what the model did beside answering."""
    figures: dict[str, tuple[int, dict[str, Json]]] = {}
    not_counted: dict[str, Json] = {}
    for measure, counted in (
        ("denied_calls", behaviour.denied_calls),
        ("denied_calls_at_start", behaviour.denied_calls_at_start),
    ):
        if isinstance(counted, NotCounted):
            not_counted[measure] = counted.reason.to_json()  # type: ignore[assignment]  # a text is JSON
        else:
            detail: dict[str, Json] = {"calls": dict(sorted(counted.items())), "there_were_more": behaviour.more_denied}
            figures[measure] = sum(counted.values()), detail
    figures["output_bytes"] = behaviour.output_bytes, {}
    figures["violations"] = len(behaviour.violations), {"kinds": list(behaviour.violations)}
    figures["restarts"] = behaviour.restarts, {}
    return Measured(
        measurements=tuple(
            Measurement(
                measure=measure,
                value=float(value),
                sample_size=max(1, behaviour.batches),
                detail={**detail, "not_counted": not_counted} if not_counted else detail,
            )
            for measure, (value, detail) in figures.items()
        )
    )
