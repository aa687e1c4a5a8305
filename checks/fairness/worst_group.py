"""Which group of people, of all that attributes make alone or crossed, fares most differently from everybody else.

## Measures

- `worst_group_difference`: [0, 1], lower is better, 0 is perfect. The largest distance between a group's rate and the
  rate of everybody outside it, over all groups that are large enough to judge.
- `worst_group_ratio`: [0, 1], higher is better, 1 is perfect. The smallest ratio of a group's rate and the rate of
  everybody outside it, whichever is lower divided by the other; without a value where the rate is 0 everywhere.
- `groups_that_differ`: [0, inf), lower is better, 0 is perfect. How many groups differ from everybody else by more than
  chance would bring about, with all groups searched taken into account.
- `groups_too_small`: [0, inf), lower is better, 0 is perfect. How many groups have too few rows to be judged.

## Method

Every group of every combination of the sensitive columns (or of `attributes`) up to `depth` is set against all other
rows in the `rate`. Searching many groups finds large gaps by chance alone, so the end of the interval that says how bad
it is at least comes from limits of all groups which hold at once (Šidák); the other end is the worst that any group
leaves possible. Differences: Newcombe with Agresti and Caffo; ratios: MOVER-R (docs/intervals.md). The number of groups
that differ is by exact two-sided tests (twice the smaller tail of the hypergeometric distribution; a score test where
both groups are large) under Holm's correction at the level of the confidence, so that a single false name among them is
as rare as the confidence says. Groups below `min_group_size`, or whose complement is, are listed and not judged. All
groups with their numbers stand in the evidence table; the twenty that differ most are shown.

## Limits

A group that is too small to judge is no group that is treated well. The search goes over the attributes that are
declared, not over those that were not collected. Groups overlap: where one differs, those it contains or is contained
in differ too. With many attributes most of the power goes into the number of groups; less depth asks fewer questions.

## References

- Kearns, Neel, Roth, Wu, "Preventing Fairness Gerrymandering", ICML 2018: statistical parity over a family of groups.
- Holm, "A Simple Sequentially Rejective Multiple Test Procedure", Scandinavian Journal of Statistics 6 (1979) 65-70.
- Newcombe, Statistics in Medicine 17 (1998) 873-890; Donner and Zou, Statistical Methods in Medical Research 21 (2012)
  347-359; Šidák, JASA 62 (1967) 626-633.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from proofbox.checks.counted.counts import Counts
from proofbox.checks.grouped.crossings import Crossed, CrossingParams, crossed
from proofbox.checks.grouped.refusals import weights_are_no_people
from proofbox.checks.grouped.subgrouplists import groups_table, listed, listed_small
from proofbox.checks.grouped.subgroups import Subgroups, holm, two_sided
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.statistics.contrasts import largest_difference, smallest_ratio
from proofbox.checks.text import t

MOST_SHOWN = 20
"""Groups that are listed in the detail; the evidence table has all."""


class Params(CrossingParams):
    """Parameters of :func:`worst_group`."""


@check("fairness.worst_group")
def worst_group(counts: Counts, params: Params) -> Measured | Inapplicable:
    """Search every crossing of attributes for the group that fares most differently."""
    if refused := weights_are_no_people(counts.data):
        return refused
    found = crossed(counts, params, 1)
    if isinstance(found, Inapplicable):
        return found
    groups = Subgroups.against_the_rest(found, params.rate)
    judged, small = groups.split(params.min_group_size)
    if len(judged.categories) == 0:
        return Inapplicable(
            t(
                "none of the {groups} groups and the rest of the rows have {size} rows each, so none can be judged",
                groups=len(groups.categories),
                size=params.min_group_size,
            )
        )
    p_values = holm(two_sided(judged))
    differs = p_values <= 1 - params.confidence
    detail = _detail(found, judged, small, p_values, params)
    size = int(judged.everybody.max())
    counted = {"groups_that_differ": int(differs.sum()), "groups_too_small": len(small.categories)}
    return Measured(
        measurements=(
            *_gaps(judged, detail, params.confidence),
            *(
                Measurement(measure=name, value=float(number), sample_size=size, detail=detail)
                for name, number in counted.items()
            ),
        ),
        tables=(groups_table(f"groups-{params.rate.replace('_', '-')}-{params.depth}", judged, small, p_values),),
    )


def _gaps(judged: Subgroups, detail: Mapping[str, Json], confidence: float) -> Iterator[Measurement]:
    inside, outside = judged.rates
    gaps = np.abs(inside - outside)
    yield Measurement(
        measure="worst_group_difference",
        value=float(gaps.max()),
        interval=largest_difference(judged.inside, judged.outside, confidence),
        sample_size=int(judged.everybody[gaps.argmax()]),
        detail=detail,
    )
    highest = np.maximum(inside, outside)
    if not highest.any():
        return
    there = highest > 0
    ratios = np.where(there, np.minimum(inside, outside) / np.where(there, highest, 1), 1.0)
    yield Measurement(
        measure="worst_group_ratio",
        value=float(ratios.min()),
        interval=smallest_ratio(judged.inside, judged.outside, confidence),
        sample_size=int(judged.everybody[ratios.argmin()]),
        detail=detail,
    )


def _detail(found: Crossed, judged: Subgroups, small: Subgroups, p_values: Floats, params: Params) -> dict[str, Json]:
    first = next(iter(found.outcomes.values())).detail
    inside, outside = judged.rates
    order = np.argsort(-np.abs(inside - outside), kind="stable")
    return {
        **{key: first[key] for key in ("counted_label", "decisions", "rows", "rows_without_true_label")},
        "rate": params.rate,
        "combinations": [list(attributes) for attributes in found.outcomes],
        "combinations_not_compared": list(found.not_compared),
        "groups_judged": len(judged.categories),
        "worst_groups": listed(judged, p_values, order[:MOST_SHOWN], params.confidence),
        "too_small": listed_small(small),
    }
