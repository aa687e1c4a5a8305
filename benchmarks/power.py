"""Print how often the rows that an inconclusive finding names settle it, as the Markdown table in docs/policies.md.

Run: python benchmarks/power.py [--tries 1000]. Seeded. Further rows are drawn at the measured rates, added to the rows
there are, and judged. Beside it: the rows that an interval's width alone would name, which settle about every second.
"""

from __future__ import annotations

import argparse
import math
import sys

import numpy as np

from proofbox.checks.intervals import wilson
from proofbox.checks.result import Interval
from proofbox.checks.statistics.bounds import limits
from proofbox.checks.statistics.gaps import Family, difference_interval, lowest_interval, ratio_interval
from proofbox.policies.decide import decide, what_settles
from proofbox.policies.record import CriterionRecord, MeasurementRecord

LEAST = 0.76
"""Four of five, less the rounding of the search and the error of the simulation."""

Groups = list[tuple[int, int]]

CASES: list[tuple[str, str, str, float, list[Groups]]] = [
    ("one share, 170 of 205", "share", "at_least", 0.8, [[(170, 205)]]),
    ("one share, 9 of 60", "share", "at_most", 0.2, [[(9, 60)]]),
    ("one share near 1, 195 of 200", "share", "at_least", 0.96, [[(195, 200)]]),
    ("2 groups, the mortgage case", "ratio", "at_least", 0.8, [[(92, 123), (603, 673)]]),
    ("2 groups, small and rare", "ratio", "at_least", 0.8, [[(4, 60), (40, 340)]]),
    ("2 groups, difference that passes", "difference", "at_most", 0.15, [[(50, 100), (55, 100)]]),
    ("2 groups, difference that fails", "difference", "at_most", 0.05, [[(50, 100), (72, 120)]]),
    ("2 groups, near the threshold", "difference", "at_most", 0.1, [[(500, 1000), (590, 1000)]]),
    ("5 groups", "difference", "at_most", 0.2, [[(50, 90), (55, 95), (52, 100), (50, 80), (60, 100)]]),
    ("5 groups, ratio", "ratio", "at_least", 0.7, [[(40, 90), (48, 95), (52, 100), (40, 80), (50, 100)]]),
    ("20 groups", "difference", "at_most", 0.3, [[(40 + place, 100) for place in range(20)]]),
    ("60 groups", "difference", "at_most", 0.22, [[(40 + place // 4, 100) for place in range(60)]]),
    ("equalized odds", "difference", "at_most", 0.1, [[(80, 100), (95, 120)], [(10, 60), (20, 70)]]),
    ("equalized odds that fails", "difference", "at_most", 0.1, [[(60, 100), (95, 120)], [(10, 60), (20, 70)]]),
    ("lowest of three rates", "lowest", "at_least", 0.6, [[(80, 100), (95, 120), (65, 100)]]),
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tries", type=int, default=1_000)
    tries = parser.parse_args().tries
    print("| case | rows now | further rows named | settled | half as many | by the width alone | settled |")
    print("|---|---|---|---|---|---|---|")
    lowest = 1.0
    for name, kind, comparison, threshold, groups in CASES:
        families = [family(one) for one in groups]
        asked, measured = criterion(comparison, threshold), record(kind, families)
        needed = what_settles(asked, measured, decide(asked, measured))
        assert needed is not None, name
        assert needed.rows is not None, name
        width = by_width(measured, threshold)
        shares = [settled(asked, measured, families, rows, tries) for rows in (needed.rows, needed.rows // 2, width)]
        lowest = min(lowest, shares[0])
        print(
            f"| {name} | {measured.sample_size:,} | {needed.rows:,} | {shares[0]:.3f} | {shares[1]:.3f} "
            f"| {width:,} | {shares[2]:.3f} |",
            flush=True,
        )
    print(f"\nLowest share settled: {lowest:.3f}")
    return 0 if lowest >= LEAST else 1


def settled(
    asked: CriterionRecord, measured: MeasurementRecord, families: list[Family], rows: int, tries: int
) -> float:
    """Return how often ``rows`` further rows of the same composition settle it."""
    rng, total = np.random.default_rng(1908), sum(int(one.trials.sum()) for one in families)
    drawn = []
    for one in families:
        extra = np.rint(one.trials * rows / total).astype(np.int64)
        trials = np.broadcast_to(one.trials + extra, (tries, len(extra)))
        drawn.append((one.successes + rng.binomial(extra, one.rates, size=(tries, len(extra))), trials))
    assert measured.interval is not None
    groups = [len(one.trials) for one in families]
    parts = max(1, tries * max(groups) ** 2 // 400_000)
    ends = [
        limits(measured.interval.method, part, groups, 0.95)
        for part in zip(*([(x, n) for x, n in split(counts, parts)] for counts in drawn), strict=True)
    ]
    low, high = (np.concatenate([end[place] for end in ends]) for place in (0, 1))
    threshold = asked.threshold
    return float(np.mean((low > threshold) | (high < threshold)))


def split(counts: tuple[np.ndarray, np.ndarray], parts: int) -> list[tuple[np.ndarray, np.ndarray]]:
    return list(zip(*(np.array_split(values, parts) for values in counts), strict=True))


def by_width(measured: MeasurementRecord, threshold: float) -> int:
    """Return the rows at which the interval, shrunk around the same value, would touch the threshold."""
    assert measured.interval is not None
    value = measured.value
    width = value - measured.interval.low if threshold < value else measured.interval.high - value
    return max(1, math.ceil(measured.sample_size * ((width / (value - threshold)) ** 2 - 1)))


def family(groups: Groups) -> Family:
    successes, trials = zip(*groups, strict=True)
    return Family(successes=np.array(successes), trials=np.array(trials))


def criterion(comparison: str, threshold: float) -> CriterionRecord:
    kind = "at_least" if comparison == "at_least" else "at_most"
    return CriterionRecord(
        measure="m", comparison=kind, threshold=threshold, decision_rule="guarded", confidence=0.95, origin="default"
    )


def record(kind: str, families: list[Family]) -> MeasurementRecord:
    value, interval = measured_as(kind, families)
    return MeasurementRecord(
        id="m-0",
        check="c",
        params={},
        measure="m",
        value=value,
        interval=interval,
        sample_size=sum(int(one.trials.sum()) for one in families),
        group={},
        detail={},
    )


def measured_as(kind: str, families: list[Family]) -> tuple[float, Interval]:
    if kind == "share":
        x, n = int(families[0].successes[0]), int(families[0].trials[0])
        return x / n, wilson(x, n, 0.95)
    if kind == "difference":
        return max(one.difference for one in families), difference_interval(families, 0.95)
    if kind == "lowest":
        return min(float(one.rates.min()) for one in families), lowest_interval(families, 0.95)
    return min(one.ratio or 0.0 for one in families), ratio_interval(families, 0.95)


if __name__ == "__main__":
    sys.exit(main())
