"""What is said of decisions: as JSON for a program, and on the bundle's run in MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from proofbox.runners.errors import UsageError

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.reports.bundle import BundleContent
    from proofbox.reports.review.history import Decided, History


def history_json(history: History) -> dict[str, Json]:
    """Return the form of ``review show --json``."""
    return {
        "bundle": history.bundle,
        "state": history.state,
        "verified": history.verified,
        "decisions": [decided_json(one) for one in history.decided],
    }


def decided_json(decided: Decided) -> dict[str, Json]:
    """Return one decision with the digest of its file and whose signature was verified."""
    return {**asdict(decided.decision), "sha256": decided.digest, "verified": decided.by is not None}


def tell_mlflow(content: BundleContent, decided: Decided, given: Mapping[str, object]) -> None:
    """Say a decision on the bundle's run in MLflow.

    Raises
    ------
    PublishError
        The store could not be reached; the decision is on the disk already.
    UsageError
        The store has no run of this bundle.
    """
    from proofbox.reports import mlflow_content
    from proofbox.reports.review.wording import review_tags
    from proofbox.reports.tracking.door import find_run, tag_run
    from proofbox.runners.evidence.bundles import store_of_the_environment

    uri = str(given["tracking_uri"] or store_of_the_environment())
    experiment = str(given["experiment"] or mlflow_content.experiment_name(content.assessment))
    run_id = find_run(content.bundle.digest, experiment=experiment, tracking_uri=uri)
    if run_id is None:
        raise UsageError(
            f"decided, and not said in MLflow: '{experiment}' has no run of this bundle ('publish' logs it)"
        )
    note = mlflow_content.note(content.assessment, "unsigned" if content.bundle.keyid is None else "signed")
    tags = review_tags(decided.decision, decided.digest, note)
    tag_run(run_id, tags, tracking_uri=uri)
