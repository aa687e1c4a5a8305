"""Log a bundle once, whoever else logs it at the same time and wherever an earlier try broke off.

A tracking store has no lock and no unique key that we could use. So nothing is decided beforehand: whoever logs takes
the oldest run of the bundle (or makes one), completes it, which may be done any number of times, and looks again. If it
is still the oldest, the younger ones are removed; if not, it goes on with the older one. Only a run that is not the
oldest in somebody's view is ever removed, so the oldest of all stays, and all end with that one.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from proofbox.reports.mlflow_content import BUNDLE_TAG, SIGNATURE_TAG
from proofbox.reports.tracking.notes import RunNotes
from proofbox.reports.tracking.store import BusyStoreError, FoundRun, StoreError, TrackingStore

ATTEMPTS = 6


def log_once(store: TrackingStore, experiment_id: str, notes: RunNotes, folder: Path) -> tuple[FoundRun, bool]:
    """Return the run of a bundle, and whether anything had to be logged for it.

    Parameters
    ----------
    folder
        The bundle's folder.

    Raises
    ------
    StoreError
        The store could not be reached or refused. A run that was begun is marked as failed where the store still
        answers, and the next call completes it.
    """
    digest, logged = notes.tags[BUNDLE_TAG], False
    for _ in range(ATTEMPTS):
        found = sorted(store.runs_of(experiment_id, digest), key=lambda run: run.age)
        if len(found) == 1 and _is_whole(found[0], notes):
            return found[0], logged
        run = found[0] if found else store.create_run(experiment_id, notes)
        if not _is_whole(run, notes):
            logged = True
            if not _completed(store, experiment_id, run, notes, folder):
                continue
        now = sorted(store.runs_of(experiment_id, digest), key=lambda run: run.age)
        if now and now[0].run_id == run.run_id:
            for younger in now[1:]:
                store.delete(experiment_id, younger)
            return run, logged
    raise StoreError(f"other writers kept changing the runs of bundle {digest}; try again")


def _is_whole(run: FoundRun, notes: RunNotes) -> bool:
    """Whether nothing is left to log.

    A bundle that was signed since then has a signature to add; an unsigned copy takes none away.
    """
    return run.status == "FINISHED" and run.tags.get(SIGNATURE_TAG) in {notes.tags[SIGNATURE_TAG], "signed"}


def _completed(store: TrackingStore, experiment_id: str, run: FoundRun, notes: RunNotes, folder: Path) -> bool:
    """Log everything to a run; False where the run was removed meanwhile, by somebody with an older one."""
    try:
        store.put_artifacts(run, folder, notes.tables)
        store.log_batch(run, notes)
        store.log_datasets(run, notes.datasets)
        store.put_controls(experiment_id, run, notes)
        store.finish(run, "FINISHED", notes.finished)
    except BusyStoreError:
        raise
    except StoreError:
        if run.run_id not in {one.run_id for one in store.runs_of(experiment_id, notes.tags[BUNDLE_TAG])}:
            return False
        with contextlib.suppress(StoreError):
            store.finish(run, "FAILED", notes.finished)
        raise
    return True
