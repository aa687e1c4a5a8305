"""How far apart groups lie when attributes are crossed: fair on each margin may be unfair in an intersection.

## Measures

- `intersectional_difference`: [0, 1], lower is better, 0 is perfect. The largest difference of the rate between two
  groups of one combination of attributes, over all combinations up to the depth.
- `intersectional_ratio`: [0, 1], higher is better, 1 is perfect. The smallest ratio of the rate of two groups of one
  combination; without a value where the rate is 0 everywhere.

## Method

The sensitive columns (or `attributes`) are combined singly, in pairs and so on up to `depth`; the groups of each
combination are compared in the `rate`: the selection rate unless another one is named. Groups with fewer rows than
`min_group_size` are left out and named. Intervals are made as for `fairness.demographic_parity`, over all pairs of
groups in all combinations. Each combination's values equal fairlearn's `MetricFrame` over several sensitive features.

## Limits

Groups are compared within one combination, never a crossed group with a whole one; `fairness.worst_group` sets each
group against everybody else. The union over many pairs makes intervals wide: few rows for many crossings conclude
nothing, and say so. Crossings without rows are not groups. Combinations that make more than 500 groups are named and
not compared.

## References

- Crenshaw, "Demarginalizing the Intersection of Race and Sex", University of Chicago Legal Forum (1989) 139-167.
- Kearns, Neel, Roth, Wu, "Preventing Fairness Gerrymandering", ICML 2018.
- Foulds, Islam, Keya, Pan, "An Intersectional Definition of Fairness", ICDE 2020.
"""

from __future__ import annotations

from proofbox.checks.counted.counts import Counts
from proofbox.checks.grouped.crossings import Crossed, CrossingParams, crossed
from proofbox.checks.grouped.gapmeasures import difference_of, ratio_of
from proofbox.checks.grouped.outcomes import Comparison, compare
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured
from proofbox.checks.text import t


class Params(CrossingParams):
    """Parameters of :func:`intersectional`."""


@check("fairness.intersectional")
def intersectional(counts: Counts, params: Params) -> Measured | Inapplicable:
    """Measure how far apart the groups of crossed attributes lie."""
    found = crossed(counts, params, params.min_group_size)
    if isinstance(found, Inapplicable):
        return found
    names: list[str] = []
    compared: list[Comparison] = []
    for attributes, outcomes in found.outcomes.items():
        one = compare(outcomes, params.rate)
        if not isinstance(one, Inapplicable):
            names.append(" x ".join(attributes))
            compared.append(one)
    if not compared:
        rate = params.rate.replace("_", " ")
        return Inapplicable(t("fewer than two groups have a {rate}, so there is nothing to compare", rate=rate))
    detail = _detail(found, compared)
    return Measured(
        measurements=(
            difference_of("intersectional_difference", compared, detail, params.confidence, names),
            *ratio_of("intersectional_ratio", compared, detail, params.confidence, names),
        )
    )


def _detail(found: Crossed, compared: list[Comparison]) -> dict[str, Json]:
    first = next(iter(found.outcomes.values())).detail
    widest = max(compared, key=lambda one: one.family.difference)
    left_out: list[Json] = []
    for outcomes in found.outcomes.values():
        listed = outcomes.detail["groups_left_out"]
        left_out += listed if isinstance(listed, list) else []
    ends = widest.detail()
    return {
        **{key: first[key] for key in ("counted_label", "decisions", "rows", "rows_without_true_label")},
        "combinations": [list(attributes) for attributes in found.outcomes],
        "combinations_not_compared": list(found.not_compared),
        "groups_left_out": left_out,
        "lowest": ends["lowest"],
        "highest": ends["highest"],
    }
