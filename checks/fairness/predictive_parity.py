"""How far apart the groups lie in what a decision is worth: of those who got it, how many truly should have.

## Measures

- `predictive_parity_difference`: [0, 1], lower is better, 0 is perfect. The highest precision of any group less the
  lowest.
- `predictive_parity_ratio`: [0, 1], higher is better, 1 is perfect. The lowest precision of any group divided by the
  highest.
- `negative_predictive_value_difference`: [0, 1], lower is better, 0 is perfect. The same gap among those who did not
  get the label: the share to whom it truly does not belong.

## Method

Precision is the share, of a group's rows that got the counted label, whose true label it is. Groups in which nobody got
the label have no precision; they are left out and named. Intervals are made as for `fairness.demographic_parity`.
Values equal the gaps of fairlearn's `MetricFrame` over scikit-learn's `precision_score`, which counts an empty
denominator as 0.

## Limits

Where the groups' base rates differ, predictive parity and equal error rates cannot both hold unless decisions are
perfect: a policy must choose. A model may satisfy it by refusing everybody in one group but the surest cases.

## References

- Chouldechova, "Fair Prediction with Disparate Impact", Big Data 5 (2017) 153-163: predictive parity, and why it
  excludes equal error rates.
- Newcombe, Statistics in Medicine 17 (1998) 873-890; Donner and Zou, Statistical Methods in Medical Research 21 (2012)
  347-359.
"""

from __future__ import annotations

from proofbox.checks.counted.counts import Counts
from proofbox.checks.grouped.gapmeasures import difference_of, ratio_of
from proofbox.checks.grouped.outcomes import compare, count_outcomes
from proofbox.checks.grouped.refusals import GroupParams
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Measured, Measurement
from proofbox.checks.text import t


class Params(GroupParams):
    """Parameters of :func:`predictive_parity`."""


@check("fairness.predictive_parity")
def predictive_parity(counts: Counts, params: Params) -> Measured | Inapplicable:
    """Measure how far apart the groups' predictive values lie."""
    if counts.data.target is None:
        return Inapplicable(t("there are no true labels to compare the decisions with"))
    outcomes = count_outcomes(counts, params)
    if isinstance(outcomes, Inapplicable):
        return outcomes
    chosen, others = compare(outcomes, "precision"), compare(outcomes, "negative_predictive_value")
    found: list[Measurement] = []
    if not isinstance(chosen, Inapplicable):
        found.append(difference_of("predictive_parity_difference", [chosen], outcomes.detail, params.confidence))
        found += ratio_of("predictive_parity_ratio", [chosen], outcomes.detail, params.confidence)
    if not isinstance(others, Inapplicable):
        name = "negative_predictive_value_difference"
        found.append(difference_of(name, [others], outcomes.detail, params.confidence))
    if not found:
        return Inapplicable(t("fewer than two groups have rows of either decision"))
    return Measured(measurements=tuple(found))
