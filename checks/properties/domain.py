"""What values a feature may have, described for Hypothesis, and a few drawn by it: edges, and what lies between.

Hypothesis cannot call back a check that asks the broker, and one example a row would cost more than most models do. So
it draws, in one go, a handful of values for each feature; rows are made of these and of real ones by whole numbers
(:mod:`proofbox.checks.properties.bank`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from proofbox.checks.counted.counting import encode
from proofbox.checks.late import np, pa
from proofbox.checks.properties.steady import backend
from proofbox.checks.result import Scalar

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy
    from numpy.random import Generator

EACH = 12
"""Values of a feature in one example."""
EXAMPLES = 1
"""Examples beside the first, which is the simplest value over and over."""
AT_ONCE = 16
"""Features of one example: what Hypothesis draws for one is bounded."""
MOST_CATEGORIES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One feature as the data show it."""

    name: str
    kind: Literal["number", "whole", "category"]
    low: float = 0.0
    high: float = 0.0
    """The range of a number that occurs: what lies beyond may describe nobody."""
    spread: float = 1.0
    """Standard deviation of a number; 1 where it does not vary."""
    categories: tuple[Scalar, ...] = ()
    """Those that occur, of what is no number; at most 500 of them."""

    @property
    def numeric(self) -> bool:
        """Whether its values have an order and a distance."""
        return self.kind != "category"


def described(table: pa.Table) -> tuple[Feature, ...]:
    """Describe every column that has a value at all."""
    found = (_described(name, table.column(name)) for name in table.column_names)
    return tuple(feature for feature in found if feature is not None)


def drawn_values(features: Sequence[Feature], rng: Generator) -> Mapping[str, list[Scalar]]:
    """Have Hypothesis draw a dozen values of each feature from its domain; the same for the same state of ``rng``."""
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis import strategies as st

    found: dict[str, list[Scalar]] = {feature.name: [] for feature in features}
    for start in range(0, len(features), AT_ONCE):
        part = features[start : start + AT_ONCE]
        lists = {feature.name: st.lists(_strategy(feature), min_size=EACH, max_size=EACH) for feature in part}

        @settings(
            max_examples=EXAMPLES + 1,
            phases=[Phase.generate],
            backend=backend(),
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        @seed(int(rng.integers(2**32)))
        @given(st.fixed_dictionaries(lists))
        def collect(drawn: dict[str, list[Scalar]]) -> None:
            for name, values in drawn.items():
                found[name].extend(values)

        collect()
    return {name: list(dict.fromkeys(values)) for name, values in found.items()}


def _described(name: str, column: pa.ChunkedArray) -> Feature | None:
    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        values = column.cast(pa.float64(), safe=False).to_numpy()
        there = values[np.isfinite(values)]
        if not len(there):
            return None
        whole = bool((there == np.rint(there)).all())
        return Feature(
            name=name,
            kind="whole" if whole else "number",
            low=float(there.min()),
            high=float(there.max()),
            spread=float(there.std()) or 1.0,
        )
    if pa.types.is_boolean(kind):
        return Feature(name=name, kind="category", categories=(False, True))
    if pa.types.is_null(kind):
        return None
    categories = encode(column).categories[:MOST_CATEGORIES]
    return Feature(name=name, kind="category", categories=tuple(categories)) if categories else None


def _strategy(feature: Feature) -> SearchStrategy[Any]:
    from hypothesis import strategies as st

    if feature.kind == "category":
        return st.sampled_from(feature.categories)
    if feature.kind == "whole":
        return st.integers(int(feature.low), int(feature.high))
    return st.floats(feature.low, feature.high, allow_subnormal=False)
