"""Print how often each interval of proofbox.checks covers the truth, as the Markdown tables in docs/intervals.md.

Run: python benchmarks/coverage.py [--tries 20000] [--part NAME]. Seeded: the same tables on
every machine. Exits with 1 where a nominal 95 % interval of a gap covers less than 94 %.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

import numpy as np
from coverage_gaps import bootstrapped, in_the_limit
from coverage_rows import row_coverage
from coverage_singles import NOMINAL, single_coverage
from coverage_sweep import swept
from numpy.random import Generator

from proofbox.checks.intervals import z_value
from proofbox.checks.statistics.effective import effective_counts
from proofbox.checks.statistics.gaps import difference_bounds, ratio_bounds, simultaneous_z
from proofbox.checks.statistics.pairs import difference_limits, newcombe_limits, ratio_limits

LEAST = 0.94
"""What every nominal 95 % interval of a gap must cover in every setting."""

PART = 200_000
"""Pairs of groups worked on at a time."""

Rates = list[float]
Sizes = list[int]

GAPS: list[tuple[str, Rates, Sizes]] = [
    ("2 groups, tied", [0.3, 0.3], [100, 100]),
    ("2 groups, tied, unequal, high", [0.9, 0.9], [20, 180]),
    ("2 groups, tied, unequal, very high", [0.97, 0.97], [50, 500]),
    ("2 groups, tied, unequal, low", [0.05, 0.05], [30, 170]),
    ("2 groups, four fifths", [0.72, 0.9], [100, 100]),
    ("2 groups, the mortgage case", [0.634, 0.917], [123, 673]),
    ("2 groups, far apart, small", [0.05, 0.95], [30, 30]),
    ("2 groups, large", [0.5, 0.52], [50_000, 50_000]),
    ("3 groups, tied", [0.5] * 3, [70] * 3),
    ("3 groups, one apart", [0.5, 0.5, 0.8], [40, 100, 300]),
    ("3 groups, one near the others", [0.5, 0.5, 0.55], [300] * 3),
    ("4 groups, two and two", [0.3, 0.3, 0.5, 0.5], [50] * 4),
    ("5 groups, tied", [0.3] * 5, [40] * 5),
    ("5 groups, tied, high", [0.95] * 5, [200] * 5),
    ("5 groups, tied, one tiny", [0.6] * 5, [8, 48, 48, 48, 48]),
    ("5 groups, separate, unequal", [0.2, 0.3, 0.4, 0.5, 0.6], [20, 40, 100, 200, 500]),
    ("5 groups, large", [0.2, 0.21, 0.22, 0.23, 0.24], [20_000] * 5),
    ("12 groups, tied, high", [0.9] * 12, [30] * 12),
    ("12 groups, tied, low", [0.1] * 12, [50] * 12),
    ("20 groups, tied", [0.4] * 20, [50] * 20),
    ("20 groups, one far below", [0.2] + [0.6] * 19, [40] + [100] * 19),
    ("20 groups, separate", list(np.linspace(0.1, 0.9, 20)), [100] * 20),
    ("60 groups, tied", [0.3] * 60, [50] * 60),
    ("60 groups, tied, unequal, low", [0.05] * 60, list(range(20, 320, 5))),
    ("60 groups, tied, high", [0.95] * 60, [200] * 60),
    ("60 groups, separate, unequal", list(np.linspace(0.05, 0.95, 60)), list(range(20, 320, 5))),
    ("60 groups, tied, large", [0.5] * 60, [1_600] * 60),
]

ODDS: list[tuple[str, Rates, Rates, Sizes, Sizes]] = [
    ("2 groups, both rates tied", [0.8, 0.8], [0.1, 0.1], [40, 120], [60, 240]),
    ("2 groups, one rate apart", [0.6, 0.8], [0.1, 0.1], [40, 120], [60, 240]),
    ("2 groups, both apart, small", [0.5, 0.9], [0.05, 0.45], [15, 30], [20, 40]),
    ("5 groups, tied", [0.7] * 5, [0.2] * 5, [40] * 5, [80] * 5),
    ("5 groups, separate", [0.5, 0.6, 0.7, 0.8, 0.9], [0.05, 0.1, 0.1, 0.1, 0.2], [30] * 5, [100] * 5),
    ("20 groups, tied", [0.7] * 20, [0.2] * 20, [30] * 20, [70] * 20),
    ("60 groups, tied", [0.8] * 60, [0.1] * 60, [40] * 60, [160] * 60),
]

WEIGHTED: list[tuple[str, float, float, int, float, float]] = [
    # name, rates of two groups, rows in each, spread of the log weights, how far they go with the outcome
    ("even weights", 0.3, 0.5, 100, 0.2, 0.0),
    ("uneven weights", 0.3, 0.5, 60, 1.0, 0.0),
    ("very uneven weights", 0.3, 0.5, 200, 1.5, 0.0),
    ("rare outcome, uneven", 0.05, 0.05, 200, 1.0, 0.0),
    ("heavier where selected", 0.2, 0.2, 400, 1.0, 0.5),
    ("lighter where selected", 0.9, 0.8, 400, 1.0, -0.5),
    ("heavier where selected, large", 0.1, 0.3, 3_000, 1.0, 0.5),
]

ENUMERATED = [
    *((2, 4), (3, 3), (5, 5), (5, 50), (7, 7), (8, 200), (10, 10), (10, 100), (15, 40), (15, 150), (20, 20)),
    *((20, 180), (30, 30), (50, 50), (50, 500), (100, 100), (123, 673)),
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=20_000)
    parser.add_argument(
        "--part", choices=("gaps", "enumerated", "sweep", "weighted", "limit", "bootstrap", "singles", "rows")
    )
    asked = parser.parse_args()
    lowest = 1.0
    parts = (
        *(
            ("gaps", simulated),
            ("enumerated", enumerated),
            ("sweep", swept),
            ("weighted", weighted),
            ("limit", in_the_limit),
        ),
        *(("bootstrap", bootstrapped), ("singles", singles), ("rows", of_rows)),
    )
    for name, tables in parts:
        if asked.part in (None, name):
            lowest = min(lowest, tables(asked.tries))
    print(f"\nLowest coverage of a gap: {lowest:.4f}")
    return 0 if lowest >= LEAST else 1


def simulated(tries: int) -> float:
    """Print the coverage of gaps between 2 to 60 groups; return the lowest."""
    print("| groups and rates | sizes | data sets | difference | ratio | width of the union bound's |")
    print("|---|---|---|---|---|---|")
    found = []
    for name, rates, sizes in GAPS:
        rng, done = np.random.default_rng(1984), tries if len(rates) < 12 else tries // 5
        drawn = rng.binomial(sizes, rates, size=(done, len(sizes)))
        covered, narrower = gap_coverage([(drawn, np.array(sizes), np.array(rates))])
        found += covered
        print(f"| {name} | {span(sizes)} | {done:,} | {covered[0]:.4f} | {covered[1]:.4f} | {narrower} |", flush=True)
    print("\n| equalized odds | sizes | data sets | difference | ratio | width of the union bound's |")
    print("|---|---|---|---|---|---|")
    for name, high, low, positives, negatives in ODDS:
        rng, done = np.random.default_rng(1985), tries if len(high) < 12 else tries // 5
        both = [
            (rng.binomial(sizes, rates, size=(done, len(sizes))), np.array(sizes), np.array(rates))
            for rates, sizes in ((high, positives), (low, negatives))
        ]
        covered, narrower = gap_coverage(both)
        found += covered
        sizes = span(positives + negatives)
        print(f"| {name} | {sizes} | {done:,} | {covered[0]:.4f} | {covered[1]:.4f} | {narrower} |", flush=True)
    print()
    return min(found)


def gap_coverage(families: list[tuple[np.ndarray, np.ndarray, np.ndarray]]) -> tuple[list[float], str]:
    """Return coverage of the largest difference and smallest ratio, and mean widths against the union bound's.

    Each family is drawn successes (data sets, groups), trials and true rates.
    """
    groups = tuple(drawn.shape[1] for drawn, _, _ in families)
    pairs = sum(size * (size - 1) // 2 for size in groups)
    plain, wide, union = z_value(NOMINAL), simultaneous_z(groups, NOMINAL), z_value(NOMINAL, pairs)
    truths = (
        max(float(rates.max() - rates.min()) for _, _, rates in families),
        min(float(rates.min() / rates.max()) for _, _, rates in families),
    )
    covered, widths = [], []
    kinds: list[tuple[Callable[..., tuple[np.ndarray, np.ndarray]], Callable[..., np.ndarray]]]
    kinds = [(difference_bounds, np.maximum), (ratio_bounds, np.minimum)]
    for (bounds, join), truth in zip(kinds, truths, strict=True):
        low, high = joined(families, bounds, join, plain, wide)
        covered.append(float(np.mean((low <= truth + 1e-12) & (truth <= high + 1e-12))))
        old_low, old_high = joined(families, bounds, join, union, union)
        widths.append(f"{np.mean(high - low) / np.mean(old_high - old_low):.2f}")
    return covered, ", ".join(widths)


def joined(
    families: list[tuple[np.ndarray, np.ndarray, np.ndarray]],
    bounds: Callable[..., tuple[np.ndarray, np.ndarray]],
    join: Callable[..., np.ndarray],
    plain: float,
    wide: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds over all families, shape (data sets,) each, worked out in parts that fit the memory."""
    ends = []
    for drawn, sizes, _ in families:
        parts = np.array_split(drawn, max(1, len(drawn) * len(sizes) ** 2 // PART))
        ends.append(
            [np.concatenate(end) for end in zip(*(bounds(part, sizes, plain, wide) for part in parts), strict=True)]
        )
    low, high = (join.reduce([end[place] for end in ends]) for place in (0, 1))
    return low, high


def enumerated(_: int) -> float:
    """Print the lowest coverage over a grid of rates, every outcome of two groups counted; return the lowest."""
    from scipy.stats import binom

    grid = np.concatenate([[0.002, 0.01, 0.02], np.linspace(0.05, 0.95, 37), [0.98, 0.99, 0.998]])
    print("| sizes | interval | mean | lowest | at the rates | lowest of the usual interval | width against it |")
    print("|---|---|---|---|---|---|---|")
    lowest = []
    for sizes in ENUMERATED:
        chances = [np.array([binom.pmf(np.arange(size + 1), size, rate) for rate in grid]) for size in sizes]
        for name, limits, usual in (
            ("difference", difference_limits, newcombe_limits),
            ("ratio", ratio_limits, koopman_limits),
        ):
            found, width = enumerated_coverage(sizes, chances, grid, limits, name)
            theirs, their_width = enumerated_coverage(sizes, chances, grid, usual, name)
            i, j = np.unravel_index(found.argmin(), found.shape)
            lowest.append(float(found.min()))
            print(
                f"| {sizes[0]} and {sizes[1]} | {name} | {found.mean():.4f} | {found.min():.4f} | "
                f"{grid[i]:.3f} and {grid[j]:.3f} | {theirs.min():.4f} | {width / their_width:.2f} |",
                flush=True,
            )
    print()
    return min(lowest)


def enumerated_coverage(
    sizes: tuple[int, int],
    chances: list[np.ndarray],
    grid: np.ndarray,
    limits: Callable[..., tuple[np.ndarray, np.ndarray]],
    kind: str,
) -> tuple[np.ndarray, float]:
    """Return the coverage at each pair of rates, and the mean width."""
    x1, x2 = np.meshgrid(*(np.arange(size + 1) for size in sizes), indexing="ij")
    low, high = limits((x1, sizes[0]), (x2, sizes[1]), z_value(NOMINAL))
    if kind == "difference":
        low, high = np.maximum(np.maximum(low, -high), 0), np.minimum(np.maximum(high, -low), 1)
    else:
        with np.errstate(divide="ignore"):
            low, high = np.minimum(low, 1 / high), np.minimum(np.minimum(high, 1 / low), 1)
    found = np.empty((len(grid), len(grid)))
    for i, one in enumerate(grid):
        for j, other in enumerate(grid):
            truth = abs(one - other) if kind == "difference" else min(one, other) / max(one, other)
            found[i, j] = chances[0][i] @ ((low <= truth + 1e-12) & (truth <= high + 1e-12)) @ chances[1][j]
    return found, float((chances[0] @ (high - low) @ chances[1].T).mean())


def koopman_limits(
    first: tuple[np.ndarray, int], second: tuple[np.ndarray, int], z: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return Koopman's score limits for a ratio (Biometrics 40 (1984) 513-517), to compare with."""
    x1, n1, x2, n2 = np.broadcast_arrays(*(np.asarray(value, dtype=np.float64) for value in (*first, *second)))
    with np.errstate(divide="ignore", invalid="ignore"):
        start = np.clip(np.nan_to_num(np.log(x1 / n1) - np.log(x2 / n2), nan=0.0), -40, 40)
    ends = []
    for far in (-40.0, 40.0):
        near, end = start, np.full(start.shape, far)
        for _ in range(50):
            middle = (near + end) / 2
            ratio = np.exp(middle)
            a, b, c = (n1 + n2) * ratio, n1 * ratio + x1 + n2 + x2 * ratio, x1 + x2
            p2 = np.clip(2 * c / (b + np.sqrt(np.maximum(b * b - 4 * a * c, 0))), 0, 1)
            p1 = np.clip(ratio * p2, 0, 1)
            with np.errstate(divide="ignore", invalid="ignore"):
                parts = [(x - n * p) ** 2 / (n * p * (1 - p)) for x, n, p in ((x1, n1, p1), (x2, n2, p2))]
            rejected = sum(np.nan_to_num(part, nan=0.0) for part in parts) > z * z
            near, end = np.where(rejected, near, middle), np.where(rejected, middle, end)
        ends.append(np.exp(end))
    return np.where(x1 == 0, 0.0, ends[0]), np.where(x2 == 0, np.inf, ends[1])


def weighted(tries: int) -> float:
    """Print the coverage of gaps of weighted rows; return the lowest."""
    print("| weights | rows in each of two groups | worth about | difference | ratio |")
    print("|---|---|---|---|---|")
    found, done = [], max(tries // 4, 500)
    for name, first, second, rows, spread, tied in WEIGHTED:
        rng = np.random.default_rng(1965)
        counts, truths = zip(
            *(weighted_data(rng, done, rows, rate, spread, tied) for rate in (first, second)), strict=True
        )
        worth = float(np.mean([trials.mean() for _, trials in counts]))
        gap, ratio = abs(truths[0] - truths[1]), min(truths) / max(truths)
        successes, trials = (np.stack([one[place] for one in counts], axis=-1) for place in (0, 1))
        z = z_value(NOMINAL)
        covered = [
            float(np.mean((low <= truth + 1e-12) & (truth <= high + 1e-12)))
            for (low, high), truth in (
                (difference_bounds(successes, trials, z, z), gap),
                (ratio_bounds(successes, trials, z, z), ratio),
            )
        ]
        found += covered
        print(f"| {name} | {rows:,} | {worth:,.0f} | {covered[0]:.4f} | {covered[1]:.4f} |", flush=True)
    print()
    return min(found)


def weighted_data(
    rng: Generator, tries: int, rows: int, rate: float, spread: float, tied: float
) -> tuple[tuple[np.ndarray, np.ndarray], float]:
    """Return effective counts of data with log-normal weights, and the weighted population's rate."""
    yes = rng.random((tries, rows)) < rate
    weights = np.exp(rng.normal(0, spread, (tries, rows)) + tied * spread * yes)
    sums = (weights * yes, weights * ~yes, weights**2 * yes, weights**2 * ~yes)
    odds = rate * np.exp(tied * spread)
    return effective_counts(*(part.sum(axis=-1) for part in sums)), odds / (odds + 1 - rate)


def singles(tries: int) -> float:
    """Print the coverage of single measures; they are not held to the least coverage of gaps."""
    print("| interval | setting | coverage |")
    print("|---|---|---|")
    for method, setting, coverage in single_coverage(tries):
        print(f"| {method} | {setting} | {coverage:.4f} |", flush=True)
    return 1.0


def of_rows(tries: int) -> float:
    """Print the coverage of what looks at single rows; skewed means of few rows keep it out of the least of gaps."""
    print("\n| interval | setting | data sets | coverage |")
    print("|---|---|---|---|")
    for method, setting, done, coverage in row_coverage(tries):
        print(f"| {method} | {setting} | {done:,} | {coverage:.4f} |", flush=True)
    return 1.0


def span(sizes: Sizes) -> str:
    return f"{min(sizes):,}" if min(sizes) == max(sizes) else f"{min(sizes):,} to {max(sizes):,}"


if __name__ == "__main__":
    sys.exit(main())
