"""How often the intervals of single measures cover the truth; coverage.py prints it."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import NormalDist

import numpy as np
from numpy.random import Generator

from proofbox.checks.intervals import (
    bounded_mean,
    clopper_pearson,
    f1_interval,
    paired_difference,
    wilson_limits,
    z_value,
)
from proofbox.checks.result import Interval
from proofbox.checks.statistics.auc import auc_interval
from proofbox.checks.statistics.meanrates import mean_of_proportions
from proofbox.checks.statistics.pairs import cautious_limits

NOMINAL = 0.95


def single_coverage(tries: int) -> Iterator[tuple[str, str, float]]:
    rng = np.random.default_rng(1927)
    for rate, size in ((0.05, 60), (0.3, 60), (0.9, 60), (0.5, 20), (0.95, 1000)):
        # The coverage of any interval for a proportion oscillates with the rate; near rates are averaged over.
        rates = np.clip(rng.uniform(rate - 0.03, rate + 0.03, tries), 0, 1)
        low, high = wilson_limits(rng.binomial(size, rates), size, z_value(NOMINAL))
        yield "wilson", f"rate about {rate}, n = {size}", between(low, rates, high) / tries
        low, high = cautious_limits(rng.binomial(size, rates), size, z_value(NOMINAL))
        yield "wilson-adjusted", f"rate about {rate}, n = {size}", between(low, rates, high) / tries
    for rate, size in ((0.01, 100), (0.3, 40)):
        table = [clopper_pearson(count, size, NOMINAL) for count in range(size + 1)]
        drawn = rng.binomial(size, rate, tries)
        yield "clopper-pearson", f"rate {rate}, n = {size}", float(np.mean([holds(table[x], rate) for x in drawn]))
    for cells, size in (((0.25, 0.1, 0.05, 0.6), 200), ((0.02, 0.02, 0.02, 0.94), 500), ((0.7, 0.05, 0.15, 0.1), 60)):
        yield from table_coverage(np.array(cells), size, tries, rng)
    for shift, size, share in ((1.0, 150, 0.3), (2.5, 60, 0.5), (0.3, 400, 0.1)):
        yield auc_coverage(shift, size, share, tries, rng)
    for spread in (0.1, 0.3):
        yield brier_coverage(spread, tries, rng)
    for rows in (10, 20, 60, 200):
        yield rare_coverage(rows, tries, rng)
    yield from table_coverage(np.array((0.198, 0.002, 0.008, 0.792)), 100, tries, rng)


def table_coverage(cells: np.ndarray, size: int, tries: int, rng: Generator) -> Iterator[tuple[str, str, float]]:
    tp, fn, fp, tn = cells
    truth = {
        "mover-wilson (balanced accuracy)": (tp / (tp + fn) + tn / (tn + fp)) / 2,
        "wilson-transformed (F1)": 2 * tp / (2 * tp + fn + fp),
        "newcombe-paired": fn - fp,
    }
    hits = dict.fromkeys(truth, 0)
    counted = 0
    for drawn in rng.multinomial(size, cells, size=tries).tolist():
        a, b, c, d = drawn
        if not (a + b and c + d):
            continue
        counted += 1
        found = (
            mean_of_proportions([a, d], [a + b, c + d], NOMINAL),
            f1_interval(a, b + c, NOMINAL),
            paired_difference(a, b, c, d, NOMINAL),
        )
        for (name, value), interval in zip(truth.items(), found, strict=True):
            hits[name] += holds(interval, value)
    for name, count in hits.items():
        yield name, f"cells {tuple(map(float, cells))}, n = {size}", count / counted


def auc_coverage(shift: float, size: int, share: float, tries: int, rng: Generator) -> tuple[str, str, float]:
    area = NormalDist().cdf(shift / np.sqrt(2))
    hits = 0
    for _ in range(tries):
        truth = np.arange(size) < size * share
        found = auc_interval(rng.normal(shift * truth, 1.0), truth, NOMINAL)
        hits += found is not None and holds(found[1], area)
    return "delong-logit", f"area {area:.3f}, n = {size}, {share:.0%} positive", hits / tries


def brier_coverage(spread: float, tries: int, rng: Generator) -> tuple[str, str, float]:
    def squared(rows: int) -> np.ndarray:
        truth = rng.random(rows) < 0.3
        return (np.clip(rng.normal(0.3 + 0.4 * truth, spread), 0, 1) - truth) ** 2

    truth = float(squared(4_000_000).mean())
    hits = sum(holds(bounded_mean(squared(150), NOMINAL), truth) for _ in range(tries))
    return "wilson-effective (Brier)", f"score {truth:.3f}, n = 150", hits / tries


def rare_coverage(rows: int, tries: int, rng: Generator) -> tuple[str, str, float]:
    """Honest scores of what happens to one row in fifty: most small samples hold no such row."""

    def squared(rows: int) -> np.ndarray:
        return (np.clip(rng.normal(0.02, 0.004, rows), 0, 1) - (rng.random(rows) < 0.02)) ** 2

    truth = float(squared(4_000_000).mean())
    hits = sum(holds(bounded_mean(squared(rows), NOMINAL), truth) for _ in range(tries))
    return "wilson-effective (Brier)", f"score {truth:.3f}, rare, n = {rows}", hits / tries


def holds(interval: Interval, truth: float) -> bool:
    return interval.low <= truth <= interval.high


def between(low: np.ndarray, truth: np.ndarray | float, high: np.ndarray) -> int:
    return int(np.count_nonzero((low <= truth + 1e-12) & (truth <= high + 1e-12)))
