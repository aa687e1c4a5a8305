"""The files that a hand needs, on its own machine: where they lie already, or as a copy that is sent piece by piece.

A file is taken where it lies if it is the very same one (same machine, same folder), or if it stands at the same path
there, as on shared storage, with the size and the digest that the evidence has. Everything else is sent, digested as it
is written, and refused if it is not what was taken in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from proofbox.checks.dataparts import data_files
from proofbox.checks.subject import FileRecord
from proofbox.runners.errors import RunnersError
from proofbox.runners.remote.errors import RemoteDataError
from proofbox.runners.remote.fetching import fetch
from proofbox.runners.spread.kit import Kit
from proofbox.runners.spread.vanishing import vanishing_folder
from proofbox.runners.submitted.bringing import Fetching
from proofbox.runners.submitted.resolve import Resolved
from proofbox.sandbox.scratch import remove, scratch_folder
from proofbox.sandbox.store import make_folders

PIECE_BYTES = 32 << 20
_BOOT = Path("/proc/sys/kernel/random/boot_id")


class WrongFileError(RunnersError):
    """What arrived is not the file that was taken in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """Files of a submission that was taken in."""

    root: Path
    files: tuple[FileRecord, ...]
    place: tuple[str, int, int]
    """Start of the machine, device and number of the folder: where these are the same, it is the same folder."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Path of a file that was fetched -> its address, at which a node may fetch it for itself."""
    fetching: Fetching = field(default_factory=Fetching)
    """What may be fetched: the operator's word."""


def parcel_of(resolved: Resolved, fetching: Fetching) -> Parcel:
    """Return the model's files and the evaluation data of a submission."""
    subject, data = resolved.subject, resolved.evaluation.path
    model = subject.model_path
    rows = set(data_files(subject.files, data))
    needed = tuple(
        file
        for file in subject.files
        if file in rows or (model is not None and (file.path == model or file.path.startswith(f"{model}/")))
    )
    paths = {file.path for file in needed}
    addresses = {one.local: one.uri for one in resolved.fetched if one.local in paths}
    return replace(parcel_at(subject.root, needed), addresses=addresses, fetching=fetching)


def parcel_at(root: Path, files: tuple[FileRecord, ...]) -> Parcel:
    """Return files that lie below a folder of this machine."""
    return Parcel(root=root, files=files, place=_place(root))


def lies_here(parcel: Parcel) -> bool:
    """Whether all of its files are on this machine, at the paths that they have on the other one."""
    try:
        return _place(parcel.root) == parcel.place or all(_is(parcel.root / file.path, file) for file in parcel.files)
    except OSError:
        return False


def pieces(parcel: Parcel, there: Container[str] = ()) -> Iterator[tuple[FileRecord, bytes, bool]]:
    """Yield the files in pieces, but for those that are there, with whether a piece is the last of its file."""
    for file in parcel.files:
        if file.path in there:
            continue
        with (parcel.root / file.path).open("rb") as opened:
            left = file.size
            while True:
                piece = opened.read(PIECE_BYTES)
                left -= len(piece)
                yield file, piece, left <= 0 or not piece
                if left <= 0 or not piece:
                    break


class Receiving:
    """Writes the pieces that arrive into a folder of this process.

    Parameters
    ----------
    place
        Folder to make it in; None for the system's folder for temporary files.
    """

    def __init__(self, place: Path | None = None) -> None:
        self.root = scratch_folder("hand", place=None if place is None else str(place))
        self._digest = hashlib.sha256()

    def take(self, file: FileRecord, piece: bytes, *, last: bool) -> None:
        """Write one piece; the last one of a file closes it for writing.

        Raises
        ------
        WrongFileError
            The whole is not what was taken in.
        """
        path = self.root / file.path
        make_folders(self.root, file.path.rpartition("/")[0])
        with path.open("ab") as opened:
            opened.write(piece)
        self._digest.update(piece)
        if last:
            found, self._digest = self._digest.hexdigest(), hashlib.sha256()
            if found != file.sha256:
                raise WrongFileError(f"{file.path}: what arrived has the digest {found}, expected {file.sha256}")
            path.chmod(0o444)

    def fetch(self, parcel: Parcel) -> tuple[str, ...]:
        """Fetch what has an address and may be fetched from here; return the paths of what is here then.

        A file that cannot be had here, or is another by now, is left to who sends it.
        """
        fetched = []
        for file in parcel.files:
            uri = parcel.addresses.get(file.path)
            if uri is None:
                continue
            try:
                found = fetch(uri, parcel.fetching.allowed, self.root, parcel.fetching.limits)
            except RemoteDataError:
                continue
            if found.local == file.path and found.sha256 == file.sha256:
                fetched.append(file.path)
            else:
                found.path.unlink()
        return tuple(fetched)

    def close(self) -> None:
        """Remove the copy."""
        remove(self.root)


class TakesFiles:
    """What runs on a node and is sent the files that do not lie there; for actors to be made of."""

    receiving: Receiving | None = None
    """Where they are written; None as long as nothing was sent."""
    place: Path | None = None
    """Where such folders are made, which does not outlive this process."""

    def received(self) -> Receiving:
        """Return where files are written, from the first one on."""
        self.place = self.place or vanishing_folder("node")
        self.receiving = self.receiving or Receiving(self.place)
        return self.receiving

    def take(self, file: FileRecord, piece: bytes, last: bool) -> str:
        """Write a piece of a file; return what is wrong with it, if anything."""
        try:
            self.received().take(file, piece, last=last)
        except (WrongFileError, OSError) as err:
            return str(err)
        return ""


def send(parcel: Parcel, asked: Callable[..., object], there: Container[str] = ()) -> str:
    """Send the files, but for those that are there; return what is wrong with one, if anything.

    Parameters
    ----------
    asked
        Calls a method of the :class:`TakesFiles` on the node, by name.
    """
    for file, piece, last in pieces(parcel, there):
        if wrong := asked("take", file, piece, last):
            return str(wrong)
    return ""


def moved(kit: Kit, old: Path, new: Path) -> Kit:
    """Return the kit with its files below another folder."""
    model, rows = kit.model, kit.rows
    if model is not None:
        path = new / model.spec.path.relative_to(old)
        model = replace(model, spec=replace(model.spec, path=path))
    if rows is not None:
        rows = replace(rows, spec=replace(rows.spec, path=new / rows.spec.path.relative_to(old)))
    return replace(kit, model=model, rows=rows)


def _place(folder: Path) -> tuple[str, int, int]:
    about = folder.stat()
    boot = _BOOT.read_text(encoding="ascii").strip() if _BOOT.exists() else ""
    return boot, about.st_dev, about.st_ino


def _is(path: Path, file: FileRecord) -> bool:
    if not path.is_file() or path.stat().st_size != file.size:
        return False
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest() == file.sha256
