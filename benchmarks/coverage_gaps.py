"""Two questions on gaps between many groups; coverage.py prints the answers.

Do the two ends of the interval together err at most as often as is said, for every pattern of true rates? And what
would bootstrapping the table's cells have given?
"""

from __future__ import annotations

import time

import numpy as np
from coverage_singles import NOMINAL
from numpy.random import Generator

from proofbox.checks.intervals import z_value
from proofbox.checks.statistics.gaps import difference_bounds, simultaneous_z

Ends = tuple[float, float]
PATTERNS = ("any", "one apart", "one above, one below", "half and half")
BOOTSTRAPPED = [
    ("2 groups, tied", [0.3] * 2, [200] * 2),
    ("5 groups, tied", [0.3] * 5, [200] * 5),
    ("20 groups, tied", [0.3] * 20, [200] * 20),
    ("60 groups, tied", [0.3] * 60, [200] * 60),
    ("20 groups, tied, high, small", [0.95] * 20, [30] * 20),
    ("5 groups, separate", [0.2, 0.3, 0.4, 0.5, 0.6], [200] * 5),
]


def in_the_limit(tries: int) -> float:
    """Print how often each end errs under normal theory, for the worst of many patterns; return the lowest coverage."""
    print("| groups | patterns tried | pattern of the worst | both ends err | lower end | upper end |")
    print("|---|---|---|---|---|---|")
    rng, found, done = np.random.default_rng(1953), [], 200
    for groups in (2, 3, 5, 8, 20):
        tried = []
        for place in range(done):
            pattern = PATTERNS[place % len(PATTERNS)]
            errors = np.ones(groups) if rng.random() < 0.5 else np.exp(rng.normal(0, 1, groups))
            means = pattern_of(pattern, groups, float(np.exp(rng.uniform(-2, 2)) * errors.max()), rng)
            tried.append((sum(misses(means, errors, tries // 2, rng)), pattern, means, errors))
        # The worst of many is too high by chance alone: it is drawn once more.
        _, pattern, means, errors = max(tried, key=lambda one: one[0])
        lower, upper = misses(means, errors, 10 * tries, rng)
        found.append(1 - lower - upper)
        print(f"| {groups} | {done} | {pattern} | {lower + upper:.4f} | {lower:.4f} | {upper:.4f} |", flush=True)
    print()
    return min(found)


def pattern_of(name: str, groups: int, scale: float, rng: Generator) -> np.ndarray:
    if name == "any":
        return rng.normal(0, scale, groups)
    means = np.zeros(groups)
    if name == "half and half":
        means[groups // 2 :] = scale
        return means
    means[0] = scale
    if name == "one above, one below":
        means[-1] = -scale
    return means


def misses(means: np.ndarray, errors: np.ndarray, tries: int, rng: Generator) -> tuple[float, float]:
    """Return how often the lower and the upper end miss the range of normal means with known standard errors."""
    drawn = means + rng.standard_normal((tries, len(means))) * errors
    i, j = np.triu_indices(len(means), 1)
    gaps, spread = np.abs(drawn[:, i] - drawn[:, j]), np.hypot(errors[i], errors[j])
    low = (gaps - simultaneous_z((len(means),), NOMINAL) * spread).max(axis=1)
    high = (gaps + z_value(NOMINAL) * spread).max(axis=1)
    truth = means.max() - means.min()
    return float(np.mean(low > truth)), float(np.mean(high < truth))


def bootstrapped(tries: int) -> float:
    """Print what drawing the table's cells again gives for the largest difference, beside our interval."""
    print("| groups | data sets | percentile of the maximum | max-T | ours | width: max-T, ours | time against ours |")
    print("|---|---|---|---|---|---|---|")
    for name, rates, sizes in BOOTSTRAPPED:
        done, rng = max(tries // 50, 40), np.random.default_rng(1979)
        true_rates, trials = np.array(rates), np.array(sizes)
        truth = float(true_rates.max() - true_rates.min())
        hits, widths, clock = np.zeros(3), np.zeros(3), np.zeros(2)
        for drawn in rng.binomial(trials, true_rates, size=(done, len(sizes))):
            start = time.process_time()
            ends = [*replicated(drawn, trials, rng)]
            middle = time.process_time()
            levels = z_value(NOMINAL), simultaneous_z((len(sizes),), NOMINAL)
            ends.append(tuple(float(end) for end in difference_bounds(drawn, trials, *levels)))
            clock += middle - start, time.process_time() - middle
            hits += [low <= truth <= high for low, high in ends]
            widths += [high - low for low, high in ends]
        shown = " | ".join(f"{hit:.3f}" for hit in hits / done)
        print(
            f"| {name} | {done} | {shown} | {widths[1] / done:.3f}, {widths[2] / done:.3f} "
            f"| {clock[0] / clock[1]:.0f} |",
            flush=True,
        )
    print()
    return 1.0


def replicated(
    drawn: np.ndarray, trials: np.ndarray, rng: Generator
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the percentile interval of the largest gap and the one from max-T, of 2,000 replicates of the cells."""
    rates = drawn / trials
    again = rng.binomial(trials, rates, size=(2_000, len(trials))) / trials
    gap = again.max(axis=1) - again.min(axis=1)
    tail = (1 - NOMINAL) / 2
    percentile = float(np.quantile(gap, tail)), float(np.quantile(gap, 1 - tail))
    spread = np.sqrt(rates * (1 - rates) / trials)
    i, j = np.triu_indices(len(trials), 1)
    errors = np.maximum(np.hypot(spread[i], spread[j]), 1e-12)
    shift = again - rates
    wide = float(np.quantile((np.abs(shift[:, i] - shift[:, j]) / errors).max(axis=1), NOMINAL))
    gaps = np.abs(rates[i] - rates[j])
    return percentile, (max(0.0, float((gaps - wide * errors).max())), float((gaps + wide * errors).max()))
