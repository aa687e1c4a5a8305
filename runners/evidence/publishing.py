"""Send a bundle to a tracking store: when it was assessed without one, when the store was away, or to another one."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports.bundle import read_bundle
from proofbox.reports.console import safe_terminal
from proofbox.reports.tracking.door import log_assessment
from proofbox.reports.tracking.uris import ui_command, without_password
from proofbox.runners.evidence.bundles import bundle_folder

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.reports.tracking.door import MlflowRun


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A bundle that stands in a tracking store."""

    bundle: str
    digest: str
    """The bundle's, 64 hex digits."""
    tracking_uri: str
    run: MlflowRun

    def to_json(self) -> dict[str, Json]:
        """Return the form of ``proofbox publish --json``."""
        return {
            "bundle": self.bundle,
            "digest": self.digest,
            "tracking_uri": without_password(self.tracking_uri),
            "run_id": self.run.run_id,
            "experiment_id": self.run.experiment_id,
            "url_hint": self.run.url_hint,
            "created": self.run.created,
            "model_version": self.run.model_version,
        }

    def lines(self) -> Iterator[str]:
        """Yield what a person reads at a terminal."""
        did = "logged" if self.run.created else "was logged already, nothing was changed"
        yield safe_terminal(f"{self.bundle}: {did}: run {self.run.run_id}")
        if self.run.model_version is not None:
            yield safe_terminal(f"model registered: {self.run.model_version}")
        yield f"MLflow: {ui_command(self.tracking_uri)}"


def publish(bundle: Path, *, tracking_uri: str, experiment: str | None, register: bool = False) -> Published:
    """Log a whole bundle, once for each bundle and experiment.

    Parameters
    ----------
    bundle
        A folder, its ``.zip``, or ``mlflow:RUN_ID`` of the environment's store (to copy it to another).
    register
        Whether to register the model by its digest.

    Raises
    ------
    NotABundleError, IncompleteBundleError, TamperedBundleError
        There is no whole bundle at that path: what was altered is not published.
    PublishError
        The store could not be reached or refused.
    """
    with bundle_folder(bundle) as folder:
        content = read_bundle(folder)
        run = log_assessment(
            content.assessment, content.bundle, tracking_uri=tracking_uri, experiment=experiment, register=register
        )
    return Published(bundle=str(bundle), digest=content.bundle.digest, tracking_uri=tracking_uri, run=run)


def command_to_publish(bundle: Path, *, tracking_uri: str, experiment: str | None, register: bool) -> str:
    """Return the command that does later what could not be done now; a password in the address is left out."""
    words = ["proofbox", "publish", str(bundle), "--tracking-uri", without_password(tracking_uri)]
    if experiment:
        words += ["--experiment", experiment]
    if register:
        words += ["--register"]
    return shlex.join(words)
