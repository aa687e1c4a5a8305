"""The tracking store by a server's own REST interface (MLflow's API 2.0), without importing mlflow.

Importing MLflow takes seconds of processor time, and a run needs some thirty small requests. A test reads what was
logged this way, and what MLflow's client logs, back through that client and holds the two equal.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports.tracking.notes import ModelNote, RunNotes
from proofbox.reports.tracking.presigned import put_presigned
from proofbox.reports.tracking.restreading import API, RestReader, found_run, no_plain_way, proxied_root
from proofbox.reports.tracking.store import FoundRun, Status, bundle_filter, doubled, missing
from proofbox.reports.tracking.wire import RefusedError

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.reports.mlflow_content import DatasetNote


class RestStore(RestReader):
    """A tracking server reached by plain HTTP."""

    def experiment(self, name: str) -> str:
        """Return the id of the experiment of that name, which is made where it is missing."""
        found = self.known_experiment(name)
        if found is None:
            try:
                return str(self._wire.post(f"{API}/experiments/create", {"name": name})["experiment_id"])
            except RefusedError:
                # Another writer was quicker.
                found = self.known_experiment(name)
                if found is None:
                    raise
        return found

    def runs_of(self, experiment_id: str, digest: str) -> Sequence[FoundRun]:
        """Return the parent runs of one bundle."""
        return list(self.found(experiment_id, bundle_filter(digest)))

    def create_run(self, experiment_id: str, notes: RunNotes) -> FoundRun:
        """Make the parent run with its tags."""
        return self._create(experiment_id, notes.name, notes.started, notes.tags)

    def log_batch(self, run: FoundRun, notes: RunNotes) -> None:
        """Log tags, figures and parameters in one call."""
        metrics: list[Json] = [
            {"key": key, "value": value, "timestamp": notes.finished, "step": 0} for key, value in notes.metrics.items()
        ]
        body: dict[str, Json] = {"run_id": run.run_id, "metrics": metrics}
        self._wire.post(
            f"{API}/runs/log-batch",
            {**body, "params": _pairs(notes.params), "tags": _pairs(notes.changed_tags(run.tags))},
        )

    def log_datasets(self, run: FoundRun, datasets: Sequence[DatasetNote]) -> None:
        """Log the data files as inputs."""
        inputs: list[Json] = [
            {
                "tags": _pairs(one.tags),
                "dataset": {
                    "name": one.name,
                    "digest": one.short_digest,
                    "source_type": "proofbox",
                    "source": one.source,
                },
            }
            for one in datasets
        ]
        if inputs:
            self._wire.post(f"{API}/runs/log-inputs", {"run_id": run.run_id, "datasets": inputs})

    def put_artifacts(self, run: FoundRun, folder: Path, tables: Mapping[str, bytes]) -> None:
        """Copy a bundle's folder, and tables by name, to the run's artifacts."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self._put_artifact(run, path.relative_to(folder).as_posix(), path.read_bytes())
        for name, raw in tables.items():
            self._put_artifact(run, name, raw)

    def put_controls(self, experiment_id: str, run: FoundRun, notes: RunNotes) -> None:
        """Make one finished child run for each control, and leave no two of one control."""
        there = self.children(experiment_id, run)
        for control in missing(notes.controls, there):
            made = self._create(experiment_id, control.name, notes.started, notes.child_tags(run.run_id, control))
            self.finish(made, "FINISHED", notes.finished)
        for child in there:
            if child.status != "FINISHED":
                self.finish(child, "FINISHED", notes.finished)
        for child in doubled(self.children(experiment_id, run)):
            self._delete(child)

    def finish(self, run: FoundRun, status: Status, finished: int) -> None:
        """End a run; ``finished`` in milliseconds since 1970."""
        self._wire.post(f"{API}/runs/update", {"run_id": run.run_id, "status": status, "end_time": finished})

    def delete(self, experiment_id: str, run: FoundRun) -> None:
        """Mark a run and its children as deleted."""
        for child in self.children(experiment_id, run):
            self._delete(child)
        self._delete(run)

    def set_tags(self, run: FoundRun, tags: Mapping[str, str]) -> None:
        """Write tags over those of the same keys."""
        self._wire.post(f"{API}/runs/log-batch", {"run_id": run.run_id, "tags": _pairs(tags)})

    def register(self, run: FoundRun, model: ModelNote) -> str:
        """Return the version under which the model's digest is registered; it is registered where it is not yet."""
        try:
            self._wire.post(f"{API}/registered-models/create", {"name": model.name})
        except RefusedError as err:
            if err.code != "RESOURCE_ALREADY_EXISTS":
                raise
        known = self._versions(model)
        if not known:
            body: dict[str, Json] = {"name": model.name, "source": run.artifact_uri, "run_id": run.run_id}
            self._wire.post(f"{API}/model-versions/create", {**body, "tags": _pairs(model.tags)})
            known = self._versions(model)
        first, *more = known
        for version in more:
            body = {"name": model.name, "version": str(version)}
            self._wire.post(f"{API}/model-versions/delete", body, method="DELETE")
        return str(first)

    def _put_artifact(self, run: FoundRun, name: str, raw: bytes) -> None:
        """Send one file to the server, or past it to the bucket where artifacts are kept.

        Raises
        ------
        NoPlainWayError
            The server gives nobody the right to write there.
        """
        root = proxied_root(run)
        if root is not None:
            self._wire.put_file(f"{root}/{name}", raw, _kind(name))
            return
        try:
            signed = self._wire.post(f"{API}/artifacts/presigned-upload-url", {"run_id": run.run_id, "path": name})
        except RefusedError as err:
            # An older server has no such address, and one without a key of its own cannot sign.
            raise no_plain_way(run) from err
        put_presigned(signed, raw, self._wire.scheme)

    def _create(self, experiment_id: str, name: str, started: int, tags: Mapping[str, str]) -> FoundRun:
        body: dict[str, Json] = {"experiment_id": experiment_id, "run_name": name, "start_time": started}
        return found_run(
            self._wire.post(f"{API}/runs/create", {**body, "user_id": "unknown", "tags": _pairs(tags)})["run"]
        )

    def _delete(self, run: FoundRun) -> None:
        self._wire.post(f"{API}/runs/delete", {"run_id": run.run_id})

    def _versions(self, model: ModelNote) -> list[int]:
        found = self._wire.get(f"{API}/model-versions/search", {"filter": model.filter})
        return sorted(int(version["version"]) for version in found.get("model_versions", []))


def _pairs(values: Mapping[str, str]) -> list[Json]:
    return [{"key": key, "value": value} for key, value in values.items()]


def _kind(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
