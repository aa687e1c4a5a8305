"""The attack against ART's HopSkipJump: same models, rows, starts, metric and number of queries, in one run.

ART is no dependency; it goes into a folder of its own that Python is shown for this run alone:

    pip install --target art --no-deps adversarial-robustness-toolbox==1.20.1 six tqdm
    PYTHONPATH=art python benchmarks/robustness.py adversarial
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from robustness_hosting import Settings

from proofbox.checks.asked.asking import Asking
from proofbox.checks.asked.broker import Broker
from proofbox.checks.asked.changing import part_of
from proofbox.checks.evasion.columns import columns_of
from proofbox.checks.evasion.random_search import random_search
from proofbox.checks.evasion.search import search
from proofbox.checks.evasion.space import Space
from proofbox.checks.evasion.starting import Donors, start
from proofbox.checks.evasion.tracks import Tracks
from proofbox.checks.subject import Decisions

Floats = NDArray[np.float64]

ROWS = 200
BUDGET = 0.5
ITERATIONS, FIRST_PROBES = 7, 60
"""ART's settings for some 850 queries a row: of those tried, the ones that brought it nearest."""
TIMES_CHEAPER = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A fitted model and the rows that are attacked: the first of ``rows``."""

    name: str
    predict: Callable[[Floats], NDArray[np.int64]]
    rows: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What one attack came to."""

    distances: Floats
    """Shape (attacked rows,): of the nearest point that it asked about and that turned the decision."""
    queries: float
    """For each row, on average."""
    calls: int
    seconds: float
    """Processor time, the model's included."""

    @property
    def success(self) -> float:
        return float((self.distances <= BUDGET).mean())

    @property
    def median(self) -> float:
        return float(np.median(self.distances))


class Counted:
    """A model in this process that counts what it is asked."""

    def __init__(self, case: Case) -> None:
        self._case, self.calls = case, 0
        self.features = tuple(f"x{place}" for place in range(case.rows.shape[1]))

    def predict(self, rows: pa.Table) -> Decisions:
        self.calls += 1
        codes = self._case.predict(np.stack([column.to_numpy() for column in rows.columns]).T)
        return Decisions(classes=("0", "1"), codes=codes, score=None, positive_label="1", source="model")

    def restart(self) -> None:
        raise AssertionError("not asked for")


def report(_: Settings) -> bool:
    """Print the table; return whether the attack is as good as ART's and costs a tenth."""
    try:
        import art.attacks.evasion  # noqa: F401 - a yardstick that is not among our dependencies
    except ImportError:
        print(f"robustness.adversarial: ART is not there.\n{__doc__}")
        return False
    from threadpoolctl import threadpool_limits

    print(f"## The attack beside ART's HopSkipJump ({ROWS} rows, budget {BUDGET})\n")
    print("| model | features | attack | queries a row | model calls | success | median distance | processor time |")
    print("|---|---|---|---|---|---|---|---|")
    met = []
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ART divides by a normal of length 0 where all probes agree
        for features in (10, 30):
            for case in _cases(features):
                theirs = _hop_skip_jump(case)
                ours, chance = _ours(case, int(theirs.queries))
                ratio = theirs.seconds / ours.seconds
                for name, ran, cost in (
                    ("ours", ours, "1"),
                    ("ART", theirs, f"{ratio:.1f}"),
                    ("random search", chance, ""),
                ):
                    print(
                        f"| {case.name} | {features} | {name} | {ran.queries:.0f} | {ran.calls} | {ran.success:.2f} | "
                        f"{ran.median:.3f} | {cost} |"
                    )
                met.append(
                    (case.name, ours.success >= theirs.success, ours.median <= theirs.median, ratio >= TIMES_CHEAPER)
                )
    for place, what in ((1, "success"), (2, "median distance"), (3, "a tenth of the processor time")):
        held = sum(one[place] for one in met)
        print(f"\n{what}: at least as good in {held} of {len(met)} cases", end="")
    print()
    return all(all(one[1:]) for one in met)


def _cases(features: int) -> list[Case]:
    from sklearn.datasets import make_classification
    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.preprocessing import StandardScaler

    rows, labels = make_classification(
        4000, features, n_informative=max(4, features // 2), n_redundant=2, random_state=20261125
    )
    rows = StandardScaler().fit_transform(rows)
    models: dict[str, Any] = {
        "logistic regression": LogisticRegression(),
        "neural network": MLPClassifier((32,), max_iter=80, random_state=0),
        "gradient boosting": HistGradientBoostingClassifier(random_state=0),
        "random forest": RandomForestClassifier(40, random_state=0, n_jobs=1),
    }
    cases = []
    for name, model in models.items():
        model.fit(rows[:2000], labels[:2000])
        cases.append(Case(name=name, predict=lambda x, m=model: m.predict(x).astype(np.int64), rows=rows[2000:]))
    return cases


def _ours(case: Case, queries: int) -> tuple[Ran, Ran]:
    model = Counted(case)
    table = pa.table(dict(zip(model.features, case.rows.T, strict=True)))
    decisions = model.predict(table)
    model.calls = 0
    rng = np.random.default_rng(1)
    began = time.process_time()
    space = Space(table.slice(0, ROWS), columns_of([table], immutable=(), categorical=(), bounds={}), "l2")
    was = part_of(decisions, np.arange(ROWS))
    attack, chance = Tracks(space, was), Tracks(space, was)

    def looked_for() -> Asking[None]:
        yield from start(attack, Donors(space, table, decisions.codes), was.codes, rng)
        yield from search(attack, queries, rng)

    _run(model, looked_for)
    ours = Ran(
        distances=attack.distance,
        queries=float(attack.asked.mean()),
        calls=model.calls,
        seconds=time.process_time() - began,
    )
    model.calls = 0
    _run(model, lambda: random_search(chance, BUDGET, attack.asked, rng))
    return ours, Ran(distances=chance.distance, queries=float(chance.asked.mean()), calls=model.calls, seconds=0.0)


def _run(model: Counted, begin: Callable[[], Asking[None]]) -> None:
    for finished in Broker(model).run([(None, begin)]):
        if isinstance(finished.result, Exception):
            raise finished.result


def _hop_skip_jump(case: Case) -> Ran:
    """Run ART's attack from the nearest row of another decision; of all its queries the nearest turned one counts."""
    from art.attacks.evasion import HopSkipJump
    from art.estimators.classification import BlackBoxClassifier

    rows, spreads = case.rows, case.rows.std(axis=0)
    decided = case.predict(rows)
    best, asked, calls = np.full(ROWS, np.inf), np.zeros(ROWS), 0
    attacked = 0

    def predict(points: Floats) -> Floats:
        nonlocal calls
        calls += 1
        codes = case.predict(points)
        turned = codes != decided[attacked]
        asked[attacked] += len(points)
        if turned.any():
            far = np.linalg.norm((points[turned] - rows[attacked]) / spreads, axis=1).min()
            best[attacked] = min(best[attacked], far)
        return np.eye(2)[codes]

    clip = (rows.min(axis=0), rows.max(axis=0))
    classifier = BlackBoxClassifier(predict, (rows.shape[1],), 2, clip_values=clip)
    settings = {"max_iter": ITERATIONS, "init_eval": FIRST_PROBES, "init_size": 1, "verbose": False}
    np.random.seed(1)
    began = time.process_time()
    for attacked in range(ROWS):
        others = np.flatnonzero(decided != decided[attacked])
        nearest = others[np.linalg.norm((rows[others] - rows[attacked]) / spreads, axis=1).argmin()]
        HopSkipJump(classifier, targeted=False, norm=2, **settings).generate(
            rows[attacked : attacked + 1].astype(np.float32), x_adv_init=rows[nearest : nearest + 1].astype(np.float32)
        )
    return Ran(distances=best, queries=float(asked.mean()), calls=calls, seconds=time.process_time() - began)
