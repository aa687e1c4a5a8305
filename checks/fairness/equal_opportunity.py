"""How far apart the groups' chances lie of getting what truly belongs to them.

## Measures

- `equal_opportunity_difference`: [0, 1], lower is better, 0 is perfect. The highest true positive rate of any group
  less the lowest.
- `equal_opportunity_ratio`: [0, 1], higher is better, 1 is perfect. The lowest true positive rate of any group divided
  by the highest; without a value where nobody got what belongs to them.

## Method

Of those whose true label is the counted one, the share that got it, in each group. Intervals are made as for
`fairness.demographic_parity`. Values equal fairlearn's functions of the same names, except that a group in which nobody
has the counted label is left out and named, where fairlearn counts its rate as 0. `fairness.equalized_odds` measures
the same beside the false positive rate; this check asks for less, so its interval is narrower than that of both
together.

## Limits

It says nothing of those to whom the label does not belong: they may be favoured or burdened at any rate. Where the
counted label is a burden (a person is called a risk), look at false positives instead. True labels are taken as true;
labels that were themselves decided unfairly hide unfairness.

## References

- Hardt, Price, Srebro, "Equality of Opportunity in Supervised Learning", NeurIPS 2016.
- Fairlearn, `equal_opportunity_difference`, `equal_opportunity_ratio`.
- Newcombe, Statistics in Medicine 17 (1998) 873-890; Donner and Zou, Statistical Methods in Medical Research 21 (2012)
  347-359.
"""

from __future__ import annotations

from proofbox.checks.counted.counts import Counts
from proofbox.checks.grouped.gapmeasures import difference_of, ratio_of
from proofbox.checks.grouped.outcomes import compare, count_outcomes
from proofbox.checks.grouped.refusals import GroupParams
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Measured
from proofbox.checks.text import t


class Params(GroupParams):
    """Parameters of :func:`equal_opportunity`."""


@check("fairness.equal_opportunity")
def equal_opportunity(counts: Counts, params: Params) -> Measured | Inapplicable:
    """Measure how far apart the groups' true positive rates lie."""
    if counts.data.target is None:
        return Inapplicable(t("there are no true labels to compare the decisions with"))
    outcomes = count_outcomes(counts, params)
    if isinstance(outcomes, Inapplicable):
        return outcomes
    compared = compare(outcomes, "true_positive_rate")
    if isinstance(compared, Inapplicable):
        return compared
    return Measured(
        measurements=(
            difference_of("equal_opportunity_difference", [compared], outcomes.detail, params.confidence),
            *ratio_of("equal_opportunity_ratio", [compared], outcomes.detail, params.confidence),
        )
    )
