"""How far the people in the data are from the population that the system is meant for.

## Measures

- `total_variation`: [0, 1], lower is better, 0 is perfect. Half the sum of the absolute differences between the shares
  in the data and in the declared population: the share of people who would have to be of another category.
- `population_stability_index`: [0, inf), lower is better, 0 is perfect. The sum over the categories of
  (p - q) ln(p / q), with p the share in the data and q the share in the population.
- `representation_ratio`: [0, inf), neither way is better, 1 is perfect. For each category, the share in the data
  divided by the share in the population.

## Method

The population is what the submission declares under `data.reference`: rows of attribute, category and share. Categories
are compared as text in NFC, trimmed. Where the attribute is a column of numbers and every category is a band (`18-24`,
`65+`, `under 18`, `dưới 18`, `65 trở lên`), the numbers are sorted into the bands. Rows without a value are left out;
rows whose category the population does not have count as one category of share 0. Both are named in the detail with
their numbers.

Intervals: for the total variation the triangle inequality with a bootstrapped reach; for the index the delta method
with the chi-squared variance added; for the ratios Wilson. docs/intervals.md has the formulas. Sample weights are
honoured: shares are those of the weights, and the intervals rest on Kish's effective number of rows.

## Limits

The declared population is taken as true and exact, and whether it is the right one is for a person to say: a model for
one province should not be held against the whole country. A perfect mix by one attribute may still lack a group at the
crossing of two. Data that were balanced on purpose differ from the population on purpose.

## References

- Levin, Peres, Wilmer, "Markov Chains and Mixing Times", section 4.1: total variation.
- Yurdakul and Naranjo, "Statistical properties of the population stability index", J. Risk Model Validation 14 (2020).
- Wilson, JASA 22 (1927) 209-212. Decree 142/2026/NĐ-CP (Viet Nam), Article 15(2)(b): representative data.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from proofbox.checks.counted.counting import Codes, encode
from proofbox.checks.counted.tablenames import table_name
from proofbox.checks.intervals import Floats, wilson
from proofbox.checks.late import np, pa
from proofbox.checks.params import Attribute, CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import CountTable, Inapplicable, Interval, Json, Measured, Measurement
from proofbox.checks.samples.divergence import population_stability, total_variation
from proofbox.checks.subject import Dataset, ReferenceShare, Subject
from proofbox.checks.text import Text, t
from proofbox.checks.traps.bands import read_bands, sort_into

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

_SHOWN = 20


class Params(CheckParams):
    """Parameters of :func:`representativeness`."""

    attribute: Attribute
    role: Literal["evaluation", "training"] = "evaluation"
    """The data that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """Rows of the data by the population's categories."""

    rows: Codes
    """Shape (categories,)."""
    worth: Floats
    """Shape (categories,): the same; with sample weights, their share times the effective number of rows."""
    unlisted: dict[str, int]
    """Category that the population does not have -> rows."""
    unlisted_worth: float
    missing: int
    banded: bool


@check("data.representativeness")
def representativeness(
    subject: Subject, data: Dataset, training: Dataset | None, params: Params, rng: Generator
) -> Measured | Inapplicable:
    """Measure how the shares of an attribute's categories compare with the declared population's."""
    looked_at = data if params.role == "evaluation" else training
    if looked_at is None:
        return Inapplicable(t("the submission names no {role} data", role=params.role))
    name = params.attribute[0]
    reference = [share for share in subject.reference if share.attribute == name]
    if reason := _nothing_to_compare(looked_at, params.attribute, reference):
        return Inapplicable(reason)
    counted = _count(looked_at, name, reference)
    if not counted.worth.any():
        return Inapplicable(t("no row has a category of {attribute} that the population has", attribute=name))
    return Measured(
        measurements=tuple(_measurements(looked_at, reference, counted, params, rng)),
        tables=(_table(looked_at.role, name, reference, counted),),
    )


def _nothing_to_compare(data: Dataset, attribute: tuple[str, ...], reference: Sequence[ReferenceShare]) -> Text | None:
    if data.rows == 0:
        return t("the {role} data have no rows", role=data.role)
    if len(attribute) > 1:
        return t("a population is declared for one attribute at a time, not for their intersections")
    if attribute[0] not in data.table.column_names:
        return t("the {role} data have no column {column}", role=data.role, column=attribute[0])
    if len(reference) < 2:
        return t(
            "the submission declares no population of {attribute} to compare with (data.reference)",
            attribute=attribute[0],
        )
    return None


def _count(data: Dataset, name: str, reference: Sequence[ReferenceShare]) -> _Counted:
    names = [share.category for share in reference]
    column = data.table.column(name)
    kind = column.type
    numbers = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    bands = read_bands(names) if numbers else None
    if bands is not None:
        values = column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64)
        codes, missing = sort_into(values, bands), np.isnan(values)
        outside = int(np.count_nonzero(~missing & (codes == len(names))))
        unlisted = {"(in no band)": outside} if outside else {}
    else:
        encoded = encode(column)
        place = {category: index for index, category in enumerate(names)}
        recode = np.array([place.get(one, len(names)) for one in (*encoded.categories, "")], dtype=np.int64)
        codes, missing = recode[encoded.codes], encoded.codes == len(encoded.categories)
        found = np.bincount(encoded.codes, minlength=len(encoded.categories) + 1)
        others = {one: int(count) for one, count in zip(encoded.categories, found, strict=False) if one not in place}
        unlisted = dict(sorted(others.items(), key=lambda item: (-item[1], item[0])))
    rows = np.bincount(codes[~missing], minlength=len(names) + 1)
    worth = _worth(data, codes, ~missing, rows)
    return _Counted(
        rows=rows[:-1],
        worth=worth[:-1],
        unlisted=unlisted,
        unlisted_worth=float(worth[-1]),
        missing=int(missing.sum()),
        banded=bands is not None,
    )


def _worth(data: Dataset, codes: Codes, known: NDArray[np.bool_], rows: Codes) -> Floats:
    """Return what each category's rows are worth: with weights, their share times Kish's effective number of rows."""
    if data.weight is None or data.weight not in data.table.column_names:
        return rows.astype(np.float64)
    weights = data.table.column(data.weight).cast(pa.float64(), safe=False).to_numpy()[known]
    total, squares = float(weights.sum()), float((weights**2).sum())
    if not squares:
        return np.zeros(len(rows))
    share = np.bincount(codes[known], weights=weights, minlength=len(rows)) / total
    effective: Floats = share * (total**2 / squares)
    return effective


def _measurements(
    data: Dataset, reference: Sequence[ReferenceShare], counted: _Counted, params: Params, rng: Generator
) -> Iterator[Measurement]:
    shares: Floats = np.array([share.share for share in reference])
    extra = counted.unlisted_worth
    counts = np.append(counted.worth, extra) if extra else counted.worth
    wanted = np.append(shares, 0.0) if extra else shares
    n = int(counted.rows.sum()) + sum(counted.unlisted.values())
    detail: dict[str, Json] = {
        "role": data.role,
        "attribute": list(params.attribute),
        "rows_missing_attribute": counted.missing,
        "rows_of_unlisted_categories": dict(list(counted.unlisted.items())[:_SHOWN]),
        "sorted_into_bands": counted.banded,
        "effective_rows": float(counts.sum()),
    }
    value, interval = total_variation(counts, wanted, params.confidence, rng)
    yield Measurement(measure="total_variation", value=value, interval=interval, sample_size=n, detail=detail)
    value, interval = population_stability(counts, wanted, params.confidence)
    empty: list[Json] = [share.category for share, count in zip(reference, counted.rows, strict=True) if not count]
    yield Measurement(
        measure="population_stability_index",
        value=value,
        interval=interval,
        sample_size=n,
        detail={**detail, "counted_as_half_a_row": empty},
    )
    for place, share in enumerate(reference):
        if share.share > 0:
            worth = float(counted.worth[place]), float(counts.sum())
            yield _ratio(share, int(counted.rows[place]), n, worth, params)


def _ratio(share: ReferenceShare, rows: int, n: int, worth: tuple[float, float], params: Params) -> Measurement:
    count, of = worth
    found = wilson(count, of, params.confidence)
    low, high = found.low / share.share, found.high / share.share
    return Measurement(
        measure="representation_ratio",
        value=count / of / share.share,
        interval=Interval(low=low, high=high, confidence=params.confidence, method="wilson"),
        sample_size=n,
        group={share.attribute: share.category},
        detail={"rows": rows, "share_in_data": count / of, "share_in_population": share.share},
    )


def _table(role: str, name: str, reference: Sequence[ReferenceShare], counted: _Counted) -> CountTable:
    unlisted = list(counted.unlisted.items())[:_SHOWN]
    return CountTable(
        name=table_name("categories", role, name),
        columns={
            "category": (*(share.category for share in reference), *(category for category, _ in unlisted)),
            "rows": (*(int(count) for count in counted.rows), *(count for _, count in unlisted)),
            "share_in_population": (*(share.share for share in reference), *(0.0 for _ in unlisted)),
        },
    )
