"""Part of benchmarks/robustness.py: property checks against their floor, and against Hypothesis row by row.

The yardstick draws and shrinks by itself: Hypothesis is given the same property over the same model, one pair an
example, one row a call. Both stop at a smallest pair that breaks the property.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from robustness_hosting import Settings, behind_walls, classification, cost_of_a_row, features_frame, timed

from proofbox.checks.asked.broker import Broker
from proofbox.checks.registry import get_check
from proofbox.checks.subject import Dataset, Decisions

FLOOR_BAR = 2.0
"""Time over floor, at most."""
CALLS_BAR, FEWER_BAR = 50, 100
"""Model calls of search and shrinking together, at most; and how many times fewer than Hypothesis row by row."""
CLAIMS = {"x0": "increasing", "x2": "decreasing"}


def report(settings: Settings) -> bool:
    """Print both tables."""
    return _against_floor(settings) & _against_hypothesis()


def _against_floor(settings: Settings) -> bool:
    """Print what each property check took over its floor, for a model that keeps all its promises."""
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline

    made = classification(settings.rows)
    data = replace(made, monotone=CLAIMS, irrelevant=("t0", "t1"))
    numbers = [name for name in data.features if name.startswith("x")]
    signs = [{"increasing": 1, "decreasing": -1}.get(CLAIMS.get(name, ""), 0) for name in numbers]
    trees = HistGradientBoostingClassifier(monotonic_cst=signs)
    chosen = make_column_transformer(("passthrough", numbers))
    fitted = make_pipeline(chosen, trees).fit(features_frame(data)[:5000], data.table.column("y").to_numpy()[:5000])
    met = True
    print("| check | rows asked | calls | processor s | wall s | over floor |\n|---|---|---|---|---|---|")
    with behind_walls(fitted, data, settings.executor) as model:
        timed(["robustness.invariance"], model, data)  # imports are paid once a run
        for check in ("monotonicity", "invariance", "bounded_output"):
            before = cost_of_a_row(model, data)
            found = timed([f"robustness.{check}"], model, data)[f"robustness.{check}"]
            # The machine is shared: what a row cost just before and just after.
            floor = found.queries.rows * (before.cpu + cost_of_a_row(model, data).cpu) / 2
            met &= found.seconds.cpu <= FLOOR_BAR * floor
            took = f"{found.seconds.cpu:.2f} | {found.seconds.wall:.2f} | {found.seconds.cpu / floor:.2f}"
            print(f"| {check} | {found.queries.rows:,} | {found.queries.calls} | {took} |", flush=True)
    print(f"\ntime over floor: at most {FLOOR_BAR}\n")
    return met


@dataclass(slots=True)
class _Counting:
    """A fitted model in process that counts its calls."""

    score: Callable[[pa.Table], Any]
    features: tuple[str, ...]
    calls: int = 0

    def predict(self, rows: pa.Table, deadline_seconds: float | None = None) -> Decisions:
        self.calls += 1
        score = np.asarray(self.score(rows), dtype=np.float64)
        codes = (score >= 0.5).astype(np.int64)
        return Decisions(classes=("0", "1"), codes=codes, score=score, positive_label="1", source="model")


def _against_hypothesis() -> bool:
    """Print model calls, rows and processor time of search and shrinking together, for each planted fault."""
    met = True
    print("| fault | by | calls | rows | processor s | columns to look at |\n|---|---|---|---|---|---|")
    for fault, check, free, score, data in _planted():
        model = _Counting(score, data.features)
        started = time.process_time()
        spec = get_check(check)
        given = {"data": data, "params": spec.params({}), "rng": np.random.default_rng(3)}
        (done,) = Broker(model).run([(check, lambda s=spec, g=given: s.run(**{name: g[name] for name in s.needs}))])
        if isinstance(done.result, Exception):
            raise done.result
        seconds = time.process_time() - started
        (case,) = done.result.counterexamples
        print(f"| {fault} | batches | {model.calls} | {done.queries.rows:,} | {seconds:.2f} | {len(case.changed)} |")
        other = _Counting(score, data.features)
        started = time.process_time()
        changed = _row_by_row(other, data, free)
        seconds = time.process_time() - started
        print(f"| {fault} | Hypothesis | {other.calls:,} | {other.calls:,} | {seconds:.2f} | {changed} |", flush=True)
        met &= model.calls <= CALLS_BAR and other.calls >= FEWER_BAR * model.calls
    print(f"\ncalls: at most {CALLS_BAR}, and at least {FEWER_BAR} times fewer than row by row")
    return met


def _planted() -> Iterator[tuple[str, str, str, Callable[[pa.Table], Any], Dataset]]:
    """Yield fault, check, the feature that it is in, a tree fitted to it, and the data: 26 numbers and 4 texts."""
    from sklearn.tree import DecisionTreeClassifier

    data = classification(3_000)

    def matrix(rows: pa.Table) -> Any:
        texts = [[int(str(value).split()[1]) for value in rows.column(f"t{place}").to_pylist()] for place in range(4)]
        return np.column_stack([*(rows.column(f"x{place}").to_numpy() for place in range(26)), *texts])

    values = matrix(data.feature_table())
    dips = (values[:, 0] > 45) & ~((values[:, 0] > 60) & (values[:, 0] < 65) & (values[:, 1] > 55))
    towns = values[:, 1] > np.where(values[:, 26] == 11, 58, 48)
    for fault, check, free, truth, claims in (
        ("a dip that needs two inputs", "robustness.monotonicity", "x0", dips, {"monotone": {"x0": "increasing"}}),
        ("a town that matters", "robustness.invariance", "t0", towns, {"irrelevant": ("t0",)}),
    ):
        fitted = DecisionTreeClassifier(max_depth=6, random_state=0).fit(values, truth.astype(int))

        def score(rows: pa.Table, fitted: Any = fitted) -> Any:
            return fitted.predict_proba(matrix(rows))[:, 1]

        yield fault, check, free, score, replace(data, target=None, **claims)


def _row_by_row(model: _Counting, data: Dataset, free: str) -> int:
    """Have Hypothesis draw pairs, one an example, and shrink the first that breaks the property.

    Returns the number of columns whose value is not the simplest of its domain: what a reader has to look at.
    """
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis import strategies as st

    table = data.feature_table()
    cells: dict[str, Any] = {}
    for name in data.features:
        if name.startswith("x"):
            values = table.column(name).to_numpy()
            cells[name] = st.floats(float(values.min()), float(values.max()))
        else:
            cells[name] = st.sampled_from([f"town {place}" for place in range(12)])
    last: list[dict[str, Any]] = []

    @settings(
        max_examples=100_000,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
    )
    @seed(3)
    @given(st.fixed_dictionaries(cells), cells[free], cells[free])
    def holds(row: dict[str, Any], one: Any, other: Any) -> None:
        low, high = (one, other) if free.startswith("t") or one <= other else (other, one)
        rows = [{**row, free: value} for value in (low, high)]
        first, second = (bool(yes) for yes in _asked(model, data, rows))
        if (first != second) if free.startswith("t") else (first and not second):
            last.append(row)
            raise AssertionError

    try:
        holds()
    except AssertionError:
        simplest = {name: 0.0 if name.startswith("x") else "town 0" for name in data.features}
        return sum(value != simplest[name] for name, value in last[-1].items() if name != free) + 1
    return 0


def _asked(model: _Counting, data: Dataset, rows: list[dict[str, Any]]) -> Iterator[Any]:
    """Ask about one row a call."""
    for row in rows:
        yield model.predict(pa.table({name: pa.array([row[name]]) for name in data.features})).positive[0]
