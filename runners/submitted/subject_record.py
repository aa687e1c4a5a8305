"""What was assessed, by digest, in the words of the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from proofbox.checks.dataparts import data_digest
from proofbox.checks.signatures.identity import model_identity
from proofbox.policies.record import SubjectRecord
from proofbox.runners.submitted.resolve import Resolved

if TYPE_CHECKING:
    from collections.abc import Mapping

    from proofbox.checks.result import Json
    from proofbox.checks.subject import Dataset, FileRecord
    from proofbox.runners.submitted.submission import Submission


def subject_record(resolved: Resolved, subject_digest: str) -> SubjectRecord:
    """Return the record of a resolved submission; the keys are those that ``Facts.from_subject`` reads."""
    submission = resolved.submission
    return SubjectRecord(
        digest=subject_digest,
        files=tuple(_file(resolved, file) for file in resolved.subject.files),
        product=cast("Mapping[str, Json]", submission.product.model_dump(mode="json")),
        model=_model(resolved),
        data=_data(resolved),
        declared=_declared(submission),
    )


def fetched_record(resolved: Resolved) -> dict[str, Json]:
    """Return ``run.detail.fetched``: by its place in the copy, what was fetched and what its store told of it then."""
    found: dict[str, Json] = {
        one.local: {"uri": one.uri, "size": one.size, "sha256": one.sha256, **one.told} for one in resolved.fetched
    }
    return {"fetched": found} if found else {}


def _file(resolved: Resolved, file: FileRecord) -> Mapping[str, Json]:
    return {"path": file.path, "size": file.size, "sha256": file.sha256, **_address(resolved, file.path)}


def _address(resolved: Resolved, path: str) -> dict[str, Json]:
    """Return the address that a file or folder was fetched from; nothing for what came with the submission."""
    for one in resolved.fetched:
        if one.local == path:
            return {"uri": one.uri}
        if one.local.rpartition("/")[0] == path:  # a folder of parts
            return {"uri": one.uri.rpartition("/")[0] + "/"}
    return {}


def _declared(submission: Submission) -> Mapping[str, Json]:
    said = cast("dict[str, Json]", submission.declared.model_dump(mode="json"))
    return {**said, "trial": f"level-{submission.trial.level}" if submission.trial else "none"}


def _model(resolved: Resolved) -> Mapping[str, Json] | None:
    block, subject = resolved.submission.model, resolved.subject
    if block is None:
        return None
    said = cast("dict[str, Json]", block.model_dump(mode="json", exclude={"sha256", "signature"}))
    return {**said, "format": subject.model_format, "sha256": model_identity(subject).digest}


def _data(resolved: Resolved) -> Mapping[str, Json]:
    evaluation = resolved.evaluation
    data: dict[str, Json] = {
        "task": resolved.submission.task,
        "sensitive": list(evaluation.sensitive),
        "evaluation": _table(resolved, evaluation),
    }
    if resolved.training is not None:
        data["training"] = _table(resolved, resolved.training)
    return data


def _table(resolved: Resolved, data: Dataset) -> Json:
    return {
        "path": data.path,
        **_address(resolved, data.path),
        "sha256": data_digest(resolved.subject.files, data.path),
        "rows": data.rows,
        "columns": data.table.num_columns,
        "target": data.target,
        "prediction": data.prediction,
        "read_as": dict(data.detail),
    }
