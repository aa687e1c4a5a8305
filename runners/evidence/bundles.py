"""The one door to a bundle that a user names: a folder, its ``.zip``, or ``mlflow:RUN_ID``.

Every command that takes a BUNDLE opens it here, so that all know the same three forms. What is not a folder is laid out
in a temporary one: an archive under the rules by which submissions are taken in (refused, never repaired), a run's
artifacts as the tracking store hands them out. Neither is trusted for it: :func:`proofbox.reports.bundle.read_bundle`
compares every file with the manifest, whichever way it came.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from proofbox.reports.errors import DamagedArchiveError, NotABundleError, ReportsError
from proofbox.runners.errors import UsageError

BY_RUN = "mlflow:"
DEFAULT_STORE = "sqlite:///mlflow.db"
"""Where runs are logged unless told otherwise: an embedded store in the working folder."""


@contextmanager
def bundle_folder(given: Path | str, tracking_uri: str | None = None) -> Iterator[Path]:
    """Give the local folder of a bundle for as long as the context lasts.

    Parameters
    ----------
    given
        A folder, a ``.zip`` of it (with the files at its top or in its one top folder), or ``mlflow:RUN_ID``. A folder
        is handed on as it is, whatever is in it; a folder of the name ``mlflow:...`` is given as its absolute path.
    tracking_uri
        Store of the run; by default ``MLFLOW_TRACKING_URI``, else :data:`DEFAULT_STORE`.

    Raises
    ------
    NotABundleError
        The archive is none that is taken in, or holds no bundle.
    UsageError
        What follows ``mlflow:`` is no run id.
    PublishError
        The tracking store could not be reached, or has no such run.
    """
    name = str(given)
    if not name.startswith(BY_RUN) and not (name.lower().endswith(".zip") and Path(given).is_file()):
        yield Path(given)
        return
    from proofbox.sandbox.scratch import scratch, sweep

    sweep()
    with scratch("bundle") as folder:
        place = folder / "bundle"
        try:
            if name.startswith(BY_RUN):
                yield _downloaded(name, place, tracking_uri or store_of_the_environment())
            else:
                yield _unpacked(Path(given), place)
        except ReportsError as err:
            # The reader knows the name that was given, not the temporary folder.
            raise type(err)(str(err).replace(str(place), name)) from err


def store_of_the_environment() -> str:
    """Return the tracking store that MLflow's own variable names, else :data:`DEFAULT_STORE`."""
    return os.environ.get("MLFLOW_TRACKING_URI") or DEFAULT_STORE


def _downloaded(name: str, into: Path, tracking_uri: str) -> Path:
    from proofbox.reports.tracking.door import download_bundle
    from proofbox.reports.tracking.uris import is_run_id

    run_id = name.removeprefix(BY_RUN)
    if not is_run_id(run_id):
        raise UsageError(f"{name}: got {run_id!r}, expected mlflow: and the 32 hex digits of a run's id")
    download_bundle(run_id, into, tracking_uri=tracking_uri)
    return into


def _is_zip(source: Path) -> bool:
    with source.open("rb") as file:
        return file.read(2) == b"PK"


def _unpacked(source: Path, into: Path) -> Path:
    from proofbox.sandbox import archive
    from proofbox.sandbox.errors import IntakeError
    from proofbox.sandbox.store import IntakeLimits, Store

    limits = IntakeLimits()
    into.mkdir(mode=0o700)
    try:
        most = min(limits.total_bytes, limits.archive_ratio * source.stat().st_size)
        archive.unpack(source, Store(into, limits, most))
    except IntakeError as err:
        kind = DamagedArchiveError if _is_zip(source) else NotABundleError
        raise kind(f"{source}: no archive of a bundle: {err}") from err
    except OSError as err:
        raise NotABundleError(f"{source}: cannot be read ({err.strerror})") from err
    inside = list(into.iterdir())
    return inside[0] if len(inside) == 1 and inside[0].is_dir() else into
