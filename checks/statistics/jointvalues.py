"""Measures that follow from counts, for two deciders of the same rows at once and for many drawn tables at once.

Each row is of one kind: its group, its true label, and for each of the two whether it said the counted label and
whether it was right. What the product measures of one decider (``fairness.*``, ``performance.classification``) is here
a function of the counts of these kinds, so that a bootstrap can take the difference thousands of times.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from proofbox.checks.intervals import Floats
from proofbox.checks.late import np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Bools: TypeAlias = "NDArray[np.bool_]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """What is known of one decider, row by row or kind by kind; all of one shape."""

    group: NDArray[np.int64]
    """Number of the group; -1 for rows of no group that is compared."""
    true: Bools
    """Whether the counted label is the true one."""
    known: Bools
    """Whether there is a true label."""
    said: Bools
    """Whether the decision is the counted label."""
    right: Bools
    """Whether the decision is the true label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share: of the rows ``among``, those that ``have`` something."""

    among: Callable[[Side], Bools]
    have: Callable[[Side], Bools]
    fixed: bool = True
    """Whether ``among`` are the same rows whoever decides, so that the two shares are of one denominator."""


SHARES: Mapping[str, Share] = {
    "accuracy": Share(among=lambda s: s.known, have=lambda s: s.right),
    "selection_rate": Share(among=lambda s: np.ones_like(s.said), have=lambda s: s.said),
    "true_positive_rate": Share(among=lambda s: s.known & s.true, have=lambda s: s.said),
    "recall": Share(among=lambda s: s.known & s.true, have=lambda s: s.said),
    "false_negative_rate": Share(among=lambda s: s.known & s.true, have=lambda s: ~s.said),
    "false_positive_rate": Share(among=lambda s: s.known & ~s.true, have=lambda s: s.said),
    "true_negative_rate": Share(among=lambda s: s.known & ~s.true, have=lambda s: ~s.said),
    "precision": Share(among=lambda s: s.known & s.said, have=lambda s: s.true, fixed=False),
    "negative_predictive_value": Share(among=lambda s: s.known & ~s.said, have=lambda s: ~s.true, fixed=False),
}

Value: TypeAlias = Callable[[Side, Floats], Floats]
"""Kinds and drawn counts of shape (draws, kinds) -> values of shape (draws,); NaN where there is none."""


def share_value(name: str) -> Value:
    """Return the function that takes one of :data:`SHARES` over all rows."""

    def value(side: Side, counts: Floats) -> Floats:
        share = SHARES[name]
        among = share.among(side)
        return _divided(counts @ (among & share.have(side)), counts @ among)

    return value


def _gap(*names: str) -> Value:
    """Return the largest difference of any two groups' rates; of several rates, the largest of all."""

    def value(side: Side, counts: Floats) -> Floats:
        found = [_by_group(name, side, counts) for name in names]
        most: Floats = np.max([_largest(rates) - _smallest(rates) for rates in found], axis=0)
        return most

    return value


def _ratio(*names: str) -> Value:
    """Return the smallest ratio of any two groups' rates; of several rates, the smallest of all."""

    def value(side: Side, counts: Floats) -> Floats:
        found = [_by_group(name, side, counts) for name in names]
        least: Floats = np.min([_divided(_smallest(rates), _largest(rates)) for rates in found], axis=0)
        return least

    return value


def _balanced(side: Side, counts: Floats) -> Floats:
    found: Floats = (share_value("recall")(side, counts) + share_value("true_negative_rate")(side, counts)) / 2
    return found


def _f1(side: Side, counts: Floats) -> Floats:
    right = counts @ (side.known & side.true & side.said)
    wrong = counts @ (side.known & (side.true != side.said))
    return _divided(2 * right, 2 * right + wrong)


OF_ALL: Mapping[str, Value] = {
    "precision": share_value("precision"),
    "negative_predictive_value": share_value("negative_predictive_value"),
    "balanced_accuracy": _balanced,
    "f1": _f1,
}
"""Measures of all rows, or of one group, whose denominators differ between two deciders."""

OF_GROUPS: Mapping[str, Value] = {
    "demographic_parity_difference": _gap("selection_rate"),
    "demographic_parity_ratio": _ratio("selection_rate"),
    "equal_opportunity_difference": _gap("true_positive_rate"),
    "equal_opportunity_ratio": _ratio("true_positive_rate"),
    "false_positive_rate_difference": _gap("false_positive_rate"),
    "equalized_odds_difference": _gap("true_positive_rate", "false_positive_rate"),
    "equalized_odds_ratio": _ratio("true_positive_rate", "false_positive_rate"),
    "predictive_parity_difference": _gap("precision"),
    "accuracy_difference": _gap("accuracy"),
}
"""Measures between groups."""


def kinds(first: Side, second: Side) -> tuple[Side, Side, NDArray[np.int64]]:
    """Return the kinds of rows that occur, as each decider has them, and how many rows there are of each."""
    columns = (first.group, first.true, first.known, first.said, first.right, second.said, second.right)
    rows, counts = np.unique(np.stack([column.astype(np.int64) for column in columns]), axis=1, return_counts=True)
    group, (true, known, *told) = rows[0], rows[1:].astype(np.bool_)
    mine = Side(group=group, true=true, known=known, said=told[0], right=told[1])
    theirs = Side(group=group, true=true, known=known, said=told[2], right=told[3])
    return mine, theirs, counts.astype(np.int64)


def _by_group(name: str, side: Side, counts: Floats) -> Floats:
    """Return shape (draws, groups): the groups' rates, NaN where a group has no row to rate."""
    share = SHARES[name]
    among = share.among(side)
    members = np.equal.outer(side.group, np.arange(int(side.group.max()) + 1))
    having = (among & share.have(side))[:, np.newaxis]
    return _divided(counts @ (members & having), counts @ (members & among[:, np.newaxis]))


def _divided(above: Floats, below: Floats) -> Floats:
    there = below > 0
    found: Floats = np.where(there, above / np.where(there, below, 1.0), np.nan)
    return found


def _largest(rates: Floats) -> Floats:
    return _at_least_two(rates, np.where(np.isnan(rates), -np.inf, rates).max(axis=1))


def _smallest(rates: Floats) -> Floats:
    return _at_least_two(rates, np.where(np.isnan(rates), np.inf, rates).min(axis=1))


def _at_least_two(rates: Floats, found: Floats) -> Floats:
    """Return ``found``, NaN where fewer than two groups have a rate: there is nothing to compare."""
    kept: Floats = np.where((~np.isnan(rates)).sum(axis=1) >= 2, found, np.nan)
    return kept
