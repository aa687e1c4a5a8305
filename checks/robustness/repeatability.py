"""Whether the same row always gets the same decision.

## Measures

- `disagreement_rate`: [0, 1], lower is better, 0 is perfect. The share of rows that got another decision at least once
  when they were asked about again.

## Method

The same rows are asked again: as they were, in another order, in small batches, one by one (a handful), and after a
restart of the model in a fresh process. A row disagrees if any answer decides differently from the first; for answers
that are numbers, if one is further away than `tolerance`. Each way is named with its own count in the detail, so that a
random model, one that keeps state and one that looks at the whole batch can be told apart. The interval is Clopper and
Pearson's, whose upper limit says what no disagreement at all is worth.

## Limits

It finds what shows itself within these tries: a model that changes once in a million calls, or tomorrow, is not found.
Rows beyond `most_rows` are sampled.

## References

- Clopper and Pearson, Biometrika 26 (1934) 404-413.
- ISO 5725-1: repeatability conditions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.random import Generator
from numpy.typing import NDArray
from pydantic import Field

from proofbox.checks.asking import Asking, Question
from proofbox.checks.changing import case_row, differ, joined, part_of
from proofbox.checks.intervals import clopper_pearson
from proofbox.checks.params import CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import Counterexample, Inapplicable, Json, Measured, Measurement, Result
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import Text, t


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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Probe:
    """One way to ask again: which rows (as places in the sample), and what came back for them."""

    name: str
    label: Text
    rows: NDArray[np.intp]
    answer: Decisions


@check("robustness.repeatability")
def repeatability(data: Dataset, decisions: Decisions, params: Params, rng: Generator) -> Asking[Result]:
    """Measure how often the same row gets another decision."""
    if data.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    sample = np.arange(data.rows)
    if data.rows > params.most_rows:
        sample = np.sort(rng.choice(data.rows, params.most_rows, replace=False))
    rows = data.feature_table().take(pa.array(sample))
    first = part_of(decisions, sample)
    disagreed = np.zeros(len(sample), dtype=np.bool_)
    probes: list[Json] = []
    case: Counterexample | None = None
    for probe in (yield from _probes(rows, params, rng)):
        before = part_of(first, probe.rows)
        other = differ(before, probe.answer, params.tolerance)
        disagreed[probe.rows] |= other
        probes.append(
            {
                "probe": probe.name,
                "rows": len(probe.rows),
                "disagreements": int(other.sum()),
                "largest_score_difference": _largest_difference(before, probe.answer),
            }
        )
        if case is None and other.any():
            case = _case(probe, int(np.flatnonzero(other)[0]), rows, first, sample)
    count = int(disagreed.sum())
    measurement = Measurement(
        measure="disagreement_rate",
        value=count / len(sample),
        interval=clopper_pearson(count, len(sample), params.confidence),
        sample_size=len(sample),
        detail={"disagreements": count, "probes": probes},
    )
    return Measured(measurements=(measurement,), counterexamples=(case,) if case else ())


def _probes(rows: pa.Table, params: Params, rng: Generator) -> Asking[tuple[_Probe, ...]]:
    every = np.arange(rows.num_rows)
    again = yield Question(rows=rows)
    order = rng.permutation(rows.num_rows)
    permuted = yield Question(rows=rows.take(order))
    some = every[:1_024]
    batches = [some[at : at + params.batch_rows] for at in range(0, len(some), params.batch_rows)]
    small = yield from _apart(rows, batches)
    probes = [
        _Probe(name="again", label=t("asked again"), rows=every, answer=again),
        _Probe(name="permuted", label=t("in another order"), rows=order, answer=permuted),
        _Probe(name="small batches", label=t("in a small batch"), rows=some, answer=small),
    ]
    singles = np.sort(rng.choice(rows.num_rows, min(params.single_rows, rows.num_rows), replace=False))
    if len(singles):
        alone = yield from _apart(rows, np.split(singles, len(singles)))
        probes.append(_Probe(name="one by one", label=t("asked alone"), rows=singles, answer=alone))
    restarted = yield Question(rows=rows, fresh=True)
    return *probes, _Probe(name="restarted", label=t("after a restart"), rows=every, answer=restarted)


def _apart(rows: pa.Table, places: Sequence[NDArray[np.intp]]) -> Asking[Decisions]:
    """Ask about each part in a call of its own."""
    answers = []
    for part in places:
        answers.append((yield Question(rows=rows.take(pa.array(part)))))
    return joined(answers)


def _largest_difference(first: Decisions, second: Decisions) -> float | None:
    if first.score is None or second.score is None:
        return None
    return float(np.abs(first.score - second.score).max(initial=0.0))


def _case(probe: _Probe, place: int, rows: pa.Table, first: Decisions, sample: NDArray[np.intp]) -> Counterexample:
    row = int(probe.rows[place])
    before = case_row(t("asked first"), rows, first, row)
    asked = rows.take(pa.array(probe.rows[place : place + 1]))
    after = case_row(probe.label, asked, part_of(probe.answer, slice(place, place + 1)), 0)
    return Counterexample(
        measure="disagreement_rate",
        summary=t(
            "The same row, asked about twice, is decided as {before} and then as {after}.",
            before=before.decision,
            after=after.decision,
        ),
        columns=tuple(rows.column_names),
        rows=(before, after),
        changed=(),
        source_row=int(sample[row]),
    )
