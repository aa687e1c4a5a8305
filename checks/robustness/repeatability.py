"""Whether the same row always gets the same decision.

## Measures

- `disagreement_rate`: [0, 1], lower is better, 0 is perfect. The share of rows that got another decision at least once
  when they were asked about again.

## Method

The same rows are asked again: as they were, in another order, each twice in one batch, in small batches, one by one (a
handful), and twice more in a fresh process elsewhere: with another clock, another language and time zone, another
hostname and other environment variables, once as on a server in production at night years from now, once as on
somebody's laptop years ago. A row disagrees if any answer decides differently from the first; for answers that are
numbers, if one is further away than `tolerance`. Each way is named with its own count in the detail, so that a random
model, one that keeps state and one that looks at the whole batch can be told apart. Where a row disagrees elsewhere,
the model is started once more as usual, and, if that agrees, once with each part of the surroundings alone: so a model
that reads the clock, or answers honestly only where it believes to be tested, is found and told by what it looks at.
The interval is Clopper and Pearson's, whose upper limit says what no disagreement at all is worth.

## Limits

It finds what shows itself within these tries: a model that changes once in a million calls, or tomorrow, is not found.
Rows beyond `most_rows` are sampled. The clock is the one that Python tells: compiled code that asks the kernel for the
time sees the real one. The hostname cannot be changed where a model has no name of the machine of its own (`landlock`,
`unsafe-none`): the detail then names it under `not_varied`. That it runs behind walls at all (no network, a strange
user, few files) a model can always see.

## References

- Clopper and Pearson, Biometrika 26 (1934) 404-413.
- ISO 5725-1: repeatability conditions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.changing import case_row, part_of
from proofbox.checks.asked.reasking import Probe, Reasking
from proofbox.checks.errors import ModelFailedError
from proofbox.checks.intervals import clopper_pearson
from proofbox.checks.late import np, pa
from proofbox.checks.params import CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import Counterexample, Inapplicable, Json, Measured, Measurement, Result
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.surroundings import Way
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray


class Params(CheckParams):
    """Parameters of :func:`repeatability`."""

    most_rows: int = Field(default=10_000, ge=1)
    """Rows that are asked about again; of more, this many are drawn."""
    batch_rows: int = Field(default=64, ge=1)
    """Rows in a small batch; at most 1,024 rows are asked about in small batches."""
    single_rows: int = Field(default=16, ge=0, le=1_000)
    """Rows that are asked about one by one."""
    tolerance: float = Field(default=1e-6, ge=0)
    """How far apart numbers may lie, relative to ``1 + |number|``; decisions must be equal."""


@check("robustness.repeatability")
def repeatability(
    data: Dataset, decisions: Decisions, varies: frozenset[Way], params: Params, rng: Generator
) -> Asking[Result]:
    """Measure how often the same row gets another decision."""
    if data.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    sample = np.arange(data.rows)
    if data.rows > params.most_rows:
        sample = np.sort(rng.choice(data.rows, params.most_rows, replace=False))
    asking = Reasking(
        rows=data.feature_table().take(pa.array(sample)),
        first=part_of(decisions, sample),
        tolerance=params.tolerance,
        batch_rows=params.batch_rows,
        single_rows=params.single_rows,
        varies=varies,
    )
    disagreed = np.zeros(len(sample), dtype=np.bool_)
    told: list[Json] = []
    turned: list[tuple[Probe, NDArray[np.bool_]]] = []
    for probe in (yield from asking.probes(rng)):
        other = probe.disagrees(asking.first, params.tolerance)
        disagreed[probe.rows[other]] = True
        told.append(_told(probe, asking.first, other))
        if other.any() and isinstance(probe.answer, Decisions):
            turned.append((probe, other))
    # The plainest way that shows it; of surroundings, one part of them alone rather than all of them together.
    shown = next((one for one in turned if not one[0].varied), turned[-1] if turned else None)
    case = None if shown is None else _case(*shown, asking, sample)
    count = int(disagreed.sum())
    measurement = Measurement(
        measure="disagreement_rate",
        value=count / len(sample),
        interval=clopper_pearson(count, len(sample), params.confidence),
        sample_size=len(sample),
        detail={"disagreements": count, "probes": told},
    )
    return Measured(measurements=(measurement,), counterexamples=(case,) if case else ())


def _told(probe: Probe, first: Decisions, other: NDArray[np.bool_]) -> Json:
    told: dict[str, Json] = {"probe": probe.name, "rows": len(probe.rows), "disagreements": int(other.sum())}
    if isinstance(probe.answer, ModelFailedError):
        told["failed"] = str(probe.answer)
    else:
        told["largest_score_difference"] = _largest_difference(part_of(first, probe.rows), probe.answer)
    if probe.varied or probe.not_varied:
        told |= {"varied": list(probe.varied), "not_varied": list(probe.not_varied)}
    return told


def _largest_difference(first: Decisions, second: Decisions) -> float | None:
    if first.score is None or second.score is None:
        return None
    return float(np.abs(first.score - second.score).max(initial=0.0))


def _case(probe: Probe, other: NDArray[np.bool_], asking: Reasking, sample: NDArray[np.intp]) -> Counterexample:
    """Return the first row that this probe disagrees about."""
    assert isinstance(probe.answer, Decisions)
    place = int(np.flatnonzero(other)[0])
    row = int(probe.rows[place])
    before = case_row(t("asked first"), asking.rows, asking.first, row)
    asked = asking.rows.take(pa.array(probe.rows[place : place + 1]))
    after = case_row(probe.label, asked, part_of(probe.answer, slice(place, place + 1)), 0)
    return Counterexample(
        measure="disagreement_rate",
        summary=t(
            "The same row, asked about twice, is decided as {before} and then as {after}.",
            before=before.decision,
            after=after.decision,
        ),
        columns=tuple(asking.rows.column_names),
        rows=(before, after),
        changed=(),
        source_row=int(sample[row]),
    )
