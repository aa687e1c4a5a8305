"""Print how often each interval of proofbox.checks covers the truth, as the Markdown table in docs/intervals.md.

Run: python benchmarks/coverage.py [--tries 20000]. Seeded: the same table on every machine.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from statistics import NormalDist

import numpy as np
from numpy.random import Generator

from proofbox.checks.auc import auc_interval
from proofbox.checks.gaps import difference_bounds, ratio_bounds
from proofbox.checks.intervals import (
    bounded_mean,
    clopper_pearson,
    f1_interval,
    mean_of_proportions,
    paired_difference,
    wilson_limits,
    z_value,
)
from proofbox.checks.result import Interval

NOMINAL = 0.95
SLOW = 5
"""Gaps among many groups are tried this many times less often."""

PART = 20_000
"""Pairs of groups worked on at a time: what fits a processor's cache."""

GAPS = [
    ("2 groups, tied", [0.3, 0.3], [100, 100]),
    ("2 groups, tied, unequal, high", [0.9, 0.9], [20, 180]),
    ("2 groups, tied, unequal, very high", [0.97, 0.97], [50, 500]),
    ("2 groups, tied, unequal, low", [0.05, 0.05], [30, 170]),
    ("2 groups, four fifths", [0.72, 0.9], [100, 100]),
    ("2 groups, the mortgage case", [0.634, 0.917], [123, 673]),
    ("2 groups, far apart", [0.05, 0.6], [100, 100]),
    ("2 groups, large", [0.5, 0.52], [50_000, 50_000]),
    ("3 groups, tied", [0.5] * 3, [70] * 3),
    ("3 groups, one apart", [0.5, 0.5, 0.8], [40, 100, 300]),
    ("5 groups, tied", [0.3] * 5, [40] * 5),
    ("5 groups, tied, high", [0.95] * 5, [200] * 5),
    ("5 groups, separate, unequal", [0.2, 0.3, 0.4, 0.5, 0.6], [20, 40, 100, 200, 500]),
    ("5 groups, large", [0.2, 0.21, 0.22, 0.23, 0.24], [20_000] * 5),
    ("12 groups, tied, high", [0.9] * 12, [30] * 12),
    ("12 groups, tied, low", [0.1] * 12, [50] * 12),
    ("20 groups, tied", [0.4] * 20, [50] * 20),
    ("20 groups, separate", list(np.linspace(0.1, 0.9, 20)), [100] * 20),
    ("60 groups, tied", [0.3] * 60, [50] * 60),
    ("60 groups, tied, high", [0.95] * 60, [200] * 60),
    ("60 groups, separate, unequal", list(np.linspace(0.05, 0.95, 60)), list(range(20, 320, 5))),
    ("60 groups, tied, large", [0.5] * 60, [1_600] * 60),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=20_000)
    tries = parser.parse_args().tries
    print(f"Nominal {NOMINAL:.0%}, seeded, up to {tries:,} simulated data sets a row.\n")
    print("| groups and rates | sizes | data sets | difference (Newcombe) | ratio (Koopman) |")
    print("|---|---|---|---|---|")
    for name, rates, sizes in GAPS:
        done = tries if len(rates) < 12 else tries // SLOW
        difference, ratio = gap_coverage(np.array(rates), np.array(sizes), done)
        shown = f"{min(sizes):,}" if min(sizes) == max(sizes) else f"{min(sizes):,} to {max(sizes):,}"
        print(f"| {name} | {shown} | {done:,} | {difference:.4f} | {ratio:.4f} |", flush=True)
    print("\n| interval | setting | coverage |")
    print("|---|---|---|")
    for method, setting, coverage in single_coverage(tries):
        print(f"| {method} | {setting} | {coverage:.4f} |", flush=True)
    print(
        "\n| sizes | interval | mean | lowest, tied rates | lowest of all | at the rates | share of rates below 0.94 |"
    )
    print("|---|---|---|---|---|---|---|")
    for row in exact_coverage():
        print(row, flush=True)


def exact_coverage() -> Iterator[str]:
    """Enumerate every outcome of two groups for 37 x 37 rates: no simulation, so the lowest coverage is seen too."""
    from scipy.stats import binom

    grid, z = np.linspace(0.05, 0.95, 37), z_value(NOMINAL)
    for sizes in ((20, 180), (30, 30), (50, 500), (100, 100), (123, 673)):
        counts = [np.arange(size + 1) for size in sizes]
        drawn = np.stack(np.meshgrid(*counts, indexing="ij"), axis=-1).reshape(-1, 2)
        chances = [[binom.pmf(count, size, rate) for rate in grid] for count, size in zip(counts, sizes, strict=True)]
        pairs = [(i, j) for i in range(len(grid)) for j in range(len(grid))]
        weights = (np.outer(chances[0][i], chances[1][j]).ravel() for i, j in pairs)
        bounds = difference_bounds(drawn, np.array(sizes), z), ratio_bounds(drawn, np.array(sizes), z)
        found = np.array([
            [float(weight[inside(low, truth, high)].sum()) for (low, high), truth in zip(bounds, truths, strict=True)]
            for weight, truths in zip(weights, (gap_and_ratio(grid[i], grid[j]) for i, j in pairs), strict=True)
        ])  # fmt: skip
        tied = np.array([i == j for i, j in pairs])
        for place, name in enumerate(("difference (Newcombe)", "ratio (Koopman)")):
            shown, lowest = found[:, place], int(found[:, place].argmin())
            rates = " and ".join(f"{grid[index]:.3f}" for index in pairs[lowest])
            numbers = f"{shown.mean():.4f} | {shown[tied].min():.4f} | {shown[lowest]:.4f} | {rates}"
            yield f"| {sizes[0]} and {sizes[1]} | {name} | {numbers} | {np.mean(shown < 0.94):.1%} |"


def gap_and_ratio(one: float, other: float) -> tuple[float, float]:
    return abs(one - other), min(one, other) / max(one, other)


def gap_coverage(rates: np.ndarray, sizes: np.ndarray, tries: int) -> tuple[float, float]:
    """Return the coverage of the largest difference and of the smallest ratio."""
    pairs = len(sizes) * (len(sizes) - 1) // 2
    z = z_value(NOMINAL, pairs)
    drawn = np.random.default_rng(1984).binomial(sizes, rates, size=(tries, len(sizes)))
    hits = np.zeros(2)
    for part in np.array_split(drawn, max(1, tries * pairs // PART)):
        low, high = difference_bounds(part, sizes, z)
        hits[0] += between(low, rates.max() - rates.min(), high)
        low, high = ratio_bounds(part, sizes, z)
        hits[1] += between(low, rates.min() / rates.max(), high)
    return float(hits[0] / tries), float(hits[1] / tries)


def single_coverage(tries: int) -> Iterator[tuple[str, str, float]]:
    rng = np.random.default_rng(1927)
    for rate, size in ((0.05, 60), (0.3, 60), (0.9, 60), (0.5, 20), (0.95, 1000)):
        # The coverage of any interval for a proportion oscillates with the rate; near rates are averaged over.
        rates = np.clip(rng.uniform(rate - 0.03, rate + 0.03, tries), 0, 1)
        low, high = wilson_limits(rng.binomial(size, rates), size, z_value(NOMINAL))
        yield "wilson", f"rate about {rate}, n = {size}", between(low, rates, high) / tries
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


def holds(interval: Interval, truth: float) -> bool:
    return interval.low <= truth <= interval.high


def between(low: np.ndarray, truth: np.ndarray | float, high: np.ndarray) -> int:
    return int(np.count_nonzero(inside(low, truth, high)))


def inside(low: np.ndarray, truth: np.ndarray | float, high: np.ndarray) -> np.ndarray:
    return (low <= truth + 1e-12) & (truth <= high + 1e-12)


if __name__ == "__main__":
    main()
