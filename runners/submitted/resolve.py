"""From a submission's words to the values that checks are given; every mistake is told at once, with its position.

What is looked at here: that each named file is there and is the one that was declared, that each named column is
there and can be what it is said to be. Nothing here judges; what can be measured is left to the checks.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from proofbox.checks.dataparts import DATA_ROLES
from proofbox.checks.subject import Dataset, DeclaredFile, FileRecord, Subject
from proofbox.policies.yamlfile import Document
from proofbox.runners.remote.fetching import Fetched
from proofbox.runners.submitted.claims import check_performance
from proofbox.runners.submitted.columns import evaluation_set, training_set
from proofbox.runners.submitted.filesnamed import check_digests, check_parts
from proofbox.runners.submitted.problems import Place, Problems
from proofbox.runners.submitted.reference import reference_shares
from proofbox.runners.submitted.streams import Reading, Stream
from proofbox.runners.submitted.submission import Submission

if TYPE_CHECKING:
    from pydantic import BaseModel

    from proofbox.checks.result import Json
    from proofbox.sandbox.intake import Intake


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A submission whose files and columns are there."""

    submission: Submission
    document: Document
    subject: Subject
    evaluation: Dataset
    training: Dataset | None
    fetched: tuple[Fetched, ...] = ()
    """Files of the copy that were fetched by address."""

    def close(self) -> None:
        """End what still reads the data."""
        for data in (self.evaluation, self.training):
            if data is not None and isinstance(data.source, Stream):
                data.source.close()


def resolve(
    submission: Submission, document: Document, intake: Intake, how: Reading, *, refuse_mismatch: bool = True
) -> Resolved:
    """Find the files and columns that the submission names.

    Parameters
    ----------
    how
        How data files are read: behind the walls, since nothing native parses one on this side.
    refuse_mismatch
        Whether a file that differs from the digest declared in ``submission.yaml`` is refused as not being what the
        provider sent; ``proofbox measure`` measures it instead.

    Raises
    ------
    BadSubmissionError
        Something named is missing, unreadable or not what it is said to be; all problems are told at once.
    """
    problems = Problems(document)
    subject = check_words(submission, intake, problems, refuse_mismatch=refuse_mismatch)
    problems.stop_if_any()
    evaluation = evaluation_set(submission, subject, problems, how)
    training = training_set(submission, subject, problems, how)
    subject = replace(subject, reference=reference_shares(subject, problems, how.opener))
    problems.stop_if_any()
    assert evaluation is not None
    return Resolved(submission=submission, document=document, subject=subject, evaluation=evaluation, training=training)


def check_words(submission: Submission, intake: Intake, problems: Problems, *, refuse_mismatch: bool = True) -> Subject:
    """Note every mistake that can be seen without reading data: in what is said, and in the files that are named."""
    subject = _subject(submission, intake, problems)
    if refuse_mismatch:
        check_digests(subject, problems)
    _check_model_block(submission, problems)
    _check_claims(submission, problems)
    check_performance(submission.declared.performance, problems)
    return subject


def named_files(submission: Submission) -> Iterable[tuple[Place, DeclaredFile]]:
    """Yield every file that the submission gives a role, with the place of its key."""
    if model := submission.model:
        yield ("model", "path"), DeclaredFile(role="model", path=model.path, declared_sha256=model.sha256)
        if model.signature:
            yield ("model", "signature"), DeclaredFile(role="signature", path=model.signature)
    evaluation, training, reference = submission.data.evaluation, submission.data.training, submission.data.reference
    yield (
        ("data", "evaluation", "path"),
        DeclaredFile(role="evaluation", path=evaluation.path, declared_sha256=evaluation.sha256),
    )
    if training:
        yield (
            ("data", "training", "path"),
            DeclaredFile(role="training", path=training.path, declared_sha256=training.sha256),
        )
    if reference:
        yield (
            ("data", "reference", "path"),
            DeclaredFile(role="reference", path=reference.path, declared_sha256=reference.sha256),
        )
    for name, part in (("evaluation", evaluation), ("training", training)):
        if part and part.provenance:
            yield ("data", name, "provenance"), DeclaredFile(role="provenance", path=part.provenance)
    for name, path in submission.documents.model_dump().items():
        if path:
            yield ("documents", name), DeclaredFile(role="document", path=path)
    if submission.attestations:
        yield ("attestations",), DeclaredFile(role="attestations", path=submission.attestations)


def _subject(submission: Submission, intake: Intake, problems: Problems) -> Subject:
    files = tuple(FileRecord(path=file.path, size=file.size, sha256=file.sha256) for file in intake.files)
    paths = {file.path for file in files}
    declared = []
    for place, named in named_files(submission):
        clean = _clean_path(named.path, place, problems)
        below = [path.removeprefix(f"{clean}/") for path in paths if path.startswith(f"{clean}/")]
        if below and named.role in DATA_ROLES:
            check_parts(named.path, below, place, problems)
        elif clean is not None and clean not in paths and not (below and named.role == "model"):
            near = difflib.get_close_matches(clean, sorted(paths), n=1, cutoff=0.5)
            hint = f"did you mean '{near[0]}'?" if near else "the path is relative to submission.yaml"
            problems.add(
                place, got=f"'{named.path}', which is not there", expected="a file of the submission", hint=hint
            )
        if clean is not None:
            declared.append(DeclaredFile(role=named.role, path=clean, declared_sha256=named.declared_sha256))
    model_path = next((file.path for file in declared if file.role == "model"), None)
    there = model_path in paths or any(path.startswith(f"{model_path}/") for path in paths)
    signature = next((file.path for file in declared if file.role == "signature"), None)
    data = submission.data
    provenance = {"evaluation": data.evaluation.provenance, "training": data.training and data.training.provenance}
    return Subject(
        root=intake.root,
        files=files,
        declared_files=tuple(declared),
        task=submission.task,
        model_path=model_path,
        model_format=_model_format(submission, intake, model_path if there else None, problems),
        provenance={role: path for role, path in provenance.items() if path},
        product=cast("dict[str, Json]", submission.product.model_dump(mode="json")),
        quasi_identifiers=submission.declared.quasi_identifiers,
        personal_data=submission.declared.personal_data,
        documents={name: path for name, path in submission.documents.model_dump().items() if path},
        signature=signature,
        classification=_answers(submission.classification),
        trial=_answers(submission.trial),
    )


def _answers(block: BaseModel | None) -> dict[str, Json] | None:
    return None if block is None else block.model_dump(mode="json")


def _model_format(submission: Submission, intake: Intake, path: str | None, problems: Problems) -> str | None:
    from proofbox.sandbox.formats import HOSTED, agreed
    from proofbox.sandbox.intake import model_format

    model = submission.model
    if model is None or path is None:
        return model.format if model is not None and model.format not in ("auto", "sklearn") else None
    detected = model_format(intake, path)
    found = agreed(model.format, detected)
    if found is None:
        problems.add(
            ("model", "format"),
            got=f"'{model.format}', but '{path}' begins as {detected} does",
            expected=f"format: {detected}, or another file",
            hint="'format: auto' takes what is found",
        )
    elif found == "unknown":
        problems.add(
            ("model", "path"),
            got=f"'{path}', whose format cannot be told by how it begins",
            expected=f"a model in one of the formats {', '.join(HOSTED)}",
            hint="say model.format; a folder holds MLmodel (mlflow) or predict.py (python): docs/submission.md",
        )
    return found


def _clean_path(path: str, place: Place, problems: Problems) -> str | None:
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or ".." in parts or "\x00" in path:
        problems.add(
            place,
            got=f"'{path}'",
            expected="a path inside the submission's folder",
            hint="use '/' between names, no '..' and no leading '/'; copy the file into the folder",
        )
        return None
    return "/".join(part for part in parts if part not in ("", "."))


def _check_claims(submission: Submission, problems: Problems) -> None:
    for key in ("quasi_identifiers", "personal_data"):
        named = getattr(submission.declared, key)
        if doubled := [index for index, name in enumerate(named) if name in named[:index]]:
            got = f"'{named[doubled[0]]}' twice"
            problems.add(("declared", key, doubled[0]), got=got, expected="each column once")
    for index, name in enumerate(submission.declared.quasi_identifiers):
        if name in submission.data.evaluation.id:
            problems.add(
                ("declared", "quasi_identifiers", index),
                got=f"'{name}', which data.evaluation.id names as an identifier",
                expected="columns that tell people apart only together, such as age, district and sex",
                hint="an identifier makes every row unique by itself: leave it under one of the two keys",
            )


def _check_model_block(submission: Submission, problems: Problems) -> None:
    model, evaluation = submission.model, submission.data.evaluation
    if model is None:
        if evaluation.prediction is None:
            problems.add(
                ("data", "evaluation"),
                got="neither a model nor a column of recorded predictions",
                expected="a 'model' block, or 'data.evaluation.prediction'",
            )
        return
    if doubled := sorted({name for name in model.features if model.features.count(name) > 1}):
        problems.add(("model", "features"), got=f"'{doubled[0]}' twice", expected="each feature once")
    for role, column in (("target", evaluation.target), ("prediction", evaluation.prediction)):
        if column in model.features:
            problems.add(
                ("model", "features", model.features.index(column)),
                got=f"the {role} column '{column}'",
                expected="columns that the model may know when it decides",
                hint="a model that is shown the answer proves nothing",
            )
