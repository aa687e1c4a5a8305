"""Whether the model reads a sensitive attribute, or a feature that all but stands for it.

## Measures

- `sensitive_features`: [0, inf), lower is better, 0 is perfect. Columns of the attribute that are among the model's
  features.
- `proxy_association`: [0, 1], lower is better, 0 is perfect. The strongest association of one feature with the
  attribute: Cramér's V, corrected for bias. With 1, the feature tells the attribute without fail.

## Method

Each feature that is no column of the attribute is cut into at most ten categories: numbers into tenths of the rows,
text into its most frequent values and the others; a missing value is a category, since what is left blank may tell as
much. One contingency table for each feature gives Bergsma's corrected V. Its limits are the delta method's for phi
squared with the chi-squared variance added, shared out over the features by Bonferroni's union bound, so that the
interval of the strongest one holds although it was chosen. Groups of fewer than `min_group_size` rows and rows without
the attribute are left out and named. The detail lists the strongest features, the table all of them.

## Limits

Each feature is looked at alone: several weak ones may give the attribute away together. An association is no proof that
the model uses it, nor that its use is unjustified. A model that reads a sensitive attribute may do so in order to
treat groups alike.

## References

- Bergsma, "A bias-correction for Cramér's V and Tschuprow's T", J. Korean Statistical Society 42 (2013) 323-328.
- Bishop, Fienberg, Holland, "Discrete Multivariate Analysis", 1975, section 11.3.
- Feldman, Friedler, Moeller, Scheidegger, Venkatasubramanian, "Certifying and removing disparate impact", KDD 2015.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import Field

from proofbox.checks.counted.counting import MISSING, Codes
from proofbox.checks.counted.groups import Groups, groups_of
from proofbox.checks.counted.rowclasses import column_codes
from proofbox.checks.counted.tablenames import table_name
from proofbox.checks.grouped.refusals import unweighted
from proofbox.checks.late import np, pa, pt
from proofbox.checks.params import Attribute, CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import CountTable, Inapplicable, Interval, Json, Measured, Measurement
from proofbox.checks.samples.divergence import cramers_v
from proofbox.checks.subject import Dataset
from proofbox.checks.text import t

_BINS = 10
_SHOWN = 5


class Params(CheckParams):
    """Parameters of :func:`sensitive_use`."""

    attribute: Attribute
    min_group_size: int = Field(default=10, ge=2)
    """Groups of fewer rows are left out, since hardly anything can be said of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Proxy:
    feature: str
    association: float
    interval: Interval


@check("privacy.sensitive_use")
def sensitive_use(data: Dataset, params: Params) -> Measured | Inapplicable:
    """Measure whether the model reads the attribute or a stand-in for it."""
    if data.rows and not data.features:
        return Inapplicable(t("the submission has no model whose features could be looked at"))
    if refused := unweighted(data):
        return refused
    groups = groups_of(data, params.attribute)
    if isinstance(groups, Inapplicable):
        return groups
    codes, left_out = _kept(groups, params.min_group_size)
    direct = [name for name in params.attribute if name in data.features]
    detail: dict[str, Json] = {"attribute": [*params.attribute]}
    named: list[Json] = [*direct]
    found = [
        Measurement(
            measure="sensitive_features",
            value=float(len(direct)),
            sample_size=len(data.features),
            detail={**detail, "features": named},
        )
    ]
    proxies = sorted(_proxies(data, codes, params), key=lambda proxy: (-proxy.association, proxy.feature))
    if not proxies:
        return Measured(measurements=tuple(found))
    found.append(
        Measurement(
            measure="proxy_association",
            value=proxies[0].association,
            interval=Interval(
                low=max(proxy.interval.low for proxy in proxies),
                high=max(proxy.interval.high for proxy in proxies),
                confidence=params.confidence,
                method=proxies[0].interval.method,
            ),
            sample_size=int((codes >= 0).sum()),
            detail={**detail, **left_out, "strongest": [_said(proxy) for proxy in proxies[:_SHOWN]]},
        )
    )
    return Measured(measurements=tuple(found), tables=(_table(params.attribute, proxies),))


def _kept(groups: Groups, fewest: int) -> tuple[Codes, dict[str, Json]]:
    """Return each row's group, -1 where it is left out, and what was left out."""
    sizes = np.bincount(groups.codes, minlength=len(groups.categories))
    missing = np.array([MISSING in category.values() for category in groups.categories])
    small = (sizes < fewest) & ~missing
    kept = ~small & ~missing
    place = np.where(kept, np.cumsum(kept) - 1, -1)
    names: list[Json] = [
        " x ".join(one.values()) for one, is_small in zip(groups.categories, small, strict=True) if is_small
    ]
    said: dict[str, Json] = {"groups_left_out": names, "rows_missing_attribute": int(sizes[missing].sum())}
    return place[groups.codes].astype(np.int64), said


def _proxies(data: Dataset, codes: Codes, params: Params) -> Iterator[_Proxy]:
    rows = codes >= 0
    groups = int(codes.max(initial=-1)) + 1
    features = [name for name in data.features if name not in params.attribute]
    if groups < 2:
        return
    for name in features:
        bins = _binned(data.table.column(name))[rows]
        used, bins = np.unique(bins, return_inverse=True)
        if len(used) < 2:
            yield _Proxy(feature=name, association=0.0, interval=_none(params.confidence))
            continue
        table = np.bincount(codes[rows] * len(used) + bins, minlength=groups * len(used)).reshape(groups, len(used))
        value, interval = cramers_v(table, params.confidence, comparisons=len(features))
        yield _Proxy(feature=name, association=value, interval=interval)


def _none(confidence: float) -> Interval:
    """Return the interval of a column with one value, which says nothing by construction."""
    return Interval(low=0.0, high=0.0, confidence=confidence, method="by-construction")


def _binned(column: pa.ChunkedArray) -> Codes:
    """Return shape (rows,): at most ten categories and one for missing values."""
    codes = column_codes(column)
    number = pt.is_integer(column.type) or pt.is_floating(column.type) or pt.is_decimal(column.type)
    counts = np.bincount(codes + 1)[1:]
    if len(counts) <= _BINS:
        return codes + 1
    if number:
        values = column.cast(pa.float64(), safe=False).to_numpy().astype(np.float64)
        there = values[np.isfinite(values)]
        edges = np.unique(np.quantile(there, np.linspace(0, 1, _BINS + 1)[1:-1])) if len(there) else np.array([])
        return np.where(np.isnan(values), 0, np.searchsorted(edges, values, side="right") + 1).astype(np.int64)
    common = np.argsort(-counts, kind="stable")[: _BINS - 1]
    place = np.full(len(counts) + 1, _BINS, dtype=np.int64)
    place[common] = np.arange(1, _BINS)
    place[-1] = 0
    binned: Codes = place[codes]
    return binned


def _said(proxy: _Proxy) -> Json:
    return {
        "feature": proxy.feature,
        "association": proxy.association,
        "low": proxy.interval.low,
        "high": proxy.interval.high,
    }


def _table(attribute: tuple[str, ...], proxies: list[_Proxy]) -> CountTable:
    return CountTable(
        name=table_name("associations", *attribute),
        columns={
            "feature": tuple(proxy.feature for proxy in proxies),
            "association": tuple(proxy.association for proxy in proxies),
            "low": tuple(proxy.interval.low for proxy in proxies),
            "high": tuple(proxy.interval.high for proxy in proxies),
        },
    )
