"""How many decisions turn under a change that is too small to matter.

## Measures

- `negligible_flip_rate`: [0, 1], lower is better, 0 is perfect. The share of rows whose decision changes when every
  number is changed by less than its own rounding and less than `share` of its feature's spread.
- `negligible_failure_share`: [0, 1], lower is better, 0 is perfect. 1 where the model crashed, hung or answered
  garbage for some row changed in this way, 0 where it did not; a clean refusal is no failure and is listed in the
  detail.

## Method

A change is too small to matter where nobody could tell the two rows apart: every numeric feature with decimals gets a
draw that is even on plus or minus half a unit of its last decimal (what rounding would have hidden), and no wider than
`share` of its standard deviation. In features written in full precision the second alone binds. Whole-number features
are moved by one unit where one unit is at most `share` of their standard deviation, and left alone otherwise: a child
more is no rounding. No true labels are needed: a decision that turns under such a change was wrong once. Rows are
asked about in steps until the interval of the flip rate (Clopper and Pearson's) has the half width `precision`.

## Limits

One draw a row, so that what is counted is how often chance alone turns a decision, and not whether the worst of all
tiny changes would. Rows right at the threshold turn under any change: with a smooth model their share is about the
density of scores there, times the change. Rows with sample weights are refused.

## References

- ISO/IEC Guide 98-3:2008 (GUM), F.2.2.1: the resolution of an indication as an even distribution.
- Clopper and Pearson, Biometrika 26 (1934) 404-413.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field

from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.changing import with_columns
from proofbox.checks.asked.degradation import Asked, flip_rate, measured, refused
from proofbox.checks.asked.perturbing import Altered, PerturbationParams, Way, perturbed
from proofbox.checks.late import np, pa
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Result
from proofbox.checks.samples.features import NumericFeature, numbers, numeric_features, with_numbers
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.random import Generator


class Params(PerturbationParams):
    """Parameters of :func:`label_free_stability`."""

    share: float = Field(default=0.001, gt=0, le=0.1)
    """The most that a number is moved, as a share of its feature's standard deviation."""


@check("robustness.label_free_stability")
def label_free_stability(data: Dataset, decisions: Decisions, params: Params, rng: Generator) -> Asking[Result]:
    """Measure how decisions stand changes too small to matter."""
    if reason := refused(data):
        return reason
    moved = {one.name: width for one in numeric_features(data) if (width := _width(one, params.share)) > 0}
    if not moved:
        return Inapplicable(t("no numeric feature is written so finely that a change too small to matter can be made"))
    way = Way(name={"share": params.share}, label=t("changed by less than matters"), alter=partial(_moved, moved))
    tried = yield from perturbed(data, decisions, [way], params, rng)
    detail: dict[str, Json] = {"widths": dict(moved)}
    asked = Asked(prefix="negligible", data=data, decisions=decisions, params=params, detail=detail)
    known = [one for one in tried if one.rows]
    return (yield from measured(asked, tried, flip_rate(asked, known[0], known) if known else None))


def _width(feature: NumericFeature, share: float) -> float:
    """Return how far a number is moved at most; 1 for whole numbers, 0 where it cannot be moved by so little."""
    most = share * feature.spread
    if feature.decimals == 0:
        return 1.0 if most >= 1 else 0.0
    return most if feature.decimals is None else min(most, 0.5 * 10.0**-feature.decimals)


def _moved(widths: Mapping[str, float], table: pa.Table, rng: Generator) -> Altered:
    changed = {}
    for name, width in widths.items():
        column = table.column(name)
        values = numbers(column)
        draw = rng.uniform(-1, 1, table.num_rows)
        step = np.sign(draw) if pa.types.is_integer(column.type) else draw
        changed[name] = with_numbers(column, values + width * step, ~np.isnan(values))
    return Altered(table=with_columns(table, changed))
