"""Features that give the target away, one by one."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from proofbox.checks.counting import encode
from proofbox.checks.result import Json, Measurement
from proofbox.checks.subject import Dataset
from proofbox.checks.targetcopies import Predictor, predictor

_PREDICTORS_SHOWN = 5
_MOST_ROWS = 1 << 20
"""Of a file that is read in batches about so many rows are looked at, evenly taken from all of it."""


def target_measurements(data: Dataset, target_name: str) -> Iterator[Measurement]:
    """Yield what single columns say of the target; nothing where it has fewer than two classes."""
    left_out = {target_name, data.prediction, data.weight, *data.id_columns}
    looked_at = [name for name in data.table.column_names if name not in left_out]
    table = _rows(data, [*looked_at, target_name])
    target = encode(table.column(target_name))
    if len(target.categories) < 2:
        return
    found = [known for name in looked_at if (known := predictor(name, table.column(name), target)) is not None]
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
            "strongest_single_predictors": [_said(data, known) for known in strongest[:_PREDICTORS_SHOWN]],
        },
    )
    features = [known for known in found if known.column in data.features]
    if features:
        best = max(features, key=lambda known: known.balanced_accuracy)
        yield Measurement(
            measure="best_single_feature",
            value=best.balanced_accuracy,
            sample_size=table.num_rows,
            detail={"target": target_name, "classes": len(target.categories), **_said(data, best)},
        )


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


def _said(data: Dataset, known: Predictor) -> dict[str, Json]:
    return {
        "column": known.column,
        "read_by_the_model": known.column in data.features,
        "accuracy": known.accuracy,
        "balanced_accuracy": known.balanced_accuracy,
    }
