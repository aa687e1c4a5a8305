"""Every rate of every group, with its interval.

## Measures

- `count`: [0, inf), neither way is better, no value is perfect. Rows in the group.
- `selection_rate`: [0, 1], neither way is better, no value is perfect. The share that got the counted label.
- `true_positive_rate`: [0, 1], higher is better, 1 is perfect. Of those whose true label is the counted one, the share
  that got it.
- `false_positive_rate`: [0, 1], lower is better, 0 is perfect. Of the others, the share that got it.
- `true_negative_rate`: [0, 1], higher is better, 1 is perfect. Of the others, the share that did not get it.
- `false_negative_rate`: [0, 1], lower is better, 0 is perfect. Of those whose true label is the counted one, the share
  that did not get it.
- `precision`: [0, 1], higher is better, 1 is perfect. Of those who got the label, the share to whom it truly belongs.
- `negative_predictive_value`: [0, 1], higher is better, 1 is perfect. Of those who did not get it, the share to whom it
  truly does not belong.
- `accuracy`: [0, 1], higher is better, 1 is perfect. The share of right decisions.
- `base_rate`: [0, 1], neither way is better, no value is perfect. The share whose true label is the counted one.

## Method

All rates come from one contingency table, group x true label x decision, which is kept as evidence. Intervals are
Wilson's, for each group alone, or on request Clopper and Pearson's; weighted rows count as the number of rows that they
are worth. Without true labels there are `count` and `selection_rate`. A rate whose denominator is empty has no value;
the group's `count` names it in its detail.

## Limits

It describes, and compares nothing: with many groups some intervals miss by chance. Rows with a missing attribute are a
group of their own, named `(missing)`, unless `missing: leave_out` is set.

## References

- Fairlearn, `MetricFrame` and the functions of these names.
- Wilson, JASA 22 (1927) 209-212; Clopper and Pearson, Biometrika 26 (1934) 404-413.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Literal

from proofbox.checks.counted.counts import Counts
from proofbox.checks.grouped.outcomes import Outcomes, count_outcomes
from proofbox.checks.grouped.refusals import GroupParams
from proofbox.checks.intervals import clopper_pearson, wilson, wilson_effective
from proofbox.checks.registry import check
from proofbox.checks.result import CountTable, Inapplicable, Json, Measured, Measurement, Scalar


class Params(GroupParams):
    """Parameters of :func:`group_rates`."""

    interval: Literal["wilson", "clopper-pearson"] = "wilson"
    """`clopper-pearson` is wider and never covers less than it says, whatever the rate."""


@check("fairness.group_rates")
def group_rates(counts: Counts, params: Params) -> Measured | Inapplicable:
    """Measure every rate of every group."""
    outcomes = count_outcomes(counts, params)
    if isinstance(outcomes, Inapplicable):
        return outcomes
    return Measured(
        measurements=tuple(_measurements(outcomes, params)),
        tables=(_table(outcomes, params.attribute),),
    )


def _measurements(outcomes: Outcomes, params: Params) -> Iterator[Measurement]:
    found = {name: (*outcomes.rate(name), *outcomes.rows(name)) for name in outcomes.names}
    weighted = outcomes.decided.weight is not None
    plain = wilson_effective if weighted else wilson
    interval = clopper_pearson if params.interval == "clopper-pearson" else plain
    for index, category in enumerate(outcomes.categories):
        absent: list[Json] = [name for name in found if not found[name][1][index] > 0]
        rows = int(outcomes.decided.rows[index])
        detail: dict[str, Json] = {**outcomes.detail, "rates_without_value": absent}
        yield Measurement(measure="count", value=float(rows), sample_size=rows, group=category, detail=detail)
        for name, numbers in found.items():
            count, of, count_rows, of_rows = (float(number[index]) for number in numbers)
            if of > 0:
                said: dict[str, Json] = {"counted_label": outcomes.detail["counted_label"]}
                said |= {"count": int(count_rows), "of": int(of_rows)} | ({"effective_rows": of} if weighted else {})
                yield Measurement(
                    measure=name,
                    value=count / of,
                    interval=interval(count, of, params.confidence),
                    sample_size=int(of_rows),
                    group=category,
                    detail=said,
                )


_COUNTED = ("true_label", "decision", "rows", "weight", "weight_squared")


def _table(outcomes: Outcomes, attribute: tuple[str, ...]) -> CountTable:
    table = outcomes.judged or outcomes.decided
    # An attribute may itself be called "decision".
    named = {name: f"group_{name}" if name in _COUNTED else name for name in attribute}
    kept = (("weight", table.weight), ("weight_squared", table.weight_squared))
    sums = {name: cells for name, cells in kept if cells is not None}
    columns: dict[str, list[Scalar]] = {name: [] for name in (*named.values(), *_COUNTED[:3], *sums)}
    label = str(outcomes.detail["counted_label"])
    truths = ("other", label) if table.has_truth else (None,)
    for group, category in enumerate(outcomes.categories):
        for truth, true_label in enumerate(truths):
            for decision, decided in enumerate(("other", label)):
                for name in attribute:
                    columns[named[name]].append(category[name])
                columns["true_label"].append(true_label)
                columns["decision"].append(decided)
                columns["rows"].append(int(table.cells[group, truth, decision]))
                for name, cells in sums.items():
                    columns[name].append(float(cells[group, truth, decision]))
    return CountTable(name=_table_name(attribute), columns={name: tuple(cells) for name, cells in columns.items()})


def _table_name(attribute: tuple[str, ...]) -> str:
    """Return a file name that differs for different attributes, whatever letters they are written in."""
    plain = "-".join(attribute)
    if re.fullmatch(r"[a-z0-9]+", plain):
        return f"counts-{plain}"
    readable = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    return f"counts-{readable}-{hashlib.sha256(repr(attribute).encode()).hexdigest()[:8]}".replace("--", "-")
