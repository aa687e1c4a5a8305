"""Copy the artifacts of a run into a folder: names and sizes are a stranger's, so both have limits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from proofbox.reports.tracking.store import Artifact, FoundRun, ReadingStore, StoreError

MIB = 1024 * 1024
MOST_FILES = 2_000
"""As many as of a submission that is taken in."""
MOST_DEPTH = 32
MOST_FILE_BYTES = 256 * MIB
"""A bundle holds evidence and no data: those of the shipped packs weigh a few megabytes in all."""
MOST_BYTES = 1024 * MIB


def fetch_all(store: ReadingStore, run: FoundRun, into: Path) -> None:
    """Copy all artifacts of a run into a folder that is there and empty.

    Raises
    ------
    StoreError
        There are too many files or bytes, a name leads out of the folder, or two are each other's file and folder.
    """
    left = MOST_BYTES
    for number, artifact in enumerate(_files(store, run, "")):
        target = into / artifact.path
        if number >= MOST_FILES or not target.resolve().is_relative_to(into.resolve()):
            raise StoreError(
                f"got the artifact {artifact.path!r}, expected at most {MOST_FILES} files below the run's folder"
            )
        most = min(MOST_FILE_BYTES, left)
        if artifact.size > most:
            raise StoreError(
                f"got {artifact.size} bytes of the artifact {artifact.path!r}, expected at most {MOST_FILE_BYTES} in a "
                f"file and {MOST_BYTES} in all"
            )
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            store.fetch(run, artifact.path, target, most)
            left -= target.stat().st_size
        except OSError as err:
            raise StoreError(f"the artifact {artifact.path!r} cannot be written ({err.strerror})") from err


def _files(store: ReadingStore, run: FoundRun, folder: str) -> Iterator[Artifact]:
    for item in store.listed(run, folder):
        path = PurePosixPath(item.path)
        if "\0" in item.path or len(item.path) > 1024:
            raise StoreError(f"got an artifact of the name {item.path[:100]!r}, expected a path")
        # Deeper with every step, and not for ever: a server may name a folder within itself.
        deeper = path.parent == PurePosixPath(folder) and path.name != "" and len(path.parts) <= MOST_DEPTH
        if item.is_folder and deeper:
            yield from _files(store, run, str(path))
        elif not item.is_folder:
            yield item
