"""That a model which could be loaded fits its submission: told before anything is measured, with place and advice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.labels import label_text
from proofbox.runners.errors import BadSubmissionError
from proofbox.sandbox.errors import ModelError

if TYPE_CHECKING:
    import pyarrow as pa

    from proofbox.runners.submitted.resolve import Resolved
    from proofbox.sandbox.hosted import HostedModel
    from proofbox.sandbox.remote import RemoteModel

REFUSED = frozenset({"load", "refused", "raised"})
"""Kinds of failure that say the model and its description do not fit: bad input, nothing was assessed."""

FEW = 3
"""At most so many different texts among numbers are strangers there; a column with more is one of text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranger:
    """A text in a feature whose other values are numbers."""

    column: str
    value: str
    row: int
    """Zero-based row of the evaluation data."""


def check_fit(hosted: HostedModel | RemoteModel, resolved: Resolved) -> None:
    """Ask the model about one ordinary row, and about those that hold text among numbers.

    A model that refuses its own evaluation data is a mistake to tell before measuring; one that crashes is a finding,
    and is told by every check that needs it.

    Raises
    ------
    BadSubmissionError
        The model's classes are not those of the submission, or it does not take a text that stands among numbers.
    ModelError
        It refuses an ordinary row.
    """
    _check_classes(hosted, resolved)
    rows = resolved.evaluation.feature_table()
    _ask(hosted, rows.slice(0, 1))
    for stranger in strangers(rows):
        try:
            _ask(hosted, rows.slice(stranger.row, 1))
        except ModelError as err:
            problem = resolved.document.problem(
                ("data", "evaluation", "path"),
                got=f"'{stranger.value[:40]}' in '{stranger.column}' of {resolved.evaluation.path}"
                f" (data row {stranger.row + 1}), which the model does not take: {err.what}",
                expected=f"a number, as in the other rows of '{stranger.column}'",
                hint="mend that cell, or leave it empty where the value is not known and the model can do without",
            )
            raise BadSubmissionError((problem,)) from err


def _ask(hosted: HostedModel | RemoteModel, rows: pa.Table) -> None:
    try:
        hosted.predict(rows)
    except ModelError as err:
        if err.kind in REFUSED:
            raise


def _check_classes(hosted: HostedModel | RemoteModel, resolved: Resolved) -> None:
    block = resolved.submission.model
    assert block is not None
    positive = label_text(block.positive_label)
    # A model that tells one class, or none, answers scores alone, and the submission says what they mean.
    if len(hosted.classes) < 2 or positive in hosted.classes:
        return
    known = ", ".join(hosted.classes[:6]) + (", ..." if len(hosted.classes) > 6 else "")
    problem = resolved.document.problem(
        ("model", "positive_label"),
        got=f"'{positive}', which is none of the model's classes {known}",
        expected="a class that the model answers with",
        hint="the model and the true answers must name classes in the same words: recode the target, or name its"
        " classes as the model does",
    )
    raise BadSubmissionError((problem,))


def strangers(rows: pa.Table) -> Iterator[Stranger]:
    """Yield the first row of each text in a column that otherwise holds numbers, at most :data:`FEW` a column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for name in rows.column_names:
        column = rows.column(name)
        if not pa.types.is_dictionary(column.type):
            continue
        column = column.unify_dictionaries()
        values = column.chunk(0).dictionary.to_pylist() if column.num_chunks else []
        strange = [value for value in values if value is not None and not _is_number(str(value))]
        if not strange or len(strange) > FEW or len(values) < 4 * len(strange):
            continue
        plain = column.cast(pa.string())
        for value in strange:
            row = pc.index(plain, pa.scalar(value, pa.string())).as_py()
            if row >= 0:
                yield Stranger(column=name, value=str(value), row=row)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
