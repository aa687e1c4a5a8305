"""Where many bundles are: in folders at any depth, or as the runs of a tracking store; found one after the other."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from proofbox.reports.manifest import FILE_NAME
from proofbox.reports.mlflow_content import BUNDLE_TAG
from proofbox.runners.errors import UsageError
from proofbox.runners.evidence.bundles import BY_RUN, store_of_the_environment

WHOLE_STORE = BY_RUN
"""What names every assessment of the tracking store, where ``mlflow:RUN_ID`` names one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The tracking store that runs are looked up in."""

    tracking_uri: str | None = None
    """None: that of the environment."""
    experiment: str | None = None
    """Only the assessments in the experiment of this name."""


def shelf_of(given: Mapping[str, object]) -> Shelf:
    """Return the store that the options ``--tracking-uri`` and ``--experiment`` name."""
    return Shelf(
        tracking_uri=cast("str | None", given["tracking_uri"]), experiment=cast("str | None", given["experiment"])
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A bundle, not opened yet."""

    name: str
    """As :func:`proofbox.runners.evidence.bundles.bundle_folder` takes it."""
    said: str = ""
    """The digest that the run's tag says the bundle has, untrusted; empty where nothing says one."""


def find_bundles(sources: Sequence[str], shelf: Shelf) -> Iterator[Found]:
    """Yield the bundles that sources name, in their order and by name within a folder.

    Parameters
    ----------
    sources
        Bundles (a folder, a ``.zip``, ``mlflow:RUN_ID``), folders of bundles, in which they are looked for at any
        depth, and ``mlflow:`` for all assessments in the store.

    Raises
    ------
    UsageError
        A source is not there, or an experiment is named and the store is none of them. That is said before the first
        one is yielded.
    PublishError
        The store could not be read.
    """
    if shelf.experiment is not None and WHOLE_STORE not in sources:
        raise UsageError(
            f"--experiment {shelf.experiment}: is of the store alone, expected '{WHOLE_STORE}' among BUNDLES"
        )
    for source in sources:
        if not source.startswith(BY_RUN) and not Path(source).exists():
            raise UsageError(
                f"{source}: there is no such bundle, and no such folder of bundles; expected a path that is there, "
                f"or '{WHOLE_STORE}' for the MLflow store"
            )
    return (found for source in sources for found in _below(source, shelf))


def _below(source: str, shelf: Shelf) -> Iterator[Found]:
    if source == WHOLE_STORE:
        from proofbox.reports.tracking.door import assessments

        for run in assessments(shelf.tracking_uri or store_of_the_environment(), shelf.experiment):
            yield Found(name=f"{BY_RUN}{run.run_id}", said=run.tags.get(BUNDLE_TAG, ""))
    elif source.startswith(BY_RUN) or not Path(source).is_dir():
        yield Found(name=source)
    else:
        yield from map(_of_disk, _in_folder(source))


def _of_disk(path: str) -> Found:
    return Found(name=path)


def _in_folder(top: str) -> Iterator[str]:
    """Yield bundles and archives; what is in a bundle is its own, and a hidden folder one that was never finished."""
    for folder, folders, files in os.walk(top):
        if FILE_NAME in files:
            folders.clear()
            yield folder
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (str(Path(folder, name)) for name in sorted(files) if name.lower().endswith(".zip"))
