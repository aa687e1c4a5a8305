"""Print how often the interval of a rate covers the truth where asking stops by itself: a table of docs/robustness.md.

    python benchmarks/coverage_stopping.py

Nothing is drawn: the distribution of the count is carried from step to step, so that the figures are exact up to
rounding. Exits with 1 where a nominal 95 % interval covers less than 94 % at any of the rates.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import fftconvolve
from scipy.special import betaincinv
from scipy.stats import binom

from proofbox.checks.statistics.sampling import narrow_enough, sample_sizes

CONFIDENCE = 0.95
LEAST = 0.94
"""What a nominal 95 % interval must cover at every rate."""
RATES = (*np.geomspace(0.0002, 0.05, 200), *np.linspace(0.0505, 0.5, 150))
SETTINGS = ((0.005, 10**9), (0.005, 3_000), (0.01, 10**9), (0.02, 10**9), (0.05, 10**9))
"""Half width asked for, and rows that there are."""
SHOWN = (0.001, 0.01, 0.05, 0.2, 0.5)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the sample: for every count, the limits and whether asking stops there."""

    rows: int
    low: Floats
    high: Floats
    stops: NDArray[np.bool_]


def main() -> int:
    print("| half width | rows | looks | rows asked at 0.1 / 1 / 5 / 20 / 50 % | least coverage | at | mean coverage |")
    print("|---|---|---|---|---|---|---|")
    met = True
    for precision, rows in SETTINGS:
        looks = looks_of(precision, rows)
        found = [outcome(looks, rate) for rate in RATES]
        covered = np.array([one[0] for one in found])
        asked = " / ".join(f"{outcome(looks, rate)[1]:,.0f}" for rate in SHOWN)
        least = int(covered.argmin())
        met &= covered[least] >= LEAST
        there = "unlimited" if rows == 10**9 else f"{rows:,}"
        said = f"{covered[least]:.4f} | {RATES[least]:.4f} | {covered.mean():.4f}"
        print(f"| {precision} | {there} | {len(looks)} | {asked} | {said} |", flush=True)
    return 0 if met else 1


def looks_of(precision: float, rows: int) -> list[Look]:
    """Return every look of a sample that is stopped at a half width, with Clopper and Pearson's limits."""
    sizes = sample_sizes(rows, precision, CONFIDENCE)
    looks = []
    for size in sizes:
        x = np.arange(size + 1.0)
        tail = (1 - CONFIDENCE) / 2
        with np.errstate(all="ignore"):
            low = np.where(x == 0, 0, betaincinv(np.maximum(x, 1), size - x + 1, tail))
            high = np.where(x == size, 1, betaincinv(x + 1, np.maximum(size - x, 1), 1 - tail))
        stops = narrow_enough(x, size, precision, CONFIDENCE) | (size == sizes[-1])
        looks.append(Look(size, low, high, stops))
    return looks


def outcome(looks: list[Look], rate: float) -> tuple[float, float]:
    """Return the probability that the interval holds the rate, and the mean number of rows asked about."""
    going: Floats = np.ones(1)
    before, covered, asked = 0, 0.0, 0.0
    for look in looks:
        added = look.rows - before
        going = np.clip(fftconvolve(going, binom.pmf(np.arange(added + 1), added, rate)), 0, 1)
        before = look.rows
        stopped = np.where(look.stops, going, 0)
        covered += float(stopped[(look.low <= rate) & (rate <= look.high)].sum())
        asked += look.rows * float(stopped.sum())
        going = np.where(look.stops, 0, going)
    return covered, asked


if __name__ == "__main__":
    sys.exit(main())
