"""How many more rows would settle an inconclusive finding, and in which group: a power calculation on the counts.

An interval keeps the counts that it was made of. Further rows are drawn as if the true rates were the measured ones and
added to them, and the smallest number is sought with which the interval lies on one side of the threshold in four of
five draws. Nothing is drawn anew between two calls: the same measurement gives the same number on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from proofbox.checks.result import Interval, Json
from proofbox.checks.statistics import bounds
from proofbox.checks.statistics.gaps import Family
from proofbox.checks.statistics.levels import families_of
from proofbox.policies.record import MeasurementRecord

CHANCE = 0.8
"""Probability with which the rows named settle the finding."""

MOST_ROWS = 100_000_000
"""No larger number of further rows is named: the value lies on the threshold as far as anyone can tell."""

_DRAWS = 1_000
_MOST_CELLS = 400_000
"""Draws times pairs of groups worked on at a time; fewer draws where there are more pairs."""

_GROUPS = 12
"""Of many groups only so many at either end can bound a gap."""

Settled: TypeAlias = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.bool_]]
"""From lower and upper limits, shape (draws,), to whether a criterion is then decided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRows:
    """Further rows of one group alone that would settle it."""

    group: Mapping[str, Json]
    """Attribute -> category."""
    rate: str
    """The rate whose rows they are, for example ``true_positive_rate``; empty where the record names none."""
    rows: int
    itself: bool = False
    """Whether the measurement is of this group alone, so that rows of other groups would not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """What would settle a finding with the probability ``CHANCE``, were the true rates what was measured."""

    rows: int | None
    """Further rows of the same composition; None where no number can be named."""
    group: GroupRows | None = None
    """The one group in which the fewest further rows would do, where more rows of one group can."""


def settling(measurement: MeasurementRecord, interval: Interval, settled: Settled, facing: float) -> Settling:
    """Return what would settle a measurement whose interval reaches across a threshold.

    Parameters
    ----------
    interval
        The interval that the criterion was judged by, at the confidence that counts.
    settled
        Whether limits decide the criterion.
    facing
        The threshold that the interval reaches across.
    """
    found = _settling(measurement, interval, settled, facing)
    if not measurement.group or found.rows is None:
        return found
    group = GroupRows(group=dict(measurement.group), rate=measurement.measure, rows=found.rows, itself=True)
    return Settling(rows=found.rows, group=group)


def _settling(measurement: MeasurementRecord, interval: Interval, settled: Settled, facing: float) -> Settling:
    families = families_of(interval)
    if not families or not bounds.known(interval.method):
        return Settling(rows=_by_width(measurement, interval, facing))
    trial = _Trial(interval, families, settled)
    sizes = [np.asarray(family.trials, dtype=np.float64) for family in families]
    total = float(sum(size.sum() for size in sizes))
    rows = _least(lambda more: trial.chance([size * (more / total) for size in sizes]), MOST_ROWS)
    if rows is None:
        return Settling(rows=None)
    several = sum(len(size) for size in sizes) > 1
    # Rows of one group are of interest only where fewer of them do.
    group = _one_group(measurement, trial, sizes, rows) if several else None
    return Settling(rows=_about(rows * _rows_per_counted(measurement)), group=group)


class _Trial:
    """Draws of what the limits would be after further rows."""

    def __init__(self, interval: Interval, families: Sequence[Family], settled: Settled) -> None:
        self._interval, self._families, self._settled = interval, families, settled
        self._kept = [_ends(family) for family in families]
        pairs = sum(len(kept) ** 2 for kept in self._kept)
        draws = int(min(_DRAWS, max(100, _MOST_CELLS // max(pairs, 1))))
        # One fixed set of normal scores for every number of rows, so that the chance grows smoothly with it.
        rng = np.random.default_rng(1908)
        self._scores = [rng.standard_normal((draws, len(kept))) for kept in self._kept]

    def chance(self, added: Sequence[NDArray[np.float64]]) -> float:
        """Return the share of draws that are settled with ``added`` further trials in each group of each family."""
        drawn = []
        for family, kept, scores, more in zip(self._families, self._kept, self._scores, added, strict=True):
            rates, extra = family.rates[kept], more[kept]
            spread = np.sqrt(extra * rates * (1 - rates))
            successes = np.clip(extra * rates + scores * spread, 0, extra)
            trials = np.broadcast_to(family.trials[kept] + extra, scores.shape)
            drawn.append((family.successes[kept] + successes, trials))
        groups = [len(family.trials) for family in self._families]
        low, high = bounds.limits(self._interval.method, drawn, groups, self._interval.confidence)
        return float(np.mean(self._settled(low, high)))


def _ends(family: Family) -> NDArray[np.intp]:
    """Return the groups whose rates are highest and lowest by far-out limits; all where there are few."""
    if len(family.trials) <= 2 * _GROUPS:
        return np.arange(len(family.trials))
    rates = family.rates
    spread = 2 * np.sqrt(np.maximum(rates * (1 - rates), 0.01) / family.trials)
    return np.unique(np.concatenate([np.argsort(-(rates + spread))[:_GROUPS], np.argsort(rates - spread)[:_GROUPS]]))


def _one_group(
    measurement: MeasurementRecord, trial: _Trial, sizes: Sequence[NDArray[np.float64]], most: int
) -> GroupRows | None:
    """Return the group in which the fewest rows alone would do, at most ``most``; only those at an end are tried."""
    found: list[tuple[int, int, int]] = []
    for family, candidates in enumerate(_candidates(measurement, sizes)):
        for place in candidates:

            def chance(more: float, family: int = family, place: int = place) -> float:
                added = [np.zeros(len(size)) for size in sizes]
                added[family][place] = more
                return trial.chance(added)

            rows = _least(chance, most)
            if rows is not None:
                found.append((rows, family, place))
    if not found:
        return None
    rows, family, place = min(found)
    named = _named(measurement, family, place)
    return None if named is None else GroupRows(group=named[0], rate=named[1], rows=_about(rows))


def _candidates(measurement: MeasurementRecord, sizes: Sequence[NDArray[np.float64]]) -> list[list[int]]:
    """Return, for each family, the places of its lowest and highest rate and of its smallest group."""
    found = []
    families = families_of(measurement.interval)
    for family, size in zip(families, sizes, strict=True):
        rates = family.rates
        found.append(sorted({int(rates.argmin()), int(rates.argmax()), int(np.argmin(size))}))
    return found


def _named(measurement: MeasurementRecord, family: int, place: int) -> tuple[Mapping[str, Json], str] | None:
    """Return a group's name and rate from the measurement's detail, which lists groups in the order of the counts."""
    blocks = measurement.detail.get("rates", [dict(measurement.detail)])
    match blocks[family] if isinstance(blocks, list) and family < len(blocks) else None:
        case {"groups": list(groups), "rate": str(rate)} if place < len(groups):
            match groups[place]:
                case {"group": dict(group)}:
                    return group, rate
    return None


def _rows_per_counted(measurement: MeasurementRecord) -> float:
    """Return how many rows of the data bring one that the measure counts, such as one with a positive true label."""
    rows = measurement.detail.get("rows")
    if isinstance(rows, int) and rows > measurement.sample_size > 0:
        return rows / measurement.sample_size
    return 1.0


def _least(chance: Callable[[float], float], most: int) -> int | None:
    """Return about the least number of rows that give at least ``CHANCE``; None where ``most`` give less."""
    if chance(float(most)) < CHANCE:
        return None
    low, high = 0.0, math.log(most)
    while high - low > 0.01:
        middle = (low + high) / 2
        low, high = (low, middle) if chance(math.exp(middle)) >= CHANCE else (middle, high)
    return math.ceil(math.exp(high))


def _about(rows: float) -> int:
    """Return a number rounded up to two digits: no more is known of it."""
    unit = int(10 ** max(0, math.floor(math.log10(max(rows, 1))) - 1))
    return max(1, math.ceil(rows / unit) * unit)


def _by_width(measurement: MeasurementRecord, interval: Interval, facing: float) -> int | None:
    """Return the rows needed where an interval keeps no counts: its width shrinks with the root of the rows.

    Notes
    -----
    With ``w`` the distance from the value ``v`` to the end that faces the threshold ``t``, made of ``z`` standard
    errors, ``n`` rows must grow to ``n ((z + 0.84) / z)**2 (w / |v - t|)**2``.
    """
    gap, value = abs(measurement.value - facing), measurement.value
    width = value - min(interval.low, value) if facing < value else max(interval.high, value) - value
    z = -NormalDist().inv_cdf((1 - interval.confidence) / 2)
    try:
        grown = measurement.sample_size * ((1 + NormalDist().inv_cdf(CHANCE) / z) * width / gap) ** 2
        rows = grown - measurement.sample_size
        return _about(rows) if rows <= MOST_ROWS else None
    except (OverflowError, ZeroDivisionError):
        return None
