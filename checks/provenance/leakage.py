"""Whether the evaluation data, or the answer itself, was known in training.

## Measures

- `leaked_rows`: [0, inf), lower is better, 0 is perfect. Evaluation rows that stand in the training data: equal in
  every column that both files have, identifiers left out.
- `leaked_share`: [0, 1], lower is better, 0 is perfect. The same as a share of the evaluation rows.
- `repeated_cases`: [0, inf), lower is better, 0 is perfect. Evaluation rows whose features and target alone stand in a
  training row: for the model the same case, be it the same person or not.
- `target_copies`: [0, inf), lower is better, 0 is perfect. Features that are the target under another name: renamed,
  inverted or more finely coded.

## Method

Rows are compared exactly, value by value: 1 and 1.0 are equal, a missing value equals a missing value. Identifier
columns are left out, since they would hide every duplicate: those that are declared, and every other column of whole
numbers or text, neither feature nor target, that has another value in each row of both files. The detail also counts
duplicates by features alone and lists the first pairs of rows.

A column is a copy of the target if each of its categories occurs with one target class only. Copies among the other
columns of the file, and the columns that alone predict the target best (by the best rule from each category, or the
best single threshold, on these data), are named in the detail.

## Limits

Near duplicates and the same person under changed values are not found. With few coarse features, two people may be
a repeated case by chance: see what else differs before calling it a leak. A copy among columns that the model does not
read harms nothing, yet shows that the file knows more than an applicant would.

## References

- Kapoor and Narayanan, "Leakage and the reproducibility crisis in machine-learning-based science", Patterns 4 (2023).
- Kaufman, Rosset, Perlich, Stitelman, "Leakage in data mining", ACM TKDD 6 (2012).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pt

from proofbox.checks.counting import encode
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.rowmatch import Matches, matching_rows
from proofbox.checks.subject import Dataset
from proofbox.checks.targetcopies import Predictor, predictor
from proofbox.checks.text import t

_PAIRS_SHOWN = 20
_PREDICTORS_SHOWN = 5
_IDENTIFYING_ROWS = 20
"""In a shorter file, values may all differ by chance."""


@check("provenance.leakage")
def leakage(data: Dataset, training: Dataset | None) -> Measured | Inapplicable:
    """Measure whether the evaluation data were known in training."""
    if data.rows == 0:
        return Inapplicable(t("the {role} data have no rows", role=data.role))
    found: list[Measurement] = []
    if training is not None:
        found += _duplicates(data, training)
    if data.target is not None:
        found += _copies(data, data.target)
    if not found:
        return Inapplicable(
            t("there are neither training data that share the model's features nor a target with two classes")
        )
    return Measured(measurements=tuple(found))


def _duplicates(data: Dataset, training: Dataset) -> Iterator[Measurement]:
    shared = [name for name in data.table.column_names if name in training.table.column_names]
    declared = {*data.id_columns, *training.id_columns}
    own = {data.target, data.prediction, data.weight, *data.features}
    found_ids = {name for name in shared if name not in own | declared and _identifies(name, data, training)}
    ids = declared | found_ids
    target = [(data.target, training.target)] if data.target is not None and training.target is not None else []
    everything = [(name, name) for name in shared if name not in ids | {data.prediction, data.target}] + target
    if not everything or training.rows == 0:
        return
    matches = {"all_shared_columns": matching_rows(data.table, training.table, everything)}
    features = [(name, name) for name in data.features if name in shared and name not in declared]
    if features:
        matches["features"] = matching_rows(data.table, training.table, features)
        matches["features_and_target"] = matching_rows(data.table, training.table, [*features, *target])
    leaked = matches["all_shared_columns"]
    detail: dict[str, Json] = {
        "columns": _names(everything),
        "features_absent_from_training": [name for name in data.features if name not in shared],
        "target_compared": bool(target),
        "identifiers_left_out": sorted(ids),
        "identifiers_found": sorted(found_ids),
        "training_rows": training.rows,
        "duplicates": {name: len(found.rows) for name, found in sorted(matches.items())},
        "pairs": _pairs(leaked),
    }
    count, rows = len(leaked.rows), data.rows
    yield Measurement(measure="leaked_rows", value=float(count), sample_size=rows, detail=detail)
    yield Measurement(measure="leaked_share", value=count / rows, sample_size=rows, detail={"leaked_rows": count})
    if features:
        cases = matches["features_and_target"]
        repeated: dict[str, Json] = {"columns": _names([*features, *target]), "pairs": _pairs(cases)}
        yield Measurement(measure="repeated_cases", value=float(len(cases.rows)), sample_size=rows, detail=repeated)


def _identifies(name: str, data: Dataset, training: Dataset) -> bool:
    """Return whether a column has another value in every row of both files, as only an identifier does."""
    for table in (data.table, training.table):
        column = table.column(name)
        coded = pt.is_dictionary(column.type)
        if not (coded or pt.is_integer(column.type) or pt.is_string(column.type)):
            return False
        if column.null_count or len(column) < _IDENTIFYING_ROWS:
            return False
        if pc.count_distinct(column.cast(pa.string()) if coded else column).as_py() < len(column):
            return False
    return True


def _names(columns: Sequence[tuple[str, str]]) -> list[Json]:
    return [one if one == other else f"{one} = {other}" for one, other in columns]


def _pairs(leaked: Matches) -> list[Json]:
    pairs = zip(leaked.rows[:_PAIRS_SHOWN], leaked.found_at[:_PAIRS_SHOWN], strict=True)
    return [{"evaluation_row": int(row), "training_row": int(other)} for row, other in pairs]


def _copies(data: Dataset, target_name: str) -> Iterator[Measurement]:
    target = encode(data.table.column(target_name))
    if len(target.categories) < 2:
        return
    left_out = {target_name, data.prediction, data.weight, *data.id_columns}
    looked_at = [name for name in data.table.column_names if name not in left_out]
    found = [known for name in looked_at if (known := predictor(name, data.table.column(name), target)) is not None]
    copies = [known.column for known in found if known.copy]
    strongest = sorted(
        (known for known in found if not known.copy), key=lambda known: (-known.balanced_accuracy, known.column)
    )
    inside: list[Json] = [name for name in copies if name in data.features]
    outside: list[Json] = [name for name in copies if name not in data.features]
    yield Measurement(
        measure="target_copies",
        value=float(len(inside)),
        sample_size=data.rows,
        detail={
            "target": target_name,
            "copies_among_features": inside,
            "copies_among_other_columns": outside,
            "strongest_single_predictors": [_said(data, known) for known in strongest[:_PREDICTORS_SHOWN]],
        },
    )


def _said(data: Dataset, known: Predictor) -> Json:
    return {
        "column": known.column,
        "read_by_the_model": known.column in data.features,
        "accuracy": known.accuracy,
        "balanced_accuracy": known.balanced_accuracy,
    }
