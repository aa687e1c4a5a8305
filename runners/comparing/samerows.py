"""Which row of one submission is which of the other: by place in one file, or by the declared identifiers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from proofbox.checks.counted.counting import encode
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import Text, t
from proofbox.runners.comparing.answers import Answers

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray


def paired(first: Answers, second: Answers) -> tuple[Answers, Decisions] | Text:
    """Return the first answers and the second decisions in the order of the first's rows, or why rows do not pair.

    Rows of one file pair by their place. Rows of two files pair by the columns under ``id``, where both submissions
    name the same ones, no identifier stands twice, and each row of the one is a row of the other with the same label.
    """
    if first.sha256 == second.sha256:
        place: NDArray[np.intp] | Text = np.arange(first.data.rows)
    else:
        place = _places(first.data, second.data)
    if isinstance(place, Text):
        return place
    if differing := _labels_differ(first.data, second.data, place):
        return t("the true labels of {rows} rows are not the same in both", rows=differing)
    if first.data.positive_label != second.data.positive_label:
        return t("the two submissions count different labels as positive")
    return first, _taken(second.decisions, place)


def _places(first: Dataset, second: Dataset) -> NDArray[np.intp] | Text:
    """Return shape (rows of first,): the place of each row in the second, by identifiers."""
    if not first.id_columns or first.id_columns != second.id_columns:
        return t("the evaluation data are two files, and the submissions do not name the same identifiers for the rows")
    mine, theirs = (_identifiers(data) for data in (first, second))
    if len(set(mine)) != len(mine) or len(set(theirs)) != len(theirs):
        return t("an identifier stands in more than one row, so that it is not known which row is which")
    if set(mine) != set(theirs):
        return t(
            "{count} rows are in one of the two evaluation files only",
            count=len(set(mine).symmetric_difference(theirs)),
        )
    where = {key: place for place, key in enumerate(theirs)}
    return np.array([where[key] for key in mine], dtype=np.intp)


def _identifiers(data: Dataset) -> list[tuple[str, ...]]:
    columns = [_texts(data.table.column(name)) for name in data.id_columns]
    return list(zip(*columns, strict=True))


def _texts(column: pa.ChunkedArray) -> list[str]:
    encoded = encode(column)
    names = (*encoded.categories, "")
    return [names[code] for code in encoded.codes.tolist()]


def _labels_differ(first: Dataset, second: Dataset, place: NDArray[np.intp]) -> int:
    if first.target is None or second.target is None:
        return 0 if first.target == second.target else first.rows
    mine, theirs = (np.array(_texts(data.table.column(str(data.target)))) for data in (first, second))
    return int(np.count_nonzero(mine != theirs[place]))


def _taken(decisions: Decisions, place: NDArray[np.intp]) -> Decisions:
    return replace(
        decisions,
        codes=decisions.codes[place],
        score=None if decisions.score is None else decisions.score[place],
        probabilities=None if decisions.probabilities is None else decisions.probabilities[place],
    )
