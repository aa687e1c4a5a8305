"""How far apart the groups' selection rates lie.

## Measures

- `demographic_parity_difference`: [0, 1], lower is better, 0 is perfect. The highest selection rate of any group less
  the lowest.
- `demographic_parity_ratio`: [0, 1], higher is better, 1 is perfect. The lowest selection rate of any group divided by
  the highest; without a value where nobody is selected.

## Method

The selection rate of a group is the share of its rows that got the counted label (`counted: positive` or `favourable`).
The interval follows from limits for every pair of groups (differences: Newcombe's together with Agresti and Caffo's;
ratios: MOVER-R), so that ties between groups do not bias it: the end that looks at the largest gap is the most that any
pair leaves possible, the other end holds for all pairs at once (Tukey's range). docs/intervals.md has the formulas and
how often they cover. Values equal fairlearn's functions of the same names.

## Limits

It looks at decisions alone: whether the groups differ in what the decision is about is not asked. A small group makes
the interval wide, not the value wrong; `min_group_size` leaves groups out and names them. Which label is counted
changes the ratio: 95 % against 98 % approved is a ratio of 0.97, 5 % against 2 % rejected one of 0.4.

## References

- Fairlearn, `demographic_parity_difference`, `demographic_parity_ratio`.
- US Uniform Guidelines on Employee Selection Procedures, 29 CFR 1607.4(D): the four-fifths rule.
- Newcombe, Statistics in Medicine 17 (1998) 873-890; Agresti and Caffo, The American Statistician 54 (2000) 280-288;
  Donner and Zou, Statistical Methods in Medical Research 21 (2012) 347-359.
"""

from __future__ import annotations

from proofbox.checks.counted.counts import Counts
from proofbox.checks.grouped.outcomes import compare, count_outcomes
from proofbox.checks.grouped.refusals import GroupParams
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Measured, Measurement
from proofbox.checks.statistics.gaps import difference_interval, ratio_interval


class Params(GroupParams):
    """Parameters of :func:`demographic_parity`."""


@check("fairness.demographic_parity")
def demographic_parity(counts: Counts, params: Params) -> Measured | Inapplicable:
    """Measure how far apart the groups' selection rates lie."""
    outcomes = count_outcomes(counts, params)
    if isinstance(outcomes, Inapplicable):
        return outcomes
    compared = compare(outcomes, "selection_rate")
    if isinstance(compared, Inapplicable):
        return compared
    family, detail = compared.family, {**outcomes.detail, **compared.detail()}
    difference = Measurement(
        measure="demographic_parity_difference",
        value=family.difference,
        interval=difference_interval([family], params.confidence),
        sample_size=compared.sample_size,
        detail=detail,
    )
    if family.ratio is None:
        return Measured(measurements=(difference,))
    ratio = Measurement(
        measure="demographic_parity_ratio",
        value=family.ratio,
        interval=ratio_interval([family], params.confidence),
        sample_size=compared.sample_size,
        detail=detail,
    )
    return Measured(measurements=(difference, ratio))
