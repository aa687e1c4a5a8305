"""Fetch one file by its address: as bytes, digested while they come, never parsed on this side.

One small interface, for a submission's data and for a worker on a node of its own::

    fetched = fetch("s3://bucket/data/eval.parquet", ["s3://bucket/data/"], folder)
    fetched.path, fetched.size, fetched.sha256
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from proofbox.runners.remote.address import Address, allowed_prefixes, allowing, parse_address
from proofbox.runners.remote.errors import FetchError
from proofbox.runners.remote.reading import Opened
from proofbox.runners.remote.source import source_at
from proofbox.sandbox.store import make_folders

GIB = 1 << 30


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """How much is fetched at most, and how long it may take."""

    file_bytes: int = 2 * GIB
    """Size of one file, as of every other file of a submission."""
    stall_seconds: float = 90.0
    """Between two pieces, and until the first one; a client's own attempts are within."""
    wall_seconds: float = 3600.0

    @property
    def seconds(self) -> tuple[float, float]:
        """How long a piece may take, and how long all may."""
        return self.stall_seconds, self.wall_seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A file that was fetched."""

    uri: str
    """Its address; nothing in it is secret."""
    local: str
    """Path of the copy relative to the folder that it was fetched into, with ``/``; no other address has it."""
    path: Path
    """The copy, read-only."""
    size: int
    """Bytes."""
    sha256: str
    """64 lower-case hex digits."""
    told: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """What the store tells of the object: ``version``, ``etag``, ``modified``, each where it does."""


def fetch(uri: str, allowed: Sequence[str], folder: Path, limits: FetchLimits | None = None) -> Fetched:
    """Fetch what stands at ``uri`` into ``folder``.

    Parameters
    ----------
    uri
        As :mod:`proofbox.runners.remote.address` has it; untrusted.
    allowed
        Addresses, or folders of them, that the operator allows; nothing is contacted or opened otherwise. Credentials
        and endpoints come from the environment of this process.
    folder
        A folder that nobody else writes to; the copy stands below it at :attr:`Fetched.local`.

    Raises
    ------
    BadAddressError, NotAllowedError
        Nothing was contacted or opened.
    FetchError
        It cannot be had; nothing of it is left in ``folder``.
    """
    limits = limits or FetchLimits()
    address = parse_address(uri)
    prefix = allowing(address, allowed_prefixes(allowed))
    with (
        source_at(address, prefix, limits.seconds) as source,
        source.opened(address, limits.file_bytes) as opened,
    ):
        return kept(address, opened, folder, limits)


def check_size(size: int, address: Address, limits: FetchLimits) -> None:
    """Refuse so many bytes, of a file or of the parts in a folder, where they are more than is fetched.

    Raises
    ------
    FetchError
        They are.
    """
    if size > limits.file_bytes:
        hint = "allow more with --data-megabytes, or take a sample"
        raise FetchError(f"{size} bytes at {address}", f"at most {limits.file_bytes}", hint)


def kept(address: Address, opened: Opened, folder: Path, limits: FetchLimits) -> Fetched:
    """Write what was opened to its place in ``folder``, digested while it comes.

    Raises
    ------
    FetchError
        It is too large, or not what was told, or the place is taken; nothing of it is left.
    """
    check_size(opened.size, address, limits)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    target = folder / address.local
    try:
        folder.mkdir(parents=True, exist_ok=True)
        make_folders(folder, address.local.rpartition("/")[0])
        out = os.fdopen(os.open(target, flags, 0o600), "wb")
    except (FileExistsError, NotADirectoryError) as err:
        hint = "give the file of the submission another name"
        raise FetchError(f"a file named {address.local} already", "a place that is free", hint) from err
    digest, size = hashlib.sha256(), 0
    try:
        with out:
            for piece in opened.pieces():
                size += len(piece)
                if size > opened.size:
                    break
                digest.update(piece)
                out.write(piece)
            os.fchmod(out.fileno(), 0o444)
        if size != opened.size:
            hint = "do not write to it while it is fetched; try again"
            raise FetchError(f"more or fewer bytes at {address} than were told", f"exactly {opened.size}", hint)
    except BaseException as err:
        with suppress(OSError):
            target.unlink()
        if isinstance(err, OSError):
            hint = "make room there, or name another folder for temporary files: TMPDIR"
            raise FetchError(f"no copy of {address} ({err.strerror})", f"{opened.size} bytes of room", hint) from err
        raise
    return Fetched(uri=str(address), local=address.local, path=target, size=size, sha256=digest.hexdigest(),
                   told=MappingProxyType(dict(opened.told)))  # fmt: skip
