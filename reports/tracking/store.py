"""What this room needs of a tracking store, whichever way it is reached, and what went wrong with one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Literal, Protocol, TypeVar

from proofbox.reports.errors import ReportsError
from proofbox.reports.mlflow_content import BUNDLE_TAG, ControlRun, DatasetNote
from proofbox.reports.tracking.notes import LOGGED_AT_TAG, ModelNote, RunNotes

_BUSY = ("database is locked", "UNIQUE constraint failed", "duplicate key value", "deadlock detected")
"""sqlite's and PostgreSQL's words. MLflow itself meets them: two runs that name one new data file at the same time."""

Status = Literal["FINISHED", "FAILED"]


class StoreError(ReportsError):
    """The store could not be reached, or refused."""


class AwayStoreError(StoreError):
    """The store did not answer at all, so that asking it for something else is no use either."""


class BusyStoreError(StoreError):
    """Another writer held the store for too long; a later try may succeed."""


class NoPlainWayError(StoreError):
    """The server keeps artifacts where its REST interface does not reach; MLflow's own client knows the way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRun:
    """A run of the store that is not deleted."""

    run_id: str
    status: str
    """``RUNNING``, ``FINISHED``, ``FAILED`` or another word of MLflow."""
    artifact_uri: str
    tags: Mapping[str, str]
    experiment_id: str = ""
    name: str = ""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """The last value of each, as MLflow's pages show it."""
    params: Mapping[str, str] = field(default_factory=dict)
    datasets: frozenset[tuple[str, str, str]] = frozenset()
    """Name, digest and source of each data file that is noted as an input."""

    @property
    def age(self) -> tuple[int, str]:
        """A total order of the runs of one bundle: the moment at which logging began, then the id."""
        logged_at = self.tags.get(LOGGED_AT_TAG, "")
        return (int(logged_at) if logged_at.isascii() and logged_at.isdigit() else 0, self.run_id)


T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """A part of a long answer."""

    items: tuple[T, ...]
    following: str
    """What to ask for the next part with; empty: this is the last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A file or folder among the artifacts of a run, as the store names it: nothing of it is trusted."""

    path: str
    is_folder: bool
    size: int
    """Bytes; 0 for a folder."""


class ReadingStore(Protocol):
    """What is asked of a tracking store; all methods raise :class:`StoreError`."""

    def run(self, run_id: str) -> FoundRun:
        """Return one run."""
        ...

    def experiments(self, name: str | None, token: str) -> Page[str]:
        """Return ids of experiments: the one of that name, or all of them for None; ``token`` is empty at first."""
        ...

    def assessments(self, experiment_ids: Sequence[str], token: str) -> Page[FoundRun]:
        """Return the parent runs of bundles, the oldest first."""
        ...

    def children(self, experiment_id: str, run: FoundRun) -> Sequence[FoundRun]:
        """Return the child runs of a run, at most a thousand."""
        ...

    def listed(self, run: FoundRun, folder: str) -> Sequence[Artifact]:
        """Return what is in a folder of a run's artifacts; the empty path is the uppermost."""
        ...

    def fetch(self, run: FoundRun, path: str, target: Path, most_bytes: int) -> None:
        """Copy one artifact to a file that is not there yet; more than ``most_bytes`` are refused."""
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


class TrackingStore(ReadingStore, Protocol):
    """A tracking store; every method may be called again with the same arguments and then changes nothing.

    (:meth:`create_run` alone makes another run each time.) All raise :class:`StoreError`.
    """

    def experiment(self, name: str) -> str:
        """Return the id of the experiment of that name, which is made where it is missing."""
        ...

    def runs_of(self, experiment_id: str, digest: str) -> Sequence[FoundRun]:
        """Return the parent runs of one bundle."""
        ...

    def create_run(self, experiment_id: str, notes: RunNotes) -> FoundRun:
        """Make the parent run with its tags."""
        ...

    def log_batch(self, run: FoundRun, notes: RunNotes) -> None:
        """Log tags, figures and parameters in one call."""
        ...

    def log_datasets(self, run: FoundRun, datasets: Sequence[DatasetNote]) -> None:
        """Log the data files as inputs."""
        ...

    def put_artifacts(self, run: FoundRun, folder: Path, tables: Mapping[str, bytes]) -> None:
        """Copy a bundle's folder, and tables by name, to the run's artifacts."""
        ...

    def put_controls(self, experiment_id: str, run: FoundRun, notes: RunNotes) -> None:
        """Make one finished child run for each control, and leave no two of one control."""
        ...

    def finish(self, run: FoundRun, status: Status, finished: int) -> None:
        """End a run; ``finished`` in milliseconds since 1970."""
        ...

    def delete(self, experiment_id: str, run: FoundRun) -> None:
        """Mark a run and its children as deleted."""
        ...

    def set_tags(self, run: FoundRun, tags: Mapping[str, str]) -> None:
        """Write tags over those of the same keys."""
        ...

    def register(self, run: FoundRun, model: ModelNote) -> str:
        """Return the version under which the model's digest is registered; it is registered where it is not yet."""
        ...


def says_busy(text: str) -> bool:
    """Whether a database's words mean that another writer was quicker, so that the same call may succeed later."""
    return any(said in text for said in _BUSY)


def missing(controls: Iterable[ControlRun], found: Iterable[FoundRun]) -> list[ControlRun]:
    """Return the controls that have no child run yet."""
    there = {control_key(child.tags) for child in found}
    return [control for control in controls if control_key(control.tags) not in there]


def doubled(found: Iterable[FoundRun]) -> list[FoundRun]:
    """Return all child runs but the first of each control: what two writers at once may have made twice."""
    seen: set[tuple[str, str]] = set()
    more: list[FoundRun] = []
    for child in sorted(found, key=lambda run: run.run_id):
        key = control_key(child.tags)
        if key in seen:
            more.append(child)
        seen.add(key)
    return more


def control_key(tags: Mapping[str, str]) -> tuple[str, str]:
    """Return what tells a child run from its siblings."""
    return tags.get("proofbox.policy", ""), tags.get("proofbox.control", "")


ASSESSMENTS_FILTER = f"tags.`{BUNDLE_TAG}` LIKE '%'"
"""The search filter for the parent runs of all bundles."""


def bundle_filter(digest: str) -> str:
    """Return the search filter for the parent runs of one bundle; a digest is 64 hex digits."""
    return f"tags.`{BUNDLE_TAG}` = '{digest}'"


def children_filter(run_id: str) -> str:
    """Return the search filter for the child runs of a run."""
    return f"tags.`mlflow.parentRunId` = '{run_id}'"
