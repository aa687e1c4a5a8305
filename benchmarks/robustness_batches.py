"""Part of benchmarks/robustness.py: whether choosing the rows of a batch for each model would pay.

Every model is asked about the same rows in batches of each size, the sizes in turn, three times over; the least cost of
a size counts. What a calibration could gain is the cost at the size that is fixed over the cost at the best one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from robustness_hosting import Settings, Watch, behind_walls, classification, features_frame
from robustness_perturbation import encoded

from proofbox.checks.subject import Dataset
from proofbox.sandbox import batches

SIZES = (500, 2_000, 5_000, 10_000)
FIXED = batches.BATCH_ROWS
REPEATS = 3
WORTH = 1.15
"""A gain that would be worth a calibration: it costs a few batches of each size itself."""


def report(settings: Settings) -> bool:
    """Print the cost of a row at each size of a batch; fail where the fixed size loses more than ``WORTH``."""
    data = classification(settings.rows)
    print("| model | " + " | ".join(f"{size:,}" for size in SIZES) + " | fixed size over the best |")
    print("|---|" + "---|" * len(SIZES) + "---|")
    worst = 0.0
    for name, estimator, rows in _models(data):
        table = data.feature_table().slice(0, rows)
        costs = dict.fromkeys(SIZES, float("inf"))
        with behind_walls(estimator, data, settings.executor) as model:
            model.predict(table.slice(0, 1_000))
            for _ in range(REPEATS):
                for size in SIZES:
                    watch = Watch(model)
                    for start in range(0, rows, size):
                        model.predict(table.slice(start, min(size, rows - start)))
                    costs[size] = min(costs[size], watch.seconds().cpu / rows)
        ratio = costs[FIXED] / min(costs.values())
        worst = max(worst, ratio)
        said = " | ".join(f"{1e6 * costs[size]:.1f}" for size in SIZES)
        print(f"| {name} | {said} | {ratio:.2f} |", flush=True)
    print(f"\nmicroseconds of processor time a row, by rows of a batch; the fixed size loses at most {worst:.2f}")
    return worst <= WORTH


def _models(data: Dataset) -> Iterator[tuple[str, Any, int]]:
    """Yield name, fitted model, and on how many rows it is asked."""
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier

    frame, truth = features_frame(data)[:3000], data.table.column("y").to_numpy()[:3000]
    for name, estimator, rows in (
        ("logistic regression", LogisticRegression(max_iter=50), 20_000),
        ("histogram gradient boosting", HistGradientBoostingClassifier(), 20_000),
        ("random forest of deep trees", RandomForestClassifier(100, random_state=0), 10_000),
        ("perceptron, 100 hidden", MLPClassifier(max_iter=30, random_state=0, early_stopping=True), 20_000),
        ("nearest neighbours", KNeighborsClassifier(), 10_000),
    ):
        yield name, encoded(data, estimator).fit(frame, truth), min(rows, data.rows)
