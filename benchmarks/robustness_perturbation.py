"""Part of benchmarks/robustness.py: what a perturbation check costs beyond the queries that it makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from robustness_hosting import Settings, behind_walls, classification, features_frame, throughput, timed

from proofbox.checks.registry import all_checks
from proofbox.checks.subject import Dataset

BAR = 1.3
"""Time over floor, at most."""
CHECKS = ("robustness.noise",)


def report(settings: Settings) -> bool:
    """Print time over floor of each perturbation check."""
    data = classification(settings.rows)
    met = True
    print("| model | check | rows asked | seconds | floor | ratio |\n|---|---|---|---|---|---|")
    for name, estimator in _models(data):
        with behind_walls(estimator, data, settings.executor) as model:
            for check in (one for one in CHECKS if one in all_checks()):
                rate = throughput(model, data)
                found = timed(check, model, data)
                floor = found.queries.rows / rate
                ratio = found.seconds / floor
                met &= ratio <= BAR
                asked, took = f"{found.queries.rows:,}", f"{found.seconds:.2f} | {floor:.2f}"
                print(f"| {name} | {check} | {asked} | {took} | {ratio:.2f} |", flush=True)
    print(f"\ntime over floor: at most {BAR}")
    return met


def _models(data: Dataset) -> Iterator[tuple[str, Any]]:
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OrdinalEncoder

    texts = [name for name in data.features if name.startswith("t")]
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    yield (
        "histogram gradient boosting, 100 trees",
        make_pipeline(
            make_column_transformer((encoder, texts), remainder="passthrough"), HistGradientBoostingClassifier()
        ).fit(features_frame(data)[:5000], data.table.column("y").to_numpy()[:5000]),
    )
