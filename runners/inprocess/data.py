"""What a caller gives in Python, turned into what a submission would have said: the same blocks, the same tests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from proofbox.checks.labels import label_text
from proofbox.checks.subject import DeclaredFile, FileRecord, Subject
from proofbox.policies.errors import BadDocumentError, Problem
from proofbox.policies.validation import validate
from proofbox.policies.yamlfile import read_yaml
from proofbox.runners.errors import BadSubmissionError, UsageError
from proofbox.runners.inprocess.model import best_output
from proofbox.runners.submitted.claims import check_performance
from proofbox.runners.submitted.columns import evaluation_set, training_set
from proofbox.runners.submitted.problems import Problems
from proofbox.runners.submitted.resolve import Resolved
from proofbox.runners.submitted.streams import Reading
from proofbox.runners.submitted.submission import Submission

if TYPE_CHECKING:
    import pyarrow as pa

    from proofbox.runners.submitted.tables import OpenFile
    from proofbox.sandbox.reading import FileSpec

EVALUATION, TRAINING = "evaluation.arrow", "training.arrow"
OBJECT = "object"
"""Stands for the path and the format of a model that is an object."""

_MANY = 50
"""A target of fractions with more different values than this is a regression's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A model, data, and what they mean; the words are those of ``submission.yaml``."""

    data: object
    """``pandas.DataFrame``, ``pyarrow.Table`` or mapping of columns, shape (rows, columns)."""
    model: object | None = None
    """None to look at recorded decisions (``prediction``) only."""
    target: str | None = None
    features: Sequence[str] | None = None
    """None: the names that the model was fitted with, else all columns that have no other role."""
    prediction: str | None = None
    sensitive: Sequence[str] = ()
    positive_label: str | int | float | bool | None = None
    """None: 1 or true, whichever occurs."""
    output: str = "auto"
    """``label``, ``probability``, ``score``; auto: probability where the model gives it."""
    task: str = "auto"
    threshold: float = 0.5
    training: object | None = None
    columns: Mapping[str, object] = field(default_factory=dict)
    """Other keys of ``data.evaluation``: ``weight``, ``id``, ``time``, ``text``."""
    product: Mapping[str, object] = field(default_factory=dict)
    """Keys of ``product`` that differ from: high risk, sector other, and a name after the model's class."""
    declared: Mapping[str, object] = field(default_factory=dict)


def resolve_given(given: Given, folder: Path) -> tuple[Resolved, tuple[str, ...]]:
    """Return what checks are given, and the model's classes; the data are written to ``folder``.

    Raises
    ------
    UsageError
        Something named is missing or not what it is said to be; every problem is told, with the name of its key.
    """
    table = as_table(given.data)
    tables = {EVALUATION: table} | ({} if given.training is None else {TRAINING: as_table(given.training)})
    classes = _classes(given, table)
    try:
        document = read_yaml(json.dumps(_said(given, table, classes), default=_plain).encode(), "arguments")
        submission = validate(document, Submission)
        subject = _subject(submission, tables, folder)
        problems = Problems(document)
        how = Reading(opener=_opener(tables), most_rows=1 << 62)
        evaluation = evaluation_set(submission, subject, problems, how)
        training = training_set(submission, subject, problems, how)
        check_performance(submission.declared.performance, problems)
        problems.stop_if_any()
    except (BadDocumentError, BadSubmissionError) as err:
        raise UsageError("\n".join(map(_told, err.problems))) from err
    assert evaluation is not None
    resolved = Resolved(
        submission=submission, document=document, subject=subject, evaluation=evaluation, training=training
    )
    return resolved, classes


def as_table(data: object) -> pa.Table:
    """Return data as an Arrow table.

    Raises
    ------
    UsageError
        It is no table, or its columns have different lengths.
    """
    import pyarrow as pa

    try:
        if isinstance(data, pa.Table):
            table = data
        elif isinstance(data, Mapping):
            table = pa.table(dict(data))
        elif hasattr(data, "columns") and hasattr(data, "iloc"):
            table = pa.Table.from_pandas(data, preserve_index=False)
        else:
            got = type(data).__name__
            raise UsageError(f"data: got {got}, expected a pandas.DataFrame, a pyarrow.Table or a mapping of columns")
    except (pa.ArrowException, TypeError, ValueError) as err:
        raise UsageError(f"data: got columns that make no table ({str(err)[:200]})") from err
    return table.replace_schema_metadata(None)


def _said(given: Given, table: pa.Table, classes: tuple[str, ...]) -> dict[str, object]:
    task = _task(given, table, classes)
    positive = _positive(given, classes, task)
    evaluation: dict[str, object] = {"path": EVALUATION, "target": given.target, "prediction": given.prediction}
    evaluation |= {"sensitive": list(given.sensitive), **given.columns}
    data: dict[str, object] = {"evaluation": evaluation}
    if given.training is not None:
        data["training"] = {"path": TRAINING, "target": given.target}
    said: dict[str, object] = {
        "schema": "proofbox/submission/v1",
        "product": {
            "name": OBJECT if given.model is None else type(given.model).__name__,
            "version": "0",
            "provider": {"name": "not named"},
            "sector": "other",
            "risk_tier": "high",
            "intended_purpose": "not stated",
            **given.product,
        },
        "data": data,
        "declared": dict(given.declared),
    }
    if given.model is None:
        evaluation |= {"positive_label": positive}
        return said
    return {
        **said,
        "model": {
            "path": OBJECT,
            "task": task,
            "features": _features(given, table),
            "output": best_output(given.model) if given.output == "auto" else given.output,
            "positive_label": positive,
            "threshold": given.threshold,
        },
    }


def _classes(given: Given, table: pa.Table) -> tuple[str, ...]:
    """Return the model's own classes, else the labels that occur; none for a regression."""
    own = getattr(given.model, "classes_", None)
    if own is not None:
        return tuple(map(label_text, own))
    if given.task == "regression" or given.target not in table.column_names:
        return ()
    labels = table.column(given.target).unique().to_pylist()
    if given.task == "auto" and len(labels) > _MANY and any(isinstance(one, float) for one in labels):
        return ()
    return tuple(sorted({label_text(one) for one in labels if one is not None}))


def _task(given: Given, table: pa.Table, classes: tuple[str, ...]) -> str:
    if given.task != "auto":
        return given.task
    if not classes and given.target in table.column_names:
        return "regression"
    return "binary-classification" if len(classes) <= 2 else "multiclass-classification"


def _positive(given: Given, classes: tuple[str, ...], task: str) -> object:
    if given.positive_label is not None or task == "regression":
        return 1 if given.positive_label is None else given.positive_label
    found = next((label for label in ("1", "true") if label in classes), None)
    if found is None and classes:
        raise UsageError(f"positive_label: got none, expected one of {', '.join(classes[:8])}")
    return found or 1


def _features(given: Given, table: pa.Table) -> list[str]:
    if given.features is not None:
        return list(given.features)
    fitted = getattr(given.model, "feature_names_in_", None)
    if fitted is not None:
        return [str(name) for name in fitted]
    taken = {given.target, given.prediction, *given.sensitive}
    for value in given.columns.values():
        taken |= {value} if isinstance(value, str) else set(cast("Sequence[str]", value or ()))
    return [name for name in table.column_names if name not in taken]


def _subject(submission: Submission, tables: Mapping[str, pa.Table], folder: Path) -> Subject:
    files = tuple(_written(folder, name, table) for name, table in sorted(tables.items()))
    roles = {EVALUATION: "evaluation", TRAINING: "training"}
    return Subject(
        root=folder,
        files=files,
        declared_files=tuple(DeclaredFile(role=cast("Any", roles[file.path]), path=file.path) for file in files),
        task=submission.task,
        model_path=None,
        model_format=OBJECT if submission.model else None,
        provenance={},
        product=submission.product.model_dump(mode="json"),
        quasi_identifiers=submission.declared.quasi_identifiers,
        personal_data=submission.declared.personal_data,
    )


def _written(folder: Path, name: str, table: pa.Table) -> FileRecord:
    import pyarrow as pa

    with pa.OSFile(str(folder / name), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    raw = (folder / name).read_bytes()
    return FileRecord(path=name, size=len(raw), sha256=hashlib.sha256(raw).hexdigest())


class _Held:
    """A table in memory, read as an open file is."""

    types: tuple[str, ...] = ()
    """None named: what is in memory already is never too large to be held there."""

    def __init__(self, table: pa.Table) -> None:
        self._table = table
        self.names = tuple(table.column_names)
        self.rows = table.num_rows

    def table(self) -> pa.Table:
        return self._table

    def __enter__(self) -> _Held:
        return self

    def __exit__(self, *ended: object) -> None:
        return None


def _opener(tables: Mapping[str, pa.Table]) -> OpenFile:
    def opened(spec: FileSpec) -> Any:  # noqa: ANN401 has of a DataFile what is used of it
        return _Held(tables[spec.path.name])

    return opened


def _plain(value: object) -> object:
    """Return a number of numpy as Python's."""
    if hasattr(value, "item"):
        return value.item()
    raise UsageError(f"got {value!r:.80}, expected text, numbers, lists and mappings of them")


def _told(problem: Problem) -> str:
    """Return a problem without the place in a file that nobody wrote."""
    where = problem.where.removeprefix("data.").removeprefix("evaluation.").removeprefix("model.")
    hint = f"; {problem.hint}" if problem.hint else ""
    return f"{where}: got {problem.got}, expected {problem.expected}{hint}"
