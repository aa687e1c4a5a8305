"""How many decisions change when nothing but the sensitive attribute is changed.

## Measures

- `flip_rate`: [0, 1], lower is better, 0 is perfect. The share of rows whose decision changes when the attribute is set
  to another of its values.

## Method

Each row is asked again with the attribute (`column` where the model's feature is named differently from the sensitive
column) set to each other value that occurs; it flips if any of these answers decides differently. Columns that stand in
for the attribute are set along with it to what is typical of the other group: its most frequent value, or its median
where a column has more than ten numbers. They are those that the submission declares (`declared.proxies`) and those
that the policy lists under `proxies`. Rows are independent, so the interval is Wilson's; weighted rows count by their
weight, and the interval by the effective number of rows. A model that reads neither the attribute nor a proxy cannot
flip: the rate is 0 by construction and the model is not asked. As counterexample serves, of the rows that flip, one
with the fewest missing values, so that it reads whole, and of these the first; where several columns were changed,
those that the flip does not need are set back, and the pair with the fewest changes is shown.

## Limits

It shows direct use of the attribute, and of the proxies that are named, not of those that are not: 0 does not mean that
groups are treated alike. Some changed rows may describe nobody who exists. Rows without the attribute are left out.

## References

- Kusner, Loftus, Russell, Silva, "Counterfactual Fairness", NeurIPS 2017, on what a swap does not show.
- Galhotra, Brun, Meliou, "Fairness Testing: Testing Software for Discrimination", ESEC/FSE 2017: causal discrimination.
- Wilson, JASA 22 (1927) 209-212.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field

from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.changing import case_row, changed_columns, differ, part_of
from proofbox.checks.asked.shrinking import Changed, smallest_change
from proofbox.checks.asked.swaps import Swap, ask_swaps, swap_of, whole_groups
from proofbox.checks.counted.counting import missing_cells
from proofbox.checks.counted.groups import Groups, groups_of
from proofbox.checks.intervals import certain, wilson, wilson_effective
from proofbox.checks.late import np, pa
from proofbox.checks.params import Attribute, CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import CaseRow, Counterexample, Inapplicable, Interval, Json, Measured, Measurement, Result
from proofbox.checks.statistics.effective import effective_counts
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.typing import NDArray

CASES_TRIED = 200
"""Rows that flip, the clearest ones, among which the pair with the fewest changes is looked for."""


class Params(CheckParams):
    """Parameters of :func:`counterfactual_flip`."""

    attribute: Attribute
    column: Attribute | None = None
    """The model's features that hold the attribute; by default the attribute itself."""
    proxies: tuple[str, ...] = Field(default=(), max_length=50)
    """Features that are set along with the attribute, beside those that the submission declares."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that tell the groups apart and are swapped."""
        return self.column or self.attribute


@check("fairness.counterfactual_flip")
def counterfactual_flip(data: Dataset, decisions: Decisions, params: Params) -> Asking[Result]:
    """Measure how many decisions change with the sensitive attribute."""
    groups = groups_of(data, params.columns)
    if isinstance(groups, Inapplicable):
        return groups
    known = np.isin(groups.codes, whole_groups(groups))
    rows = int(known.sum())
    proxies = _proxies(data, params)
    read = tuple(name for name in (*params.columns, *proxies) if name in data.features)
    detail: dict[str, Json] = {
        "attribute": list(params.attribute),
        "columns_changed": list(read),
        "proxies": list(proxies),
        "rows_missing_attribute": data.rows - rows,
    }
    if not read:
        return _not_read(rows, detail, (*params.columns, *proxies), params.confidence)
    if data.weight is not None and not _weights(data)[known].any():
        return Inapplicable(t("the rows of the groups have no weight ({column} is 0)", column=data.weight))
    tally = _Tally(data, decisions)
    swaps = (swap_of(data, groups, group, read, known) for group in whole_groups(groups))
    yield from ask_swaps(swaps, lambda swap, answer: tally.add(swap, answer, groups))
    flips = int(tally.flipped.sum())
    value, interval = _share(tally.flipped, known, data, params.confidence)
    measurement = Measurement(
        measure="flip_rate",
        value=value,
        interval=interval,
        sample_size=rows,
        detail={**detail, "flips": flips, "by_value": tally.by_value},
    )
    case = yield from tally.case(several=len(read) > 1)
    return Measured(measurements=(measurement,), counterexamples=(case,) if case else ())


def _proxies(data: Dataset, params: Params) -> tuple[str, ...]:
    """Return the columns that stand in for the attribute, declared or asked for, each once."""
    declared = (name for attribute in params.attribute for name in data.proxies.get(attribute, ()))
    return tuple(name for name in dict.fromkeys((*declared, *params.proxies)) if name not in params.columns)


def _share(
    flipped: NDArray[np.bool_], known: NDArray[np.bool_], data: Dataset, confidence: float
) -> tuple[float, Interval]:
    """Return the share of rows that flip, by their weights where they carry any, and its interval."""
    if data.weight is None:
        flips, rows = int(flipped.sum()), int(known.sum())
        return flips / rows, wilson(flips, rows, confidence)
    weight = _weights(data)
    yes, no = weight[flipped], weight[known & ~flipped]
    sums = (yes.sum(), no.sum(), (yes**2).sum(), (no**2).sum())
    successes, trials = (float(number) for number in effective_counts(*sums))
    return float(yes.sum() / (yes.sum() + no.sum())), wilson_effective(successes, trials, confidence)


def _weights(data: Dataset) -> NDArray[np.float64]:
    weight: NDArray[np.float64] = data.table.column(data.weight).cast(pa.float64(), safe=False).to_numpy()
    return weight


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flips:
    """The swap that has the clearest flip so far, and its flips, the clearest first."""

    swap: Swap
    answer: Decisions
    places: NDArray[np.intp]
    clearness: tuple[int, int]
    """Missing values of the clearest row, and the row."""


class _Tally:
    """What is kept while the groups are gone through: flips, and the clearest of them so far."""

    def __init__(self, data: Dataset, decisions: Decisions) -> None:
        self.flipped = np.zeros(data.rows, dtype=np.bool_)
        self.by_value: list[Json] = []
        self._data, self._decisions = data, decisions
        self._missing = missing_cells(data.feature_table())
        self._best: _Flips | None = None

    def add(self, swap: Swap, answer: Decisions, groups: Groups) -> None:
        """Add the answers to one group's swap."""
        turned = differ(part_of(self._decisions, swap.rows), answer)
        self.flipped[swap.rows] |= turned
        value: Json = dict(groups.categories[swap.group])
        self.by_value.append({"set_to": value, "rows": len(turned), "flips": int(turned.sum())})
        if turned.any():
            places = np.flatnonzero(turned)
            places = places[np.argsort(self._missing[swap.rows[places]], kind="stable")]
            row = int(swap.rows[places[0]])
            clearness = (int(self._missing[row]), row)
            if self._best is None or clearness < self._best.clearness:
                self._best = _Flips(swap=swap, answer=answer, places=places, clearness=clearness)

    def case(self, *, several: bool) -> Asking[Counterexample | None]:
        """Return the clearest flip; of several changed columns, only those that it needs."""
        if self._best is None:
            return None
        swap, answer, places = self._best.swap, self._best.answer, self._best.places
        before = self._data.feature_table()
        row = int(swap.rows[places[0]])
        first = case_row(t("as submitted"), before, self._decisions, row)
        second = case_row(t("attribute changed"), swap.table, answer, int(places[0]))
        if several:
            pair = yield from smallest_change(
                before.take(pa.array(swap.rows)),
                part_of(self._decisions, swap.rows),
                Changed(table=swap.table, decisions=answer, rows=places),
                most=CASES_TRIED,
                label=t("changed"),
            )
            # A model that answers at random may not turn any of them again; then the flip that was seen is shown.
            if pair is not None:
                first, second, row = pair.first, pair.second, int(swap.rows[pair.row])
        return _shown(first, second, row, tuple(swap.table.column_names))


def _not_read(rows: int, detail: Mapping[str, Json], columns: tuple[str, ...], confidence: float) -> Measured:
    said = "the model reads none of these columns, so it was not asked: " + ", ".join(columns)
    measurement = Measurement(
        measure="flip_rate",
        value=0.0,
        interval=certain(0.0, confidence),
        sample_size=rows,
        detail={**detail, "flips": 0, "by_construction": said},
    )
    return Measured(measurements=(measurement,))


def _shown(first: CaseRow, second: CaseRow, row: int, names: tuple[str, ...]) -> Counterexample:
    changed = changed_columns(first.values, second.values, names)
    summary = t(
        "The same person, but for {columns}: the decision turns from {before} to {after}.",
        columns=", ".join(changed),
        before=first.decision,
        after=second.decision,
    )
    return Counterexample(
        measure="flip_rate",
        summary=summary,
        columns=names,
        rows=(first, second),
        changed=changed,
        source_row=row,
    )
