"""How many labels look wrong: rows that contradict each other, and labels that the rest of the data speaks against.

## Measures

- `conflicting_label_share`: [0, 1], lower is better, 0 is perfect. The share of rows whose label differs from the most
  frequent label of the rows that are equal to it in all features.
- `label_error_share`: [0, 1], lower is better, 0 is perfect. The estimated share of rows whose label is wrong.

## Method

The first is an exact count. The second is confident learning: trees of ours, trained four times without a quarter of
the rows, give each row the probability of each class; a class counts as the likely true one where its probability
reaches the mean probability that rows labelled with it get. The table of label against likely class, scaled to the
number of rows with each label, is the estimate; what lies off its diagonal is the share. The submitted model is not
asked: these are the labels' faults and not the model's. Of more than 50,000 rows that many are drawn. The interval is
Wilson's for that share: it holds the sampling of rows and not the trees' own error.

## Limits

An outcome that nobody could know from the features, such as whether a loan will be repaid, looks like an error: the
estimate is then high although each label is right. It points to rows that a person should look at and proves nothing.
Systematic errors, the same wrong label for all like cases, are invisible to it. The method is a page long and written
out here, so that cleanlab, which made it known, need not be installed.

## References

- Northcutt, Jiang, Chuang, "Confident Learning: Estimating Uncertainty in Dataset Labels", JAIR 70 (2021) 1373-1411.
- Wilson, JASA 22 (1927) 209-212.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from proofbox.checks.asked.batched import not_held
from proofbox.checks.counted.counting import encode
from proofbox.checks.counted.rowclasses import row_classes
from proofbox.checks.intervals import Floats, wilson
from proofbox.checks.late import np
from proofbox.checks.leaks.identifiers import identifier_columns
from proofbox.checks.params import CheckParams
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.samples.crossfitted import FOLDS, numbers_of, out_of_fold_probabilities
from proofbox.checks.subject import Dataset
from proofbox.checks.text import Text, t

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

MOST_ROWS = 50_000
FEWEST_ROWS = 50
MOST_CLASSES = 50
_ROWS_SHOWN = 20


class Params(CheckParams):
    """Parameters of :func:`label_quality`."""

    role: Literal["evaluation", "training"] = "evaluation"
    """The data that are looked at."""
    estimate_errors: bool = True
    """Whether wrong labels are estimated, which trains trees, or contradictions alone are counted."""


@check("data.label_quality", streams=("training",))
def label_quality(data: Dataset, training: Dataset | None, params: Params, rng: Generator) -> Measured | Inapplicable:
    """Measure how many labels look wrong."""
    looked_at = data if params.role == "evaluation" else training
    if looked_at is None:
        return Inapplicable(t("the submission names no {role} data", role=params.role))
    if looked_at.source is not None:
        return Inapplicable(not_held(looked_at))
    features = _features(looked_at)
    if reason := _no_labels(looked_at, features):
        return Inapplicable(reason)
    target = encode(looked_at.table.column(str(looked_at.target)))
    labelled = np.flatnonzero(target.codes < len(target.categories))
    measured = [_conflicts(looked_at, features, target.codes, labelled)]
    counts = np.bincount(target.codes[labelled], minlength=len(target.categories))
    frequent = np.flatnonzero(counts >= FOLDS)
    rows = labelled[np.isin(target.codes[labelled], frequent)]
    if not params.estimate_errors or len(rows) < FEWEST_ROWS or len(frequent) < 2:
        return Measured(measurements=tuple(measured))
    if len(rows) > MOST_ROWS:
        rows = np.sort(rng.choice(rows, MOST_ROWS, replace=False))
        counts = np.bincount(target.codes[rows], minlength=len(target.categories))
        frequent = np.flatnonzero(counts >= FOLDS)
        rows = rows[np.isin(target.codes[rows], frequent)]
    labels = np.searchsorted(frequent, target.codes[rows]).astype(np.int64)
    table = looked_at.table.take(rows)
    probabilities = out_of_fold_probabilities(numbers_of(table, features), labels, rng)
    names = [target.categories[code] for code in frequent]
    measured.append(_errors(looked_at, (rows, labels, names), probabilities, params.confidence))
    return Measured(measurements=tuple(measured))


def confident_joint(labels: NDArray[np.int64], probabilities: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Return the estimated joint shares of (label, true class), shape (classes, classes), and each row's likely class.

    Parameters
    ----------
    labels
        Shape (rows,), codes below the number of classes; every class occurs.
    probabilities
        Shape (rows, classes), of models that did not see the row.

    Notes
    -----
    Northcutt, Jiang and Chuang (2021), equations 1 to 3: a class is a candidate where its probability is at least the
    mean over the rows labelled with it; of several candidates the most probable counts; rows without one are left out
    of the counts, which are then scaled to the number of rows of each label. Likely class: -1 without a candidate.
    """
    classes = probabilities.shape[1]
    reach = np.array([probabilities[labels == code, code].mean() for code in range(classes)])
    candidates = np.where(probabilities >= reach - 1e-12, probabilities, -1.0)
    likely = candidates.argmax(axis=1)
    known = candidates.max(axis=1) >= 0
    joint = np.bincount(labels[known] * classes + likely[known], minlength=classes**2).reshape(classes, classes)
    joint = joint.astype(np.float64)
    # A label of which no row has a candidate is taken at its word.
    joint[np.diag_indices(classes)] += joint.sum(axis=1) == 0
    joint *= (np.bincount(labels, minlength=classes) / joint.sum(axis=1))[:, None]
    return joint / len(labels), np.where(known, likely, -1)


def _features(data: Dataset) -> list[str]:
    if data.features:
        return list(data.features)
    roles = {data.target, data.prediction, data.weight, *identifier_columns(data)}
    return [name for name in data.table.column_names if name not in roles]


def _no_labels(data: Dataset, features: list[str]) -> Text | None:
    if data.rows == 0:
        return t("the {role} data have no rows", role=data.role)
    if data.target is None:
        return t("the {role} data have no column of true labels", role=data.role)
    if not features:
        return t("the {role} data have no column from which the label could be known", role=data.role)
    target = encode(data.table.column(data.target))
    if len(target.categories) < 2:
        return t("{attribute} has one value in all rows, so there is nothing to compare", attribute=data.target)
    if len(target.categories) > MOST_CLASSES:
        return t("{column} holds {values} different values, which are no classes", column=data.target,
                 values=len(target.categories))  # fmt: skip
    return None


def _conflicts(
    data: Dataset, features: list[str], labels: NDArray[np.int64], labelled: NDArray[np.intp]
) -> Measurement:
    classes = row_classes(data.table, features)
    width = int(labels.max()) + 1
    pairs, counts = np.unique(classes.codes[labelled] * width + labels[labelled], return_counts=True)
    most = np.zeros(len(classes.sizes), dtype=np.int64)
    total = np.zeros(len(classes.sizes), dtype=np.int64)
    np.maximum.at(most, pairs // width, counts)
    np.add.at(total, pairs // width, counts)
    conflicting = int((total - most).sum())
    return Measurement(
        measure="conflicting_label_share",
        value=conflicting / len(labelled),
        sample_size=len(labelled),
        detail={
            "role": data.role,
            "rows": conflicting,
            "cases_with_several_labels": int((total > most).sum()),
            "features": [*features],
        },
    )


def _errors(
    data: Dataset,
    labelled: tuple[NDArray[np.intp], NDArray[np.int64], list[str]],
    probabilities: Floats,
    confidence: float,
) -> Measurement:
    rows, labels, names = labelled
    joint, likely = confident_joint(labels, probabilities)
    share = float(1 - np.trace(joint))
    share = min(max(share, 0.0), 1.0)
    doubtful = np.flatnonzero((likely >= 0) & (likely != labels))
    margin = probabilities[doubtful, labels[doubtful]] - probabilities[doubtful, likely[doubtful]]
    first = doubtful[np.argsort(margin, kind="stable")][:_ROWS_SHOWN]
    pairs: list[Json] = [
        {"label": names[one], "likely": names[other], "share": float(joint[one, other])}
        for one in range(len(names))
        for other in range(len(names))
        if one != other and joint[one, other] > 0
    ]
    return Measurement(
        measure="label_error_share",
        value=share,
        interval=wilson(share * len(rows), len(rows), confidence),
        sample_size=len(rows),
        detail={
            "role": data.role,
            "rows_in_doubt": len(doubtful),
            "most_doubtful_rows": [int(rows[place]) for place in first],
            "pairs_of_labels": sorted(pairs, key=lambda pair: -float(pair["share"]))[:_ROWS_SHOWN],  # type: ignore[index, arg-type, call-overload]
            "agreement_of_the_trees": float((probabilities.argmax(axis=1) == labels).mean()),
        },
    )
