"""``proofbox init``: from a model file and a data file to a submission that ``proofbox run`` takes.

The model is loaded behind the walls alone, to ask it what it reads; a pickle is never opened on this side.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.runners.errors import BadSubmissionError, UsageError
from proofbox.runners.starting.columns import Column, columns_of
from proofbox.runners.starting.gathering import SNIPPET, Made, format_of, gathered, making
from proofbox.runners.starting.guessing import Given, Guess, guess
from proofbox.runners.starting.writing import Files, Product, snippet, submission_text
from proofbox.runners.submitted.data import Csv
from proofbox.runners.submitted.resolve import resolve
from proofbox.runners.submitted.streams import Reading, Stream, read_or_open
from proofbox.runners.submitted.submission import FILE_NAME, read_submission
from proofbox.runners.submitted.tables import UnreadableTableError
from proofbox.sandbox.describing import Description, describe_model
from proofbox.sandbox.errors import ModelError
from proofbox.sandbox.formats import LIBRARIES
from proofbox.sandbox.intake import Intake, take_in
from proofbox.sandbox.scratch import scratch, sweep

if TYPE_CHECKING:
    from proofbox.runners.hosted.walls import Walls

Ask = Callable[[Guess, Product, tuple[Column, ...]], tuple[Guess, Product]]
"""Lets a person correct what was guessed; where there is none, both are returned as they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What whoever calls named."""

    folder: Path
    model: Path | None = None
    data: Path | None = None
    training: Path | None = None
    given: Given = field(default_factory=Given)
    product: Product


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A submission that was written."""

    folder: Path
    files: Files
    guess: Guess
    doubts: tuple[str, ...]
    """What a person must look at, one sentence each."""
    problems: tuple[str, ...] = ()
    """Why ``proofbox run`` would refuse it as it is; empty where it would not."""


def start(wanted: Start, walls: Walls, ask: Ask = lambda guessed, product, columns: (guessed, product)) -> Started:
    """Write a submission; where anything fails before it is whole, nothing is left behind.

    Raises
    ------
    UsageError
        A file is missing or there already, or nothing tells which column is the target.
    IntakeError, IsolationError
        The folder cannot be taken in, or the model cannot be isolated here.
    """
    sweep()
    with making(wanted.folder) as made, scratch("init") as room:
        found = gathered(made, wanted.model, wanted.data, wanted.training)
        model_format = format_of(made.folder / found.model)
        if model_format == "unknown":
            raise UsageError(
                f"{found.model}: its format cannot be told by how it begins; docs/submission.md lists what is hosted"
            )
        files = Files(
            model=found.model, model_format=model_format, evaluation=found.evaluation, training=found.training
        )
        intake = take_in(made.folder, room / "submission", described=False)
        columns = _columns(intake, files, walls)
        told, doubts = _told(intake, files, walls)
        guessed = guess(columns, told, wanted.given)
        guessed, product = ask(replace(guessed, doubts=doubts + guessed.doubts), wanted.product, columns)
        return _written(made, (files, guessed, product), columns, (intake, walls))


def _columns(intake: Intake, files: Files, walls: Walls) -> tuple[Column, ...]:
    try:
        read = read_or_open(intake.root / files.evaluation, Reading(opener=walls.open_data), Csv())
    except UnreadableTableError as err:
        raise UsageError(f"{files.evaluation}: {err}") from err
    if isinstance(read, Stream):
        read.close()
        return columns_of(read.head)
    return columns_of(read.table)


def _told(intake: Intake, files: Files, walls: Walls) -> tuple[Description | None, tuple[str, ...]]:
    try:
        return describe_model(walls.executor(), intake.root / files.model, files.model_format), ()
    except ModelError as err:
        library = LIBRARIES.get(files.model_format)
        hint = f" (a model of {library} needs: pip install 'proofbox[{library}]')" if library else ""
        return None, (f"the model did not say what it reads: {err.what}{hint}",)


def _written(
    made: Made, what: tuple[Files, Guess, Product], columns: tuple[Column, ...], how: tuple[Intake, Walls]
) -> Started:
    files, guessed, product = what
    many = tuple(one.name for one in columns if not one.groups and one.kind in ("whole", "number"))
    made.text(FILE_NAME, submission_text(product, files, guessed, many))
    if not (made.folder / SNIPPET).exists():
        made.text(SNIPPET, snippet())
    problems = _refused(made.folder, *how)
    return Started(folder=made.folder, files=files, guess=guessed, doubts=guessed.doubts, problems=problems)


def _refused(folder: Path, intake: Intake, walls: Walls) -> tuple[str, ...]:
    """Return why ``run`` would refuse the submission, told by the code with which it would."""
    try:
        submission, document, _ = read_submission(folder / FILE_NAME)
        resolve(submission, document, intake, Reading(opener=walls.open_data)).close()
    except BadSubmissionError as err:
        return tuple(str(problem) for problem in err.problems)
    return ()
