"""How often the intervals of checks that look at single rows cover the truth; coverage.py prints it.

Means (regression_gap), probabilities (calibration), exposures (ranking) and metrics drawn again (group_performance).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.random import Generator

from proofbox.checks.fairness.group_performance import standard_errors
from proofbox.checks.fairness.ranking import exposure_means, exposures
from proofbox.checks.result import Interval
from proofbox.checks.statistics.meangaps import Means, mean_difference_interval, mean_intervals, mean_ratio_interval
from proofbox.checks.statistics.metricframe import Judged, frame_of
from proofbox.checks.statistics.normalgaps import normal_interval
from proofbox.checks.statistics.reliability import Reliability, excess_gap, largest_binned_error, largest_excess

NOMINAL = 0.95

Draw = Callable[[Generator, int], np.ndarray]

SHAPES: dict[str, tuple[Draw, float]] = {
    "normal": (lambda rng, size: rng.normal(0, 1, size), 0.0),
    "half-normal (an absolute error)": (lambda rng, size: np.abs(rng.normal(0, 1, size)), float(np.sqrt(2 / np.pi))),
    "exponential": (lambda rng, size: rng.exponential(1, size), 1.0),
    "log-normal, 0.5 (pay)": (lambda rng, size: rng.lognormal(0, 0.5, size), float(np.exp(0.125))),
    "Student's t, 4 degrees": (lambda rng, size: rng.standard_t(4, size), 0.0),
}

MEANS: list[tuple[list[int], list[float]]] = [
    # rows in each group, and what is added to each group's numbers
    ([20, 20], [0.0, 0.0]),
    ([20, 200], [0.0, 0.5]),
    ([50] * 5, [0.0] * 5),
    ([30, 60, 120, 240], [0.0, 0.1, 0.2, 0.8]),
    ([500, 500], [0.0, 0.1]),
]

CALIBRATED: list[tuple[str, list[int], list[float], tuple[float, float]]] = [
    # name, rows in each group, how far what happens lies above the score, shape of the scores (beta)
    ("2 groups, tied, small", [9, 12], [0.0, 0.0], (1.5, 2.5)),
    ("2 groups, tied", [50, 50], [0.0, 0.0], (1.5, 2.5)),
    ("2 groups, unequal", [30, 400], [0.0, 0.0], (1.5, 2.5)),
    ("2 groups, apart", [200, 200], [0.1, -0.1], (1.5, 2.5)),
    ("2 groups, rare", [100, 300], [0.0, 0.0], (0.3, 5.0)),
    ("2 groups, one score for all", [100, 100], [0.0, 0.0], (900.0, 300.0)),
    ("5 groups, tied", [80] * 5, [0.0] * 5, (1.5, 2.5)),
    ("8 groups, one apart", [100] * 8, [0.0] * 7 + [0.2], (1.5, 2.5)),
]

RANKED: list[tuple[list[int], list[float]]] = [
    ([20, 20], [0.0, 0.0]),
    ([20, 400], [0.0, 0.0]),
    ([20, 400], [1.0, 0.0]),
    ([100, 100], [0.0, 0.5]),
    ([60] * 5, [0.0] * 5),
]

DRAWN: list[tuple[str, list[int], list[float]]] = [
    # metric, rows in each group, share of wrong decisions
    ("accuracy_score", [30, 200], [0.1, 0.1]),
    ("accuracy_score", [200, 200, 200], [0.1, 0.1, 0.3]),
]


def row_coverage(tries: int) -> Iterator[tuple[str, str, int, float]]:
    """Yield interval, setting, data sets and coverage."""
    yield from means(max(tries // 10, 300))
    yield from calibrated(max(tries // 10, 300))
    yield from ranked(max(tries // 10, 300))
    yield from drawn_again(max(tries // 50, 100))


def means(tries: int) -> Iterator[tuple[str, str, int, float]]:
    for shape, (draw, centre) in SHAPES.items():
        for sizes, added in MEANS:
            rng, codes = np.random.default_rng(1992), np.repeat(np.arange(len(sizes)), sizes)
            one, gap = 0, 0
            for _ in range(tries):
                found = Means.of(codes, len(sizes), draw(rng, len(codes)) + np.array(added)[codes])
                one += holds(mean_intervals(found, NOMINAL)[0], centre + added[0])
                gap += holds(mean_difference_interval(found, NOMINAL), max(added) - min(added))
            yield "mover-hall-t (largest gap)", f"{shape}, {spelt(sizes)}", tries, gap / tries
            if sizes == MEANS[0][0]:
                yield "hall-t (one mean)", f"{shape}, {sizes[0]} rows", tries, one / tries


def calibrated(tries: int) -> Iterator[tuple[str, str, int, float]]:
    for name, sizes, above, (a, b) in CALIBRATED:
        rng, codes = np.random.default_rng(1956), np.repeat(np.arange(len(sizes)), sizes)
        hits = np.zeros(3)
        for _ in range(tries):
            score = rng.beta(a, b, len(codes))
            chance = np.clip(score + np.array(above)[codes], 0, 1)
            found = Reliability.count(codes, len(sizes), score, rng.random(len(codes)) < chance, 10)
            # The truth, the scores taken as given: what is counted is replaced by its chance.
            wrong, place = chance - score, np.minimum((score * 10).astype(int), 9)
            excess = np.array([wrong[codes == group].mean() for group in range(len(sizes))])
            binned = np.bincount(codes * 10 + place, weights=wrong, minlength=len(sizes) * 10).reshape(-1, 10)
            truths = (np.ptp(excess), np.abs(excess).max(), (np.abs(binned).sum(axis=1) / sizes).max())
            bounds = (excess_gap(found, NOMINAL), largest_excess(found, NOMINAL), largest_binned_error(found, NOMINAL))
            hits += [holds(interval, truth) for interval, truth in zip(bounds, truths, strict=True)]
        methods = ("newcombe-given-scores (gap)", "wilson-given-scores (worst group)", "binned-normal (worst group)")
        for method, count in zip(methods, hits, strict=True):
            yield method, f"{name}, {spelt(sizes)}", tries, float(count) / tries


def ranked(tries: int) -> Iterator[tuple[str, str, int, float]]:
    for sizes, added in RANKED:
        rng, codes = np.random.default_rng(2018), np.repeat(np.arange(len(sizes)), sizes)
        everybody = np.ones(len(codes), dtype=bool)
        found = []
        for _ in range(tries):
            score = rng.normal(0, 1, len(codes)) + np.array(added)[codes]
            found.append(exposure_means(codes, len(sizes), exposures(score, everybody)))
        mean = np.mean([one.mean for one in found], axis=0)
        if len(set(added)) == 1:
            mean[:] = mean.mean()
        setting = f"{spelt(sizes)}, scores {'apart' if any(added) else 'tied'}"
        gap = [holds(mean_difference_interval(one, NOMINAL), float(np.ptp(mean))) for one in found]
        yield "mover-hall-t (exposure)", setting, tries, float(np.mean(gap))
        ratio = [holds(mean_ratio_interval(one, NOMINAL), float(mean.min() / mean.max())) for one in found]
        yield "mover-r-hall-t (exposure)", setting, tries, float(np.mean(ratio))


def drawn_again(tries: int) -> Iterator[tuple[str, str, int, float]]:
    for metric, sizes, wrong in DRAWN:
        rng, codes = np.random.default_rng(1993), np.repeat(np.arange(len(sizes)), sizes)
        hits = 0
        for _ in range(tries):
            truth = (rng.random(len(codes)) < 0.5).astype(np.int64)
            answer = np.where(rng.random(len(codes)) < np.array(wrong)[codes], 1 - truth, truth)
            rows = Judged(codes=codes, truth=truth, answer=answer)
            frame = frame_of(metric, rows, len(sizes), 100, rng)
            errors = standard_errors(frame, metric)[0]
            hits += holds(normal_interval("gap", frame.groups, errors, NOMINAL), max(wrong) - min(wrong))
        yield f"bootstrap-normal (gap, {metric})", spelt(sizes), tries, hits / tries


def holds(interval: Interval, truth: float) -> bool:
    return interval.low - 1e-12 <= truth <= interval.high + 1e-12


def spelt(sizes: list[int]) -> str:
    if len(set(sizes)) == 1:
        return f"{len(sizes)} groups of {sizes[0]:,}"
    return f"{len(sizes)} groups of {min(sizes):,} to {max(sizes):,}"
