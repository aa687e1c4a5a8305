"""Fetch one file by its address: as bytes, digested while they come, never parsed on this side.

One small interface, for a submission's data and for a worker on a node of its own::

    fetched = fetch("s3://bucket/data/eval.parquet", ["s3://bucket/data/"], folder)
    fetched.path, fetched.size, fetched.sha256
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from proofbox.runners.remote.address import Address, allowed_prefixes, allowing, parse_address
from proofbox.runners.remote.errors import FetchError
from proofbox.runners.remote.reading import Opened, open_object

GIB = 1 << 30
_PIECE_BYTES = 1 << 22


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchLimits:
    """How much is fetched at most, and how long it may take."""

    file_bytes: int = 2 * GIB
    """Size of one file, as of every other file of a submission."""
    stall_seconds: float = 90.0
    """Between two pieces, and until the first one; a client's own attempts are within."""
    wall_seconds: float = 3600.0


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
    target = folder / address.local
    seconds = limits.stall_seconds, limits.wall_seconds
    local = address.scheme == "file"
    opening = _open_file(address, prefix) if local else open_object(address, limits.file_bytes, seconds)
    with opening as opened:
        return _kept(address, opened, target, limits)


def _kept(address: Address, opened: Opened, target: Path, limits: FetchLimits) -> Fetched:
    if opened.size > limits.file_bytes:
        raise FetchError(
            f"{opened.size} bytes at {address}",
            f"at most {limits.file_bytes}",
            "allow more with --data-megabytes, or take a sample",
        )
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
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


@contextmanager
def _open_file(address: Address, prefix: Address) -> Iterator[Opened]:
    """Open a file of this machine; a link may lead to another place below what was allowed, and nowhere else."""
    wanted, base = Path("/", address.key), Path("/", prefix.key)
    try:
        real = wanted.resolve(strict=True)
        if not real.is_relative_to(base.resolve(strict=True)):
            raise FetchError(
                f"a link at {address}, which leads out of the allowed {prefix}", "a file below it", "allow its target"
            )
        opened = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as err:
        got = f"no file that can be read at {address} ({err.strerror})"
        raise FetchError(got, "a regular file", "check that it exists and that you may read it") from err
    try:
        about = os.fstat(opened)
        if not stat.S_ISREG(about.st_mode):
            raise FetchError(f"a folder or a special file at {address}", "a regular file", "name the file itself")
        yield Opened(size=about.st_size, told={}, pieces=lambda: iter(lambda: os.read(opened, _PIECE_BYTES), b""))
    finally:
        os.close(opened)
