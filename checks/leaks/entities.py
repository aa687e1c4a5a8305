"""Whom both files know: the same value of an identifier that both declare."""

from __future__ import annotations

from proofbox.checks.late import np
from proofbox.checks.leaks.compared import named
from proofbox.checks.leaks.known import LeakParams
from proofbox.checks.leaks.rowmatch import Pairs
from proofbox.checks.leaks.shown import pairs_shown
from proofbox.checks.leaks.streamed import RowSet, matches_of
from proofbox.checks.result import Json, Measurement
from proofbox.checks.subject import Dataset
from proofbox.checks.text import Text, t


def entity_measurement(data: Dataset, training: Dataset, params: LeakParams) -> Measurement | Text:
    """Count the evaluation rows whose declared identifier occurs in training, or say why there is none to compare."""
    keys = shared_keys(data, training)
    if not keys:
        return t("no identifier is declared in both files (data.evaluation.id, data.training.id)")
    found = matches_of(data, training, {one: RowSet(columns=[(one, other)], known=True) for one, other in keys})
    rows = np.unique(np.concatenate([match.rows for match in found.values()]))
    by_column: dict[str, Json] = {}
    for one, other in keys:
        match = found[one]
        by_column[one] = {
            "rows": len(match.rows),
            "entities": len(np.unique(match.found_at)),
            "pairs": pairs_shown(match, [(one, other)], data, training, values=params.show == "values"),
        }
    return Measurement(
        measure="shared_entity_rows",
        value=float(len(rows)),
        sample_size=data.rows,
        detail={"identifiers": named(keys), "by_identifier": by_column, "share": len(rows) / data.rows},
    )


def shared_keys(data: Dataset, training: Dataset) -> Pairs:
    """Return the identifiers that both files declare: by name, or, where none agrees, in the order declared."""
    named_alike = [(name, name) for name in data.id_columns if name in training.id_columns]
    if named_alike or len(data.id_columns) != len(training.id_columns):
        return named_alike
    return list(zip(data.id_columns, training.id_columns, strict=True))
