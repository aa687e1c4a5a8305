"""How far apart the groups' error rates lie, given what was true.

## Measures

- `equalized_odds_difference`: [0, 1], lower is better, 0 is perfect. The larger of two gaps between groups: in true
  positive rates, and in false positive rates.
- `equalized_odds_ratio`: [0, 1], higher is better, 1 is perfect. The smaller of the two ratios, lowest rate divided by
  highest.
- `equal_opportunity_difference`: [0, 1], lower is better, 0 is perfect. The gap in true positive rates alone.
- `equal_opportunity_ratio`: [0, 1], higher is better, 1 is perfect. The ratio of true positive rates alone.
- `false_positive_rate_difference`: [0, 1], lower is better, 0 is perfect. The gap in false positive rates alone.

## Method

Of those whose true label is the counted one, the share that got it (true positive rate), and of the others the share
that got it (false positive rate), in each group. Intervals are made as for demographic parity; the end that must hold
for all pairs at once does so over both rates for equalized odds. Values equal fairlearn's, except that a group in which
a rate has an empty denominator is left out of that rate and named, where fairlearn counts the rate as 0.

## Limits

Needs true labels, and takes them as true: labels that were themselves decided unfairly hide unfairness. Without true
labels it is not applicable, never 0. Unlike AIF360's `average_odds_difference`, nothing is averaged and no sign is
kept.

## References

- Hardt, Price, Srebro, "Equality of Opportunity in Supervised Learning", NeurIPS 2016.
- Fairlearn, `equalized_odds_difference`, `equalized_odds_ratio`, `equal_opportunity_difference`.
- Newcombe, Statistics in Medicine 17 (1998) 873-890; Agresti and Caffo, The American Statistician 54 (2000) 280-288;
  Donner and Zou, Statistical Methods in Medical Research 21 (2012) 347-359.
"""

from __future__ import annotations

from collections.abc import Iterator

from proofbox.checks.counted.counts import Counts
from proofbox.checks.grouped.outcomes import Comparison, Outcomes, compare, count_outcomes
from proofbox.checks.grouped.refusals import GroupParams
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.statistics.gaps import difference_interval, ratio_interval
from proofbox.checks.text import t


class Params(GroupParams):
    """Parameters of :func:`equalized_odds`."""


@check("fairness.equalized_odds")
def equalized_odds(counts: Counts, params: Params) -> Measured | Inapplicable:
    """Measure how far apart the groups' true and false positive rates lie."""
    if counts.data.target is None:
        return Inapplicable(t("there are no true labels to compare the decisions with"))
    outcomes = count_outcomes(counts, params)
    if isinstance(outcomes, Inapplicable):
        return outcomes
    opportunity = compare(outcomes, "true_positive_rate")
    false_alarms = compare(outcomes, "false_positive_rate")
    measurements: list[Measurement] = []
    if not isinstance(opportunity, Inapplicable):
        measurements += _gap("equal_opportunity", [opportunity], outcomes, params)
    if not isinstance(false_alarms, Inapplicable):
        measurements += [
            found
            for found in _gap("false_positive_rate", [false_alarms], outcomes, params)
            if found.measure == "false_positive_rate_difference"
        ]
    if not isinstance(opportunity, Inapplicable) and not isinstance(false_alarms, Inapplicable):
        measurements += _gap("equalized_odds", [opportunity, false_alarms], outcomes, params)
    if not measurements:
        return Inapplicable(t("fewer than two groups have rows of either true label"))
    return Measured(measurements=tuple(measurements))


def _gap(name: str, compared: list[Comparison], outcomes: Outcomes, params: Params) -> Iterator[Measurement]:
    families = [comparison.family for comparison in compared]
    size = sum(comparison.sample_size for comparison in compared)
    rates: list[Json] = [comparison.detail() for comparison in compared]
    ratios: dict[str, Json] = {comparison.rate: comparison.family.ratio for comparison in compared}
    detail: dict[str, Json] = {**outcomes.detail, "rates": rates}
    yield Measurement(
        measure=f"{name}_difference",
        value=max(family.difference for family in families),
        interval=difference_interval(families, params.confidence),
        sample_size=size,
        detail={**detail, "differences": {one.rate: one.family.difference for one in compared}},
    )
    defined = [family.ratio for family in families if family.ratio is not None]
    if defined:
        # A rate that is 0 in every group has no ratio, yet its bounds still widen the interval: it may be anything.
        yield Measurement(
            measure=f"{name}_ratio",
            value=min(defined),
            interval=ratio_interval(families, params.confidence),
            sample_size=size,
            detail={**detail, "ratios": ratios},
        )
