"""Probabilities against what happened, by group and by bin, with intervals that take the scores as given.

Given the scores, what happened is a sum of independent yes-or-no events of different chances. Such a sum varies no more
than a binomial one of their mean chance (W. Hoeffding, Annals of Mathematical Statistics 27 (1956) 713-721), so that
intervals for proportions hold, and the mean probability is a known number.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.intervals import Floats, Limits, z_value
from proofbox.checks.late import np
from proofbox.checks.result import Interval, Json
from proofbox.checks.statistics.effective import effective_counts
from proofbox.checks.statistics.pairs import cautious_limits, difference_limits

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Rows, and sums of weights (which are 1 where rows carry none), of shape (groups, bins)."""

    rows: NDArray[np.int64]
    happened: Floats
    """Weight of the rows whose true label is the counted one."""
    other: Floats
    """Weight of the other rows."""
    happened_squared: Floats
    """Sum of the squared weights of the rows whose true label is the counted one."""
    other_squared: Floats
    probability: Floats
    """Sum of the probabilities, each times its row's weight."""

    @classmethod
    def count(
        cls,
        codes: NDArray[np.int64],
        size: int,
        probability: Floats,
        happened: NDArray[np.bool_],
        bins: int | Floats,
        weight: Floats | None = None,
    ) -> Reliability:
        """Count rows; codes outside 0 to ``size - 1`` are left out.

        Parameters
        ----------
        bins
            How many bins of equal width, each edge belonging to the bin above it; or the rising edges between bins,
            each belonging to the bin below it as in scikit-learn's ``calibration_curve``.
        """
        known = (codes >= 0) & (codes < size)
        if isinstance(bins, int):
            place, number = np.minimum((probability[known] * bins).astype(np.int64), bins - 1), bins
        else:
            place, number = np.searchsorted(bins, probability[known]), len(bins) + 1
        joint = codes[known] * number + place
        weights = np.ones(len(joint)) if weight is None else weight[known]
        yes = happened[known]

        def total(terms: Floats) -> Floats:
            return np.bincount(joint, weights=terms, minlength=size * number).reshape(size, number).astype(np.float64)

        return cls(
            rows=np.bincount(joint, minlength=size * number).reshape(size, number),
            happened=total(weights * yes),
            other=total(weights * ~yes),
            happened_squared=total(weights**2 * yes),
            other_squared=total(weights**2 * ~yes),
            probability=total(weights * probability[known]),
        )

    @property
    def people(self) -> NDArray[np.int64]:
        """Shape (groups,): rows."""
        total: NDArray[np.int64] = self.rows.sum(axis=1)
        return total

    @property
    def weight(self) -> Floats:
        """Shape (groups, bins): weight of all rows."""
        return self.happened + self.other

    @property
    def worth(self) -> tuple[Floats, Floats]:
        """Of each group, shape (groups,): to how many it happened, of how many, in rows without weights."""
        sums = (self.happened, self.other, self.happened_squared, self.other_squared)
        return effective_counts(*(cells.sum(axis=1) for cells in sums))

    @property
    def observed(self) -> Floats:
        """Shape (groups,): the share to whom it happened."""
        return np.asarray(self.happened.sum(axis=1) / self.weight.sum(axis=1), dtype=np.float64)

    @property
    def predicted(self) -> Floats:
        """Shape (groups,): mean probability."""
        return np.asarray(self.probability.sum(axis=1) / self.weight.sum(axis=1), dtype=np.float64)

    @property
    def excess(self) -> Floats:
        """Shape (groups,): observed share less mean probability."""
        return self.observed - self.predicted

    @property
    def binned_error(self) -> Floats:
        """Shape (groups,): the mean over rows of the distance between observed and predicted in the row's bin.

        Notes
        -----
        M. P. Naeini, G. F. Cooper and M. Hauskrecht, "Obtaining well calibrated probabilities using Bayesian binning",
        AAAI 2015 (expected calibration error).
        """
        distance: Floats = np.abs(self.happened - self.probability).sum(axis=1) / self.weight.sum(axis=1)
        return distance

    def excess_limits(self, confidence: float, comparisons: int = 1) -> Limits:
        """Return limits of :attr:`excess`: cautious Wilson limits for the share, less the mean probability."""
        low, high = cautious_limits(*self.worth, z_value(confidence, comparisons))
        return low - self.predicted, high - self.predicted

    def binned_limits(self, confidence: float, comparisons: int = 1) -> Limits:
        """Return limits of :attr:`binned_error`; ``comparisons`` shares the level of the lower one.

        Notes
        -----
        The error is the largest of all sums over bins with signs. For the true signs the sum is normal around its
        value, which bounds it from above. From below, the bias of adding up distances that chance alone makes is taken
        off first: with weights ``w`` and standard errors ``s``, ``sum w s |Z|`` has mean ``sqrt(2 / pi) sum w s`` and
        variance ``(1 - 2 / pi) sum (w s)**2``. A bin's variance is taken at its share with two successes and two
        failures added (A. Agresti and B. A. Coull, The American Statistician 52 (1998) 119-126), never nought.
        """
        happened, rows = effective_counts(self.happened, self.other, self.happened_squared, self.other_squared)
        share = (happened + 2) / (rows + 4)
        part = self.weight / self.weight.sum(axis=1, keepdims=True)
        spread = part * np.sqrt(share * (1 - share) / np.where(rows > 0, rows, 1))
        square = np.sqrt((spread**2).sum(axis=1))
        noise = math.sqrt(2 / math.pi) * spread.sum(axis=1)
        wide = z_value(confidence, comparisons) * math.sqrt(1 - 2 / math.pi) * square
        error = self.binned_error
        return np.maximum(error - noise - wide, 0), np.minimum(error + z_value(confidence) * square, 1)

    @classmethod
    def of_basis(cls, listed: NDArray[np.float64]) -> Reliability:
        """Return what :meth:`basis` listed, in one bin of rows without weights."""
        people, happened, predicted = (column[:, None] for column in listed.T)
        other = people - happened
        return cls(
            rows=np.rint(people).astype(np.int64),
            happened=happened,
            other=other,
            happened_squared=happened,
            other_squared=other,
            probability=predicted * people,
        )

    def basis(self) -> list[Json]:
        """Return ``[[rows, happened, mean probability], ...]``: what intervals of :attr:`excess` are made of.

        Of weighted rows these are effective counts.
        """
        happened, people = self.worth
        columns = ([_number(one) for one in column.tolist()] for column in (people, happened))
        return [list(group) for group in zip(*columns, self.predicted.tolist(), strict=True)]


def _number(value: float) -> int | float:
    return int(value) if value.is_integer() else value


def excess_intervals(found: Reliability, confidence: float) -> tuple[Interval, ...]:
    """Return the interval of each group's excess alone."""
    low, high = found.excess_limits(confidence)
    return tuple(
        Interval(low=least, high=most, confidence=confidence, method="wilson-given-scores", basis={"excess": [one]})
        for least, most, one in zip(low.tolist(), high.tolist(), found.basis(), strict=True)
    )


def excess_gap(found: Reliability, confidence: float) -> Interval:
    """Return the bounds of the largest difference of two groups' excess."""
    pairs = len(found.rows) * (len(found.rows) - 1) // 2
    happened, people = found.worth
    i, j = np.triu_indices(len(people), 1)
    # The mean probabilities are known, so limits for two shares are limits for two excesses that far away.
    shift = found.predicted[i] - found.predicted[j]

    def apart(comparisons: int) -> Limits:
        first, second = (happened[i], people[i]), (happened[j], people[j])
        low, high = difference_limits(first, second, z_value(confidence, comparisons))
        return np.maximum(low - shift, shift - high), np.maximum(high - shift, shift - low)

    low, high = max(0.0, float(apart(pairs)[0].max())), float(apart(1)[1].max())
    method = "newcombe-given-scores" if pairs == 1 else "newcombe-given-scores-simultaneous"
    basis: dict[str, Json] = {"excess": found.basis()}
    return Interval(low=low, high=min(high, 2.0), confidence=confidence, method=method, basis=basis)


def largest_excess(found: Reliability, confidence: float) -> Interval:
    """Return the bounds of the largest excess of any group, whichever its sign."""
    low, high = found.excess_limits(confidence, len(found.rows))
    least = float(np.maximum(np.maximum(low, -high), 0).max())
    low, high = found.excess_limits(confidence)
    most = float(np.maximum(high, -low).max())
    basis: dict[str, Json] = {"largest_excess": found.basis()}
    return Interval(low=least, high=min(most, 1.0), confidence=confidence, method="wilson-given-scores", basis=basis)


def largest_binned_error(found: Reliability, confidence: float) -> Interval:
    """Return the bounds of the largest binned error of any group."""
    low, high = found.binned_limits(confidence, len(found.rows))
    return Interval(low=float(low.max()), high=float(high.max()), confidence=confidence, method="binned-normal")
