"""The tracking store by a server's own REST interface (MLflow's API 2.0), without importing mlflow.

Importing MLflow takes seconds of processor time, and a run needs some thirty small requests. A test reads what was
logged this way, and what MLflow's client logs, back through that client and holds the two equal.
"""

from __future__ import annotations

import mimetypes
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from proofbox.reports.tracking.notes import ModelNote, RunNotes
from proofbox.reports.tracking.store import (
    FoundRun,
    NoPlainWayError,
    Status,
    StoreError,
    bundle_filter,
    children_filter,
    doubled,
    missing,
)
from proofbox.reports.tracking.wire import RefusedError, Wire

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.reports.mlflow_content import DatasetNote

_API = "/api/2.0/mlflow"
_ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
_PROXIED = "mlflow-artifacts:/"
_MOST_FILES = 2_000
_MOST_DEPTH = 32


class RestStore:
    """A tracking server reached by plain HTTP."""

    def __init__(self, tracking_uri: str) -> None:
        self._wire = Wire(tracking_uri)

    def experiment(self, name: str) -> str:
        """Return the id of the experiment of that name, which is made where it is missing."""
        found = self._experiment(name)
        if found is None:
            try:
                return str(self._wire.post(f"{_API}/experiments/create", {"name": name})["experiment_id"])
            except RefusedError:
                # Another writer was quicker.
                found = self._experiment(name)
                if found is None:
                    raise
        return found

    def runs_of(self, experiment_id: str, digest: str) -> Sequence[FoundRun]:
        """Return the parent runs of one bundle."""
        return list(self._search(experiment_id, bundle_filter(digest)))

    def run(self, run_id: str) -> FoundRun:
        """Return one run."""
        return _found(self._wire.get(f"{_API}/runs/get", {"run_id": run_id})["run"])

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
            f"{_API}/runs/log-batch",
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
            self._wire.post(f"{_API}/runs/log-inputs", {"run_id": run.run_id, "datasets": inputs})

    def put_artifacts(self, run: FoundRun, folder: Path, tables: Mapping[str, bytes]) -> None:
        """Copy a bundle's folder, and tables by name, to the run's artifacts."""
        root = _artifact_root(run)
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                name = path.relative_to(folder).as_posix()
                self._wire.put_file(f"{root}/{name}", path.read_bytes(), _kind(name))
        for name, raw in tables.items():
            self._wire.put_file(f"{root}/{name}", raw, _kind(name))

    def put_controls(self, experiment_id: str, run: FoundRun, notes: RunNotes) -> None:
        """Make one finished child run for each control, and leave no two of one control."""
        there = self._children(experiment_id, run)
        for control in missing(notes.controls, there):
            made = self._create(experiment_id, control.name, notes.started, notes.child_tags(run.run_id, control))
            self.finish(made, "FINISHED", notes.finished)
        for child in there:
            if child.status != "FINISHED":
                self.finish(child, "FINISHED", notes.finished)
        for child in doubled(self._children(experiment_id, run)):
            self._delete(child)

    def finish(self, run: FoundRun, status: Status, finished: int) -> None:
        """End a run; ``finished`` in milliseconds since 1970."""
        self._wire.post(f"{_API}/runs/update", {"run_id": run.run_id, "status": status, "end_time": finished})

    def delete(self, experiment_id: str, run: FoundRun) -> None:
        """Mark a run and its children as deleted."""
        for child in self._children(experiment_id, run):
            self._delete(child)
        self._delete(run)

    def set_tags(self, run: FoundRun, tags: Mapping[str, str]) -> None:
        """Write tags over those of the same keys."""
        self._wire.post(f"{_API}/runs/log-batch", {"run_id": run.run_id, "tags": _pairs(tags)})

    def register(self, run: FoundRun, model: ModelNote) -> str:
        """Return the version under which the model's digest is registered; it is registered where it is not yet."""
        try:
            self._wire.post(f"{_API}/registered-models/create", {"name": model.name})
        except RefusedError as err:
            if err.code != "RESOURCE_ALREADY_EXISTS":
                raise
        known = self._versions(model)
        if not known:
            body: dict[str, Json] = {"name": model.name, "source": run.artifact_uri, "run_id": run.run_id}
            self._wire.post(f"{_API}/model-versions/create", {**body, "tags": _pairs(model.tags)})
            known = self._versions(model)
        first, *more = known
        for version in more:
            body = {"name": model.name, "version": str(version)}
            self._wire.post(f"{_API}/model-versions/delete", body, method="DELETE")
        return str(first)

    def download(self, run: FoundRun, into: Path) -> None:
        """Copy all artifacts of a run into a folder that is there.

        A name that leads out of the folder is refused, whatever the server says.
        """
        root = _artifact_root(run)
        for number, name in enumerate(self._files(run, "")):
            target = into / name
            if number >= _MOST_FILES or not target.resolve().is_relative_to(into.resolve()):
                raise StoreError(
                    f"got the artifact {name!r}, expected at most {_MOST_FILES} files below the run's folder"
                )
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(self._wire.get_file(f"{root}/{name}"))

    def close(self) -> None:
        """Let go of the connection."""
        self._wire.close()

    def _files(self, run: FoundRun, folder: str) -> Iterator[str]:
        query = {"run_id": run.run_id, **({"path": folder} if folder else {})}
        for item in self._wire.get(f"{_API}/artifacts/list", query).get("files", []):
            path = PurePosixPath(str(item["path"]))
            # Deeper with every step, and not for ever: a server may name a folder within itself.
            deeper = path.parent == PurePosixPath(folder) and path.name != "" and len(path.parts) <= _MOST_DEPTH
            if item.get("is_dir") and deeper:
                yield from self._files(run, str(path))
            elif not item.get("is_dir"):
                yield str(item["path"])

    def _experiment(self, name: str) -> str | None:
        try:
            found = self._wire.get(f"{_API}/experiments/get-by-name", {"experiment_name": name})
        except RefusedError as err:
            if err.code == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise
        return str(found["experiment"]["experiment_id"])

    def _create(self, experiment_id: str, name: str, started: int, tags: Mapping[str, str]) -> FoundRun:
        body: dict[str, Json] = {"experiment_id": experiment_id, "run_name": name, "start_time": started}
        return _found(
            self._wire.post(f"{_API}/runs/create", {**body, "user_id": "unknown", "tags": _pairs(tags)})["run"]
        )

    def _search(self, experiment_id: str, wanted: str) -> Iterator[FoundRun]:
        body: dict[str, Json] = {"experiment_ids": [experiment_id], "filter": wanted, "max_results": 1000}
        for run in self._wire.post(f"{_API}/runs/search", body).get("runs", []):
            yield _found(run)

    def _children(self, experiment_id: str, run: FoundRun) -> list[FoundRun]:
        return list(self._search(experiment_id, children_filter(run.run_id)))

    def _delete(self, run: FoundRun) -> None:
        self._wire.post(f"{_API}/runs/delete", {"run_id": run.run_id})

    def _versions(self, model: ModelNote) -> list[int]:
        found = self._wire.get(f"{_API}/model-versions/search", {"filter": model.filter})
        return sorted(int(version["version"]) for version in found.get("model_versions", []))


def _found(run: Mapping[str, Any]) -> FoundRun:
    info, tags = run["info"], run.get("data", {}).get("tags", [])
    return FoundRun(
        run_id=str(info["run_id"]),
        status=str(info["status"]),
        artifact_uri=str(info["artifact_uri"]),
        tags={str(tag["key"]): str(tag["value"]) for tag in tags},
    )


def _artifact_root(run: FoundRun) -> str:
    """Return the path below which the server takes a run's artifacts.

    Raises
    ------
    NoPlainWayError
        They are kept elsewhere: in an object store that a client writes to itself, or on another host.
    """
    uri = run.artifact_uri
    if not uri.startswith(_PROXIED) or uri.startswith(f"{_PROXIED}/"):
        raise NoPlainWayError(f"artifacts are kept at {uri.partition(':')[0]}:, not by the server")
    return f"{_ARTIFACTS}/{uri.removeprefix(_PROXIED).strip('/')}"


def _pairs(values: Mapping[str, str]) -> list[Json]:
    return [{"key": key, "value": value} for key, value in values.items()]


def _kind(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
