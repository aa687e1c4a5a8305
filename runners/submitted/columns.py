"""The submission's data sets: that each named column is there and can be what it is said to be."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from proofbox.checks.labels import label_text
from proofbox.checks.subject import Dataset, Subject, Unit
from proofbox.runners.submitted.data import Evaluation, Training
from proofbox.runners.submitted.labelled import check_labels, check_weight
from proofbox.runners.submitted.problems import Place, Problems
from proofbox.runners.submitted.sensitive import declared_bins
from proofbox.runners.submitted.streams import Reading, Stream, read_or_open
from proofbox.runners.submitted.submission import Submission
from proofbox.runners.submitted.tables import ReadTable, UnreadableTableError

if TYPE_CHECKING:
    import pyarrow as pa

    from proofbox.checks.result import Json


def _read_or_open(
    path: str, part: Evaluation | Training, base: Place, where: tuple[Subject, Problems, Reading]
) -> ReadTable | Stream | None:
    """Read a file, or open it to be read in batches where it is too large to hold."""
    subject, problems, how = where
    try:
        return read_or_open(subject.root / path, how, part.csv)
    except UnreadableTableError as err:
        problems.add((*base, "path"), got=f"in {path}: {err.got}", expected=err.expected, hint=err.hint)
        return None


def evaluation_set(submission: Submission, subject: Subject, problems: Problems, how: Reading) -> Dataset | None:
    """Read the evaluation data and check its columns; None (with problems noted) where it cannot be read."""
    part, model = submission.data.evaluation, submission.model
    path = next(file.path for file in subject.declared_files if file.role == "evaluation")
    read = _read_or_open(path, part, ("data", "evaluation"), (subject, problems, how))
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
        monotone={one.feature: one.direction for one in submission.declared.monotone},
        irrelevant=submission.declared.irrelevant,
        units=tuple(Unit(feature=one.feature, unit=one.unit, factors=one.factors) for one in submission.declared.units),
        detail=read.detail,
        text=part.text,
        time=part.time,
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
    single = [((*base, key), getattr(part, key)) for key in ("target", "prediction", "text", "time", "weight")]
    several = [((*base, "sensitive", i), name) for i, name in enumerate(data.sensitive)]
    several += [((*base, "id", i), name) for i, name in enumerate(part.id)]
    _need_columns(table, path, [*single, *several, *_declared(submission)], problems)
    if submission.task != "regression":
        where: Place = ("model",) if model else base
        # Recorded decisions may be between more than two classes, where no model says that they are not.
        check_labels(data, model or part, where, submission.task if model else "", problems)
    check_weight(data, (*base, "weight"), problems)


def training_set(submission: Submission, subject: Subject, problems: Problems, how: Reading) -> Dataset | None:
    """Read the training data, if there are any, and check their columns."""
    part, model = submission.data.training, submission.model
    if part is None:
        return None
    path = next(file.path for file in subject.declared_files if file.role == "training")
    base: Place = ("data", "training")
    read = _read_or_open(path, part, base, (subject, problems, how))
    if read is None:
        return None
    table = read.head if isinstance(read, Stream) else read.table
    named = [((*base, key), getattr(part, key)) for key in ("target", "time")]
    named += [((*base, "id", i), name) for i, name in enumerate(part.id)]
    _need_columns(table, path, named, problems)
    said = model or submission.data.evaluation
    return Dataset(
        role="training",
        path=path,
        table=table,
        # A training file may lack columns that the model reads; checks compare what both files have.
        features=tuple(name for name in (model.features if model else ()) if name in table.column_names),
        target=part.target,
        prediction=None,
        sensitive=(),
        weight=None,
        id_columns=part.id,
        positive_label=label_text(said.positive_label),
        favourable_label=None,
        detail=read.detail,
        time=part.time or (submission.data.evaluation.time if _has(table, submission.data.evaluation.time) else None),
        source=read if isinstance(read, Stream) else None,
    )


def _has(table: pa.Table, column: str | None) -> bool:
    return column is not None and column in table.column_names


def _declared(submission: Submission) -> Iterable[tuple[Place, str | None]]:
    """Columns of the evaluation data that the provider makes a claim about, with the places of the claims."""
    for key in ("quasi_identifiers", "personal_data", "irrelevant"):
        for index, name in enumerate(getattr(submission.declared, key)):
            yield ("declared", key, index), name
    for index, claim in enumerate(submission.declared.monotone):
        yield ("declared", "monotone", index, "feature"), claim.feature
    for index, quantity in enumerate(submission.declared.units):
        yield ("declared", "units", index, "feature"), quantity.feature
        yield ("declared", "units", index, "unit"), quantity.unit
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
