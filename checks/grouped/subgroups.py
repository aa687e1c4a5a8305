"""Groups set against everybody outside them, and which of many differ by more than chance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.grouped.crossings import Crossed
from proofbox.checks.grouped.outcomes import Category
from proofbox.checks.intervals import Floats, Sample
from proofbox.checks.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Counts: TypeAlias = "NDArray[np.int64]"

_EXACT_UP_TO = 5_000
"""A smaller margin than this is added up exactly; above it the score test is as good and needs no sum."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subgroups:
    """A rate in each group and in everybody outside it; all arrays of shape (groups,)."""

    categories: tuple[Category, ...]
    rows: Counts
    """Rows of the group, whether the rate could be theirs or not."""
    count: Counts
    of: Counts
    all_count: Counts
    everybody: Counts
    """Rows of all groups that the rate could be of; ``all_count`` of them have it."""

    @classmethod
    def against_the_rest(cls, found: Crossed, rate: str) -> Subgroups:
        """Return every group of every combination."""
        categories: list[Category] = []
        columns: list[list[Counts]] = [[], [], [], [], []]
        for outcomes in found.outcomes.values():
            count, of = outcomes.rate(rate)
            categories += outcomes.categories
            whole = np.full(len(of), count.sum()), np.full(len(of), of.sum())
            for column, values in zip(columns, (outcomes.decided.rows, count, of, *whole), strict=True):
                column.append(values)
        rows, counts, ofs, all_counts, everybody = (np.concatenate(column) for column in columns)
        return cls(
            categories=tuple(categories),
            rows=rows,
            count=counts,
            of=ofs,
            all_count=all_counts,
            everybody=everybody,
        )

    def split(self, smallest: int) -> tuple[Subgroups, Subgroups]:
        """Return the groups that can be judged, and those that are (or whose rest is) smaller than ``smallest``."""
        enough = (self.of >= smallest) & (self.everybody - self.of >= smallest)
        return self._take(np.flatnonzero(enough)), self._take(np.flatnonzero(~enough))

    @property
    def inside(self) -> Sample:
        """Successes and trials within each group."""
        return self.count, self.of

    @property
    def outside(self) -> Sample:
        """Successes and trials of everybody else."""
        return self.all_count - self.count, self.everybody - self.of

    @property
    def rates(self) -> tuple[Floats, Floats]:
        """The rate inside and outside; only where both have rows."""
        return self.count / self.of, (self.all_count - self.count) / (self.everybody - self.of)

    def _take(self, places: NDArray[np.intp]) -> Subgroups:
        return Subgroups(
            categories=tuple(self.categories[place] for place in places.tolist()),
            rows=self.rows[places],
            count=self.count[places],
            of=self.of[places],
            all_count=self.all_count[places],
            everybody=self.everybody[places],
        )


def two_sided(groups: Subgroups) -> Floats:
    """Return the p-value of each group against the rest, shape (groups,).

    Notes
    -----
    Twice the smaller tail of the hypergeometric distribution, which is exact; where every margin of the table is above
    5,000, Pearson's chi-squared.
    """
    from scipy.stats import hypergeom, norm

    margins = np.stack([groups.of, groups.everybody - groups.of, groups.all_count, groups.everybody - groups.all_count])
    large = margins.min(axis=0) > _EXACT_UP_TO
    found = np.ones(len(groups.of))
    x, size, drawn, hits = (values[~large] for values in (groups.count, groups.everybody, groups.of, groups.all_count))
    found[~large] = 2 * np.minimum(hypergeom.cdf(x, size, hits, drawn), hypergeom.sf(x - 1, size, hits, drawn))
    if large.any():
        inside, outside = groups.rates
        p = groups.all_count / groups.everybody
        spread = np.sqrt(p * (1 - p) * (1 / groups.of + 1 / (groups.everybody - groups.of)))
        with np.errstate(divide="ignore", invalid="ignore"):
            found[large] = (2 * norm.sf(np.abs(inside - outside) / spread))[large]
    return np.clip(found, 0, 1)


def holm(p_values: Floats) -> Floats:
    """Return Holm's adjusted p-values: comparing them with alpha keeps the chance of any false finding below alpha.

    Notes
    -----
    S. Holm, Scandinavian Journal of Statistics 6 (1979) 65-70.
    """
    order = np.argsort(p_values, kind="stable")
    steps = np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * steps), 1)
    return adjusted
