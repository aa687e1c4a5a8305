"""Print how often the intervals of the performance checks cover the truth, as the table in docs/performance.md.

Run: python benchmarks/coverage_performance.py [--tries 2000]. Seeded: the same table on every machine. The truth is the
value in two million rows. Exits with 1 where a nominal 95 % interval covers less than 91 %.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from proofbox.checks.grouped.confusions import Judged
from proofbox.checks.intervals import wald
from proofbox.checks.result import Interval
from proofbox.checks.statistics.errormeans import explained, one_mean, root_mean
from proofbox.checks.statistics.meangaps import mean_intervals
from proofbox.checks.statistics.precisionrecall import average_precision
from proofbox.checks.statistics.recalibration import intercept, logit, slope
from proofbox.checks.statistics.reliability import Reliability, excess_intervals, largest_binned_error
from proofbox.checks.statistics.scoremeasures import of_many_classes, of_two_classes

NOMINAL, LEAST, MANY = 0.95, 0.91, 2_000_000

Found = dict[str, tuple[float, Interval]]
Draw = Callable[[Generator, int], tuple[np.ndarray, ...]]


@dataclass(frozen=True, kw_only=True)
class Setting:
    name: str
    draw: Draw
    measure: Callable[..., Found]
    sizes: tuple[int, ...]


def main() -> int:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--tries", type=int, default=2_000)
    tries = arguments.parse_args().tries
    lowest = 1.0
    print("| measure | method | rows as | n | covered | mean width |\n|---|---|---|---|---|---|")
    for setting in SETTINGS:
        for size in setting.sizes:
            for measure, method, covered, width in covering(setting, size, tries):
                lowest = min(lowest, covered)
                print(f"| `{measure}` | `{method}` | {setting.name} | {size:,} | {covered:.3f} | {width:.3f} |")
    print(f"\nLowest: {lowest:.3f}; data sets each: {tries:,}")
    return int(lowest < LEAST)


def covering(setting: Setting, size: int, tries: int) -> Iterator[tuple[str, str, float, float]]:
    rng = np.random.default_rng(20261125)
    truth = {name: value for name, (value, _) in setting.measure(*setting.draw(rng, MANY)).items()}
    hits: dict[str, list[bool]] = {name: [] for name in truth}
    widths: dict[str, list[float]] = {name: [] for name in truth}
    methods: dict[str, str] = {}
    for _ in range(tries):
        for name, (_, interval) in setting.measure(*setting.draw(rng, size)).items():
            if name in truth:
                hits[name].append(interval.low - 1e-12 <= truth[name] <= interval.high + 1e-12)
                widths[name].append(interval.high - interval.low)
                methods[name] = interval.method
    for name, found in hits.items():
        if found:
            yield name, methods[name], float(np.mean(found)), float(np.mean(widths[name]))


def numeric(error: Callable[[Generator, np.ndarray], np.ndarray]) -> Draw:
    def draw(rng: Generator, size: int) -> tuple[np.ndarray, ...]:
        known = rng.normal(size=size)
        return 2 * known, error(rng, known)

    return draw


def of_errors(true: np.ndarray, error: np.ndarray) -> Found:
    found: Found = {"root_mean_squared_error": root_mean(error**2, NOMINAL)}
    for name, values in (("mean_absolute_error", np.abs(error)), ("mean_error", error)):
        means = one_mean(values)
        found[name] = float(means.mean[0]), mean_intervals(means, NOMINAL)[0]
    share = explained(true, error, NOMINAL)
    return found | ({} if share is None else {"r2": share})


def scored(shift: float, share: float) -> Draw:
    def draw(rng: Generator, size: int) -> tuple[np.ndarray, ...]:
        truth = rng.random(size) < share
        return rng.normal(shift * truth), truth

    return draw


def of_ranks(score: np.ndarray, truth: np.ndarray) -> Found:
    found = average_precision(score, truth, NOMINAL)
    return {} if found is None else {"average_precision": found}


def calibrated(bend: float, shift: float, spread: float) -> Draw:
    def draw(rng: Generator, size: int) -> tuple[np.ndarray, ...]:
        scale = rng.normal(-0.5, spread, size)
        truth = rng.random(size) < 1 / (1 + np.exp(-(shift + bend * scale)))
        return 1 / (1 + np.exp(-scale)), truth

    return draw


def of_probabilities(score: np.ndarray, truth: np.ndarray) -> Found:
    weight = np.ones(len(score))
    counted = Reliability.count(np.zeros(len(score), dtype=np.int64), 1, score, truth, 10)
    found: Found = {
        "expected_calibration_error": (float(counted.binned_error[0]), largest_binned_error(counted, NOMINAL)),
        "observed_less_predicted": (float(counted.excess[0]), excess_intervals(counted, NOMINAL)[0]),
    }
    for name, one in (
        ("calibration_slope", slope(logit(score), truth, weight)),
        ("calibration_intercept", intercept(logit(score), truth, weight)),
    ):
        if one is not None:
            found[name] = one[0], wald(*one, NOMINAL)
    for name, value, interval in of_two_classes(score, truth, NOMINAL):
        if name in ("log_loss", "brier_score_loss"):
            found[name] = value, interval
    return found


def three_classes(sharpness: float) -> Draw:
    def draw(rng: Generator, size: int) -> tuple[np.ndarray, ...]:
        truth = rng.choice(3, size, p=[0.6, 0.3, 0.1])
        scale = rng.normal(size=(size, 3)) + sharpness * np.eye(3)[truth]
        shares = np.exp(scale)
        return shares / shares.sum(axis=1, keepdims=True), truth

    return draw


def of_classes(shares: np.ndarray, truth: np.ndarray) -> Found:
    found = {name: (value, interval) for name, value, interval in of_many_classes(shares, truth, NOMINAL)}
    rows = np.bincount(truth * 3 + shares.argmax(axis=1), minlength=9).reshape(3, 3)
    judged = Judged(rows=rows, weight=None, squares=None, positive=0, detail={}, group={})
    for item in judged.measurements(NOMINAL):
        if item.measure == "f1_macro" and item.interval is not None:
            found["f1_macro"] = item.value, item.interval
    return found


SETTINGS = (
    Setting(name="normal errors", draw=numeric(lambda rng, x: rng.normal(size=len(x))), measure=of_errors,
            sizes=(30, 200)),
    Setting(name="exponential errors", draw=numeric(lambda rng, x: rng.exponential(size=len(x)) - 1),
            measure=of_errors, sizes=(30, 200)),
    Setting(name="errors as Student's t, 5 degrees", draw=numeric(lambda rng, x: rng.standard_t(5, len(x))),
            measure=of_errors, sizes=(30, 200)),
    Setting(name="errors that grow with the value",
            draw=numeric(lambda rng, x: rng.normal(size=len(x)) * np.exp(x / 2)), measure=of_errors,
            sizes=(100, 1_000)),
    Setting(name="area 0.76, 30 % positive", draw=scored(1.0, 0.3), measure=of_ranks, sizes=(100, 400)),
    Setting(name="area 0.76, 10 % positive", draw=scored(1.0, 0.1), measure=of_ranks, sizes=(100, 1_000)),
    Setting(name="area 0.96, 30 % positive", draw=scored(2.5, 0.3), measure=of_ranks, sizes=(60, 400)),
    Setting(name="area 0.50, 20 % positive", draw=scored(0.0, 0.2), measure=of_ranks, sizes=(100, 1_000)),
    Setting(name="calibrated", draw=calibrated(1.0, 0.0, 1.2), measure=of_probabilities, sizes=(60, 300, 2_000)),
    Setting(name="too extreme by half", draw=calibrated(0.5, 0.0, 1.5), measure=of_probabilities, sizes=(60, 300)),
    Setting(name="too low", draw=calibrated(1.0, 1.0, 1.2), measure=of_probabilities, sizes=(60, 300)),
    Setting(name="three classes, 60, 30 and 10 %", draw=three_classes(1.5), measure=of_classes, sizes=(100, 400)),
    Setting(name="three classes, well told apart", draw=three_classes(4.0), measure=of_classes, sizes=(100, 400)),
)  # fmt: skip

if __name__ == "__main__":
    sys.exit(main())
