"""What the rows that were known in training do to the accuracy: it is measured with them and without them.

## Measures

- `accuracy_of_all_rows`: [0, 1], higher is better, 1 is perfect. The share of the evaluation rows that were decided as
  labelled, known rows included: the figure that a provider would publish.
- `accuracy_of_unseen_rows`: [0, 1], higher is better, 1 is perfect. The same of the rows that were not known in
  training: what may be expected of new cases.
- `accuracy_gained_by_known_rows`: [-1, 1], neither way is better, 0 is perfect. The first less the second.

## Method

Known is what `provenance.leakage` counts: rows that stand in the training data, cases that repeat one (features and
target), and near duplicates; those by numbers only where there are more than twice as many as by chance. The detail
gives the accuracy with and without each kind, and without the rows of entities that are in both files, which do not
count as known. Intervals of shares: Wilson. The gain is the share of known rows times the difference between the
accuracies of known and unseen rows, whose interval is that of two independent shares (docs/intervals.md); the share of
known rows is that of these data and taken as it is. Where nothing is known the gain is 0, without interval.

## Limits

That known rows are decided better does not prove memory: they may be easier. Rows without a label or decision are left
out and counted. Weights are not used. Answers that are numbers and not decisions have no accuracy.

## References

- Kapoor and Narayanan, "Leakage and the reproducibility crisis in machine-learning-based science", Patterns 4 (2023).
- Newcombe, "Interval estimation for the difference between independent proportions", Statistics in Medicine 17 (1998).
- Lewis, Stenetorp, Riedel, "Question and answer test-train overlap in open-domain question answering", EACL (2021).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.counted.counting import encode
from proofbox.checks.intervals import wilson, z_value
from proofbox.checks.late import np
from proofbox.checks.leaks.entities import shared_keys
from proofbox.checks.leaks.known import Known, LeakParams, known_rows
from proofbox.checks.leaks.streamed import RowSet, matches_of
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Interval, Json, Measured, Measurement
from proofbox.checks.statistics.pairs import difference_limits
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import Text, t

if TYPE_CHECKING:
    from numpy.typing import NDArray

Mask: TypeAlias = "NDArray[np.bool_]"


class Params(LeakParams):
    """Parameters of :func:`leakage_effect`; rows are compared as `provenance.leakage` does with the same ones."""


@check("provenance.leakage_effect")
def leakage_effect(
    data: Dataset, training: Dataset | None, decisions: Decisions, params: Params
) -> Measured | Inapplicable:
    """Measure the accuracy with and without the rows that were known in training."""
    if why := _why_not(data, training, decisions):
        return Inapplicable(why)
    assert training is not None
    assert data.target is not None
    known = known_rows(data, training, params)
    if known is None:
        return Inapplicable(t("the evaluation and the training data share no column that tells rows apart"))
    right, counted = _right(data, data.target, decisions)
    kinds = _kinds(data, training, known)
    left_out = {"shared_entities"} | ({"near_duplicates_by_numbers"} if known.mostly_by_chance else set())
    seen = np.zeros(data.rows, dtype=np.bool_)
    for name, rows in kinds.items():
        if name not in left_out:
            seen |= rows
    unseen = counted & ~seen
    if not unseen.any():
        return Inapplicable(t("every labelled evaluation row was known in training: nothing shows what is new"))
    return Measured(measurements=tuple(_measurements((right, counted, seen), kinds, params.confidence)))


def _why_not(data: Dataset, training: Dataset | None, decisions: Decisions) -> Text | None:
    if data.rows == 0:
        return t("the {role} data have no rows", role=data.role)
    if training is None or training.rows == 0:
        return t("the submission names no {role} data", role="training")
    if not decisions.classes:
        return t("the answers are numbers, not decisions between classes, so there are no rates")
    if data.target is None:
        return t("the {role} data have no column of true labels", role=data.role)
    return None


def _right(data: Dataset, target: str, decisions: Decisions) -> tuple[Mask, Mask]:
    """Return whether each row was decided as labelled, and whether it has a label and a decision."""
    labels = encode(data.table.column(target))
    place = {name: code for code, name in enumerate(decisions.classes)}
    truth = np.array([*(place.get(name, -2) for name in labels.categories), -1])[labels.codes]
    decided = (decisions.codes >= 0) & (decisions.codes < len(decisions.classes))
    return truth == decisions.codes, decided & (truth != -1)


def _kinds(data: Dataset, training: Dataset, known: Known) -> dict[str, Mask]:
    """Return each way of being known, and which rows are."""
    found = {"leaked_rows": known.exact["all_shared_columns"].rows}
    if "features_and_target" in known.exact:
        found["repeated_cases"] = known.exact["features_and_target"].rows
    for name, near in (known.near or {}).items():
        found[f"near_duplicates_by_{name}"] = near.rows
    keys = shared_keys(data, training)
    if keys:
        sets = {one: RowSet(columns=[(one, other)], known=True) for one, other in keys}
        found["shared_entities"] = np.concatenate([one.rows for one in matches_of(data, training, sets).values()])
    masks = {name: np.zeros(data.rows, dtype=np.bool_) for name in found}
    for name, rows in found.items():
        masks[name][rows] = True
    return masks


def _measurements(rows: tuple[Mask, Mask, Mask], kinds: dict[str, Mask], confidence: float) -> Iterator[Measurement]:
    right, counted, seen = rows
    number = int(counted.sum())
    detail: dict[str, Json] = {
        "known_rows": int((counted & seen).sum()),
        "rows_left_out": len(counted) - number,
        "by_kind": {name: _with_and_without(right, counted, mask) for name, mask in kinds.items()},
    }
    for measure, these in (("accuracy_of_all_rows", counted), ("accuracy_of_unseen_rows", counted & ~seen)):
        hits, of = int(right[these].sum()), int(these.sum())
        interval = wilson(hits, of, confidence)
        yield Measurement(
            measure=measure, value=hits / of, interval=interval, sample_size=of, detail={"right": hits, "rows": of}
        )
    known, unseen = counted & seen, counted & ~seen
    gain = float(right[counted].mean() - right[unseen].mean())
    yield Measurement(
        measure="accuracy_gained_by_known_rows",
        value=gain,
        interval=_interval(right, known, unseen, confidence) if known.any() else None,
        sample_size=number,
        detail=detail,
    )


def _interval(right: Mask, known: Mask, unseen: Mask, confidence: float) -> Interval:
    share = known.sum() / (known.sum() + unseen.sum())
    first, second = ((right[rows].sum(), rows.sum()) for rows in (known, unseen))
    low, high = difference_limits(first, second, z_value(confidence))
    return Interval(
        low=float(share * low),
        high=float(share * high),
        confidence=confidence,
        method="newcombe-agresti-caffo-scaled",
    )


def _with_and_without(right: Mask, counted: Mask, mask: Mask) -> Json:
    without = counted & ~mask
    return {
        "rows": int((counted & mask).sum()),
        "accuracy_of_these": float(right[counted & mask].mean()) if (counted & mask).any() else None,
        "accuracy_without_these": float(right[without].mean()) if without.any() else None,
    }
