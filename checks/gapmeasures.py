"""The two measurements that a gap between groups is said in, the difference and the ratio, with their intervals.

Checks that compare other things than one rate of one table (every class, every combination of attributes) say their
gaps with this, so that the worst of many is bounded by one union over all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from proofbox.checks.counting import Encoded, Rate, encode
from proofbox.checks.gaps import Family, difference_interval, ratio_interval
from proofbox.checks.outcomes import Category, Comparison
from proofbox.checks.result import Json, Measurement
from proofbox.checks.subject import Dataset, Decisions


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
        sample_size=_size(compared),
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
            sample_size=_size(compared),
            detail={**detail, **_groups(compared, within)},
        )


def right_or_wrong(data: Dataset, decisions: Decisions) -> tuple[Dataset, Decisions]:
    """Return the rows with a true label, and "decisions" that say of each whether the decision was right.

    Their selection rate is the accuracy, with two classes or many.
    """
    import pyarrow as pa

    assert data.target is not None
    truth = encode(data.table.column(data.target))
    known = np.flatnonzero(truth.codes < len(truth.categories))
    right = labels_agree(truth, decisions)[known].astype(np.int64)
    judged = Dataset(
        role=data.role,
        path=data.path,
        table=data.table.take(pa.array(known)) if len(known) < data.rows else data.table,
        features=data.features,
        target=None,
        prediction=None,
        sensitive=data.sensitive,
        weight=data.weight,
        id_columns=data.id_columns,
        positive_label=RIGHT,
        favourable_label=None,
        detail=data.detail,
    )
    return judged, Decisions(
        classes=("wrong", RIGHT), codes=right, score=None, positive_label=RIGHT, source=decisions.source
    )


RIGHT = "right"
"""The label of a right decision, as :func:`right_or_wrong` names it."""


def labels_agree(truth: Encoded, decisions: Decisions) -> NDArray[np.bool_]:
    """Return shape (rows,): whether the decided label is the true one; rows without a true label never agree."""
    place = {name: code for code, name in enumerate(truth.categories)}
    # A class that occurs nowhere in the data equals no true label.
    recode = np.array([place.get(name, -1) for name in decisions.classes] or [-1], dtype=np.int64)
    return np.equal(recode[decisions.codes], truth.codes)


def _size(compared: Sequence[Comparison]) -> int:
    return sum(one.sample_size for one in compared)


def _groups(compared: Sequence[Comparison], within: Sequence[str]) -> dict[str, Json]:
    """Return the groups' rates in the shape that reports read: flat for one comparison, a list for several."""
    if len(compared) == 1 and not within:
        return compared[0].detail()
    blocks: list[Json] = []
    for place, one in enumerate(compared):
        of: dict[str, Json] = {"within": within[place]} if within else {}
        blocks.append({**one.detail(), **of})
    return {"rates": blocks}
