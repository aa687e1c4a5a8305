"""Whether every ordinary row gets an answer that is one: finite, of the right form, a probability where it is to be.

## Measures

- `invalid_answer_rate`: [0, 1], lower is better, 0 is perfect. The share of the rows for which the model gives no
  answer, or one that is none.

## Method

The model is asked about the rows of the evaluation data (at most `most_rows`) and about `near_rows` rows near them:
up to some three features changed to another row's value or to one that Hypothesis drew from the feature's range. What
comes back is held against what an answer must be before anything else looks at it: as many rows and columns as were
asked for, finite numbers, a class that exists, probabilities in [0, 1] (to 1e-6) that sum to 1 (to 1e-3). Each row
that gets anything else counts, and so does one at which the model ends, hangs beyond `deadline_seconds` or raises an
error: it is found by halving, the model is started again, and the rest is asked about again, a few times. Where more
rows fail than can be told apart so, those that nothing is known of are named in the detail and there is no interval;
else the interval is Clopper and Pearson's, which says what no invalid answer at all is worth. A counterexample near a
real row is shrunk: what need not be changed is set back.

## Limits

It is the form of an answer that is looked at, not whether it is right. What the model does with rows that are no rows
at all is `robustness.malformed_input`.

## References

- MacIver, Hatfield-Dodds, "Hypothesis: A new approach to property-based testing", JOSS 4(43) (2019) 1891.
- Clopper and Pearson, Biometrika 26 (1934) 404-413; Hanley and Lippman-Hand, JAMA 249 (1983) 1743-1745: rule of three.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from pydantic import Field

from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.failing import failure_of
from proofbox.checks.errors import ModelFailedError
from proofbox.checks.intervals import clopper_pearson
from proofbox.checks.late import np, pa
from proofbox.checks.params import CheckParams
from proofbox.checks.properties.bank import Picks
from proofbox.checks.properties.searching import Ground, ground_of
from proofbox.checks.properties.unanswered import Sorted, asked_row, sort_out, told, unanswered_row
from proofbox.checks.registry import check
from proofbox.checks.result import Counterexample, Inapplicable, Json, Measured, Measurement, Result
from proofbox.checks.subject import Dataset
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

ROWS_AT_ONCE = 5_000
"""Rows of one call, so that a deadline of seconds is enough for any honest model."""


class Params(CheckParams):
    """Parameters of :func:`bounded_output`."""

    most_rows: int = Field(default=8_000, ge=1, le=20_000)
    """Rows of the evaluation data that are asked about; of more, this many are drawn."""
    near_rows: int = Field(default=2_000, ge=0, le=1_000_000)
    """Further rows near them."""
    deadline_seconds: float = Field(default=30, gt=0, le=600)
    """How long the answer to 5,000 rows may take."""


@check("robustness.bounded_output")
def bounded_output(data: Dataset, params: Params, rng: Generator) -> Asking[Result]:
    """Measure how many ordinary rows get no answer, or one that is none."""
    if data.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    ground = ground_of(data, rng)
    real = rng.permutation(ground.bank.rows)[: params.most_rows]
    near, changed = ground.bank.near(params.near_rows, rng)
    rows = np.concatenate([np.sort(real), near])
    picks = np.concatenate([np.repeat(np.sort(real)[:, None], len(ground.bank.names), axis=1), changed])
    found = yield from _sorted(ground.bank.table(picks), params.deadline_seconds)
    tried = len(rows) - found.open
    if tried == 0:
        # Nothing could be told apart: the model gives no answer for any batch.
        return (yield from _none_at_all(ground, picks, rows, params))
    count = len(found.errors)
    measurement = Measurement(
        measure="invalid_answer_rate",
        value=count / tried,
        interval=None if found.open else clopper_pearson(count, tried, params.confidence),
        sample_size=tried,
        detail=_detail(found, len(real), len(near)),
    )
    if not count:
        return Measured(measurements=(measurement,))
    # A real row that fails says more than one near it.
    first = min(found.errors, key=lambda row: (row >= len(real), row))
    case = yield from _case(ground, rows[first], picks[first], found.errors[first], params.deadline_seconds)
    return Measured(measurements=(measurement,), counterexamples=(case,))


def _sorted(table: pa.Table, deadline_seconds: float) -> Asking[Sorted]:
    answered, errors = np.zeros(table.num_rows, dtype=np.bool_), dict[int, ModelFailedError]()
    for start in range(0, table.num_rows, ROWS_AT_ONCE):
        found = yield from sort_out(table.slice(start, ROWS_AT_ONCE), deadline_seconds)
        answered[start : start + ROWS_AT_ONCE] = found.answered
        errors.update({start + row: error for row, error in found.errors.items()})
        if found.open:
            break  # it fails for more than can be told apart: the rest would cost a start for each row
    return Sorted(answered=answered, errors=errors)


def _none_at_all(ground: Ground, picks: Picks, rows: NDArray[np.intp], params: Params) -> Asking[Result]:
    """Tell of a model that fails for whole batches, with what it does for the first row alone."""
    error = yield from failure_of(ground.bank.table(picks[:1]), params.deadline_seconds)
    if error is None:
        return Inapplicable(t("the model answers rows alone and not together, so that no row can be told apart"))
    case = yield from _case(ground, rows[0], picks[0], error, params.deadline_seconds)
    detail: dict[str, Json] = {"kinds": {error.kind: 1}, "not_known": len(rows) - 1}
    measurement = Measurement(measure="invalid_answer_rate", value=1.0, sample_size=1, detail=detail)
    return Measured(measurements=(measurement,), counterexamples=(case,))


def _detail(found: Sorted, real: int, near: int) -> dict[str, Json]:
    kinds: dict[str, Json] = dict(sorted(Counter(error.kind for error in found.errors.values()).items()))
    return {"rows_real": real, "rows_near": near, "kinds": kinds, "not_known": found.open}


def _case(
    ground: Ground, row: np.intp, picks: NDArray[np.intp], error: ModelFailedError, deadline_seconds: float
) -> Asking[Counterexample]:
    """Set back what the failure does not need, one feature after the other, and return the row that is left."""
    kept = picks.copy()
    for place in np.flatnonzero(picks != row):
        tried = kept.copy()
        tried[place] = row
        again = yield from failure_of(ground.bank.table(tried[None, :]), deadline_seconds)
        if again is not None:
            kept, error = tried, again
    bank = ground.bank
    names = tuple(bank.names[place] for place in np.flatnonzero(kept != row))
    shown = [unanswered_row(t("changed") if names else t("as submitted"), bank.table(kept[None, :]), 0)]
    if names:
        real = bank.table(np.full((1, len(bank.names)), row))
        shown.insert(0, (yield from asked_row(t("as submitted"), real, deadline_seconds)))
    return Counterexample(
        measure="invalid_answer_rate",
        summary=told(error),
        columns=bank.names,
        rows=tuple(shown),
        changed=names,
        source_row=int(ground.rows[row]),
    )
