"""Fitted models with a fault that is known, and one that is built to have none."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pyarrow as pa

ROWS = 1_500
NUMBERS = ("age", "income", "debt")
FEATURES = (*NUMBERS, "branch")


def people(seed: int = 5) -> dict[str, np.ndarray]:
    """Return applicants: three numbers, and a branch that should not matter."""
    rng = np.random.default_rng(seed)
    return {
        "age": rng.integers(18, 80, ROWS),
        "income": np.round(rng.gamma(4, 2.5, ROWS), 2),
        "debt": np.round(rng.gamma(2, 2, ROWS), 3),
        "branch": rng.choice(["north", "south", "west"], ROWS),
    }


def matrix(rows: pa.Table) -> np.ndarray:
    """Return the features as a model reads them: numbers, NaN where missing, the branch by its letter."""
    columns = [rows.column(name).cast(pa.float64()).to_numpy() for name in NUMBERS]
    branch = [float("nan") if value is None else float(ord(value[:1] or " ")) for value in rows["branch"].to_pylist()]
    return np.column_stack([*columns, branch])


def table_of(columns: dict[str, np.ndarray]) -> pa.Table:
    return pa.table({name: pa.array(values) for name, values in columns.items()})


def tree(target: Callable[[dict[str, np.ndarray]], np.ndarray], depth: int = 4) -> Callable[[pa.Table], np.ndarray]:
    """Fit a decision tree to a rule over the applicants and return its probabilities."""
    from sklearn.tree import DecisionTreeClassifier

    columns = people()
    fitted = DecisionTreeClassifier(max_depth=depth, random_state=0)
    fitted.fit(matrix(table_of(columns)), target(columns).astype(int))
    return lambda rows: fitted.predict_proba(matrix(rows))[:, 1]


@cache
def dip() -> Callable[[pa.Table], np.ndarray]:
    """Return a tree that says yes from an income of 6 on, but not between 11 and 12.5."""
    return tree(lambda p: (p["income"] > 6) & ~((p["income"] > 11) & (p["income"] < 12.5)))


@cache
def robust() -> Callable[[pa.Table], np.ndarray]:
    """Return boosted trees that rise with income and fall with debt, look at no branch and stand missing values."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    columns = people()
    fitted = HistGradientBoostingClassifier(max_iter=10, monotonic_cst=[0, 1, -1], random_state=0)
    with threadpool_limits(1):  # on a busy machine its threads wait for each other
        fitted.fit(matrix(table_of(columns))[:, :3], (columns["income"] - columns["debt"] > 6).astype(int))

    def score(rows: pa.Table) -> np.ndarray:
        with threadpool_limits(1):
            return fitted.predict_proba(matrix(rows)[:, :3])[:, 1]

    return score
