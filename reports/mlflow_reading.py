"""MLflow's own client, as far as a store is read: with :mod:`proofbox.reports.mlflow_log` the only import of mlflow.

Used for databases (sqlite in the working folder, an office's PostgreSQL) and wherever a server's plain interface is not
enough. Imported late: it takes seconds.
"""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports.tracking.localfiles import fetch_local, list_local, local_root
from proofbox.reports.tracking.restreading import EXPERIMENTS_AT_A_TIME, RUNS_AT_A_TIME
from proofbox.reports.tracking.store import (
    ASSESSMENTS_FILTER,
    Artifact,
    BusyStoreError,
    FoundRun,
    Page,
    StoreError,
    children_filter,
    says_busy,
)
from proofbox.reports.tracking.uris import PATIENCE, SETTINGS, absolute_uri, database_file, is_server

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

_EXTRAS = {"psycopg2": "postgres", "boto3": "s3"}
_CREDENTIALS = (
    "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or let the server keep the artifacts (--artifacts-destination, "
    "docs/office.md)"
)
_BUCKETS = ("s3", "gs", "abfss", "wasbs")
"""Object stores that a client reaches itself, with the credentials of its environment."""
_STORE = threading.Lock()
"""Held while a store is made: two threads that both migrate a new database would meet half of it."""


class ClientReader:
    """A tracking store that is only read, by MLflow's client."""

    def __init__(self, tracking_uri: str) -> None:
        self._database = database_file(tracking_uri)
        self._served = is_server(tracking_uri)
        with _STORE, told():
            _import_quietly()
            from mlflow import MlflowClient

            if self._database is not None:
                self._database.parent.mkdir(parents=True, exist_ok=True)
            self._client: MlflowClient = MlflowClient(tracking_uri=absolute_uri(tracking_uri))
            self._client.search_experiments(max_results=1)

    def run(self, run_id: str) -> FoundRun:
        """Return one run."""
        with told():
            return found_run(self._client.get_run(run_id))

    def experiments(self, name: str | None, token: str) -> Page[str]:
        """Return ids of experiments: the one of that name, or all of them for None."""
        with told():
            if name is not None:
                named = self._client.get_experiment_by_name(name)
                return Page(items=() if named is None else (str(named.experiment_id),), following="")
            found = self._client.search_experiments(max_results=EXPERIMENTS_AT_A_TIME, page_token=token or None)
            return Page(items=tuple(str(one.experiment_id) for one in found), following=found.token or "")

    def assessments(self, experiment_ids: Sequence[str], token: str) -> Page[FoundRun]:
        """Return the parent runs of bundles, the oldest first."""
        with told():
            found = self._client.search_runs(
                list(experiment_ids),
                ASSESSMENTS_FILTER,
                max_results=RUNS_AT_A_TIME,
                order_by=["attributes.start_time ASC"],
                page_token=token or None,
            )
            return Page(items=tuple(found_run(run) for run in found), following=found.token or "")

    def children(self, experiment_id: str, run: FoundRun) -> Sequence[FoundRun]:
        """Return the child runs of a run, at most a thousand."""
        with told():
            return [
                found_run(child) for child in self._client.search_runs([experiment_id], children_filter(run.run_id))
            ]

    def listed(self, run: FoundRun, folder: str) -> Sequence[Artifact]:
        """Return what is in a folder of a run's artifacts."""
        if (root := self._local(run)) is not None:
            return list_local(root, folder)
        with told():
            found = self._client.list_artifacts(run.run_id, folder or None)
            return [Artifact(path=one.path, is_folder=one.is_dir, size=one.file_size or 0) for one in found]

    def fetch(self, run: FoundRun, path: str, target: Path, most_bytes: int) -> None:
        """Copy one artifact to a file that is not there yet; more than ``most_bytes`` are refused."""
        if (root := self._local(run)) is not None:
            fetch_local(root, path, target, most_bytes)
            return
        with told(), tempfile.TemporaryDirectory(prefix="proofbox-", dir=target.parent) as made:
            copy = Path(self._client.download_artifacts(run.run_id, path, made))
            if copy.stat().st_size > most_bytes:
                raise StoreError(f"got more than {most_bytes} bytes of the artifact {path!r}")
            copy.rename(target)

    def close(self) -> None:
        """Do nothing: MLflow keeps its connections for the whole process."""

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


def found_run(run: Run) -> FoundRun:
    """Return what we ask of a run of MLflow's."""
    info, given = run.info, run.inputs.dataset_inputs if run.inputs else []
    return FoundRun(
        run_id=info.run_id,
        status=info.status,
        artifact_uri=info.artifact_uri,
        tags=run.data.tags,
        experiment_id=str(info.experiment_id),
        name=info.run_name or "",
        metrics=run.data.metrics,
        params=run.data.params,
        datasets=frozenset((one.dataset.name, one.dataset.digest, one.dataset.source) for one in given),
    )


@contextlib.contextmanager
def told() -> Iterator[None]:
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
