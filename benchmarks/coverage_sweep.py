"""The lowest coverage over every small size of two groups, each outcome counted; coverage.py prints it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from coverage_singles import NOMINAL

from proofbox.checks.intervals import z_value
from proofbox.checks.statistics.pairs import difference_of, ratio_of, sampled

RATES = np.concatenate([[0.002, 0.005, 0.01, 0.015], np.linspace(0.02, 0.98, 49), [0.985, 0.99, 0.995, 0.998]])
SIZES = (*range(1, 31), 35, 40, 45, 50, 60, 80)


def swept(_: int) -> float:
    """Print the lowest coverage of the difference and the ratio; return the lower."""
    print("| pairs of sizes | interval | lowest coverage | at the sizes | at the rates |")
    print("|---|---|---|---|---|")
    pairs = [(size, other) for size in SIZES for other in sorted({size, size + 3, 2 * size, 5 * size, 150})]
    found = [lowest for pair in pairs for lowest in lowest_of(*pair)]
    worst = {}
    for kind in ("difference", "ratio"):
        coverage, sizes, rates = worst[kind] = min(one[1:] for one in found if one[0] == kind)
        at = f"{sizes[0]} and {sizes[1]} | {rates[0]:.3f} and {rates[1]:.3f}"
        print(f"| {len(pairs)} | {kind} | {coverage:.4f} | {at} |", flush=True)
    print()
    return min(coverage for coverage, _, _ in worst.values())


def lowest_of(n1: int, n2: int) -> Iterator[tuple[str, float, tuple[int, int], tuple[float, float]]]:
    """Yield the kind of interval, its lowest coverage, the sizes, and the rates at which it is lowest."""
    from scipy.stats import binom

    x1, x2 = np.meshgrid(np.arange(n1 + 1), np.arange(n2 + 1), indexing="ij")
    chances = [binom.pmf(np.arange(size + 1), size, RATES[:, None]) for size in (n1, n2)]
    z = z_value(NOMINAL)
    first, second = sampled(x1, n1, z), sampled(x2, n2, z)
    low, high = difference_of(first, second, z)
    yield lowest_at("difference", (np.maximum(np.maximum(low, -high), 0), np.maximum(high, -low)), chances, (n1, n2))
    low, high = ratio_of(first, second)
    with np.errstate(divide="ignore"):
        folded = np.minimum(low, 1 / high), np.minimum(np.minimum(high, 1 / low), 1)
    yield lowest_at("ratio", folded, chances, (n1, n2))


def lowest_at(
    kind: str, limits: tuple[np.ndarray, np.ndarray], chances: list[np.ndarray], sizes: tuple[int, int]
) -> tuple[str, float, tuple[int, int], tuple[float, float]]:
    low, high = limits
    found = (1.0, (0.0, 0.0))
    for one, first in zip(RATES.tolist(), chances[0], strict=True):
        for other, second in zip(RATES.tolist(), chances[1], strict=True):
            truth = abs(one - other) if kind == "difference" else min(one, other) / max(one, other)
            held = (low <= truth + 1e-12) & (truth <= high + 1e-12)
            found = min(found, (float(first @ held @ second), (one, other)))
    return kind, found[0], sizes, found[1]
