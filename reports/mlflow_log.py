"""The tracking store by MLflow's own client: the only import of mlflow, and a late one.

Used for databases (sqlite in the working folder, an office's PostgreSQL) and wherever a server's plain interface is not
enough; a server is otherwise spoken to by :mod:`proofbox.reports.tracking.rest`, which needs no import that takes
seconds. What is logged, and how it is logged once, does not depend on the way: :mod:`proofbox.reports.tracking`.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import tempfile
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports.mlflow_content import DatasetNote
from proofbox.reports.tracking.localfiles import fetch_local, list_local, local_root
from proofbox.reports.tracking.notes import ModelNote, RunNotes
from proofbox.reports.tracking.restreading import EXPERIMENTS_AT_A_TIME, RUNS_AT_A_TIME
from proofbox.reports.tracking.store import (
    ASSESSMENTS_FILTER,
    Artifact,
    BusyStoreError,
    FoundRun,
    Page,
    Status,
    StoreError,
    bundle_filter,
    children_filter,
    control_key,
    doubled,
    missing,
    says_busy,
)
from proofbox.reports.tracking.uris import PATIENCE, SETTINGS, absolute_uri, database_file, is_server

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

_ARTIFACTS = "mlartifacts"
_EXTRAS = {"psycopg2": "postgres", "boto3": "s3"}
_CREDENTIALS = (
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or let the server keep the artifacts (--artifacts-destination, "
    "docs/office.md)"
)
_BUCKETS = ("s3", "gs", "abfss", "wasbs")
"""Object stores that a client reaches itself, with the credentials of its environment."""
_ROOT = "MLFLOW_DEFAULT_ARTIFACT_ROOT"
_STORE = threading.Lock()
"""Held while a store is made: two threads that both migrate a new database would meet half of it."""
_CHILD_IDS = uuid.UUID("6f1d3e0c-54a1-4be6-9c55-0d2f6a6d9b51")


class ClientStore:
    """A tracking store reached by MLflow's client."""

    def __init__(self, tracking_uri: str) -> None:
        self._database = database_file(tracking_uri)
        self._served = is_server(tracking_uri)
        with _STORE, _told():
            _import_quietly()
            from mlflow import MlflowClient

            if self._database is not None:
                self._database.parent.mkdir(parents=True, exist_ok=True)
            self._client: MlflowClient = MlflowClient(tracking_uri=absolute_uri(tracking_uri))
            self._client.search_experiments(max_results=1)

    def experiment(self, name: str) -> str:
        """Return the id of the experiment of that name, which is made where it is missing."""
        from mlflow.exceptions import MlflowException

        with _told():
            found = self._client.get_experiment_by_name(name)
            if found is None:
                try:
                    return str(self._client.create_experiment(name, artifact_location=self._artifacts()))
                except MlflowException:
                    # Another writer was quicker.
                    found = self._client.get_experiment_by_name(name)
                    if found is None:
                        raise
            return str(found.experiment_id)

    def runs_of(self, experiment_id: str, digest: str) -> Sequence[FoundRun]:
        """Return the parent runs of one bundle."""
        with _told():
            return [_found(run) for run in self._client.search_runs([experiment_id], bundle_filter(digest))]

    def run(self, run_id: str) -> FoundRun:
        """Return one run."""
        with _told():
            return _found(self._client.get_run(run_id))

    def create_run(self, experiment_id: str, notes: RunNotes) -> FoundRun:
        """Make the parent run with its tags."""
        with _told():
            return _found(
                self._client.create_run(
                    experiment_id, start_time=notes.started, tags=dict(notes.tags), run_name=notes.name
                )
            )

    def log_batch(self, run: FoundRun, notes: RunNotes) -> None:
        """Log tags, figures and parameters in one call."""
        from mlflow.entities import Metric, Param, RunTag

        metrics = [Metric(key, value, notes.finished, 0) for key, value in notes.metrics.items()]
        params = [Param(key, value) for key, value in notes.params.items()]
        changed = [RunTag(key, value) for key, value in notes.changed_tags(run.tags).items()]
        with _told():
            self._client.log_batch(run.run_id, metrics=metrics, params=params, tags=changed)

    def log_datasets(self, run: FoundRun, datasets: Sequence[DatasetNote]) -> None:
        """Log the data files as inputs."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        inputs = [
            DatasetInput(
                Dataset(name=one.name, digest=one.short_digest, source_type="proofbox", source=one.source),
                [InputTag(key, value) for key, value in one.tags.items()],
            )
            for one in datasets
        ]
        if inputs:
            with _told():
                self._client.log_inputs(run.run_id, inputs)

    def put_artifacts(self, run: FoundRun, folder: Path, tables: Mapping[str, bytes]) -> None:
        """Copy a bundle's folder, and tables by name, to the run's artifacts."""
        with _told(), tempfile.TemporaryDirectory(prefix="proofbox-") as made:
            for name, raw in tables.items():
                Path(made, name).write_bytes(raw)
            self._client.log_artifacts(run.run_id, str(folder))
            self._client.log_artifacts(run.run_id, made)

    def put_controls(self, experiment_id: str, run: FoundRun, notes: RunNotes) -> None:
        """Make one finished child run for each control, and leave no two of one control."""
        with _told():
            if not self._put_rows(experiment_id, run, notes):
                self._put_singly(experiment_id, run, notes)

    def finish(self, run: FoundRun, status: Status, finished: int) -> None:
        """End a run; ``finished`` in milliseconds since 1970."""
        with _told():
            self._client.set_terminated(run.run_id, status, finished)

    def delete(self, experiment_id: str, run: FoundRun) -> None:
        """Mark a run and its children as deleted."""
        with _told():
            for child in self._children(experiment_id, run):
                self._client.delete_run(child.run_id)
            self._client.delete_run(run.run_id)

    def set_tags(self, run: FoundRun, tags: Mapping[str, str]) -> None:
        """Write tags over those of the same keys."""
        from mlflow.entities import RunTag

        with _told():
            self._client.log_batch(run.run_id, tags=[RunTag(key, value) for key, value in tags.items()])

    def register(self, run: FoundRun, model: ModelNote) -> str:
        """Return the version under which the model's digest is registered; it is registered where it is not yet."""
        from mlflow.exceptions import MlflowException

        with _told():
            with contextlib.suppress(MlflowException):  # it is there already
                self._client.create_registered_model(model.name)
            known = self._client.search_model_versions(model.filter)
            if not known:
                self._client.create_model_version(model.name, run.artifact_uri, run.run_id, tags=dict(model.tags))
                known = self._client.search_model_versions(model.filter)
            first, *more = sorted(int(version.version) for version in known)
            for version in more:
                self._client.delete_model_version(model.name, str(version))
            return str(first)

    def experiments(self, name: str | None, token: str) -> Page[str]:
        """Return ids of experiments: the one of that name, or all of them for None."""
        with _told():
            if name is not None:
                named = self._client.get_experiment_by_name(name)
                return Page(items=() if named is None else (str(named.experiment_id),), following="")
            found = self._client.search_experiments(max_results=EXPERIMENTS_AT_A_TIME, page_token=token or None)
            return Page(items=tuple(str(one.experiment_id) for one in found), following=found.token or "")

    def assessments(self, experiment_ids: Sequence[str], token: str) -> Page[FoundRun]:
        """Return the parent runs of bundles, the oldest first."""
        with _told():
            found = self._client.search_runs(
                list(experiment_ids),
                ASSESSMENTS_FILTER,
                max_results=RUNS_AT_A_TIME,
                order_by=["attributes.start_time ASC"],
                page_token=token or None,
            )
            return Page(items=tuple(_found(run) for run in found), following=found.token or "")

    def listed(self, run: FoundRun, folder: str) -> Sequence[Artifact]:
        """Return what is in a folder of a run's artifacts."""
        if (root := self._local(run)) is not None:
            return list_local(root, folder)
        with _told():
            found = self._client.list_artifacts(run.run_id, folder or None)
            return [Artifact(path=one.path, is_folder=one.is_dir, size=one.file_size or 0) for one in found]

    def fetch(self, run: FoundRun, path: str, target: Path, most_bytes: int) -> None:
        """Copy one artifact to a file that is not there yet; more than ``most_bytes`` are refused."""
        if (root := self._local(run)) is not None:
            fetch_local(root, path, target, most_bytes)
            return
        with _told(), tempfile.TemporaryDirectory(prefix="proofbox-", dir=target.parent) as made:
            copy = Path(self._client.download_artifacts(run.run_id, path, made))
            if copy.stat().st_size > most_bytes:
                raise StoreError(f"got more than {most_bytes} bytes of the artifact {path!r}")
            copy.rename(target)

    def close(self) -> None:
        """Do nothing: MLflow keeps its connections for the whole process."""

    def _artifacts(self) -> str | None:
        if self._database is not None:
            # Beside the database and absolute, so that a server started in any folder finds the reports.
            return (self._database.parent / _ARTIFACTS).as_uri()
        if self._served:
            return None
        if root := os.environ.get(_ROOT):
            return f"{root.rstrip('/')}/{uuid.uuid4().hex}"
        # MLflow would take a folder of the one who happens to log first.
        raise StoreError(
            "a database keeps no files: give the address of a tracking server (docs/office.md), or name in "
            f"{_ROOT} the folder or bucket that all who log share"
        )

    def _local(self, run: FoundRun) -> Path | None:
        """Return the folder of a run's artifacts; None where they are in a bucket.

        Raises
        ------
        StoreError
            They are at a place of another kind: whoever may write to the store would choose whom the client asks.
        """
        root, kind = local_root(run.artifact_uri), run.artifact_uri.partition(":")[0]
        if (root is not None and not self._served) or (root is None and kind in _BUCKETS):
            return root
        raise StoreError(f"artifacts are kept at {kind}:, expected one of {', '.join(_BUCKETS)}, or the server itself")

    def _children(self, experiment_id: str, run: FoundRun) -> list[FoundRun]:
        return [_found(child) for child in self._client.search_runs([experiment_id], children_filter(run.run_id))]

    def _put_rows(self, experiment_id: str, run: FoundRun, notes: RunNotes) -> bool:
        """Write all child runs in one transaction where the store is a database; False where it is not.

        One by one they cost ten times as much (docs/benchmarks.md). Their ids follow from the parent's, so that two
        writers make the same rows. The tables are MLflow's: tests read the runs back through its client.
        """
        from mlflow.store.tracking.dbmodels.models import SqlRun, SqlTag
        from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

        store = self._client._tracking_client.store
        if not isinstance(store, SqlAlchemyStore):
            return False
        given = {_child_id(run, control.tags): control for control in notes.controls}
        with store.ManagedSessionMaker(read_only=False) as session:
            there = {row.run_uuid for row in session.query(SqlRun.run_uuid).filter(SqlRun.run_uuid.in_(list(given)))}
            for run_id, control in given.items():
                if run_id in there:
                    continue
                tags = {**notes.child_tags(run.run_id, control), "mlflow.runName": control.name}
                row = SqlRun(
                    run_uuid=run_id,
                    name=control.name,
                    experiment_id=int(experiment_id),
                    artifact_uri=run.artifact_uri.replace(run.run_id, run_id),
                    user_id="unknown",
                    source_type="UNKNOWN",
                    source_name="",
                    entry_point_name="",
                    source_version="",
                    status="FINISHED",
                    start_time=notes.started,
                    end_time=notes.finished,
                    lifecycle_stage="active",
                )
                row.tags = [SqlTag(key=key, value=value) for key, value in tags.items()]
                session.add(row)
        return True

    def _put_singly(self, experiment_id: str, run: FoundRun, notes: RunNotes) -> None:
        for control in missing(notes.controls, self._children(experiment_id, run)):
            child = self._client.create_run(
                experiment_id, notes.started, notes.child_tags(run.run_id, control), control.name
            )
            self._client.set_terminated(child.info.run_id, "FINISHED", notes.finished)
        for more in doubled(self._children(experiment_id, run)):
            self._client.delete_run(more.run_id)


def _child_id(run: FoundRun, tags: Mapping[str, str]) -> str:
    return uuid.uuid5(_CHILD_IDS, json.dumps([run.run_id, *control_key(tags)])).hex


def _found(run: Run) -> FoundRun:
    info = run.info
    return FoundRun(run_id=info.run_id, status=info.status, artifact_uri=info.artifact_uri, tags=run.data.tags)


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Turn whatever MLflow raises into an error of ours, in one line."""
    try:
        yield
    except StoreError:
        raise
    except ModuleNotFoundError as err:
        extra = _EXTRAS.get(str(err.name))
        advice = f"pip install 'proofbox[{extra}]'" if extra else "install it beside Proofbox"
        raise StoreError(f"this store needs {err.name}, which is not installed: {advice}") from err
    except Exception as err:  # MLflow raises database, HTTP and file errors of a dozen families.
        text = str(err).strip()
        if "Credentials" in type(err).__name__:
            # boto3's NoCredentialsError and its kin: nothing says here who may write to the bucket.
            text = f"{text.rstrip('.')}: {_CREDENTIALS}"
        kind = BusyStoreError if says_busy(text) else StoreError
        raise kind(f"{type(err).__name__}: {text.partition(chr(10))[0]}") from err


def _import_quietly() -> None:
    os.environ.update(SETTINGS)
    for name, value in PATIENCE.items():
        os.environ.setdefault(name, value)
    import mlflow.store.db.utils
    import mlflow.tracking

    # Ten tries to reach a database take nearly two minutes, and each is told with a page of text.
    mlflow.store.db.utils.MAX_RETRY_COUNT = 4
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.ERROR)
    # A new store tells of each of its forty migrations otherwise.
    for name in ("alembic", "mlflow.store", "mlflow.tracking"):
        logging.getLogger(name).setLevel(logging.WARNING)
