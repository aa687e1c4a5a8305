"""In which columns the rows of two files are compared, and what is left out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from proofbox.checks.leaks.identifiers import identifiers_of_both
from proofbox.checks.leaks.rowmatch import Pairs
from proofbox.checks.result import Json
from proofbox.checks.subject import Dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """Pairs of columns (evaluation, training); ``everything`` is never empty."""

    everything: Pairs
    features: Pairs
    target: Pairs
    """One pair, or none where a file has no target."""
    identifiers: Mapping[str, str]
    """Column that is left out -> why."""
    absent_features: Sequence[str]

    @property
    def detail(self) -> dict[str, Json]:
        """What a reader must know of it."""
        return {
            "columns": named(self.everything),
            "features_absent_from_training": [*self.absent_features],
            "target_compared": bool(self.target),
            "identifiers_left_out": [*sorted(self.identifiers)],
            "identifiers_found": [name for name, why in sorted(self.identifiers.items()) if why != "declared"],
            "identifiers_recognised_by": dict(self.identifiers),
        }


def compared_columns(data: Dataset, training: Dataset) -> Compared | None:
    """Return what can be compared; None where the files share no column that could tell rows apart."""
    shared = [name for name in data.table.column_names if name in training.table.column_names]
    identifiers = {name: why for name, why in identifiers_of_both(data, training).items() if name in shared}
    target = [(data.target, training.target)] if data.target is not None and training.target is not None else []
    left_out = {data.prediction, data.target, training.target, *identifiers}
    everything = [(name, name) for name in shared if name not in left_out]
    if not everything and not target:
        return None
    return Compared(
        everything=[*everything, *target],
        features=[(name, name) for name in data.features if name in shared and name not in identifiers],
        target=target,
        identifiers=identifiers,
        absent_features=[name for name in data.features if name not in shared],
    )


def named(columns: Pairs) -> list[Json]:
    """Return pairs of columns as a reader is shown them."""
    return [one if one == other else f"{one} = {other}" for one, other in columns]
