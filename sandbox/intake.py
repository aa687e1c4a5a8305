"""Take a submission in: a read-only copy, every byte hashed on the way; links and devices are refused."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from proofbox.sandbox import names
from proofbox.sandbox.errors import IntakeError, SandboxError
from proofbox.sandbox.formats import detect_folder
from proofbox.sandbox.store import IntakeLimits, Store, TakenFile

SUBMISSION = "submission.yaml"
ARCHIVES = (".zip", ".tar.gz", ".tgz")


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """A submission that was taken in."""

    root: Path
    """Folder of the read-only copy, in which ``submission.yaml`` stands."""
    files: tuple[TakenFile, ...]
    """Every file, sorted by path."""
    digest: str
    """sha256 over the canonical JSON list of (path, sha256) pairs, see :func:`digest_of`."""


def take_in(source: Path, into: Path, limits: IntakeLimits | None = None, *, described: bool = True) -> Intake:
    """Copy the submission at ``source`` into the fresh folder ``into`` and hash every file of it.

    Parameters
    ----------
    source
        A folder with ``submission.yaml``, that file, or a ``.zip`` or ``.tar.gz`` of the folder.
    into
        A path that does not exist, or an empty folder; it is made 0700, its files 0444.
    described
        Whether ``submission.yaml`` must be there; ``proofbox init`` takes a folder in of which it will be written.

    Raises
    ------
    IntakeError
        The submission is not taken in; nothing of it is left under ``into``.
    SandboxError
        ``into`` is not empty.
    """
    limits = limits or IntakeLimits()
    fresh = not into.exists()
    if not fresh and (not into.is_dir() or any(into.iterdir())):
        raise SandboxError(f"got {into} to copy into, expected a path that does not exist or an empty folder")
    into.mkdir(mode=0o700, parents=True, exist_ok=True)
    into.chmod(0o700)
    try:
        return _taken(source, into, limits, described=described)
    except BaseException as error:
        shutil.rmtree(into)
        if not fresh:
            into.mkdir(mode=0o700)
        if isinstance(error, OSError):
            hint = "check that it exists and that you may read it"
            got = error.strerror or "an error of the system"
            place = Path(str(error.filename)).name if error.filename else source.name
            raise IntakeError(place, got=got.lower(), expected="a readable submission", hint=hint) from error
        raise


def model_format(intake: Intake, relative_path: str) -> str:
    """Return the format of the model at ``relative_path``: by magic bytes for a file, by what is in it for a folder.

    Raises
    ------
    IntakeError
        The submission holds no such file or folder.
    """
    path = relative_path.removeprefix("./").rstrip("/")
    for taken in intake.files:
        if taken.path == path:
            return taken.format
    below = [taken.path for taken in intake.files if taken.path.startswith(path + "/")]
    if not below:
        raise IntakeError(
            names.printable(path),
            got="no such file in the submission",
            expected="the path of the model, relative to submission.yaml",
            hint="check model.path",
        )
    return detect_folder(name.removeprefix(path + "/") for name in below)


def digest_of(files: tuple[TakenFile, ...]) -> str:
    """Return the sha256 over ``[["path","sha256"],...]`` sorted by path: JSON without blanks, UTF-8, not escaped.

    For lists of texts this is the canonical JSON of RFC 8785.
    """
    pairs = sorted([taken.path, taken.sha256] for taken in files)
    return hashlib.sha256(json.dumps(pairs, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def _taken(source: Path, into: Path, limits: IntakeLimits, *, described: bool) -> Intake:
    place = source.resolve(strict=True)
    if place.is_file() and place.name == SUBMISSION:
        place = place.parent
    if place.is_dir():
        store = Store(into, limits, limits.total_bytes)
        _copy_folder(store, place)
    elif place.is_file() and place.name.lower().endswith(ARCHIVES):
        from proofbox.sandbox import archive

        total = min(limits.total_bytes, limits.archive_ratio * place.stat().st_size)
        store = Store(into, limits, total)
        archive.unpack(place, store)
    else:
        raise IntakeError(
            source.name,
            got="something else" if place.exists() else "nothing",
            expected=f"a folder with {SUBMISSION}, that file, or a .zip or .tar.gz of the folder",
            hint="give the path of one of these",
        )
    root, prefix = _root_of(store, source) if described else (store.root, "")
    files = tuple(
        TakenFile(path=one.path.removeprefix(prefix), size=one.size, sha256=one.sha256, format=one.format)
        for one in sorted(store.files, key=lambda taken: taken.path)
    )
    return Intake(root=root, files=files, digest=digest_of(files))


def _root_of(store: Store, source: Path) -> tuple[Path, str]:
    """Return the folder of ``submission.yaml``, which may be the one top folder of an archive, and its prefix."""
    paths = {taken.path for taken in store.files}
    tops = {path.partition("/")[0] for path in paths}
    if SUBMISSION in paths:
        return store.root, ""
    top = next(iter(tops)) if len(tops) == 1 else ""
    if source.is_file() and f"{top}/{SUBMISSION}" in paths:
        return store.root / top, f"{top}/"
    raise IntakeError(
        source.name,
        got=f"no {SUBMISSION}",
        expected=f"{SUBMISSION} at the top, or in the one top folder of an archive",
        hint="docs/submission.md shows one to start from",
    )


def _copy_folder(store: Store, source: Path) -> None:
    opened = os.open(source, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _copy_below(store, opened, "")
    finally:
        os.close(opened)


def _copy_below(store: Store, folder: int, prefix: str) -> None:
    with os.scandir(folder) as entries:
        found = sorted((entry.name, entry.stat(follow_symlinks=False).st_mode) for entry in entries)
    for name, mode in found:
        path = prefix + name
        if stat.S_ISDIR(mode):
            store.folder(path)
            below = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            try:
                _copy_below(store, below, path + "/")
            finally:
                os.close(below)
        elif stat.S_ISREG(mode):
            _copy_one(store, folder, name, path)
        else:
            raise _no_regular_file(path, mode)


def _copy_one(store: Store, folder: int, name: str, path: str) -> None:
    # Not blocking: a pipe that was put there since would otherwise hold us for ever.
    opened = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(opened, "rb", buffering=0) as file:
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode):
            raise _no_regular_file(path, found.st_mode)
        store.file(path, lambda most: file.read(most) or b"", found.st_size)


def _no_regular_file(path: str, mode: int) -> IntakeError:
    kinds = {stat.S_IFLNK: "a symbolic link", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}
    got = kinds.get(stat.S_IFMT(mode), "a device or other special file")
    return IntakeError(
        names.printable(path), got=got, expected="regular files and folders", hint="put the file itself in its place"
    )


__all__ = ("Intake", "IntakeLimits", "TakenFile", "digest_of", "model_format", "take_in")
