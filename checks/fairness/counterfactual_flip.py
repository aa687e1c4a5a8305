"""How many decisions change when nothing but the sensitive attribute is changed.

## Measures

- `flip_rate`: [0, 1], lower is better, 0 is perfect. The share of rows whose decision changes when the attribute is set
  to another of its values.

## Method

Each row is asked again with the attribute (`column` where the model's feature is named differently from the sensitive
column) set to each other value that occurs; it flips if any of these answers decides differently. Columns listed under
`proxies` are set along with it to what is typical of the other group: its most frequent value, or its median where a
column has more than ten numbers. Rows are independent, so the interval is Wilson's. A model that reads neither the
attribute nor a proxy cannot flip: the rate is 0 by construction and the model is not asked. As counterexample serves,
of the rows that flip, one with the fewest missing values, so that it reads whole, and of these the first.

## Limits

It shows direct use of the attribute, and of the proxies that are named, not of those that are not: 0 does not mean that
groups are treated alike. Some changed rows may describe nobody who exists. Rows without the attribute are left out.

## References

- Kusner, Loftus, Russell, Silva, "Counterfactual Fairness", NeurIPS 2017, on what a swap does not show.
- Galhotra, Brun, Meliou, "Fairness Testing: Testing Software for Discrimination", ESEC/FSE 2017: causal discrimination.
- Wilson, JASA 22 (1927) 209-212.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pydantic import Field

from proofbox.checks.changing import BATCH_ROWS, ask, case_row, changed_columns, differ, part_of, with_columns
from proofbox.checks.counting import MISSING, encode, missing_cells
from proofbox.checks.groups import Groups, groups_of
from proofbox.checks.intervals import certain, wilson
from proofbox.checks.outcomes import unweighted
from proofbox.checks.params import Attribute, CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import Counterexample, Inapplicable, Json, Measured, Measurement
from proofbox.checks.subject import Dataset, Decisions, Model
from proofbox.checks.text import t


class Params(CheckParams):
    """Parameters of :func:`counterfactual_flip`."""

    attribute: Attribute
    column: Attribute | None = None
    """The model's features that hold the attribute; by default the attribute itself."""
    proxies: tuple[str, ...] = Field(default=(), max_length=50)
    """Features that are set along with the attribute."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that tell the groups apart and are swapped."""
        return self.column or self.attribute


@dataclass(frozen=True, slots=True, kw_only=True)
class _Swap:
    """All rows that are not of one group, given that group's values."""

    group: int
    rows: NDArray[np.intp]
    table: pa.Table


@check("fairness.counterfactual_flip")
def counterfactual_flip(data: Dataset, model: Model, decisions: Decisions, params: Params) -> Measured | Inapplicable:
    """Measure how many decisions change with the sensitive attribute."""
    if refused := unweighted(data):
        return refused
    groups = groups_of(data, params.columns)
    if isinstance(groups, Inapplicable):
        return groups
    known = np.isin(groups.codes, _whole_groups(groups))
    rows = int(known.sum())
    read = tuple(name for name in (*params.columns, *params.proxies) if name in model.features)
    detail: dict[str, Json] = {
        "attribute": list(params.attribute),
        "columns_changed": list(read),
        "rows_missing_attribute": data.rows - rows,
    }
    if not read:
        return _not_read(rows, detail, params)
    tally = _Tally(data, decisions)
    for swap, answer in _asked(model, (_swap(data, groups, group, read, known) for group in _whole_groups(groups))):
        tally.add(swap, answer, groups)
    flips = int(tally.flipped.sum())
    measurement = Measurement(
        measure="flip_rate",
        value=flips / rows,
        interval=wilson(flips, rows, params.confidence),
        sample_size=rows,
        detail={**detail, "flips": flips, "by_value": tally.by_value},
    )
    return Measured(measurements=(measurement,), counterexamples=tuple(case for case in (tally.case,) if case))


class _Tally:
    """What is kept while the groups are gone through: flips, and the clearest case so far."""

    def __init__(self, data: Dataset, decisions: Decisions) -> None:
        self.flipped = np.zeros(data.rows, dtype=np.bool_)
        self.by_value: list[Json] = []
        self.case: Counterexample | None = None
        self._data, self._decisions = data, decisions
        self._missing = missing_cells(data.feature_table())
        self._best = (np.iinfo(np.int64).max, 0)

    def add(self, swap: _Swap, answer: Decisions, groups: Groups) -> None:
        """Add the answers to one group's swap."""
        turned = differ(part_of(self._decisions, swap.rows), answer)
        self.flipped[swap.rows] |= turned
        value: Json = dict(groups.categories[swap.group])
        self.by_value.append({"set_to": value, "rows": len(turned), "flips": int(turned.sum())})
        if turned.any():
            places = np.flatnonzero(turned)
            place = int(places[self._missing[swap.rows[places]].argmin()])
            clearness = (int(self._missing[swap.rows[place]]), int(swap.rows[place]))
            if clearness < self._best:
                self._best = clearness
                self.case = _case(place, self._data, self._decisions, swap, answer)


def _asked(model: Model, swaps: Iterable[_Swap]) -> Iterator[tuple[_Swap, Decisions]]:
    """Ask about the swaps in large batches, without holding all of them at once."""
    held: list[_Swap] = []
    for swap in swaps:
        if held and sum(len(one.rows) for one in held) + len(swap.rows) > BATCH_ROWS:
            yield from zip(held, ask(model, [one.table for one in held]), strict=True)
            held = []
        held.append(swap)
    yield from zip(held, ask(model, [one.table for one in held]), strict=True)


def _whole_groups(groups: Groups) -> list[int]:
    return [code for code, category in enumerate(groups.categories) if MISSING not in category.values()]


def _not_read(rows: int, detail: Mapping[str, Json], params: Params) -> Measured:
    said = "the model reads none of these columns, so it was not asked: " + ", ".join(
        (*params.columns, *params.proxies)
    )
    measurement = Measurement(
        measure="flip_rate",
        value=0.0,
        interval=certain(0.0, params.confidence),
        sample_size=rows,
        detail={**detail, "flips": 0, "by_construction": said},
    )
    return Measured(measurements=(measurement,))


def _swap(data: Dataset, groups: Groups, group: int, read: tuple[str, ...], known: NDArray[np.bool_]) -> _Swap:
    rows = np.flatnonzero(known & (groups.codes != group))
    members = np.flatnonzero(groups.codes == group)
    table = data.feature_table().take(pa.array(rows))
    swapped = {}
    for name in read:
        column = data.table.column(name)
        if name in groups.attribute:
            # Taking an existing cell keeps the column's type, dictionary and all.
            swapped[name] = column.take(pa.array(np.full(len(rows), members[0])))
        else:
            swapped[name] = _typical(column, members, len(rows))
    return _Swap(group=group, rows=rows, table=with_columns(table, swapped))


def _typical(column: pa.ChunkedArray, members: NDArray[np.intp], rows: int) -> pa.ChunkedArray:
    """Return ``rows`` cells that all hold what is typical of the members."""
    there = column.take(pa.array(members))
    encoded = encode(there)
    counts = np.bincount(encoded.codes, minlength=len(encoded.categories) + 1)[:-1]
    if encoded.numeric and len(counts) > 10:
        middle = pc.quantile(there, q=0.5, interpolation="nearest")[0].as_py()
        return pa.chunked_array([pa.array([middle] * rows).cast(column.type)])
    code = int(counts.argmax()) if len(counts) else 0
    cell = int(np.flatnonzero(encoded.codes == code)[0])
    return there.take(pa.array(np.full(rows, cell)))


def _case(place: int, data: Dataset, decisions: Decisions, swap: _Swap, answer: Decisions) -> Counterexample:
    row, names = int(swap.rows[place]), tuple(swap.table.column_names)
    submitted = case_row(t("as submitted"), data.feature_table(), decisions, row)
    swapped = case_row(t("attribute changed"), swap.table, answer, place)
    changed = changed_columns(submitted.values, swapped.values, names)
    summary = t(
        "The same person, but for {columns}: the decision turns from {before} to {after}.",
        columns=", ".join(changed),
        before=submitted.decision,
        after=swapped.decision,
    )
    return Counterexample(
        measure="flip_rate",
        summary=summary,
        columns=names,
        rows=(submitted, swapped),
        changed=changed,
        source_row=row,
    )
