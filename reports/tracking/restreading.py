"""What is asked of a tracking server by plain HTTP: its assessments page by page, and the artifacts of a run.

Artifacts that the server keeps behind itself come by its own interface for them. Those in a bucket that clients reach
themselves come by the route from which MLflow's pages show them, with the server's credentials: whoever only reads
needs none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote, urlencode

from proofbox.reports.tracking.store import (
    ASSESSMENTS_FILTER,
    Artifact,
    FoundRun,
    NoPlainWayError,
    Page,
    StoreError,
    children_filter,
)
from proofbox.reports.tracking.uris import is_run_id
from proofbox.reports.tracking.wire import RefusedError, Wire

if TYPE_CHECKING:
    from proofbox.checks.result import Json

T = TypeVar("T")

API = "/api/2.0/mlflow"
ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts"
EXPERIMENTS_AT_A_TIME = 100
RUNS_AT_A_TIME = 200
"""A run that one of ours logged weighs some ten kilobytes in an answer."""
_PROXIED = "mlflow-artifacts:/"


class RestReader:
    """A tracking server that is only read."""

    def __init__(self, tracking_uri: str) -> None:
        self._wire = Wire(tracking_uri)

    def run(self, run_id: str) -> FoundRun:
        """Return one run."""
        return understood(lambda: found_run(self._wire.get(f"{API}/runs/get", {"run_id": run_id})["run"]))

    def experiments(self, name: str | None, token: str) -> Page[str]:
        """Return ids of experiments: the one of that name, or all of them for None."""
        if name is not None:
            found = self.known_experiment(name)
            return Page(items=() if found is None else (found,), following="")
        body = {"max_results": EXPERIMENTS_AT_A_TIME, **_following(token)}
        answer = self._wire.post(f"{API}/experiments/search", body)
        return understood(lambda: _page(answer, "experiments", lambda one: str(one["experiment_id"])))

    def assessments(self, experiment_ids: Sequence[str], token: str) -> Page[FoundRun]:
        """Return the parent runs of bundles, the oldest first."""
        body: dict[str, Json] = {"experiment_ids": list(experiment_ids), "filter": ASSESSMENTS_FILTER}
        body |= {"max_results": RUNS_AT_A_TIME, "order_by": ["attributes.start_time ASC"], **_following(token)}
        answer = self._wire.post(f"{API}/runs/search", body)
        return understood(lambda: _page(answer, "runs", found_run))

    def children(self, experiment_id: str, run: FoundRun) -> Sequence[FoundRun]:
        """Return the child runs of a run, at most a thousand."""
        return list(self.found(experiment_id, children_filter(run.run_id)))

    def found(self, experiment_id: str, wanted: str) -> Iterator[FoundRun]:
        """Yield the runs of an experiment that a search filter lets through, at most a thousand."""
        body: dict[str, Json] = {"experiment_ids": [experiment_id], "filter": wanted, "max_results": 1000}
        answer = self._wire.post(f"{API}/runs/search", body)
        yield from understood(lambda: [found_run(run) for run in answer.get("runs", [])])

    def listed(self, run: FoundRun, folder: str) -> Sequence[Artifact]:
        """Return what is in a folder of a run's artifacts.

        Raises
        ------
        NoPlainWayError
            They are in a bucket that the server does not reach either.
        """
        query = {"run_id": run.run_id, **({"path": folder} if folder else {})}
        answer = self._reached(run, lambda: self._wire.get(f"{API}/artifacts/list", query))
        return understood(lambda: [_artifact(item) for item in answer.get("files", [])])

    def fetch(self, run: FoundRun, path: str, target: Path, most_bytes: int) -> None:
        """Copy one artifact to a file that is not there yet; more than ``most_bytes`` are refused."""
        root = proxied_root(run)
        place = f"/get-artifact?{urlencode({'run_uuid': run.run_id, 'path': path})}"
        if root is not None:
            place = quote(f"{root}/{path}")
        target.write_bytes(self._reached(run, lambda: self._wire.get_file(place, most_bytes)))

    def close(self) -> None:
        """Let go of the connection."""
        self._wire.close()

    def known_experiment(self, name: str) -> str | None:
        """Return the id of the experiment of that name; None where there is none."""
        try:
            found = self._wire.get(f"{API}/experiments/get-by-name", {"experiment_name": name})
        except RefusedError as err:
            if err.code == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise
        return understood(lambda: str(found["experiment"]["experiment_id"]))

    def _reached(self, run: FoundRun, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except RefusedError as err:
            if proxied_root(run) is not None or err.status < 500:
                raise
            raise no_plain_way(run) from err


def proxied_root(run: FoundRun) -> str | None:
    """Return the path below which the server takes and gives a run's artifacts; None where they are kept elsewhere."""
    uri = run.artifact_uri
    if not uri.startswith(_PROXIED) or uri.startswith(f"{_PROXIED}/"):
        return None
    return f"{ARTIFACTS}/{uri.removeprefix(_PROXIED).strip('/')}"


def no_plain_way(run: FoundRun) -> NoPlainWayError:
    """Return what is said where artifacts are in an object store that a client reaches itself, or on another host."""
    return NoPlainWayError(f"artifacts are kept at {run.artifact_uri.partition(':')[0]}:, not by the server")


def found_run(run: Mapping[str, Any]) -> FoundRun:
    """Return a run of an answer.

    Raises
    ------
    KeyError, TypeError, AttributeError, ValueError
        It is none of MLflow's, whose ids are 32 hex digits.
    """
    info, data = run["info"], run.get("data", {})
    run_id = str(info["run_id"])
    if not is_run_id(run_id):
        raise ValueError(f"the id of a run {run_id!r}")
    return FoundRun(
        run_id=run_id,
        status=str(info["status"]),
        artifact_uri=str(info["artifact_uri"]),
        tags=_values(data.get("tags", [])),
        experiment_id=str(info.get("experiment_id", "")),
        name=str(info.get("run_name", "")),
        # JSON has no word for what is no number: it comes as text.
        metrics={str(one["key"]): float(one.get("value", 0.0)) for one in data.get("metrics", [])},
        params=_values(data.get("params", [])),
        datasets=frozenset(map(_dataset, run.get("inputs", {}).get("dataset_inputs", []))),
    )


def _values(pairs: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    return {str(one["key"]): str(one.get("value", "")) for one in pairs}


def _dataset(given: Mapping[str, Any]) -> tuple[str, str, str]:
    one = given["dataset"]
    return str(one["name"]), str(one["digest"]), str(one.get("source", ""))


def understood(read: Callable[[], T]) -> T:
    """Return what ``read`` makes of an answer.

    Raises
    ------
    StoreError
        It is not formed as MLflow's are.
    """
    try:
        return read()
    except (KeyError, TypeError, AttributeError, ValueError) as err:
        said = f"the server's answer is none of MLflow's ({type(err).__name__}: {err})"
        raise StoreError(f"{said}: is this an MLflow tracking server?") from err


def _page(answer: Mapping[str, Any], key: str, read: Callable[[Mapping[str, Any]], T]) -> Page[T]:
    return Page(
        items=tuple(read(one) for one in answer.get(key, [])), following=str(answer.get("next_page_token") or "")
    )


def _artifact(item: Mapping[str, Any]) -> Artifact:
    return Artifact(path=str(item["path"]), is_folder=bool(item.get("is_dir")), size=int(item.get("file_size") or 0))


def _following(token: str) -> dict[str, Json]:
    return {"page_token": token} if token else {}
