"""That labels, decisions and weights are what they are said to be; mistakes are told with file, column and rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from proofbox.checks.counted.joint import count
from proofbox.checks.counted.offenders import by_value, offenders, without_value
from proofbox.checks.counted.rawcodes import is_missing, raw_column
from proofbox.checks.labels import label_text
from proofbox.runners.submitted.problems import Place, Problems

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from proofbox.checks.subject import Dataset
    from proofbox.runners.submitted.data import Evaluation
    from proofbox.runners.submitted.submission import ModelBlock

_BASE: Place = ("data", "evaluation")
_MOST_LABELS = 1_000
"""Labels of a column that are looked at; a column with more is no column of labels."""
_SCORES = 50
"""Fractions with more different values than this are scores, not labels."""


def check_labels(data: Dataset, said: ModelBlock | Evaluation, where: Place, task: str, problems: Problems) -> None:
    """Check the true labels and the recorded decisions of a classification.

    Parameters
    ----------
    said
        The block that says which class is positive and which there are.
    where
        The place of that block.
    """
    found: dict[str, Mapping[str, int]] = {}
    for key, column in (("target", data.target), ("prediction", data.prediction)):
        if column is None or column not in data.table.column_names:
            continue
        if labels := _labels(data, column, (*_BASE, key), problems):
            found[key] = labels
            if key == "target":
                _check_several(data, column, labels, problems)
            if data.positive_label not in labels:
                shown = ", ".join(list(labels)[:6]) + (", ..." if len(labels) > 6 else "")
                problems.add(
                    (*where, "positive_label"),
                    got=f"'{data.positive_label}', which never occurs in '{column}' of {data.path}",
                    expected=f"one of {shown}",
                )
    declared = tuple(map(label_text, said.classes))
    for key, labels in found.items():
        column = str(data.target if key == "target" else data.prediction)
        if known := declared or _binary(labels, data.positive_label, task):
            _check_classes(data, column, labels, known, (*_BASE, key), problems)
    if len(found) == 2 and not set(found["target"]) & set(found["prediction"]):
        told = [", ".join(list(labels)[:4]) for labels in (found["prediction"], found["target"])]
        problems.add(
            (*_BASE, "prediction"),
            got=f"decisions {told[0]} in '{data.prediction}' of {data.path}, and none of the true labels {told[1]}",
            expected="decisions between the same classes as the true labels",
            hint="are 'target' and 'prediction' the columns that you mean? both must name classes in the same words",
        )


def _check_several(data: Dataset, column: str, labels: Mapping[str, int], problems: Problems) -> None:
    """Refuse true labels that are the same in every row: nothing could be said of the other decision."""
    if len(labels) > 1:
        return
    label, rows = next(iter(labels.items()))
    problems.add(
        (*_BASE, "target"),
        got=f"the label '{label}' in all {rows} rows of '{column}' of {data.path}",
        expected="rows of at least two classes",
        hint="was the file filtered or sorted before it was cut? take rows as they come in use",
    )


def _labels(data: Dataset, column: str, place: Place, problems: Problems) -> Mapping[str, int]:
    """Return label -> rows of a column in which every row has one; empty, with a problem noted, where it is none."""
    total = None
    for batch in data.batches([column]):
        raw = raw_column(column, batch.column(column))
        if raw.size > _MOST_LABELS:
            _no_labels(data, column, place, raw.distinct, problems)
            return {}
        part = count([raw])
        total = part if total is None else total + part
    assert total is not None
    names = total.axes[0].categories
    rows = {names[code]: int(number) for code, number in zip(total.of(column), total.rows, strict=True)
            if code < len(names)}  # fmt: skip
    if missing := data.rows - sum(rows.values()):
        gone = offenders(data.batches([column]), column, without_value)
        problems.add(
            place,
            got=f"{missing} rows without a value in '{column}' of {data.path} ({gone})",
            expected="a label in every row",
            hint="leave those rows out and say so in the provenance record",
        )
        return {}
    if len(names) > _SCORES and any("." in name for name in names) and total.axes[0].numeric:
        _no_labels(data, column, place, len(names), problems)
        return {}
    return rows


def _no_labels(data: Dataset, column: str, place: Place, values: int, problems: Problems) -> None:
    import numpy as np
    import pyarrow.types as pt

    fractions = data.table.column(column)
    floating = pt.is_floating(fractions.type)

    def broken(part: pa.ChunkedArray) -> NDArray[np.bool_]:
        numbers = part.to_numpy()
        wrong: NDArray[np.bool_] = np.isfinite(numbers) & (numbers != np.round(numbers))
        return wrong

    where = f" ({offenders(data.batches([column]), column, broken)})" if floating else ""
    problems.add(
        place,
        got=f"{values} different {'fractions' if floating else 'values'} in '{column}' of {data.path}{where}",
        expected="one label of a class in each row",
        hint="are 'target' and 'prediction' swapped, or is this a column of scores or identifiers?",
    )


def _binary(labels: Mapping[str, int], positive: str, task: str) -> tuple[str, ...]:
    """Return the two classes of a binary classification whose labels are more than two: those that most rows have."""
    if task != "binary-classification" or len(labels) <= 2:
        return ()
    others = sorted((name for name in labels if name != positive), key=lambda name: (-labels[name], name))
    return (positive, others[0])


def _check_classes(
    data: Dataset, column: str, labels: Mapping[str, int], known: tuple[str, ...], place: Place, problems: Problems
) -> None:
    strange = [name for name in labels if name not in known]
    if not strange:
        return
    wrong = offenders(data.batches([column]), column, _is_one_of(frozenset(strange)))
    shown = ", ".join(f"'{name}'" for name in strange[:3]) + (", ..." if len(strange) > 3 else "")
    problems.add(
        place,
        got=f"the label {shown} in '{column}' of {data.path} ({wrong})",
        expected="one of " + ", ".join(known[:8]) + (", ..." if len(known) > 8 else ""),
        hint="mend those rows, or declare all labels under 'classes' (and the task, where there are more than two)",
    )


def check_weight(data: Dataset, place: Place, problems: Problems) -> None:
    """Check that every sample weight is a number of at least 0, and that not all of them are 0."""
    import pyarrow.types as pt

    column = data.weight
    if column is None or column not in data.table.column_names:
        return
    kind = data.table.column(column).type
    if not (pt.is_integer(kind) or pt.is_floating(kind)):
        said = "text" if pt.is_dictionary(kind) else str(kind)
        problems.add(place, got=f"{said} in '{column}' of {data.path}", expected="numbers of at least 0")
        return
    wrong = offenders(data.batches([column]), column, _bad_weight)
    if wrong.count:
        problems.add(
            place,
            got=f"a missing, negative or infinite weight in '{column}' of {data.path} ({wrong})",
            expected="a number of at least 0 in every row",
            hint="a row that should not count has the weight 0",
        )
    elif not any(_sum(batch.column(column)) > 0 for batch in data.batches([column])):
        problems.add(place, got=f"'{column}' of {data.path}, which is 0 in all rows", expected="a weight above 0")


def _sum(column: pa.ChunkedArray) -> float:
    import pyarrow.compute as pc

    return float(pc.sum(column).as_py() or 0)


def _bad_weight(column: pa.ChunkedArray) -> NDArray[np.bool_]:
    import numpy as np
    import pyarrow as pa

    numbers = column.cast(pa.float64(), safe=False).to_numpy()
    with np.errstate(invalid="ignore"):
        wrong: NDArray[np.bool_] = ~(np.isfinite(numbers) & (numbers >= 0))
    return wrong


def _is_one_of(labels: frozenset[str]) -> Callable[[pa.ChunkedArray], NDArray[np.bool_]]:
    return lambda column: by_value(column, lambda value: not is_missing(value) and label_text(value) in labels)
