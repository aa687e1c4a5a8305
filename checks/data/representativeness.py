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
with the chi-squared variance added; for the ratios Wilson. docs/intervals.md has the formulas.

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
from typing import Literal

import numpy as np
import pyarrow as pa
from numpy.random import Generator

from proofbox.checks.bands import read_bands, sort_into
from proofbox.checks.counting import Codes, encode
from proofbox.checks.divergence import population_stability, total_variation
from proofbox.checks.intervals import Floats, wilson
from proofbox.checks.params import Attribute, CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import CountTable, Inapplicable, Interval, Json, Measured, Measurement
from proofbox.checks.subject import Dataset, ReferenceShare, Subject
from proofbox.checks.tablenames import table_name
from proofbox.checks.text import Text, t

_SHOWN = 20


class Params(CheckParams):
    """Parameters of :func:`representativeness`."""

    attribute: Attribute
    role: Literal["evaluation", "training"] = "evaluation"
    """The data that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """Rows of the data by the population's categories."""

    counts: Codes
    """Shape (categories,)."""
    unlisted: dict[str, int]
    """Category that the population does not have -> rows."""
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
    counted = _count(looked_at.table.column(name), reference)
    if not counted.counts.any():
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


def _count(column: pa.ChunkedArray, reference: Sequence[ReferenceShare]) -> _Counted:
    names = [share.category for share in reference]
    kind = column.type
    numbers = pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    bands = read_bands(names) if numbers else None
    if bands is not None:
        values = column.cast(pa.float64()).to_numpy().astype(np.float64)
        codes = sort_into(values, bands)
        counts, missing = np.bincount(codes, minlength=len(names) + 1), int(np.isnan(values).sum())
        outside = int(counts[-1]) - missing
        unlisted = {"(in no band)": outside} if outside else {}
        return _Counted(counts=counts[:-1], unlisted=unlisted, missing=missing, banded=True)
    encoded = encode(column)
    found = np.bincount(encoded.codes, minlength=len(encoded.categories) + 1)
    by_name = {name: int(count) for name, count in zip(encoded.categories, found, strict=False)}
    counts = np.array([by_name.pop(name, 0) for name in names], dtype=np.int64)
    unlisted = dict(sorted(by_name.items(), key=lambda item: (-item[1], item[0])))
    return _Counted(counts=counts, unlisted=unlisted, missing=encoded.missing, banded=False)


def _measurements(
    data: Dataset, reference: Sequence[ReferenceShare], counted: _Counted, params: Params, rng: Generator
) -> Iterator[Measurement]:
    shares: Floats = np.array([share.share for share in reference])
    extra = sum(counted.unlisted.values())
    counts = np.append(counted.counts, extra) if extra else counted.counts
    wanted = np.append(shares, 0.0) if extra else shares
    n = int(counts.sum())
    detail: dict[str, Json] = {
        "role": data.role,
        "attribute": list(params.attribute),
        "rows_missing_attribute": counted.missing,
        "rows_of_unlisted_categories": dict(list(counted.unlisted.items())[:_SHOWN]),
        "sorted_into_bands": counted.banded,
    }
    value, interval = total_variation(counts, wanted, params.confidence, rng)
    yield Measurement(measure="total_variation", value=value, interval=interval, sample_size=n, detail=detail)
    value, interval = population_stability(counts, wanted, params.confidence)
    empty: list[Json] = [share.category for share, count in zip(reference, counted.counts, strict=True) if not count]
    yield Measurement(
        measure="population_stability_index",
        value=value,
        interval=interval,
        sample_size=n,
        detail={**detail, "counted_as_half_a_row": empty},
    )
    for share, count in zip(reference, counted.counts, strict=True):
        if share.share > 0:
            yield _ratio(share, int(count), n, params)


def _ratio(share: ReferenceShare, count: int, n: int, params: Params) -> Measurement:
    found = wilson(count, n, params.confidence)
    low, high = found.low / share.share, found.high / share.share
    return Measurement(
        measure="representation_ratio",
        value=count / n / share.share,
        interval=Interval(low=low, high=high, confidence=params.confidence, method="wilson"),
        sample_size=n,
        group={share.attribute: share.category},
        detail={"rows": count, "share_in_data": count / n, "share_in_population": share.share},
    )


def _table(role: str, name: str, reference: Sequence[ReferenceShare], counted: _Counted) -> CountTable:
    unlisted = list(counted.unlisted.items())[:_SHOWN]
    return CountTable(
        name=table_name("categories", role, name),
        columns={
            "category": (*(share.category for share in reference), *(category for category, _ in unlisted)),
            "rows": (*(int(count) for count in counted.counts), *(count for _, count in unlisted)),
            "share_in_population": (*(share.share for share in reference), *(0.0 for _ in unlisted)),
        },
    )
