"""Whether the log that the system keeps of itself is whole, in order, and says what it must.

## Measures

- `chain_breaks`: [0, inf), lower is better, 0 is perfect. Lines that do not carry the digest of the line before: a line
  was changed, taken out or put in.
- `lines_unreadable`: [0, inf), lower is better, 0 is perfect. Lines that are no JSON object with a time and an event.
- `times_backwards`: [0, inf), lower is better, 0 is perfect. Events that bear an earlier time than the one before.
- `required_events_present`: [0, 1], higher is better, 1 is perfect. The share of the kinds of event that must occur
  (`required`) that do.
- `retention_days`: [0, inf), higher is better, no value is perfect. For how many days the log's opening says that it is
  kept; 0 where it says nothing.

## Method

The file under `documents.operation_log` is read line by line: JSON objects with `time` (RFC 3339 with an offset),
`event` and `previous`, the SHA-256 of the line before (64 zeros in the first). The opening event, `log-opened`, names
`retention_days`. docs/operation-log.md shows a log to start from and a program that writes one.

## Limits

A chain shows that lines between others were not changed after the last one was written down elsewhere; lines cut off at
the end, or a whole log written anew, are not seen unless somebody kept a later digest. That an event was logged does
not make it true, and that nothing was left out cannot be seen in a log. The law of Viet Nam names no general number of
days.

## References

- Law 134/2025/QH15, Articles 14(1)(c) and 28(3); Decree 142/2026/ND-CP, Article 19(4).
- Regulation (EU) 2024/1689, Articles 12 and 26(6).
- Haber and Stornetta, "How to time-stamp a digital document", Journal of Cryptology 3 (1991) 99-111.
"""

from __future__ import annotations

from itertools import pairwise

from pydantic import Field

from proofbox.checks.documents.operationlog import OperationLog, exact_lines, of_kind, read_operation_log
from proofbox.checks.params import CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Measured, Measurement
from proofbox.checks.subject import Subject
from proofbox.checks.text import Text

OPENED = "log-opened"


class Params(CheckParams):
    """Parameters of :func:`operation_log`."""

    required: tuple[str, ...] = Field(default=(OPENED, "model-loaded", "decision"), min_length=1, max_length=50)
    """Kinds of event that must occur."""


@check("logging.operation_log")
def operation_log(subject: Subject, params: Params) -> Measured | Inapplicable:
    """Measure whether a log is whole, in order, and says what it must."""
    log = read_operation_log(subject)
    if isinstance(log, Text):
        return Inapplicable(log)
    kinds = {event.event for event in log.events}
    lacking = [kind for kind in params.required if kind not in kinds]
    backwards = [later.line for earlier, later in pairwise(log.events) if later.time < earlier.time]
    days = _retention_days(log)
    required = len(params.required)
    return Measured(
        measurements=(
            exact_lines("chain_breaks", log.breaks, log.lines),
            exact_lines("lines_unreadable", log.unreadable, log.lines),
            exact_lines("times_backwards", backwards, log.lines),
            Measurement(
                measure="required_events_present",
                value=(required - len(lacking)) / required,
                sample_size=required,
                detail={"missing": [*lacking]},
            ),
            Measurement(measure="retention_days", value=days, sample_size=log.lines),
        )
    )


def _retention_days(log: OperationLog) -> float:
    said = [event.said.get("retention_days") for event in of_kind(log, OPENED)]
    days = [one for one in said if isinstance(one, int) and not isinstance(one, bool) and 0 <= one <= 1_000_000]
    return float(days[-1]) if days else 0.0
