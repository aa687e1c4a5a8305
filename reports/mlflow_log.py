"""MLflow as an index to the bundle: the only import of mlflow, and a late one.

One experiment for a product, one run for an assessment (readable alone: conclusion in a tag and in the first line of
its note), one child run for each control. Few headline figures are metrics, since lists of runs slow down with many;
all measurements are a table. A run can be edited by anybody with access, so the run carries the bundle's digest and the
bundle is the proof. A second call with the same bundle finds the first run.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shlex
import shutil
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports import mlflow_content as content
from proofbox.reports.errors import PublishError
from proofbox.reports.visible import visible

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

    from proofbox.policies.record import Assessment
    from proofbox.reports.bundle import Bundle

SETTINGS = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    # Otherwise tags are cut silently at 8,000 characters and parameters at 6,000.
    "MLFLOW_TRUNCATE_LONG_VALUES": "false",
    # Otherwise links land between the lines of --json.
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    # Two processes and half a gigabyte for the server, instead of ten and two and a half.
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
}
"""Set before mlflow is imported, whatever the environment says."""

_SQLITE = "sqlite:///"
_ARTIFACTS = "mlartifacts"
_STORE = threading.Lock()
"""Held while a store is made: two threads that both migrate a new database would meet half of it."""

# Someone waits for this: MLflow's own seven retries of two minutes each are for nobody's desk.
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2", "MLFLOW_HTTP_REQUEST_TIMEOUT": "30"}
_MESSAGE_LENGTH = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class MlflowRun:
    """Where an assessment stands in MLflow."""

    run_id: str
    experiment_id: str
    url_hint: str
    """Path below the server's address that opens the run."""
    created: bool
    """False where a run of this bundle was there already."""


def preload(tracking_uri: str | None = None) -> threading.Thread:
    """Start importing mlflow in the background (2 to 4 s), so that it overlaps the time that the checks take.

    With a ``tracking_uri`` of a sqlite store that is not there yet, the store is made too (another 2 to 4 s). What goes
    wrong is not told here: :func:`log_assessment` meets it again and says so.
    """
    thread = threading.Thread(target=_prepare, args=(tracking_uri,), name="import-mlflow", daemon=True)
    thread.start()
    return thread


def ui_command(tracking_uri: str) -> str:
    """Return the command that opens the store in a browser, on this machine alone and without telemetry."""
    settings = "MLFLOW_DISABLE_TELEMETRY=true MLFLOW_SERVER_ENABLE_JOB_EXECUTION=false"
    # The MLflow of this environment, which need not be the one (or any) on the reader's path.
    own = Path(sys.executable).with_name("mlflow")
    program = "mlflow" if shutil.which("mlflow") == str(own) or not own.exists() else shlex.quote(str(own))
    return f"{settings} {program} ui --backend-store-uri {shlex.quote(absolute_uri(tracking_uri))} --host 127.0.0.1"


def absolute_uri(tracking_uri: str) -> str:
    """Return the uri with a relative sqlite path made absolute; other uris are returned as they are."""
    database = _database(tracking_uri)
    return tracking_uri if database is None else f"{_SQLITE}{database}"


def log_assessment(
    assessment: Assessment, bundle: Bundle, *, tracking_uri: str, experiment: str | None = None
) -> MlflowRun:
    """Log one assessment with its bundle, once.

    Parameters
    ----------
    tracking_uri
        ``sqlite:///path.db`` or the address of a tracking server.
    experiment
        Name of the experiment; by default one for the product.

    Raises
    ------
    PublishError
        The store could not be reached or refused. The bundle is untouched, and a half-written run is marked as failed
        and replaced by the next call.
    """
    try:
        with _STORE:
            client = _client(tracking_uri)
            client.search_experiments(max_results=1)
        experiment_id = _experiment(client, experiment or content.experiment_name(assessment), tracking_uri)
        found = _runs_of(client, experiment_id, bundle.digest)
        if whole := [run for run in found if run.info.status == "FINISHED"]:
            return _where(whole[0].info.run_id, experiment_id, created=False)
        for run in found:
            client.delete_run(run.info.run_id)
        return _where(_log(client, experiment_id, assessment, bundle), experiment_id, created=True)
    except Exception as err:  # MLflow raises database, HTTP and file errors of a dozen families.
        raise _publish_error(err, tracking_uri) from err


def download_bundle(run_id: str, into: Path, *, tracking_uri: str) -> None:
    """Copy the bundle among a run's artifacts to the fresh folder ``into``; what is in it is not trusted for that.

    Raises
    ------
    PublishError
        The store could not be reached, or has no such run.
    """
    into.mkdir(mode=0o700, parents=True)
    try:
        with _STORE:
            client = _client(tracking_uri)
        client.download_artifacts(run_id, "", str(into))
    except Exception as err:  # MLflow raises database, HTTP and file errors of a dozen families.
        raise _publish_error(err, tracking_uri) from err
    # MLflow's own index of the measurements stands beside the bundle and is no part of it.
    (into / content.TABLE).unlink(missing_ok=True)


def _publish_error(err: Exception, tracking_uri: str) -> PublishError:
    shown = _without_password(tracking_uri)
    line = visible(str(err).strip().partition("\n")[0].replace(tracking_uri, shown))[:_MESSAGE_LENGTH]
    return PublishError(f"MLflow at {shown}: {type(err).__name__}: {line}")


def _log(client: MlflowClient, experiment_id: str, assessment: Assessment, bundle: Bundle) -> str:
    from mlflow.entities import Metric, Param

    name = content.run_name(assessment)
    started, finished = content.moments(assessment)
    run = client.create_run(
        experiment_id, start_time=started, tags=content.tags(assessment, bundle.digest), run_name=name
    )
    run_id = str(run.info.run_id)
    try:
        metrics = [Metric(key, value, finished, 0) for key, value in content.headline(assessment).items()]
        params = [Param(key, value) for key, value in content.params(assessment).items()]
        client.log_batch(run_id, metrics=metrics, params=params)
        _log_datasets(client, run_id, assessment)
        client.log_artifacts(run_id, str(bundle.path))
        _log_table(client, run_id, assessment)
        for control in content.controls(assessment):
            tags = {"mlflow.parentRunId": run_id, "proofbox.bundle.child": bundle.digest, **control.tags}
            child = client.create_run(experiment_id, start_time=started, tags=tags, run_name=control.name)
            client.set_terminated(child.info.run_id, "FINISHED", finished)
    except BaseException:
        client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id, "FINISHED", finished)
    return run_id


def _log_datasets(client: MlflowClient, run_id: str, assessment: Assessment) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    inputs = []
    for found in content.datasets(assessment):
        # MLflow keeps 36 characters of a digest; ours stands whole in the source and in a tag.
        source = json.dumps({"path": found.path, "sha256": found.sha256})
        dataset = Dataset(name=found.name, digest=found.sha256[:36], source_type="proofbox", source=source)
        tags = [InputTag("mlflow.data.context", found.role), InputTag("proofbox.sha256", found.sha256)]
        inputs.append(DatasetInput(dataset, tags))
    if inputs:
        client.log_inputs(run_id, inputs)


def _log_table(client: MlflowClient, run_id: str, assessment: Assessment) -> None:
    """Log all measurements in the form that MLflow's own ``log_table`` writes, without needing pandas."""
    with tempfile.TemporaryDirectory(prefix="proofbox-") as folder:
        path = Path(folder) / content.TABLE
        path.write_text(json.dumps(content.measurement_table(assessment), ensure_ascii=False), "utf-8")
        client.log_artifact(run_id, str(path))
    client.set_tag(run_id, "mlflow.loggedArtifacts", json.dumps([{"path": content.TABLE, "type": "table"}]))


def _prepare(tracking_uri: str | None) -> None:
    with contextlib.suppress(Exception):
        _import_quietly()
        if tracking_uri is not None and _database(tracking_uri) is not None:
            with _STORE:
                _client(tracking_uri).search_experiments(max_results=1)


def _client(tracking_uri: str) -> MlflowClient:
    _import_quietly()
    from mlflow import MlflowClient

    database = _database(tracking_uri)
    if database is not None:
        database.parent.mkdir(parents=True, exist_ok=True)
    return MlflowClient(tracking_uri=absolute_uri(tracking_uri))


def _import_quietly() -> None:
    os.environ.update(SETTINGS)
    for name, value in _PATIENCE.items():
        os.environ.setdefault(name, value)
    import mlflow.tracking  # noqa: F401 - imported for its side effect

    # A new store tells of each of its forty migrations otherwise.
    for name in ("alembic", "mlflow.store", "mlflow.tracking"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _experiment(client: MlflowClient, name: str, tracking_uri: str) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is not None:
        return str(found.experiment_id)
    database = _database(tracking_uri)
    # Beside the database and absolute, so that a server started in any folder finds the reports.
    location = None if database is None else (database.parent / _ARTIFACTS).as_uri()
    try:
        return str(client.create_experiment(name, artifact_location=location))
    except MlflowException:
        # Another writer was quicker.
        found = client.get_experiment_by_name(name)
        if found is None:
            raise
        return str(found.experiment_id)


def _runs_of(client: MlflowClient, experiment_id: str, digest: str) -> list[Run]:
    return list(client.search_runs([experiment_id], filter_string=f"tags.`{content.BUNDLE_TAG}` = '{digest}'"))


def _where(run_id: str, experiment_id: str, *, created: bool) -> MlflowRun:
    url = f"#/experiments/{experiment_id}/runs/{run_id}?workflowType=machine_learning"
    return MlflowRun(run_id=run_id, experiment_id=experiment_id, url_hint=url, created=created)


def _database(tracking_uri: str) -> Path | None:
    if not tracking_uri.startswith(_SQLITE):
        return None
    return Path(tracking_uri.removeprefix(_SQLITE)).absolute()


def _without_password(uri: str) -> str:
    scheme, sign, rest = uri.partition("://")
    return f"{scheme}{sign}{rest.rpartition('@')[2]}"
