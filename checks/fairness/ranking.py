"""Whether groups are seen and chosen alike where people are ranked by a score.

## Measures

- `selection_at_k_difference`: [0, 1], lower is better, 0 is perfect. The highest share of any group that is among the
  first `k`, less the lowest.
- `selection_at_k_ratio`: [0, 1], higher is better, 1 is perfect. The lowest such share divided by the highest.
- `exposure_difference`: [0, 1], lower is better, 0 is perfect. The highest mean exposure of any group less the lowest.
- `exposure_ratio`: [0, 1], higher is better, 1 is perfect. The lowest mean exposure divided by the highest.
- `mean_exposure`: [0, 1], neither way is better, no value is perfect. One group's mean exposure.

## Method

All rows are ranked by the score, highest first. The first `k` (or the first `share` of the rows) are selected; rows
whose score equals the last one's are selected with it, and the detail says how many there are. Exposure falls with the
position as attention does, `1 / log2(1 + position)`; rows of one score share the mean of their positions' exposure, so
the order of the file has no bearing. Shares have Newcombe's and Koopman's intervals, exposures those of means
(`fairness.regression_gap`) with the spread of all rows at least, their ratio one made of both; the worst pair is
bounded for all pairs at once.

## Limits

Sample weights are refused: a row has one place. One list of all rows: several lists (one for each vacancy) are several
submissions. Whether the first were better suited is not asked: without merit, equal exposure of unequal groups may be
wrong. Groups of fewer than `min_group_size` rows (20) are left out of the comparison, not of the ranking.

## References

- Singh, Joachims, "Fairness of Exposure in Rankings", KDD 2018: demographic parity of exposure, and this discount.
- Yang, Stoyanovich, "Measuring Fairness in Ranked Outputs", SSDBM 2017.
- Hall, JRSS B 54 (1992) 221-228; Donner, Zou, Statistical Methods in Medical Research 21 (2012) 347-359: ratios.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import Field

from proofbox.checks.grouped.gapmeasures import comparison_of, difference_of, ratio_of
from proofbox.checks.grouped.grouprows import GroupRows, group_rows
from proofbox.checks.grouped.refusals import GroupParams
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Interval, Json, Measured, Measurement
from proofbox.checks.statistics.meangaps import Means, mean_difference_interval, mean_intervals, mean_ratio_interval
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Params(GroupParams):
    """Parameters of :func:`ranking`; ``counted`` has no bearing on it."""

    k: int | None = Field(default=None, ge=1)
    """How many are selected; by default ``share`` of the rows."""
    share: float = Field(default=0.1, gt=0, lt=1)
    """Share of the rows that is selected where ``k`` is not given."""
    min_group_size: int = Field(default=20, ge=2)
    """Groups with fewer rows are left out of the comparison and named in the detail."""


@check("fairness.ranking")
def ranking(data: Dataset, decisions: Decisions, params: Params) -> Measured | Inapplicable:
    """Measure how alike groups are seen and chosen in a ranking."""
    score = decisions.score
    if score is None:
        return Inapplicable(t("the answers carry no score by which rows could be ranked"))
    if data.weight is not None:
        return Inapplicable(
            t("the rows carry sample weights ({column}), and a row has one place in a ranking", column=data.weight)
        )
    usable = np.isfinite(score)
    groups = group_rows(data, params, usable)
    if isinstance(groups, Inapplicable):
        return groups
    ranked = int(usable.sum())
    k = params.k or max(1, round(params.share * ranked))
    if k >= ranked:
        return Inapplicable(t("the first {k} of {rows} rows are all of them, so nobody is chosen", k=k, rows=ranked))
    last = np.partition(score[usable], ranked - k)[ranked - k]
    detail: dict[str, Json] = {**groups.detail, "k": k, "rows_selected": int((score[usable] >= last).sum())}
    return Measured(
        measurements=(
            *_selection(groups, usable & (score >= last), detail, params.confidence),
            *_exposure(groups, exposures(score, usable), detail, params.confidence),
        )
    )


def exposures(score: Floats, usable: NDArray[np.bool_]) -> Floats:
    """Return each row's exposure, shape (rows,); 0 for rows that are not ranked.

    Parameters
    ----------
    score
        Shape (rows,), higher comes first.
    usable
        Shape (rows,): whether the row is ranked.
    """
    _, inverse, counts = np.unique(-score[usable], return_inverse=True, return_counts=True)
    seen = 1 / np.log2(1 + np.arange(1, len(inverse) + 1))
    ends = np.cumsum(counts)
    sums = np.concatenate([[0.0], np.cumsum(seen)])
    shared = (sums[ends] - sums[ends - counts]) / counts
    found = np.zeros(len(score))
    found[usable] = shared[inverse]
    return found


def exposure_means(codes: NDArray[np.int64], size: int, exposure: Floats) -> Means:
    """Return the mean exposure of every group, with a spread of at least that of all of them.

    A small group that happens to have nobody near the top looks as if it could not have; what chance gave to the others
    it might have given to it.
    """
    means = Means.of(codes, size, exposure)
    everybody = float(exposure[codes >= 0].std(ddof=1))
    return replace(means, deviation=np.maximum(means.deviation, everybody))


def _selection(
    groups: GroupRows, selected: NDArray[np.bool_], detail: dict[str, Json], confidence: float
) -> Iterator[Measurement]:
    size = len(groups.categories)
    compared_rows = groups.codes >= 0
    of = np.bincount(groups.codes[compared_rows], minlength=size)
    count = np.bincount(groups.codes[compared_rows & selected], minlength=size)
    compared = comparison_of("selection_at_k", (count, of), groups.categories)
    # Every group that is compared has rows, so two have the rate.
    assert compared is not None
    yield difference_of("selection_at_k_difference", [compared], detail, confidence)
    yield from ratio_of("selection_at_k_ratio", [compared], detail, confidence)


def _exposure(groups: GroupRows, exposure: Floats, detail: dict[str, Json], confidence: float) -> Iterator[Measurement]:
    means = exposure_means(groups.codes, len(groups.categories), exposure)
    listed: list[Json] = []
    each = zip(
        groups.categories, means.mean.tolist(), means.rows.tolist(), mean_intervals(means, confidence), strict=True
    )
    for category, mean, rows, interval in each:
        listed.append({"group": dict(category), "mean": mean, "rows": rows})
        yield Measurement(
            measure="mean_exposure", value=mean, interval=_within(interval), sample_size=rows, group=category
        )
    of: dict[str, Json] = {**detail, "mean_of": "exposure", "groups": listed}
    gaps = (
        ("exposure_difference", means.difference, mean_difference_interval(means, confidence)),
        ("exposure_ratio", float(means.mean.min() / means.mean.max()), mean_ratio_interval(means, confidence)),
    )
    for measure, value, bounds in gaps:
        yield Measurement(
            measure=measure, value=value, interval=_within(bounds), sample_size=groups.sample_size, detail=of
        )


def _within(interval: Interval) -> Interval:
    """Keep the limits of an exposure between 0 and 1, where all exposures lie."""
    return replace(interval, low=max(interval.low, 0.0), high=min(interval.high, 1.0))
