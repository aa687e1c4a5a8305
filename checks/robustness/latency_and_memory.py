"""How fast the model answers, how much memory it holds, and whether that grows with every call.

## Measures

- `latency_p50_seconds`: [0, inf), lower is better, 0 is perfect. The median time of one call, for each batch size.
- `latency_p99_seconds`: [0, inf), lower is better, 0 is perfect. The time that one call in a hundred takes longer than,
  for each batch size that was asked often enough.
- `throughput_rows_per_second`: [0, inf), higher is better, no value is perfect. Rows answered in a second of waiting,
  for each batch size.
- `rows_answered_at_once`: [0, inf), higher is better, no value is perfect. The largest batch that was answered within
  the limits.
- `peak_memory_bytes`: [0, inf), lower is better, no value is perfect. The most memory that the model's processes held.
- `memory_growth_bytes_per_call`: (-inf, inf), lower is better, 0 is perfect. How much more they hold after each further
  call of the same rows: a leak.
- `share_of_call_limit`: [0, inf), lower is better, 0 is perfect. The longest call, of the time that one may take.
- `share_of_memory_limit`: [0, inf), lower is better, 0 is perfect. The peak, of the memory that may be held.

## Method

The model is started afresh and asked for batches of `batch_sizes` rows of the evaluation data, the smallest first, each
up to `calls` times or until its share of `most_seconds` is used up, but at least ten times; the first call of each size
is not counted. Times are those that the harness waits, from the first byte sent to the last byte of the answer, so they
hold what the walls cost as well. Intervals of quantiles are order statistics, which hold whatever the distribution
(for the ninety-ninth percentile from some 370 calls on); that of the throughput is Student's t for the mean time,
widened for skewness.

Then the same `leak_rows` rows are asked about `leak_calls` times, and after each call the memory of all processes is
read, as the limit on it counts. A third of the calls is left to warm up. The growth is the mean of what is added from
one block of calls to the next, in ten blocks, with an interval by Student's t. Where the model fails at a size, larger
ones are not tried, and what happened is in the detail.

## Limits

These figures are of this machine, with what else it did at the time, and differ from run to run with one seed: they are
marked as `timed`, and a comparison of two runs leaves them out. Memory comes in pages and pools, so that a leak of a
few bytes a call shows after many. A batch beyond 10,000 rows goes to the model in pieces.

## References

- David and Nagaraja, "Order Statistics", 3rd edition (2003), section 7.1: intervals for quantiles.
- Mytkowicz, Diwan, Hauswirth, Sweeney, "Producing Wrong Data Without Doing Anything Obviously Wrong!", ASPLOS 2009.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from proofbox.checks.asked.callcosts import growth, throughput
from proofbox.checks.asked.timing import Timed, TimedModel
from proofbox.checks.errors import ModelFailedError
from proofbox.checks.late import np, pa
from proofbox.checks.params import CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.statistics.medians import quantile_interval
from proofbox.checks.subject import Dataset
from proofbox.checks.text import t

_FEWEST_CALLS = 10


class Params(CheckParams):
    """Parameters of :func:`latency_and_memory`."""

    batch_sizes: tuple[Annotated[int, Field(ge=1, le=200_000)], ...] = Field(
        default=(1, 100, 10_000), min_length=1, max_length=10
    )
    """Rows of the batches that are timed; where there are fewer rows they are repeated."""
    calls: int = Field(default=400, ge=10, le=10_000)
    """Calls of each size at most."""
    most_seconds: float = Field(default=10.0, gt=0, le=600)
    """Time that is spent on timing at most, shared out over the sizes; at least ten calls of each are made."""
    leak_rows: int = Field(default=100, ge=1, le=100_000)
    """Rows of the calls by which a leak is looked for."""
    leak_calls: int = Field(default=150, ge=60, le=10_000)
    """How often they are asked about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """The calls of one batch size; fewer where the model failed."""

    rows: int
    calls: tuple[Timed, ...]
    failure: str = ""


@check("robustness.latency_and_memory")
def latency_and_memory(data: Dataset, timed: TimedModel, params: Params) -> Measured | Inapplicable:
    """Measure what a call costs in time and memory."""
    if data.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    table = data.feature_table()
    timed.restart()
    leak = _leak(table, timed, params)
    runs = [leak] if leak.failure else [leak, *_by_size(table, timed, params)]
    every = [call for run in runs for call in run.calls]
    if not every:
        return Inapplicable(t("the model answered none of the batches: {what}", what=leak.failure))
    detail: dict[str, Json] = {
        "failures": [{"rows": run.rows, "what": run.failure} for run in runs if run.failure],
        "limits": {"call_seconds": timed.call_seconds, "resident_bytes": timed.resident_bytes},
    }
    return Measured(
        measurements=(
            *(one for run in runs[1:] if run.calls for one in _of_size(run, params.confidence)),
            *_of_memory(leak, params.confidence),
            *_at_the_limits(runs, every, timed, detail),
        )
    )


def _leak(table: pa.Table, timed: TimedModel, params: Params) -> _Run:
    rows = _batch(table, params.leak_rows)
    calls: list[Timed] = []
    try:
        for _ in range(params.leak_calls):
            calls.append(timed.timed(rows))
            if sum(call.seconds for call in calls) > params.most_seconds and len(calls) >= 6 * _FEWEST_CALLS:
                break
    except ModelFailedError as err:
        return _Run(rows=params.leak_rows, calls=tuple(calls), failure=str(err))
    return _Run(rows=params.leak_rows, calls=tuple(calls))


def _by_size(table: pa.Table, timed: TimedModel, params: Params) -> Iterator[_Run]:
    share = params.most_seconds / len(params.batch_sizes)
    for size in sorted(set(params.batch_sizes)):
        rows = _batch(table, size)
        calls: list[Timed] = []
        try:
            timed.timed(rows)
            while len(calls) < params.calls:
                calls.append(timed.timed(rows))
                if len(calls) >= _FEWEST_CALLS and sum(call.seconds for call in calls) > share:
                    break
        except ModelFailedError as err:
            yield _Run(rows=size, calls=tuple(calls), failure=str(err))
            return
        yield _Run(rows=size, calls=tuple(calls))


def _of_size(run: _Run, confidence: float) -> Iterator[Measurement]:
    seconds = np.array([call.seconds for call in run.calls])
    group = {"batch_rows": str(run.rows)}
    for measure, share in (("latency_p50_seconds", 0.5), ("latency_p99_seconds", 0.99)):
        interval = quantile_interval(seconds, share, confidence)
        if interval is not None:
            yield Measurement(
                measure=measure,
                value=float(np.quantile(seconds, share, method="inverted_cdf")),
                interval=interval,
                sample_size=len(seconds),
                group=group,
            )
    value, interval = throughput(seconds, run.rows, confidence)
    yield Measurement(
        measure="throughput_rows_per_second", value=value, interval=interval, sample_size=len(seconds), group=group
    )


def _of_memory(leak: _Run, confidence: float) -> Iterator[Measurement]:
    held = np.array([call.held_bytes for call in leak.calls], dtype=np.float64)
    found = growth(held, confidence)
    if found is not None:
        curve: list[Json] = [int(held[place]) for place in np.linspace(0, len(held) - 1, 20).astype(int).tolist()]
        yield Measurement(
            measure="memory_growth_bytes_per_call",
            value=found[0],
            interval=found[1],
            sample_size=len(held),
            detail={"rows_of_a_call": leak.rows, "held_bytes": curve},
        )


def _at_the_limits(
    runs: Sequence[_Run], every: Sequence[Timed], timed: TimedModel, detail: dict[str, Json]
) -> Iterator[Measurement]:
    peak = max(call.peak_bytes for call in every)
    figures = {
        "rows_answered_at_once": float(max(run.rows for run in runs if run.calls)),
        "peak_memory_bytes": float(peak),
        "share_of_call_limit": max(call.seconds for call in every) / timed.call_seconds,
        "share_of_memory_limit": peak / timed.resident_bytes,
    }
    for measure, value in figures.items():
        yield Measurement(measure=measure, value=value, sample_size=len(every), detail=detail)


def _batch(table: pa.Table, rows: int) -> pa.Table:
    """Return so many rows, those that there are again and again where they do not suffice."""
    return table.take(pa.array(np.arange(rows) % table.num_rows))
