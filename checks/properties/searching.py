"""What a search for a broken property starts from, and what it says at its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from proofbox.checks.asked.changing import differ
from proofbox.checks.intervals import clopper_pearson
from proofbox.checks.late import np, pa
from proofbox.checks.properties.bank import Bank
from proofbox.checks.properties.domain import Feature, described, drawn_values
from proofbox.checks.result import Json, Measurement
from proofbox.checks.subject import Dataset, Decisions

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

MOST_REAL_ROWS = 20_000
"""Real rows of a bank; of more, this many are drawn."""
TOLERANCE = 1e-9
"""How far numbers may lie apart and still be the same answer, relative to ``1 + |number|``: rounding of sums."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The domain of a model as its data show it, and the bank of values to make rows from."""

    bank: Bank
    features: Mapping[str, Feature]
    """Those that have a value."""
    rows: NDArray[np.intp]
    """Row of the data for each real row of the bank."""

    def place(self, name: str) -> int:
        """Return the place of a feature in the bank."""
        return self.bank.names.index(name)


def ground_of(data: Dataset, rng: Generator) -> Ground:
    """Describe the domain, have Hypothesis draw from it, and fill the bank; ``data`` must have rows."""
    rows = np.arange(data.rows)
    if len(rows) > MOST_REAL_ROWS:
        rows = np.sort(rng.choice(rows, MOST_REAL_ROWS, replace=False))
    table = data.feature_table().take(pa.array(rows))
    features = described(table)
    bank = Bank(table, drawn_values(features, rng))
    return Ground(bank=bank, features={feature.name: feature for feature in features}, rows=rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many of the cases that were tried break a property."""

    measure: str
    broken: NDArray[np.bool_]
    """Shape (cases,)."""
    confidence: float
    detail: Mapping[str, Json] = field(default_factory=dict)

    def measurement(self) -> Measurement:
        """Return the share, with the exact interval that so many independent cases support."""
        count, cases = int(self.broken.sum()), len(self.broken)
        return Measurement(
            measure=self.measure,
            value=count / cases,
            interval=clopper_pearson(count, cases, self.confidence),
            sample_size=cases,
            detail={"broken": count, "cases": cases, **self.detail},
        )


def height(decisions: Decisions) -> NDArray[np.float64]:
    """Return shape (rows,): the score where the model gives one, else 1 for the positive label and 0 for others."""
    return decisions.positive.astype(np.float64) if decisions.score is None else decisions.score


def answers_differ(first: Decisions, second: Decisions) -> NDArray[np.bool_]:
    """Return shape (rows,): where the answer is another, be it the decision or the score behind it."""
    other = differ(first, second, TOLERANCE)
    if first.score is None or second.score is None:
        return other
    return other | (np.abs(first.score - second.score) > TOLERANCE * (1 + np.abs(first.score)))
