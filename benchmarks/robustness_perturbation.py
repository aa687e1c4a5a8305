"""Part of benchmarks/robustness.py: what a perturbation check costs beyond the queries that it makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from robustness_hosting import Settings, behind_walls, classification, cost_of_a_row, features_frame, timed

from proofbox.checks.subject import Dataset

BAR = 1.3
"""Processor time over what the planned queries cost in whole batches, at most."""
CHECKS = (
    "noise",
    "missing_values",
    "category_swap",
    "outliers",
    "unit_slip",
    "feature_dropout",
    "label_free_stability",
)


def report(settings: Settings) -> bool:
    """Print what each perturbation check took over its floors: the rows that it planned, and those it asked about."""
    data = classification(settings.rows)
    met = True
    print("| model | check | rows planned | asked | calls | processor s | wall s | over planned | over asked |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name, estimator in _models(data):
        with behind_walls(estimator, data, settings.executor) as model:
            timed(["robustness.noise"], model, data)  # imports are paid once a run
            for checks in (*([one] for one in CHECKS), CHECKS):
                before = cost_of_a_row(model, data)
                found = timed([f"robustness.{one}" for one in checks], model, data)
                # The machine is shared: what a row cost just before and just after.
                row = (before.cpu + cost_of_a_row(model, data).cpu) / 2
                queries = [one.queries for one in found.values()]
                planned, asked = sum(one.planned for one in queries), sum(one.rows for one in queries)
                took = next(iter(found.values())).seconds
                met &= took.cpu <= BAR * planned * row
                what = checks[0] if len(checks) == 1 else "all of them, side by side"
                counts = f"{planned:,} | {asked:,} | {max(one.calls for one in queries)}"
                ratios = f"{took.cpu / (planned * row):.2f} | {took.cpu / (asked * row):.2f}"
                print(f"| {name} | {what} | {counts} | {took.cpu:.2f} | {took.wall:.2f} | {ratios} |", flush=True)
    print(f"\nover planned: at most {BAR}")
    return met


def _models(data: Dataset) -> Iterator[tuple[str, Any]]:
    from sklearn.ensemble import HistGradientBoostingClassifier

    frame, truth = features_frame(data)[:5000], data.table.column("y").to_numpy()[:5000]
    yield "histogram gradient boosting, 100 trees", encoded(data, HistGradientBoostingClassifier()).fit(frame, truth)


def encoded(data: Dataset, estimator: Any) -> Any:
    """Return a pipeline that reads the texts as numbers."""
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    texts = [name for name in data.features if name.startswith("t")]
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    return make_pipeline(make_column_transformer((encoder, texts), remainder="passthrough"), estimator)
