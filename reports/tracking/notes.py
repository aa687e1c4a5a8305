"""All that is logged of one assessment besides the bundle itself, gathered before any store is asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from proofbox.policies.record_json import from_json, to_json
from proofbox.reports import mlflow_content as content
from proofbox.reports.canonical import canonical_bytes, strict_json
from proofbox.reports.mlflow_content import ControlRun, DatasetNote

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment
    from proofbox.reports.bundle import Bundle

LOGGED_AT_TAG = "proofbox.logged_at"
"""When logging began, in milliseconds since 1970: of two runs of one bundle the older one stays."""
CHILD_TAG = "proofbox.bundle.child"
"""On the run of a control: the bundle that it belongs to."""
TABLES = ("measurements.json", "findings.json")
"""MLflow's own index, which stands beside the bundle among the artifacts and is no part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunNotes:
    """All that is logged of one assessment besides the bundle itself."""

    name: str
    started: int
    """Milliseconds since 1970, as is ``finished``."""
    finished: int
    tags: Mapping[str, str]
    metrics: Mapping[str, float]
    """Fewer than fifty."""
    params: Mapping[str, str]
    datasets: tuple[DatasetNote, ...]
    controls: tuple[ControlRun, ...]
    tables: Mapping[str, bytes]
    """File name -> an MLflow table, JSON in UTF-8."""

    def changed_tags(self, there: Mapping[str, str]) -> dict[str, str]:
        """Return the tags to write on a run that has those; when its logging began is never rewritten."""
        return {key: value for key, value in self.tags.items() if key != LOGGED_AT_TAG and there.get(key) != value}

    def child_tags(self, run_id: str, control: ControlRun) -> dict[str, str]:
        """Return the tags of a control's run below the run of that id."""
        return {"mlflow.parentRunId": run_id, CHILD_TAG: self.tags[content.BUNDLE_TAG], **control.tags}


def notes(assessment: Assessment, bundle: Bundle, *, logged_at: int) -> RunNotes:
    """Return what is logged of an assessment: the same whether it was just made or read again from its bundle.

    Parameters
    ----------
    bundle
        On disk: its tables of counts are looked up there.
    logged_at
        Milliseconds since 1970.
    """
    # As it was written, with keys in order and 30.0 as 30: whoever compares has only that.
    assessment = from_json(cast("dict[str, Any]", strict_json(canonical_bytes(to_json(assessment)))))
    started, finished = content.moments(assessment)
    counted = sorted(path.relative_to(bundle.path).as_posix() for path in bundle.path.glob("tables/*.parquet"))
    logged = [{"path": path, "type": "table"} for path in (*TABLES, *counted)]
    signature = "unsigned" if bundle.keyid is None else "signed"
    made = dict(zip(TABLES, (content.measurement_table(assessment), content.finding_table(assessment)), strict=True))
    return RunNotes(
        name=content.run_name(assessment),
        started=started,
        finished=finished,
        tags={
            **content.tags(assessment, bundle.digest, signature),
            **({"proofbox.keyid": bundle.keyid} if bundle.keyid else {}),
            LOGGED_AT_TAG: str(logged_at),
            "mlflow.loggedArtifacts": json.dumps(logged),
        },
        metrics=content.headline(assessment),
        params=content.params(assessment),
        datasets=tuple(content.datasets(assessment)),
        controls=tuple(content.controls(assessment)),
        tables={name: json.dumps(table, ensure_ascii=False).encode() for name, table in made.items()},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelNote:
    """The model of an assessment, as a version in MLflow's registry: by digest, since no weights are kept."""

    name: str
    """The product's name in the characters that the registry takes."""
    digest: str
    """sha256 that identifies the model's files, 64 hex digits."""
    tags: Mapping[str, str]

    @property
    def filter(self) -> str:
        """The search filter for its versions; the name holds no quote, the digest is hex."""
        return f"name = '{self.name}' and tags.`proofbox.model` = '{self.digest}'"


def model_note(assessment: Assessment, bundle: Bundle) -> ModelNote | None:
    """Return what is registered of the model; None where decisions were audited without one."""
    digest = content.model_digest(assessment)
    if not digest:
        return None
    given = {"proofbox.model": digest, content.BUNDLE_TAG: bundle.digest}
    return ModelNote(name=content.model_name(assessment), digest=digest, tags=given)
