"""The tracking store by MLflow's own client: with :mod:`proofbox.reports.mlflow_reading` the only import of mlflow.

Used for databases (sqlite in the working folder, an office's PostgreSQL) and wherever a server's plain interface is not
enough; a server is otherwise spoken to by :mod:`proofbox.reports.tracking.rest`, which needs no import that takes
seconds. What is logged, and how it is logged once, does not depend on the way: :mod:`proofbox.reports.tracking`.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path

from proofbox.reports.mlflow_content import DatasetNote
from proofbox.reports.mlflow_reading import ClientReader, found_run, told
from proofbox.reports.tracking.notes import ModelNote, RunNotes
from proofbox.reports.tracking.store import (
    FoundRun,
    Status,
    StoreError,
    bundle_filter,
    control_key,
    doubled,
    missing,
)

_ARTIFACTS = "mlartifacts"
_ROOT = "MLFLOW_DEFAULT_ARTIFACT_ROOT"
_CHILD_IDS = uuid.UUID("6f1d3e0c-54a1-4be6-9c55-0d2f6a6d9b51")


class ClientStore(ClientReader):
    """A tracking store reached by MLflow's client."""

    def experiment(self, name: str) -> str:
        """Return the id of the experiment of that name, which is made where it is missing."""
        from mlflow.exceptions import MlflowException

        with told():
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
        with told():
            return [found_run(run) for run in self._client.search_runs([experiment_id], bundle_filter(digest))]

    def create_run(self, experiment_id: str, notes: RunNotes) -> FoundRun:
        """Make the parent run with its tags."""
        with told():
            return found_run(
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
        with told():
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
            with told():
                self._client.log_inputs(run.run_id, inputs)

    def put_artifacts(self, run: FoundRun, folder: Path, tables: Mapping[str, bytes]) -> None:
        """Copy a bundle's folder, and tables by name, to the run's artifacts."""
        with told(), tempfile.TemporaryDirectory(prefix="proofbox-") as made:
            for name, raw in tables.items():
                Path(made, name).write_bytes(raw)
            self._client.log_artifacts(run.run_id, str(folder))
            self._client.log_artifacts(run.run_id, made)

    def put_controls(self, experiment_id: str, run: FoundRun, notes: RunNotes) -> None:
        """Make one finished child run for each control, and leave no two of one control."""
        with told():
            if not self._put_rows(experiment_id, run, notes):
                self._put_singly(experiment_id, run, notes)

    def finish(self, run: FoundRun, status: Status, finished: int) -> None:
        """End a run; ``finished`` in milliseconds since 1970."""
        with told():
            self._client.set_terminated(run.run_id, status, finished)

    def delete(self, experiment_id: str, run: FoundRun) -> None:
        """Mark a run and its children as deleted."""
        with told():
            for child in self.children(experiment_id, run):
                self._client.delete_run(child.run_id)
            self._client.delete_run(run.run_id)

    def set_tags(self, run: FoundRun, tags: Mapping[str, str]) -> None:
        """Write tags over those of the same keys."""
        from mlflow.entities import RunTag

        with told():
            self._client.log_batch(run.run_id, tags=[RunTag(key, value) for key, value in tags.items()])

    def register(self, run: FoundRun, model: ModelNote) -> str:
        """Return the version under which the model's digest is registered; it is registered where it is not yet."""
        from mlflow.exceptions import MlflowException

        with told():
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
        for control in missing(notes.controls, self.children(experiment_id, run)):
            child = self._client.create_run(
                experiment_id, notes.started, notes.child_tags(run.run_id, control), control.name
            )
            self._client.set_terminated(child.info.run_id, "FINISHED", notes.finished)
        for more in doubled(self.children(experiment_id, run)):
            self._client.delete_run(more.run_id)


def _child_id(run: FoundRun, tags: Mapping[str, str]) -> str:
    return uuid.uuid5(_CHILD_IDS, json.dumps([run.run_id, *control_key(tags)])).hex
