"""The two measurements that a gap between groups is said in, the difference and the ratio, with their intervals.

Checks that compare other things than one rate of one table (every class, every combination of attributes) say their
gaps with this, so that the worst of many is bounded by one union over all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from proofbox.checks.counted.counting import Rate
from proofbox.checks.counted.counts import Grouped
from proofbox.checks.counted.groups import unfit_groups
from proofbox.checks.grouped.outcomes import Category, Comparison
from proofbox.checks.late import np
from proofbox.checks.result import Inapplicable, Json, Measurement
from proofbox.checks.statistics.gaps import Family, difference_interval, ratio_interval
from proofbox.checks.subject import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray


def comparison_of(
    rate: str, counts: Rate, categories: tuple[Category, ...], rows: Rate | None = None
) -> Comparison | None:
    """Compare a rate given as counts, each of shape (groups,); None where fewer than two groups have it.

    Parameters
    ----------
    rows
        The numbers of rows behind ``counts`` where those are effective ones, as :class:`Comparison` has them.
    """
    count, of = counts
    count_rows, of_rows = rows or counts
    there = np.flatnonzero(of > 0)
    if len(there) < 2:
        return None
    return Comparison(
        rate=rate,
        family=Family(successes=count[there], trials=of[there]),
        categories=tuple(categories[group] for group in there),
        absent=tuple(categories[group] for group in np.flatnonzero(of == 0)),
        rows=(count_rows[there], of_rows[there]),
        weighted=rows is not None,
    )


def difference_of(
    measure: str,
    compared: Sequence[Comparison],
    detail: Mapping[str, Json],
    confidence: float,
    within: Sequence[str] = (),
) -> Measurement:
    """Return the largest difference between two groups in any of the comparisons.

    Parameters
    ----------
    compared
        At least one; with several, the interval holds for the pairs of all of them at once.
    within
        What each comparison is of (a class, a combination of attributes), where there is more than its rate to say.
    detail
        What a reader must know beyond the groups' own rates.
    """
    return Measurement(
        measure=measure,
        value=max(one.family.difference for one in compared),
        interval=difference_interval([one.family for one in compared], confidence),
        sample_size=_size(compared, detail),
        detail={**detail, **_groups(compared, within)},
    )


def ratio_of(
    measure: str,
    compared: Sequence[Comparison],
    detail: Mapping[str, Json],
    confidence: float,
    within: Sequence[str] = (),
) -> Iterator[Measurement]:
    """Yield the smallest ratio of two groups in any of the comparisons; nothing where every rate is 0 everywhere."""
    defined = [one.family.ratio for one in compared if one.family.ratio is not None]
    if defined:
        # A rate that is 0 in every group has no ratio, yet its bounds still widen the interval: it may be anything.
        yield Measurement(
            measure=measure,
            value=min(defined),
            interval=ratio_interval([one.family for one in compared], confidence),
            sample_size=_size(compared, detail),
            detail={**detail, **_groups(compared, within)},
        )


def right_or_wrong(data: Dataset, grouped: Grouped) -> Grouped | Inapplicable:
    """Return the rows with a true label, by whether the decision was right: with two classes or many.

    The selection rate of ``RIGHT`` is the accuracy. Groups without a true label have none and are no longer there.
    """
    right = np.array([[truth == decided for decided in grouped.decided] for truth in grouped.truths], dtype=np.bool_)
    there = np.flatnonzero(grouped.cells[:, :-1].sum(axis=(1, 2)))

    def folded(cells: NDArray[Any]) -> NDArray[Any]:
        known = cells[there][:, :-1]
        return np.stack([(known * ~right).sum(axis=(1, 2)), (known * right).sum(axis=(1, 2))], axis=-1)[:, None]

    categories = tuple(grouped.categories[group] for group in there)
    if unfit := unfit_groups(data, grouped.attribute, categories, len(categories)):
        return unfit
    return Grouped(
        attribute=grouped.attribute,
        categories=categories,
        missing=grouped.missing,
        truths=(),
        decided=("wrong", RIGHT),
        cells=folded(grouped.cells),
        undecided=grouped.undecided,
        weight=None if grouped.weight is None else folded(grouped.weight),
        weight_squared=None if grouped.weight_squared is None else folded(grouped.weight_squared),
    )


RIGHT = "right"
"""The label of a right decision, as :func:`right_or_wrong` names it."""


def _size(compared: Sequence[Comparison], detail: Mapping[str, Json]) -> int:
    """Return the rows that comparisons rest on, each once: several classes or combinations are of the same rows."""
    total, rows = sum(one.sample_size for one in compared), detail.get("rows")
    return min(total, rows) if isinstance(rows, int) else total


def _groups(compared: Sequence[Comparison], within: Sequence[str]) -> dict[str, Json]:
    """Return the groups' rates in the shape that reports read: flat for one comparison, a list for several."""
    if len(compared) == 1 and not within:
        return compared[0].detail()
    blocks: list[Json] = []
    for place, one in enumerate(compared):
        of: dict[str, Json] = {"within": within[place]} if within else {}
        blocks.append({**one.detail(), **of})
    return {"rates": blocks}
