"""The submission's data sets: that each named column is there and can be what it is said to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from proofbox.checks.labels import label_text
from proofbox.checks.subject import Dataset, Subject
from proofbox.runners.labelled import check_labels, check_weight
from proofbox.runners.problems import Place, Problems
from proofbox.runners.sensitive import declared_bins
from proofbox.runners.streams import Reading, Stream, read_or_open
from proofbox.runners.submission import Evaluation, Submission, Training
from proofbox.runners.tables import OpenFile, ReadTable, UnreadableTableError, read_table

if TYPE_CHECKING:
    import pyarrow as pa

    from proofbox.checks.result import Json


def _read(
    path: str, part: Evaluation | Training, place: Place, where: tuple[Subject, Problems, OpenFile]
) -> ReadTable | None:
    subject, problems, open_file = where
    try:
        return read_table(subject.root / path, open_file, part.csv)
    except UnreadableTableError as err:
        problems.add(place, got=f"in {path}: {err.got}", expected=err.expected, hint=err.hint)
        return None


def _read_or_open(path: str, part: Evaluation, where: tuple[Subject, Problems, Reading]) -> ReadTable | Stream | None:
    """Read a file, or open it to be read in batches where it is too large to hold."""
    subject, problems, how = where
    try:
        return read_or_open(subject.root / path, how, part.csv)
    except UnreadableTableError as err:
        place: Place = ("data", "evaluation", "path")
        problems.add(place, got=f"in {path}: {err.got}", expected=err.expected, hint=err.hint)
        return None


def evaluation_set(submission: Submission, subject: Subject, problems: Problems, how: Reading) -> Dataset | None:
    """Read the evaluation data and check its columns; None (with problems noted) where it cannot be read."""
    part, model = submission.data.evaluation, submission.model
    path = next(file.path for file in subject.declared_files if file.role == "evaluation")
    read = _read_or_open(path, part, (subject, problems, how))
    if read is None:
        return None
    stream = read if isinstance(read, Stream) else None
    said = model or part
    data = Dataset(
        role="evaluation",
        path=path,
        table=read.head if isinstance(read, Stream) else read.table,
        features=model.features if model else (),
        target=part.target,
        prediction=part.prediction,
        sensitive=tuple(one.column for one in part.sensitive),
        weight=part.weight,
        id_columns=part.id,
        positive_label=label_text(said.positive_label),
        favourable_label=None if said.favourable_label is None else label_text(said.favourable_label),
        proxies=submission.declared.proxies,
        detail=read.detail,
        source=stream,
    )
    before = len(problems.found)
    try:
        _check_evaluation(submission, data, problems)
        bins = declared_bins(part.sensitive, data, ("data", "evaluation", "sensitive"), problems)
    except UnreadableTableError as err:
        # A file that is read in batches may be damaged further down.
        place: Place = ("data", "evaluation", "path")
        problems.add(place, got=f"in {path}: {err.got}", expected=err.expected, hint=err.hint)
    if len(problems.found) > before or not bins:
        return data
    edges: dict[str, Json] = {name: list(numbers) for name, numbers in bins.items()}
    return replace(data, bins=bins, detail={**data.detail, "bins": edges})


def _check_evaluation(submission: Submission, data: Dataset, problems: Problems) -> None:
    part, model = submission.data.evaluation, submission.model
    table, path = data.table, data.path
    if model:
        _need_columns(
            table, path, [(("model", "features", i), name) for i, name in enumerate(model.features)], problems
        )
        _check_feature_types(table, model.features, problems)
    base: Place = ("data", "evaluation")
    single = [((*base, key), getattr(part, key)) for key in ("target", "prediction", "text", "weight")]
    several = [((*base, "sensitive", i), name) for i, name in enumerate(data.sensitive)]
    several += [((*base, "id", i), name) for i, name in enumerate(part.id)]
    _need_columns(table, path, [*single, *several, *_declared(submission)], problems)
    if submission.task != "regression":
        where: Place = ("model",) if model else base
        # Recorded decisions may be between more than two classes, where no model says that they are not.
        check_labels(data, model or part, where, submission.task if model else "", problems)
    check_weight(data, (*base, "weight"), problems)


def training_set(submission: Submission, subject: Subject, problems: Problems, open_file: OpenFile) -> Dataset | None:
    """Read the training data, if there are any, and check their columns."""
    part, model = submission.data.training, submission.model
    if part is None:
        return None
    path = next(file.path for file in subject.declared_files if file.role == "training")
    read = _read(path, part, ("data", "training", "path"), (subject, problems, open_file))
    if read is None:
        return None
    base: Place = ("data", "training")
    named = [((*base, "target"), part.target), *(((*base, "id", i), name) for i, name in enumerate(part.id))]
    _need_columns(read.table, path, named, problems)
    said = model or submission.data.evaluation
    return Dataset(
        role="training",
        path=path,
        table=read.table,
        # A training file may lack columns that the model reads; checks compare what both files have.
        features=tuple(name for name in (model.features if model else ()) if name in read.table.column_names),
        target=part.target,
        prediction=None,
        sensitive=(),
        weight=None,
        id_columns=part.id,
        positive_label=label_text(said.positive_label),
        favourable_label=None,
        detail=read.detail,
    )


def _declared(submission: Submission) -> Iterable[tuple[Place, str | None]]:
    """Columns of the evaluation data that the provider makes a claim about, with the places of the claims."""
    for key in ("quasi_identifiers", "personal_data"):
        for index, name in enumerate(getattr(submission.declared, key)):
            yield ("declared", key, index), name
    for attribute, names in submission.declared.proxies.items():
        yield ("declared", "proxies", attribute), attribute
        for index, name in enumerate(names):
            yield ("declared", "proxies", attribute, index), name


def _need_columns(table: pa.Table, path: str, named: Iterable[tuple[Place, str | None]], problems: Problems) -> None:
    for place, column in named:
        if column is None or column in table.column_names:
            continue
        near = difflib.get_close_matches(column, table.column_names, n=3, cutoff=0.4)
        shown = ", ".join(near or table.column_names[:8])
        hint = (
            f"did you mean {shown}?" if near else f"its columns are {shown}{', ...' if table.num_columns > 8 else ''}"
        )
        problems.add(place, got=f"'{column}', which {path} does not have", expected="a column of that file", hint=hint)


def _check_feature_types(table: pa.Table, features: Iterable[str], problems: Problems) -> None:
    import pyarrow.types as pt

    for index, name in enumerate(features):
        if name not in table.column_names:
            continue
        kind = table.column(name).type
        fits = pt.is_integer(kind) or pt.is_floating(kind) or pt.is_boolean(kind) or pt.is_dictionary(kind)
        if not (fits or pt.is_null(kind) or pt.is_decimal(kind)):
            hint = "turn dates and nested values into numbers or text before you submit"
            problems.add(
                ("model", "features", index), got=f"a column of type {kind}", expected="numbers or text", hint=hint
            )
