"""How many decisions an adversary who sees nothing but decisions can turn by small changes of the inputs.

## Measures

- `evasion_rate`: [0, 1], lower is better, 0 is perfect. The share of attacked rows for which the attack found an
  allowed change of no more than the budget that turns the decision.
- `random_evasion_rate`: [0, 1], lower is better, 0 is perfect. The same share for random changes of no more than the
  budget, as many of them for each row as the attack asked about.
- `evasion_over_random`: [-1, 1], lower is better, 0 is perfect. The first share less the second: what takes an
  adversary, and not chance.
- `median_evasion_distance`: [0, inf), higher is better, no value is perfect. The median cost of the smallest change
  found for each row, within the budget or not.

## Method

A change costs one unit where it moves one number by its column's standard deviation in these data or exchanges one
category for another; `norm` says how the costs of several columns add up (`l2`: the root of the sum of squares; `linf`:
the largest). Allowed is what keeps each number in the range that occurs in the evaluation and training data (or in
`bounds`), with as many decimals as its column has, so that whole numbers stay whole; each category one that occurs;
each missing value missing; and the `immutable` columns as they are: unless the policy names others, the sensitive
columns. Features of two values, and those named under `categorical`, are categories.

From all rows, `rows` are drawn. For each, the search begins at the nearest rows that the model decides differently
(with what may not change as it was), else at random ones, and comes nearer in two ways, of which each row takes the one
that lately gained more for each query: along the boundary between the decisions, whose direction is estimated from the
decisions on random points around it, as HopSkipJump does (by least squares over all rounds so far); and column by
column, each set back whole or in part. A row that gets no nearer looks around at random. All rows take each step in the
same calls, and no row is asked about more than `queries` times. A row counts as turned as well where the model crashes,
hangs or answers garbage over a change of it; a change that it refuses with an error of its own turns nothing. After
three rows without an answer the search ends. At last every row and its nearest change are asked about once more; a
turned decision that the model does not repeat does not count.

Rows are independent, so the intervals are Wilson's, Newcombe's for paired proportions, and order statistics for the
median. A row for which nothing was found enters the median with the cost of the largest allowed change. As
counterexample serves a row that one column alone turns within the budget, where there is one, with a round value.

## Limits

Not found does not mean that there is none: the rates are lower limits of what is possible, for this number of queries.
That features depend on each other is not respected beyond each column's range. Where random changes do as well, the
finding is that many rows lie near a boundary, not that an attack works. It does not attack free text, the training or
the artefact.

## References

- Chen, Jordan, Wainwright, "HopSkipJumpAttack: A Query-Efficient Decision-Based Attack", IEEE S&P 2020.
- Rahmati, Moosavi-Dezfooli, Frossard, Dai, "GeoDA: a geometric framework for black-box adversarial attacks", CVPR 2020:
  the straight way along the estimated normal.
- Wilson, JASA 22 (1927) 209-212; Newcombe, Statistics in Medicine 17 (1998) 2635-2650; David and Nagaraja, "Order
  Statistics" (2003), section 7.1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field

from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.changing import part_of
from proofbox.checks.asked.shrinking import Pair
from proofbox.checks.evasion.columns import Columns, columns_of
from proofbox.checks.evasion.outcome import Found, by_distance, confirmed, told
from proofbox.checks.evasion.random_search import random_search
from proofbox.checks.evasion.search import search
from proofbox.checks.evasion.showing import smallest_pair, unanswered_pair
from proofbox.checks.evasion.space import Norm, Space
from proofbox.checks.evasion.starting import Donors, most_donors, start
from proofbox.checks.evasion.tracks import Tracks
from proofbox.checks.grouped.refusals import unweighted
from proofbox.checks.intervals import paired_difference, wilson
from proofbox.checks.late import np, pa
from proofbox.checks.params import CheckParams, as_columns
from proofbox.checks.registry import check
from proofbox.checks.result import Counterexample, Inapplicable, Json, Measured, Measurement, Result
from proofbox.checks.statistics.medians import median, median_interval
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import Text, t

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

_NAMES_TOLD = 50
"""Columns named in the detail; of more, the number alone."""

Names = Annotated[tuple[str, ...], BeforeValidator(as_columns)]
Bounds = tuple[float, float]


class Params(CheckParams):
    """Parameters of :func:`adversarial`."""

    budget: float = Field(default=0.5, gt=0, le=100)
    """What a change may cost: 1 is one standard deviation of one number, or one category exchanged."""
    norm: Norm = "l2"
    """How the costs of several changed columns add up."""
    rows: int = Field(default=200, ge=1, le=10_000)
    """Rows that are attacked, drawn at random; all of them where there are fewer."""
    queries: int = Field(default=500, ge=20, le=50_000)
    """Changed rows that the attack may ask about for each attacked row."""
    immutable: Names | None = None
    """Columns that cannot be changed; by default the sensitive ones. `[]` for none."""
    categorical: Names = ()
    """Columns whose numbers are names of something."""
    bounds: Mapping[str, Bounds] = Field(default={}, max_length=1000)
    """Feature -> lowest and highest value that can be, in place of the range that occurs."""


@check("robustness.adversarial")
def adversarial(
    data: Dataset, decisions: Decisions, params: Params, rng: Generator, training: Dataset | None = None
) -> Asking[Result]:
    """Measure how many decisions a small change that is looked for turns."""
    if data.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    if not decisions.classes:
        return Inapplicable(t("the answers are numbers, not decisions between classes"))
    if refused := unweighted(data):
        return refused
    if unknown := [name for name in (*params.categorical, *params.bounds) if name not in data.features]:
        return Inapplicable(t("the model reads no feature of the name {name}", name=unknown[0]))
    sample = np.sort(rng.choice(data.rows, min(params.rows, data.rows), replace=False))
    immutable = [*(data.sensitive if params.immutable is None else params.immutable), *data.id_columns]
    columns = _columns(data, training, params, immutable)
    space = Space(data.feature_table().take(pa.array(sample)), columns, params.norm)
    if space.smallest_change() > params.budget:
        return Inapplicable(
            t("no allowed change of any feature costs as little as the budget of {budget}", budget=params.budget)
        )
    was = part_of(decisions, sample)
    attack, chance = Tracks(space, was), Tracks(space, was)
    lending = np.sort(rng.choice(data.rows, min(data.rows, most_donors(space)), replace=False))
    donors = Donors(space, data.feature_table().take(pa.array(lending)), decisions.codes[lending])
    yield from start(attack, donors, was.codes, rng)
    yield from search(attack, params.queries, rng)
    yield from random_search(chance, params.budget, np.maximum(attack.asked, 1), rng)
    found = yield from confirmed(space, was, attack, chance)
    curve = found.curve(params.budget)
    case = yield from _case(attack, chance, was, found, params.budget)
    detail = _detail(space, params, attack, chance, found)
    return Measured(
        measurements=_measurements(
            found, space, params, {**detail, "immutable": [*immutable[:_NAMES_TOLD]], "curve": told(curve, len(sample))}
        ),
        counterexamples=(_shown(*case, space.names, sample),) if case else (),
        tables=(by_distance(curve, len(sample)),),
    )


def _columns(data: Dataset, training: Dataset | None, params: Params, immutable: Sequence[str]) -> Columns:
    tables = [data.feature_table()]
    if training is not None and set(data.features) <= set(training.table.column_names):
        tables.append(training.table.select(list(data.features)))
    return columns_of(tables, immutable=immutable, categorical=params.categorical, bounds=params.bounds)


def _measurements(found: Found, space: Space, params: Params, detail: Mapping[str, Json]) -> tuple[Measurement, ...]:
    attack, chance = found.within(params.budget), found.within(params.budget, chance=True)
    rows, hits, lucky = len(attack), int(attack.sum()), int(chance.sum())
    both = int((attack & chance).sum())
    distances = np.minimum(found.attack, space.reach())
    return (
        Measurement(
            measure="evasion_rate",
            value=hits / rows,
            interval=wilson(hits, rows, params.confidence),
            sample_size=rows,
            detail=detail,
        ),
        Measurement(
            measure="random_evasion_rate",
            value=lucky / rows,
            interval=wilson(lucky, rows, params.confidence),
            sample_size=rows,
            detail={"evaded": lucky, "queries": detail["random_queries"]},
        ),
        Measurement(
            measure="evasion_over_random",
            value=(hits - lucky) / rows,
            interval=paired_difference(both, hits - both, lucky - both, rows - hits - lucky + both, params.confidence),
            sample_size=rows,
            detail={"both": both, "attack_only": hits - both, "random_only": lucky - both},
        ),
        Measurement(
            measure="median_evasion_distance",
            value=median(distances),
            interval=median_interval(
                distances, params.confidence, least=0.0, greatest=float(space.reach().max(initial=0.0))
            ),
            sample_size=rows,
            detail={"rows_without_evasion": int(np.isinf(found.attack).sum())},
        ),
    )


def _detail(space: Space, params: Params, attack: Tracks, chance: Tracks, found: Found) -> dict[str, Json]:
    columns = space.columns
    return {
        "budget": params.budget,
        "norm": params.norm,
        "evaded": int(found.within(params.budget).sum()),
        "unconfirmed": found.unconfirmed,
        "queries": int(attack.asked.sum()),
        "queries_planned": params.queries * len(found.attack),
        "random_queries": int(chance.asked.sum()),
        "numbers": len(columns.numbers),
        "categories": len(columns.categories),
        "unanswered": [
            {"kind": one.error.kind, "what": str(one.error)} for one in (*attack.unanswered, *chance.unanswered)
        ],
        "left_alone": list(columns.left_alone[:_NAMES_TOLD]),
    }


def _case(
    attack: Tracks, chance: Tracks, was: Decisions, found: Found, budget: float
) -> Asking[tuple[Pair, Text] | None]:
    """Return what is shown, with its sentence: a change over which the model fell, else the smallest that turns it."""
    if fell := unanswered_pair(attack.space, was, (*attack.unanswered, *chance.unanswered)):
        pair, what = fell
        said = t(
            "With {columns} changed, the model gives no answer: it {what}.", columns=", ".join(pair.changed), what=what
        )
        return pair, said
    rows = np.flatnonzero(found.within(budget))
    turned = (yield from smallest_pair(attack, was, budget, rows)) if len(rows) else None
    if turned is None:
        return None
    said = t(
        "A small change of {columns} alone turns the decision from {before} to {after}.",
        columns=", ".join(turned.changed),
        before=turned.first.decision,
        after=turned.second.decision,
    )
    return turned, said


def _shown(pair: Pair, said: Text, names: tuple[str, ...], sample: NDArray[np.intp]) -> Counterexample:
    return Counterexample(
        measure="evasion_rate",
        summary=said,
        columns=names,
        rows=(pair.first, pair.second),
        changed=pair.changed,
        source_row=int(sample[pair.row]),
    )
