"""How much more often decisions about one group are wrong than decisions about another.

## Measures

- `accuracy_difference`: [0, 1], lower is better, 0 is perfect. The highest accuracy of any group less the lowest.
- `error_rate_ratio`: [0, 1], higher is better, 1 is perfect. The lowest error rate of any group divided by the highest;
  without a value where no decision is wrong.

## Method

A decision is right where its label is the true one, with two classes or many. Intervals are made as for
`fairness.demographic_parity`. The difference equals that of fairlearn's `MetricFrame` over scikit-learn's
`accuracy_score`, the ratio its ratio over `zero_one_loss`.

## Limits

Equal accuracy may hide opposite errors: one group wrongly refused, the other wrongly accepted. A group whose true
labels are nearly all the same is easy to be right about. Rows without a true label are left out and counted.

## References

- Berk, Heidari, Jabbari, Kearns, Roth, "Fairness in Criminal Justice Risk Assessments", Sociological Methods & Research
  50 (2021) 3-44: overall accuracy equality.
- Fairlearn, `MetricFrame`.
- Newcombe, Statistics in Medicine 17 (1998) 873-890; Donner and Zou, Statistical Methods in Medical Research 21 (2012)
  347-359.
"""

from __future__ import annotations

from proofbox.checks.counted.counts import Counts
from proofbox.checks.grouped.gapmeasures import RIGHT, comparison_of, difference_of, ratio_of, right_or_wrong
from proofbox.checks.grouped.outcomes import against_rest
from proofbox.checks.grouped.refusals import GroupParams
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured
from proofbox.checks.text import t


class Params(GroupParams):
    """Parameters of :func:`group_accuracy`; ``counted`` has no bearing on it."""


@check("fairness.group_accuracy")
def group_accuracy(counts: Counts, params: Params) -> Measured | Inapplicable:
    """Measure how far apart the groups' accuracies lie."""
    if counts.data.target is None:
        return Inapplicable(t("there are no true labels to compare the decisions with"))
    grouped = counts.grouped(params.attribute)
    if isinstance(grouped, Inapplicable):
        return grouped
    judged = right_or_wrong(counts.data, grouped)
    if isinstance(judged, Inapplicable):
        return judged
    outcomes = against_rest(counts, judged, RIGHT, params)
    if isinstance(outcomes, Inapplicable):
        return outcomes
    right, of = outcomes.rate("selection_rate")
    right_rows, rows = outcomes.rows("selection_rate")
    weighted = outcomes.decided.weight is not None
    accuracy = comparison_of("accuracy", (right, of), outcomes.categories, (right_rows, rows) if weighted else None)
    wrong_rows = (rows - right_rows, rows) if weighted else None
    errors = comparison_of("error_rate", (of - right, of), outcomes.categories, wrong_rows)
    # Every group that is compared has rows, so both are there.
    assert accuracy is not None
    assert errors is not None
    detail: dict[str, Json] = {
        **{key: value for key, value in outcomes.detail.items() if key != "counted_label"},
        "rows_without_true_label": counts.rows - int(judged.cells.sum()),
    }
    return Measured(
        measurements=(
            difference_of("accuracy_difference", [accuracy], detail, params.confidence),
            *ratio_of("error_rate_ratio", [errors], detail, params.confidence),
        )
    )
