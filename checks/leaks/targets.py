"""Features that give the target away, one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from proofbox.checks.counted.counting import encode
from proofbox.checks.counted.targetcopies import Predictor, predictor
from proofbox.checks.late import np, pa
from proofbox.checks.leaks.cells import floats
from proofbox.checks.leaks.tolerance import is_number
from proofbox.checks.result import Json, Measurement
from proofbox.checks.subject import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PREDICTORS_SHOWN = 5
_MOST_CLASSES = 256
"""A column of more different numbers holds no classes."""

_FEWEST_ROWS = 20
"""Through fewer points a line may run by chance."""

_ROUNDING = 1e-10
_MOST_ROWS = 1 << 20
"""Of a file that is read in batches about so many rows are looked at, evenly taken from all of it."""


def target_measurements(data: Dataset, target_name: str) -> Iterator[Measurement]:
    """Yield what single columns say of the target; nothing where it has one value.

    A target of many numbers is no class: there a column is a copy if a straight line leads from one to the other, and
    it says as much of the target as the squared correlation.
    """
    left_out = {target_name, data.prediction, data.weight, *data.id_columns}
    looked_at = [name for name in data.table.column_names if name not in left_out]
    table = _rows(data, [*looked_at, target_name])
    found, classes = _predictors(table, looked_at, target_name)
    if classes == 1:
        return
    copies = [known.column for known in found if known.copy]
    strongest = sorted(
        (known for known in found if not known.copy), key=lambda known: (-known.balanced_accuracy, known.column)
    )
    inside: list[Json] = [name for name in copies if name in data.features]
    outside: list[Json] = [name for name in copies if name not in data.features]
    yield Measurement(
        measure="target_copies",
        value=float(len(inside)),
        sample_size=table.num_rows,
        detail={
            "target": target_name,
            "copies_among_features": inside,
            "copies_among_other_columns": outside,
            "strongest_single_predictors": [_said(data, known, classes) for known in strongest[:_PREDICTORS_SHOWN]],
        },
    )
    features = [known for known in found if known.column in data.features]
    if features:
        best = max(features, key=lambda known: known.balanced_accuracy)
        yield Measurement(
            measure="best_single_feature",
            value=best.balanced_accuracy,
            sample_size=table.num_rows,
            detail={"target": target_name, "classes": classes, **_said(data, best, classes)},
        )


def _predictors(table: pa.Table, names: list[str], target_name: str) -> tuple[list[Predictor], int]:
    """Return what each column says of the target, and how many classes it has: 0 where it is a number."""
    column = table.column(target_name)
    if is_number(column.type) and len(column.unique()) > _MOST_CLASSES:
        numbers = floats(column)
        return [_line(name, floats(table.column(name)), numbers) for name in names
                if is_number(table.column(name).type)], 0  # fmt: skip
    target = encode(column)
    found = [known for name in names if (known := predictor(name, table.column(name), target)) is not None]
    return found, max(1, len(target.categories))


def _line(name: str, values: NDArray[np.float64], target: NDArray[np.float64]) -> Predictor:
    known = np.isfinite(values) & np.isfinite(target)
    one, other = (
        numbers[known] - numbers[known].mean() if known.any() else numbers[:0] for numbers in (values, target)
    )
    spread = float((one @ one) * (other @ other))
    share = min(1.0, float(one @ other) ** 2 / spread) if spread > 0 and len(one) >= _FEWEST_ROWS else 0.0
    return Predictor(column=name, copy=share > 1 - _ROUNDING, accuracy=share, balanced_accuracy=share)


def _rows(data: Dataset, names: list[str]) -> pa.Table:
    if data.source is None:
        return data.table.select(names)
    step = max(1, data.rows // _MOST_ROWS)
    parts: list[pa.Table] = []
    at = 0
    for batch in data.batches(names):
        parts.append(batch.take(pa.array(range(-at % step, batch.num_rows, step), pa.int64())))
        at += batch.num_rows
    return pa.concat_tables(parts).unify_dictionaries()


def _said(data: Dataset, known: Predictor, classes: int) -> dict[str, Json]:
    column: dict[str, Json] = {"column": known.column, "read_by_the_model": known.column in data.features}
    if not classes:
        return {**column, "squared_correlation": known.balanced_accuracy}
    return {**column, "accuracy": known.accuracy, "balanced_accuracy": known.balanced_accuracy}
