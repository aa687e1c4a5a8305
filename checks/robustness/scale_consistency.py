"""Whether the same quantity, written in another unit, gets the same answer.

## Measures

- `scale_violation_rate`: [0, 1], lower is better, 0 is perfect. The share of the cases in which the answer changes
  although a quantity is only written in another unit: the decision, or the score behind it.
- `scale_decision_rate`: [0, 1], lower is better, 0 is perfect. The share of the cases in which the decision itself
  changes.

## Method

`declared.units` names a feature of numbers, the column that its unit stands in, and how many of each unit make one
and the same amount: `{feature: height, unit: height_unit, factors: {m: 1, cm: 100}}`. A case is one row, a real one
or one near it (up to some three features changed to another row's value or to one that Hypothesis drew), and the same
row with the number written in another of the units. Both must get the same answer; scores may differ by rounding
(1e-9). A column of whole numbers takes part where the number in the other unit is whole too. Cases are drawn
independently, so the interval is Clopper and Pearson's. A violation is shrunk before it is shown: what else was
changed in both rows is set back.

## Limits

A model that reads no column of units cannot tell metres from centimetres, and nothing is measured. What happens when a
unit is *wrong* (a column that slips into thousands) is another question. Numbers beyond the range that occurs are asked
about where a unit demands it.

## References

- MacIver, Hatfield-Dodds, "Hypothesis: A new approach to property-based testing", JOSS 4(43) (2019) 1891.
- Segura, Fraser, Sanchez, Ruiz-Cortes, "A Survey on Metamorphic Testing", IEEE TSE 42 (2016) 805-824.
- Clopper and Pearson, Biometrika 26 (1934) 404-413.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from proofbox.checks.asked.asking import Asking
from proofbox.checks.late import np
from proofbox.checks.params import CheckParams
from proofbox.checks.properties.sameness import Twins
from proofbox.checks.properties.searching import Ground, ground_of
from proofbox.checks.properties.smallest import Found
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Result
from proofbox.checks.subject import Dataset, Unit
from proofbox.checks.text import Text, t

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray


class Params(CheckParams):
    """Parameters of :func:`scale_consistency`."""

    cases: int = Field(default=2_000, ge=1, le=1_000_000)
    """Rows of which a quantity is written in another unit; fewer where a number has no other form."""


@check("robustness.scale_consistency")
def scale_consistency(data: Dataset, params: Params, rng: Generator) -> Asking[Result]:
    """Measure how often the answer changes with the unit that a quantity is written in."""
    if not data.units:
        return Inapplicable(t("the submission declares no units (declared.units)"))
    if data.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    ground = ground_of(data, rng)
    for unit in data.units:
        if unit.feature not in data.features or unit.unit not in data.features:
            both = f"{unit.feature}, {unit.unit}"
            return Inapplicable(t("the model does not read both {columns}, so that it cannot convert", columns=both))
        if unit.feature not in ground.features or not ground.features[unit.feature].numeric:
            return Inapplicable(t("{column} holds no numbers, so that it has no unit", column=unit.feature))
    twins = _twins(data, ground, params.cases, rng)
    if not len(twins.rows):
        return Inapplicable(t("no row has a number and a unit that can be written in another unit"))
    columns: list[Json] = [[unit.feature, unit.unit] for unit in data.units]
    detail: dict[str, Json] = {"columns": columns, "cases_drawn": params.cases}
    names = ("scale_violation_rate", "scale_decision_rate")
    return (yield from twins.measured(names, params.confidence, detail, _summary))


def _twins(data: Dataset, ground: Ground, cases: int, rng: Generator) -> Twins:
    rows, first = ground.bank.near(cases, rng)
    second = first.copy()
    which = rng.integers(0, len(data.units), cases)
    kept = np.zeros(cases, dtype=np.bool_)
    for number, unit in enumerate(data.units):
        mine = np.flatnonzero(which == number)
        done = _rewritten(unit, ground, second, mine, rng)
        kept[done] = True
    return Twins(
        ground=ground,
        rows=rows[kept],
        first=first[kept],
        second=second[kept],
        allowed=lambda pair: pair.first != pair.second,
        together=True,
    )


def _rewritten(
    unit: Unit, ground: Ground, picks: NDArray[np.intp], cases: NDArray[np.intp], rng: Generator
) -> NDArray[np.intp]:
    """Write the quantity of these rows of ``picks`` in another unit; return those of them that can be."""
    bank, amount, place = ground.bank, ground.place(unit.feature), ground.place(unit.unit)
    names = list(unit.factors)
    written = [bank.value(place, int(cell)) for cell in picks[cases, place]]
    numbers = bank.numbers(amount)[picks[cases, amount]]
    known = np.array([str(name) in unit.factors for name in written], dtype=np.bool_) & np.isfinite(numbers)
    was = np.array([names.index(str(name)) if str(name) in unit.factors else 0 for name in written], dtype=np.intp)
    now = (was + rng.integers(1, max(2, len(names)), len(cases))) % len(names)
    factors = np.array([unit.factors[name] for name in names])
    other = numbers * factors[now] / factors[was]
    if ground.features[unit.feature].kind == "whole":
        known &= np.abs(other - np.rint(other)) < 1e-9 * (1 + np.abs(other))
        other = np.rint(other)
    known &= now != was
    done = np.flatnonzero(known)
    picks[cases[done], amount] = bank.add_numbers(amount, other[done].tolist())
    picks[cases[done], place] = bank.add(place, names)[now[done]]
    return cases[done]


def _summary(found: Found, decision: bool) -> Text:
    told = found.told(decision=decision)
    if decision:
        return t("The same quantity in another unit ({columns}): the decision turns from {before} to {after}.", **told)
    return t("The same quantity in another unit ({columns}): the score moves from {before} to {after}.", **told)
