"""The same interval at another confidence, from the numbers that it keeps: counts decide, no data are needed.

A policy that controls the error of several requirements together settles each interval's confidence only when it
judges, long after the check ran. What :func:`at_confidence` gives is what the check would have given.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from proofbox.checks import intervals
from proofbox.checks.intervals import Sample
from proofbox.checks.late import np
from proofbox.checks.result import Interval, Json
from proofbox.checks.statistics import auc, errormeans, gaps, meangaps, reliability
from proofbox.checks.statistics.contrasts import largest_difference, largest_shortfall, smallest_ratio
from proofbox.checks.statistics.exactgaps import exact_gap_interval, few_enough
from proofbox.checks.statistics.meanrates import mean_of_proportions
from proofbox.checks.statistics.normalgaps import normal_again

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_GROUPS = 1_000
"""With more groups in a rate, or more rates, than any check gives a record is not worked on: pairs grow squarely."""


def at_confidence(interval: Interval, confidence: float) -> Interval | None:
    """Return an interval at another confidence; None where its method or its numbers do not say how."""
    if confidence == interval.confidence:
        return interval
    if interval.method == "by-construction":
        return intervals.certain(interval.low, confidence)
    again = _METHODS.get(plain_method(interval.method))
    if again is None or interval.basis is None:
        return None
    try:
        with np.errstate(all="ignore"):
            found = again(interval.basis, confidence)
    except (LookupError, TypeError, ValueError, ArithmeticError):
        # A stranger's record: numbers that are no counts are as good as none.
        return None
    return found if math.isfinite(found.low) and math.isfinite(found.high) else None


def families_of(interval: Interval | None) -> tuple[gaps.Family, ...]:
    """Return the counts that an interval was made of, one family for each rate; none where it keeps no counts."""
    if interval is None or interval.basis is None or "families" not in interval.basis:
        return ()
    try:
        return tuple(_families(interval.basis))
    except (TypeError, ValueError, LookupError, ArithmeticError):
        return ()


def plain_method(method: str) -> str:
    """Return a method without what is said of it beyond its formula."""
    for suffix in ("-effective", "-tukey"):
        if method != "wilson-effective":
            method = method.removesuffix(suffix)
    return method


def _families(basis: Mapping[str, Json]) -> list[gaps.Family]:
    listed = basis["families"]
    if not isinstance(listed, list | tuple) or not 0 < len(listed) <= MOST_GROUPS:
        raise ValueError("no families")
    counts = [_counts(_table(one, 2)) for one in listed]
    return [gaps.Family(successes=rows[:, 0], trials=rows[:, 1]) for rows in counts]


def _table(listed: Json, columns: int) -> NDArray[np.int64] | NDArray[np.float64]:
    """Return lists of finite numbers of one length, shape (groups, columns), as whole numbers where all are."""
    rows = np.array(listed)
    if rows.ndim != 2 or rows.shape[1] != columns or rows.dtype.kind not in "if" or len(rows) > MOST_GROUPS:
        raise ValueError("no numbers")
    if not np.isfinite(rows).all():
        raise ValueError("not finite")
    return rows


def _counts(rows: NDArray[np.int64] | NDArray[np.float64]) -> NDArray[np.int64] | NDArray[np.float64]:
    """Return rows whose first two columns are successes and trials."""
    successes, trials = rows[:, 0], rows[:, 1]
    if not ((successes >= 0) & (trials > 0) & (successes <= trials * (1 + 1e-12))).all():
        raise ValueError("no counts")
    return rows


def _contrasts(basis: Mapping[str, Json]) -> tuple[Sample, Sample]:
    rows = _counts(_table(basis["contrasts"], 4))
    _counts(rows[:, 2:])
    return (rows[:, 0], rows[:, 1]), (rows[:, 2], rows[:, 3])


def _single(basis: Mapping[str, Json]) -> tuple[float, float]:
    family = _families(basis)[0]
    return family.successes[0].item(), family.trials[0].item()


def _numbers(basis: Mapping[str, Json], *names: str) -> list[float]:
    found = [basis[name] for name in names]
    if not all(isinstance(value, int | float) for value in found):
        raise TypeError("not numbers")
    return [float(value) for value in found if isinstance(value, int | float)]


def _cells(basis: Mapping[str, Json]) -> list[int]:
    cells = basis["cells"]
    if not isinstance(cells, list | tuple):
        raise TypeError("no cells")
    return [int(value) for value in cells if isinstance(value, int)]


def _paired(basis: Mapping[str, Json], confidence: float) -> Interval:
    both, first_only, second_only, neither = _cells(basis)
    return intervals.paired_difference(both, first_only, second_only, neither, confidence)


def _area(basis: Mapping[str, Json], confidence: float) -> Interval:
    area, variance = _numbers(basis, "area", "variance")
    return auc.logit_interval(area, variance, confidence)


def _separated(basis: Mapping[str, Json], confidence: float) -> Interval:
    area, cases, controls = _numbers(basis, "area", "cases", "controls")
    return auc.score_interval(area, cases, controls, confidence)


def _estimate(basis: Mapping[str, Json]) -> tuple[float, float]:
    value, error = _numbers(basis, "value", "error")
    if error < 0:
        raise ValueError("no standard error")
    return value, error


def _root(basis: Mapping[str, Json], confidence: float) -> Interval:
    return errormeans.root_interval(_numbers(basis, "value")[0], _means(basis), confidence)


def _explained(basis: Mapping[str, Json], confidence: float) -> Interval:
    return errormeans.explained_interval(_numbers(basis, "value")[0], _means(basis), confidence)


def _exact(basis: Mapping[str, Json], confidence: float) -> Interval:
    family = _families(basis)[0]
    if not few_enough(family):
        raise ValueError("too many tables")
    return exact_gap_interval(family, "ratio" if basis["of"] == "ratio" else "difference", confidence)


def _means(basis: Mapping[str, Json]) -> meangaps.Means:
    return meangaps.Means.of_basis(_rows(basis["means"], 4))


def _given_scores(basis: Mapping[str, Json], confidence: float) -> Interval:
    if "largest_excess" in basis:
        found = reliability.Reliability.of_basis(_rows(basis["largest_excess"], 3))
        return reliability.largest_excess(found, confidence)
    return reliability.excess_intervals(_excess(basis), confidence)[0]


def _excess(basis: Mapping[str, Json]) -> reliability.Reliability:
    return reliability.Reliability.of_basis(_rows(basis["excess"], 3))


def _rows(listed: Json, columns: int) -> NDArray[np.float64]:
    """Return lists of numbers of one length, the first of which counts rows."""
    rows = _table(listed, columns).astype(np.float64)
    if not (rows[:, 0] >= 1).all():
        raise ValueError("no rows")
    return rows


def _f1(basis: Mapping[str, Json], confidence: float) -> Interval:
    found, of = _single(basis)
    return intervals.f1_interval(int(found), int(of - found), confidence)


def _mean(basis: Mapping[str, Json], confidence: float) -> Interval:
    families = _families(basis)
    successes = np.concatenate([family.successes for family in families])
    return mean_of_proportions(successes, np.concatenate([one.trials for one in families]), confidence)


_METHODS: Mapping[str, Callable[[Mapping[str, Json], float], Interval]] = {
    "wilson": lambda basis, confidence: intervals.wilson(*_single(basis), confidence),
    "wilson-effective": lambda basis, confidence: intervals.wilson_effective(*_single(basis), confidence),
    "wilson-transformed": _f1,
    "clopper-pearson": lambda basis, confidence: intervals.clopper_pearson(*_single(basis), confidence),
    "mover-wilson": _mean,
    "newcombe-paired": _paired,
    "newcombe-agresti-caffo": lambda basis, confidence: gaps.difference_interval(_families(basis), confidence),
    "mover-r": lambda basis, confidence: gaps.ratio_interval(_families(basis), confidence),
    "newcombe-agresti-caffo-contrasts": lambda basis, confidence: largest_difference(*_contrasts(basis), confidence),
    "newcombe-agresti-caffo-shortfall": lambda basis, confidence: largest_shortfall(*_contrasts(basis), confidence),
    "mover-r-contrasts": lambda basis, confidence: smallest_ratio(*_contrasts(basis), confidence),
    "wilson-adjusted-lowest": lambda basis, confidence: gaps.lowest_interval(_families(basis), confidence),
    "wilson-adjusted-highest": lambda basis, confidence: gaps.highest_interval(_families(basis), confidence),
    "exact": _exact,
    "exact-simultaneous": _exact,
    "hall-t": lambda basis, confidence: meangaps.mean_intervals(_means(basis), confidence)[0],
    "mover-hall-t": lambda basis, confidence: meangaps.mean_difference_interval(_means(basis), confidence),
    "mover-hall-t-simultaneous": lambda basis, confidence: meangaps.mean_difference_interval(_means(basis), confidence),
    "mover-r-hall-t": lambda basis, confidence: meangaps.mean_ratio_interval(_means(basis), confidence),
    "mover-r-hall-t-simultaneous": lambda basis, confidence: meangaps.mean_ratio_interval(_means(basis), confidence),
    "wilson-given-scores": _given_scores,
    "newcombe-given-scores": lambda basis, confidence: reliability.excess_gap(_excess(basis), confidence),
    "newcombe-given-scores-simultaneous": lambda basis, confidence: reliability.excess_gap(_excess(basis), confidence),
    "bootstrap-normal": normal_again,
    "delong-logit": _area,
    "logit-normal": lambda basis, confidence: intervals.logit_normal(*_estimate(basis), confidence),
    "wald": lambda basis, confidence: intervals.wald(*_estimate(basis), confidence),
    "jackknife-log-root": _root,
    "jackknife-log-complement": _explained,
    "newcombe-hanley-mcneil": _separated,
}
"""Method -> how it is worked out from its basis."""
