"""Where the model is worst: which slice of ordinary features it serves less well than all other rows.

## Measures

- `worst_slice_shortfall`: [-1, 1], lower is better, 0 is perfect. How far the accuracy in the worst slice lies below
  the accuracy on all rows outside it, over all slices that are large enough to judge.
- `lowest_slice_accuracy`: [0, 1], higher is better, 1 is perfect. The lowest accuracy of any of them.
- `slices_that_fall_short`: [0, inf), lower is better, 0 is perfect. Slices in which the model is right less often than
  elsewhere, by more than chance would bring about, with all slices searched taken into account.
- `slices_too_small`: [0, inf), lower is better, 0 is perfect. Slices that have too few rows to be judged.

## Method

Every feature (or those of `columns`) is cut into slices: its categories, or `bands` bands of about equally many rows
where it holds more than ten different numbers; a missing value is a slice of its own. All slices, and the crossings of
two features where `depth` is 2, are set against all other rows. Where the answers are numbers, a row counts as wrong
when its error is among the largest `largest_errors` of all, a tenth by default, so that one machinery serves both.

Searching many slices finds bad ones by chance alone, so the lower end of the shortfall's interval comes from limits of
all slices which hold at once (Šidák), and the slices that fall short are counted by exact tests (Fisher's, doubled)
under Holm's correction, as in `fairness.worst_group`. The evidence table has every slice.

## Limits

Only slices of one or two features are searched; a region that takes three to describe is seen as far as it shows in
two. Slices overlap: where one falls short, so do some that it contains. A slice in which the truth itself is hard to
tell falls short without any fault of the model. Crossings are left out where there would be more than 500 pairs; the
detail says how deep the search went. Sample weights are not honoured. Labels are taken for true.

## References

- Chung, Kraska, Polyzotis, Tae, Whang, "Slice Finder: Automated Data Slicing for Model Validation", ICDE 2019.
- Eyuboglu et al., "Domino: Discovering Systematic Errors with Cross-Modal Embeddings", ICLR 2022: why slices.
- Holm, SJS 6 (1979) 65-70; Šidák, JASA 62 (1967) 626-633; Newcombe, Statistics in Medicine 17 (1998) 873-890.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field

from proofbox.checks.counted.counting import encode
from proofbox.checks.counted.groups import Groups
from proofbox.checks.grouped.grouprows import numbers
from proofbox.checks.grouped.refusals import unweighted
from proofbox.checks.grouped.slicing import slices_of
from proofbox.checks.grouped.subgrouplists import groups_table, listed, listed_small
from proofbox.checks.grouped.subgroups import Subgroups, holm, two_sided
from proofbox.checks.late import np
from proofbox.checks.params import CheckParams, as_columns
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.statistics.contrasts import largest_shortfall
from proofbox.checks.statistics.gaps import Family, lowest_interval
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_SHOWN = 20
"""Slices that are listed in the detail; the evidence table has all."""

MOST_PAIRS = 500
"""With more pairs of features no crossings are searched: the correction for so many would leave no power."""


class Params(CheckParams):
    """Parameters of :func:`slices`."""

    columns: Annotated[tuple[str, ...], BeforeValidator(as_columns), Field(max_length=500)] = ()
    """The columns to slice by; by default every feature."""
    depth: int = Field(default=2, ge=1, le=2)
    """How many features are crossed at most."""
    bands: int = Field(default=4, ge=2, le=20)
    """Bands that a column of numbers is cut into."""
    min_slice_size: int = Field(default=30, ge=1)
    """Slices with fewer rows are not judged, and are named in the detail."""
    largest_errors: float = Field(default=0.1, gt=0, lt=1)
    """Where the answers are numbers: the share of rows whose error counts as large."""


@check("robustness.slices")
def slices(data: Dataset, decisions: Decisions, params: Params) -> Measured | Inapplicable:
    """Search slices of features for the one that the model serves worst."""
    if data.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    if refused := unweighted(data):
        return refused
    right = _right(data, decisions, params)
    if isinstance(right, Inapplicable):
        return right
    sliced, detail = _sliced(data, params)
    if not sliced:
        return Inapplicable(t("no column can be cut into slices: each has one value, or too many that differ"))
    groups = _counted(sliced, *right, detail)
    judged, small = groups.split(params.min_slice_size)
    if not judged.categories:
        return Inapplicable(
            t(
                "none of the {slices} slices and the rest of the rows have {size} rows each, so none can be judged",
                slices=len(groups.categories),
                size=params.min_slice_size,
            )
        )
    p_values = holm(two_sided(judged))
    inside, outside = judged.rates
    order = np.argsort(inside - outside, kind="stable")
    detail |= {
        "rate": "accuracy",
        "groups_judged": len(judged.categories),
        "worst_groups": listed(judged, p_values, order[:MOST_SHOWN], params.confidence),
        "too_small": listed_small(small),
    }
    short = int(((p_values <= 1 - params.confidence) & (inside < outside)).sum())
    return Measured(
        measurements=(
            *_worst(judged, detail, params.confidence),
            *_numbers({"slices_that_fall_short": short, "slices_too_small": len(small.categories)}, data.rows),
        ),
        tables=(groups_table("slices", judged, small, p_values),),
    )


def _right(
    data: Dataset, decisions: Decisions, params: Params
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]] | Inapplicable:
    """Return which rows can be judged, and which of all are right; both of shape (rows,)."""
    if data.target is None:
        return Inapplicable(t("there are no true labels to compare the decisions with"))
    target = data.table.column(data.target)
    if decisions.classes:
        truth = encode(target)
        place = {name: code for code, name in enumerate(truth.categories)}
        decided = np.array([place.get(name, -1) for name in decisions.classes])[decisions.codes]
        known, right = truth.codes < len(truth.categories), np.equal(decided, truth.codes)
    else:
        true = numbers(target)
        if true is None or decisions.score is None:
            return Inapplicable(t("the true values are no numbers"))
        error = np.abs(decisions.score - true)
        known = np.isfinite(error)
        right = error <= np.quantile(error[known], 1 - params.largest_errors) if known.any() else known
    return (known, right) if known.any() else Inapplicable(t("no row has a true label"))


def _sliced(data: Dataset, params: Params) -> tuple[dict[str, Groups], dict[str, Json]]:
    """Return each column's slices, and what a reader must know of those that have none."""
    found: dict[str, Groups] = {}
    not_sliced: list[Json] = []
    for name in params.columns or data.features:
        one = slices_of(data, (name,), params.bands)
        if isinstance(one, Inapplicable):
            not_sliced.append({"column": name, "reason": str(one.reason)})
        else:
            found[name] = one
    pairs = len(found) * (len(found) - 1) // 2
    return found, {
        "columns": list(found),
        "columns_not_sliced": not_sliced,
        "depth_searched": params.depth if pairs <= MOST_PAIRS else 1,
    }


def _counted(
    sliced: Mapping[str, Groups], known: NDArray[np.bool_], right: NDArray[np.bool_], detail: Mapping[str, Json]
) -> Subgroups:
    """Return every slice, and every crossing where the search goes so deep, that has a row with a true label."""
    categories: list[Mapping[str, str]] = []
    counts: list[NDArray[np.int64]] = []
    deep = itertools.combinations(sliced.values(), 2) if detail["depth_searched"] == 2 else ()
    for parts in (*((one,) for one in sliced.values()), *deep):
        codes = np.zeros(len(known), dtype=np.int64)
        for one in parts:
            codes = codes * len(one.categories) + one.codes
        size = int(np.prod([len(one.categories) for one in parts]))
        rows, of, count = (np.bincount(codes[some], minlength=size) for some in (slice(None), known, known & right))
        there = np.flatnonzero(of)
        names = list(itertools.product(*(one.categories for one in parts)))
        categories += [{key: value for part in names[place] for key, value in part.items()} for place in there.tolist()]
        counts.append(np.stack([rows[there], count[there], of[there]]))
    rows, count, of = np.concatenate(counts, axis=1)
    return Subgroups(
        categories=tuple(categories),
        rows=rows,
        count=count,
        of=of,
        all_count=np.full(len(of), int((known & right).sum())),
        everybody=np.full(len(of), int(known.sum())),
    )


def _worst(judged: Subgroups, detail: Mapping[str, Json], confidence: float) -> Iterator[Measurement]:
    inside, outside = judged.rates
    size = int(judged.everybody[0])
    yield Measurement(
        measure="worst_slice_shortfall",
        value=float((outside - inside).max()),
        interval=largest_shortfall(judged.inside, judged.outside, confidence),
        sample_size=size,
        detail=detail,
    )
    place = int(np.argmin(inside))
    yield Measurement(
        measure="lowest_slice_accuracy",
        value=float(inside[place]),
        interval=lowest_interval([Family(successes=judged.count, trials=judged.of)], confidence),
        sample_size=size,
        detail={"slice": dict(judged.categories[place]), "of": int(judged.of[place])},
    )


def _numbers(counted: Mapping[str, int], rows: int) -> Sequence[Measurement]:
    return [Measurement(measure=measure, value=float(number), sample_size=rows) for measure, number in counted.items()]
