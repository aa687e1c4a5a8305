"""Like compared with like: selections of groups within strata (departments, grades, rounds), by Mantel and Haenszel."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.counted.counts import Counts
from proofbox.checks.grouped.outcomes import Category, Outcomes, count_outcomes
from proofbox.checks.grouped.refusals import GroupParams
from proofbox.checks.intervals import Floats, z_value
from proofbox.checks.late import np
from proofbox.checks.result import Inapplicable, Interval

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Strata:
    """Selections by group and stratum."""

    selected: NDArray[np.int64]
    """Shape (groups, strata)."""
    people: NDArray[np.int64]
    """Shape (groups, strata)."""
    names: tuple[Category, ...]
    """One mapping column -> value for each stratum; a single empty one where nothing is stratified."""

    def against_all(self, group: int) -> Against:
        """Return one group against everybody else, stratum by stratum."""
        return Against(
            selected=self.selected[group].astype(np.float64),
            people=self.people[group].astype(np.float64),
            all_selected=self.selected.sum(axis=0).astype(np.float64),
            everybody=self.people.sum(axis=0).astype(np.float64),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """One group against everybody else; each field of shape (strata,)."""

    selected: Floats
    people: Floats
    all_selected: Floats
    everybody: Floats

    @property
    def expected(self) -> Floats:
        """Shape (strata,): how many of the group would be selected at the rate of everybody in its stratum."""
        return self.people * self.all_selected / np.maximum(self.everybody, 1)

    @property
    def shortfall(self) -> float:
        """How many fewer of the group were selected than would be expected; negative where there were more."""
        return float((self.expected - self.selected).sum())

    @property
    def standard_deviations(self) -> float | None:
        """The shortfall in standard deviations of the hypergeometric draw; None where nothing could vary.

        Notes
        -----
        The square root of Mantel and Haenszel's chi-squared without continuity correction, JNCI 22 (1959) 719-748.
        """
        n, m, size = self.people, self.all_selected, self.everybody
        with np.errstate(divide="ignore", invalid="ignore"):
            variance = n * (size - n) * m * (size - m) / (size**2 * (size - 1))
        total = float(variance[size > 1].sum())
        return self.shortfall / math.sqrt(total) if total > 0 else None

    def odds_ratio(self, confidence: float) -> tuple[float, Interval] | None:
        """Return the common odds ratio of the group against the rest; None where a product of cells is empty.

        Notes
        -----
        Mantel and Haenszel (1959); variance of its logarithm by J. Robins, N. Breslow and S. Greenland, Biometrics 42
        (1986) 311-323.
        """
        a, b = self.selected, self.people - self.selected
        c = self.all_selected - a
        d = self.everybody - self.people - c
        size = np.maximum(self.everybody, 1)
        for_it, against, p, q = a * d / size, b * c / size, (a + d) / size, (b + c) / size
        r, s = float(for_it.sum()), float(against.sum())
        if r == 0 or s == 0:
            return None
        cross = float((p * against + q * for_it).sum())
        variance = (
            float((p * for_it).sum()) / (2 * r * r) + cross / (2 * r * s) + float((q * against).sum()) / (2 * s * s)
        )
        half = z_value(confidence) * math.sqrt(variance)
        log = math.log(r / s)
        method = "robins-breslow-greenland"
        return r / s, Interval(
            low=math.exp(log - half), high=math.exp(log + half), confidence=confidence, method=method
        )


def strata_of(counts: Counts, params: GroupParams, within: tuple[str, ...], margin: Outcomes) -> Strata | Inapplicable:
    """Count the groups of ``margin`` within each stratum.

    Parameters
    ----------
    within
        The columns whose values make the strata; none of them is one of the attribute's. Empty: one stratum of all.
    """
    if not within:
        selected, people = margin.rate("selection_rate")
        return Strata(selected=selected[:, None], people=people[:, None], names=({},))
    joint = count_outcomes(
        counts, params.model_copy(update={"attribute": (*params.attribute, *within), "min_group_size": 1})
    )
    if isinstance(joint, Inapplicable):
        return joint
    group_of = {_key(category): place for place, category in enumerate(margin.categories)}
    strata: dict[tuple[str, ...], int] = {}
    places = []
    for category in joint.categories:
        stratum = tuple(category[name] for name in within)
        place = strata.setdefault(stratum, len(strata))
        places.append((group_of.get(_key({name: category[name] for name in params.attribute})), place))
    shape = (len(margin.categories), len(strata))
    selected, people = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    chosen, of = joint.rate("selection_rate")
    for (group, place), count, rows in zip(places, chosen, of, strict=True):
        if group is not None:
            selected[group, place] += count
            people[group, place] += rows
    names = tuple(dict(zip(within, stratum, strict=True)) for stratum in strata)
    return Strata(selected=selected, people=people, names=names)


def _key(category: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(category.items()))
