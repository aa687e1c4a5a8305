"""What a plain learner of ours says of each row when it was trained without that row: the yardstick of two checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofbox.checks.counted.rowclasses import column_codes
from proofbox.checks.intervals import Floats
from proofbox.checks.late import np, pa, pt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

FOLDS = 4
_SETTINGS = {"max_iter": 60, "max_leaf_nodes": 15, "min_samples_leaf": 10, "early_stopping": False}


def numbers_of(table: pa.Table, columns: Sequence[str]) -> Floats:
    """Return shape (rows, columns): numbers as they are, anything else as codes by frequency; NaN where missing."""
    out = np.empty((table.num_rows, len(columns)), dtype=np.float64)
    for place, name in enumerate(columns):
        column = table.column(name)
        if pt.is_integer(column.type) or pt.is_floating(column.type) or pt.is_decimal(column.type):
            out[:, place] = column.cast(pa.float64(), safe=False).to_numpy()
            continue
        codes = column_codes(column)
        counts = np.bincount(codes + 1)[1:]
        rank = np.empty(len(counts), dtype=np.float64)
        rank[np.argsort(-counts, kind="stable")] = np.arange(len(counts))
        out[:, place] = np.where(codes < 0, np.nan, np.append(rank, np.nan)[codes])
    out[~np.isfinite(out)] = np.nan
    return out


def out_of_fold_probabilities(features: Floats, labels: NDArray[np.int64], rng: Generator) -> Floats:
    """Return shape (rows, classes): each row's class probabilities by trees that were grown without it.

    Parameters
    ----------
    features
        Shape (rows, columns), NaN where missing.
    labels
        Shape (rows,): class codes from 0, each of at least :data:`FOLDS` rows.

    Notes
    -----
    Gradient-boosted trees (J. H. Friedman, Annals of Statistics 29 (2001) 1189-1232) as scikit-learn grows them, with
    folds that hold each class alike.
    """
    classes = int(labels.max()) + 1
    found = np.zeros((len(labels), classes))
    fold = _folds(labels, rng)
    for part in range(FOLDS):
        inside = fold != part
        found[~inside] = held_out_probabilities(features, labels, inside, classes, rng)
    return found


def held_out_probabilities(
    features: Floats, labels: NDArray[np.int64], inside: NDArray[np.bool_], classes: int, rng: Generator
) -> Floats:
    """Return the class probabilities of the rows outside ``inside``, by trees that were grown on those inside.

    Returns
    -------
    Shape (rows outside, classes); 0 for a class that is not inside.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    trees = HistGradientBoostingClassifier(**_SETTINGS, random_state=int(rng.integers(2**31)))
    found = np.zeros((int(np.count_nonzero(~inside)), classes))
    with threadpool_limits(1):  # threads that wait for each other cost twenty times what they save here
        trees.fit(features[inside], labels[inside])
        found[:, trees.classes_] = trees.predict_proba(features[~inside])
    return found


def out_of_fold_values(features: Floats, values: Floats, rng: Generator) -> Floats:
    """Return shape (rows,): each row's number as predicted by trees that were grown without it; as above."""
    from sklearn.ensemble import HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    found = np.zeros(len(values))
    fold = _folds(np.zeros(len(values), dtype=np.int64), rng)
    for part in range(FOLDS):
        inside = fold != part
        trees = HistGradientBoostingRegressor(**_SETTINGS, random_state=int(rng.integers(2**31)))
        with threadpool_limits(1):
            trees.fit(features[inside], values[inside])
            found[~inside] = trees.predict(features[~inside])
    return found


def _folds(labels: NDArray[np.int64], rng: Generator) -> NDArray[np.int64]:
    """Deal the rows of each class out to the folds like cards."""
    order = rng.permutation(len(labels))
    order = order[np.argsort(labels[order], kind="stable")]
    fold = np.empty(len(labels), dtype=np.int64)
    fold[order] = np.arange(len(labels)) % FOLDS
    return fold
