"""Log an assessment, find it again, take its bundle back: by plain HTTP where a server is named, else by MLflow."""

from __future__ import annotations

import contextlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from proofbox.reports import mlflow_content as content
from proofbox.reports.errors import PublishError, StoreAwayError
from proofbox.reports.tracking.fetching import fetch_all
from proofbox.reports.tracking.notes import TABLES, model_note, notes
from proofbox.reports.tracking.once import log_once
from proofbox.reports.tracking.store import (
    AwayStoreError,
    BusyStoreError,
    FoundRun,
    NoPlainWayError,
    Page,
    StoreError,
    TrackingStore,
)
from proofbox.reports.tracking.uris import database_file, is_server, run_page, without_password
from proofbox.reports.visible import visible

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment
    from proofbox.reports.bundle import Bundle

T = TypeVar("T")
_BUSY_TRIES = 8
_MESSAGE_LENGTH = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class MlflowRun:
    """Where an assessment stands in MLflow."""

    run_id: str
    experiment_id: str
    url_hint: str
    """Path below the server's address that opens the run."""
    created: bool
    """False where a whole run of this bundle was there already."""
    model_version: str | None = None
    """``NAME version N`` in the registry; None where it was not asked for, or there is no model."""


def prepare(tracking_uri: str) -> threading.Thread | None:
    """Begin in the background what takes seconds before anything can be logged, so that it overlaps the checks.

    For a database that is the import of MLflow and the making of a store; for a server it is nothing, and None is
    returned. What goes wrong is not told here: :func:`log_assessment` meets it again and says so.
    """
    if is_server(tracking_uri):
        return None
    thread = threading.Thread(target=_prepare, args=(tracking_uri,), name="import-mlflow", daemon=True)
    thread.start()
    return thread


def log_assessment(
    assessment: Assessment,
    bundle: Bundle,
    *,
    tracking_uri: str,
    experiment: str | None = None,
    register: bool = False,
) -> MlflowRun:
    """Log one assessment with its bundle: once for each bundle and experiment, whoever else does so at the same time.

    Parameters
    ----------
    tracking_uri
        ``sqlite:///path.db``, another database, or the address of a tracking server.
    experiment
        Name of the experiment; by default one for the product.
    register
        Whether to register the model by its digest as well.

    Raises
    ------
    PublishError
        The store could not be reached or refused. The bundle is untouched, and what was logged of it is completed by
        the next call.
    """
    name = experiment or content.experiment_name(assessment)
    noted = notes(assessment, bundle, logged_at=time.time_ns() // 1_000_000)
    model = model_note(assessment, bundle) if register else None

    def log(store: TrackingStore) -> MlflowRun:
        experiment_id = store.experiment(name)
        run, logged = log_once(store, experiment_id, noted, bundle.path)
        version = None if model is None else f"{model.name} version {store.register(run, model)}"
        page = run_page(experiment_id, run.run_id)
        return MlflowRun(
            run_id=run.run_id, experiment_id=experiment_id, url_hint=page, created=logged, model_version=version
        )

    return reached(tracking_uri, log)


def download_bundle(run_id: str, into: Path, *, tracking_uri: str) -> None:
    """Copy the bundle among a run's artifacts to the fresh folder ``into``; what is in it is not trusted for that.

    Raises
    ------
    PublishError
        The store could not be reached, or has no such run.
    """

    def copy(store: TrackingStore) -> None:
        # Again by another way, or after another writer was quicker: what was copied by then goes.
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir(mode=0o700, parents=True)
        fetch_all(store, store.run(run_id), into)

    reached(tracking_uri, copy)
    for table in TABLES:
        (into / table).unlink(missing_ok=True)


def assessments(tracking_uri: str, experiment: str | None = None) -> Iterator[FoundRun]:
    """Yield the run of every assessment in a store, page by page, by experiment and the oldest first.

    Parameters
    ----------
    experiment
        Only of the experiment of this name.

    Raises
    ------
    PublishError
        The store could not be reached, is not there, has no such experiment, or gives pages without end.
    """
    database = database_file(tracking_uri)
    if database is not None and not database.exists():
        # MLflow would make a new one.
        raise PublishError(f"MLflow at {tracking_uri}: there is no such file ({database}), expected an MLflow store")
    some = False
    for ids in _pages(tracking_uri, partial(_experiments, experiment)):
        some = some or bool(ids)
        for runs in _pages(tracking_uri, partial(_runs, ids)):
            yield from runs
    if experiment is not None and not some:
        raise PublishError(f"MLflow at {without_password(tracking_uri)}: no experiment of the name {experiment!r}")


def tag_run(run_id: str, tags: Mapping[str, str], *, tracking_uri: str) -> None:
    """Write tags on a run, as a reviewer's decision; hidden characters of foreign text are made visible, lines stay.

    Raises
    ------
    PublishError
        The store could not be reached, or has no such run.
    """
    shown = {key: "\n".join(visible(line) for line in value.split("\n")) for key, value in tags.items()}
    reached(tracking_uri, lambda store: store.set_tags(store.run(run_id), shown))


def find_run(bundle_digest: str, *, experiment: str, tracking_uri: str) -> str | None:
    """Return the id of the run of a bundle in the experiment of that name; None where it was not logged.

    Raises
    ------
    PublishError
        The store could not be reached.
    """

    def find(store: TrackingStore) -> str | None:
        # Asked for, and not made where it is missing: whoever only looks may not write.
        ids = store.experiments(experiment, "").items
        found = sorted((run for one in ids for run in store.runs_of(one, bundle_digest)), key=lambda run: run.age)
        return found[0].run_id if found else None

    return reached(tracking_uri, find)


def _experiments(name: str | None, token: str, store: TrackingStore) -> Page[str]:
    return store.experiments(name, token)


def _runs(experiment_ids: Sequence[str], token: str, store: TrackingStore) -> Page[FoundRun]:
    return store.assessments(experiment_ids, token)


def _pages(tracking_uri: str, ask: Callable[[str, TrackingStore], Page[T]]) -> Iterator[tuple[T, ...]]:
    """Yield what each page holds; each is asked for with a connection and with time of its own."""
    token, seen = "", set[str]()
    while True:
        page = reached(tracking_uri, partial(ask, token))
        if page.items:
            yield page.items
        token = page.following
        if not token:
            return
        if token in seen or not page.items:
            raise PublishError(f"MLflow at {without_password(tracking_uri)}: got a page twice, expected an end")
        seen.add(token)


def reached(tracking_uri: str, work: Callable[[TrackingStore], T]) -> T:
    """Return what ``work`` makes of the store, by the plain way where it goes; tried again where others hold it.

    Raises
    ------
    PublishError
        The store could not be reached, or refused.
    """
    plain = is_server(tracking_uri)
    try:
        for attempt in range(_BUSY_TRIES):
            try:
                with contextlib.closing(_store(tracking_uri, plain=plain)) as store:
                    return work(store)
            except NoPlainWayError:
                plain = False
            except BusyStoreError:
                if attempt == _BUSY_TRIES - 1:
                    raise
                time.sleep(0.1 * 2 ** min(attempt, 4))
        raise StoreError("the store stayed busy")
    except StoreError as err:
        kind = StoreAwayError if isinstance(err, AwayStoreError) else PublishError
        raise kind(f"MLflow at {without_password(tracking_uri)}: {_line(err, tracking_uri)}") from err


def _store(tracking_uri: str, *, plain: bool) -> TrackingStore:
    if plain:
        from proofbox.reports.tracking.rest import RestStore

        return RestStore(tracking_uri)
    from proofbox.reports.mlflow_log import ClientStore

    return ClientStore(tracking_uri)


def _line(err: StoreError, tracking_uri: str) -> str:
    shown = without_password(tracking_uri)
    secret = tracking_uri.partition("://")[2].rpartition("@")[0].partition(":")[2]
    text = str(err).replace(tracking_uri, shown)
    if secret:
        text = text.replace(secret, "***")
    return visible(text.strip().partition("\n")[0])[:_MESSAGE_LENGTH]


def _prepare(tracking_uri: str) -> None:
    from proofbox.reports.mlflow_log import ClientStore

    with contextlib.suppress(StoreError):
        ClientStore(tracking_uri)
