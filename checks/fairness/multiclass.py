"""How far apart the groups lie where there are more than two classes: each class against the rest, and the worst.

## Measures

- `multiclass_demographic_parity_difference`: [0, 1], lower is better, 0 is perfect. For the worst class: the highest
  share of any group that got it less the lowest.
- `multiclass_demographic_parity_ratio`: [0, 1], higher is better, 1 is perfect. For the worst class: the lowest share
  of any group that got it divided by the highest.
- `multiclass_equal_opportunity_difference`: [0, 1], lower is better, 0 is perfect. For the worst class: the gap between
  groups in the share of those who truly belong to it that were recognised (recall).
- `multiclass_equalized_odds_difference`: [0, 1], lower is better, 0 is perfect. For the worst class: the larger of the
  gaps in recall and in false positive rate.

## Method

Every class is set against all others, which makes a table of two classes; the value is the worst of them and the detail
lists each class and each group. Intervals are made as for `fairness.demographic_parity`, over all pairs of groups in
all classes. With two classes the differences equal those of `fairness.demographic_parity` and
`fairness.equalized_odds`, counted for whichever label is worse. Classes come from the decisions; a true class that is
never decided is named and has no rate. Each class's values equal fairlearn's functions on that class against the rest.

## Limits

Classes differ in weight, and here none weighs more than another: a gap in a class that hardly matters counts like one
that decides over people. Rare classes have wide intervals, and the union over many classes makes all of them wider.
At most 50 classes are compared. `counted` has no bearing on it.

## References

- Rouzot, Ferry, Huguet, "Learning Optimal Fair Scoring Systems for Multi-Class Classification", ICTAI 2022; Denis,
  Elie, Hebiri, Hu, "Fairness guarantees in multi-class classification with demographic parity", JMLR 25 (2024): worst
  class against the rest.
- Newcombe, Statistics in Medicine 17 (1998) 873-890; Donner and Zou, Statistical Methods in Medical Research 21 (2012)
  347-359.
"""

from __future__ import annotations

from collections.abc import Mapping

from proofbox.checks.counted.counts import Counts, Grouped
from proofbox.checks.grouped.gapmeasures import difference_of, ratio_of
from proofbox.checks.grouped.outcomes import Comparison, Outcomes, against_rest, compare
from proofbox.checks.grouped.refusals import GroupParams
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.text import t

MOST_CLASSES = 50
"""More classes than this are texts or identifiers rather than classes."""


class Params(GroupParams):
    """Parameters of :func:`multiclass`; ``counted`` has no bearing on it."""


@check("fairness.multiclass")
def multiclass(counts: Counts, params: Params) -> Measured | Inapplicable:
    """Measure how far apart the groups lie in the worst class."""
    grouped = counts.grouped(params.attribute)
    if isinstance(grouped, Inapplicable):
        return grouped
    if len(grouped.decided) > MOST_CLASSES:
        return Inapplicable(
            t(
                "the decisions have {classes} classes, and at most {most} are compared",
                classes=len(grouped.decided),
                most=MOST_CLASSES,
            )
        )
    of_class: dict[str, Outcomes] = {}
    for label in grouped.decided:
        outcomes = against_rest(counts, grouped, label, params)
        if isinstance(outcomes, Inapplicable):
            return outcomes
        of_class[label] = outcomes
    found = _measurements(of_class, _detail(grouped, of_class), params.confidence)
    return Measured(measurements=tuple(found))


def _measurements(of_class: Mapping[str, Outcomes], detail: Mapping[str, Json], confidence: float) -> list[Measurement]:
    labels, selected = _compared(of_class, "selection_rate")
    found = [
        difference_of("multiclass_demographic_parity_difference", selected, detail, confidence, labels),
        *ratio_of("multiclass_demographic_parity_ratio", selected, detail, confidence, labels),
    ]
    if all(outcomes.judged is None for outcomes in of_class.values()):
        return found
    labels, recalled = _compared(of_class, "true_positive_rate")
    others, false_alarms = _compared(of_class, "false_positive_rate")
    if recalled:
        name = "multiclass_equal_opportunity_difference"
        found.append(difference_of(name, recalled, detail, confidence, labels))
    if recalled and false_alarms:
        name, both = "multiclass_equalized_odds_difference", [*recalled, *false_alarms]
        found.append(difference_of(name, both, detail, confidence, [*labels, *others]))
    return found


def _compared(of_class: Mapping[str, Outcomes], rate: str) -> tuple[list[str], list[Comparison]]:
    """Return the classes in which groups can be compared in the rate, and the comparison of each."""
    found = {label: compare(outcomes, rate) for label, outcomes in of_class.items()}
    there = {label: one for label, one in found.items() if not isinstance(one, Inapplicable)}
    return list(there), list(there.values())


def _detail(grouped: Grouped, of_class: Mapping[str, Outcomes]) -> dict[str, Json]:
    first = next(iter(of_class.values())).detail
    never: list[Json] = [name for name in grouped.truths if name not in grouped.decided]
    shared = {key: value for key, value in first.items() if key != "counted_label"}
    return {**shared, "classes": list(grouped.decided), "classes_never_decided": never}
