"""Files of this machine that are named by address: opened and listed below what the operator allowed, nowhere else."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from proofbox.runners.remote.address import Address
from proofbox.runners.remote.errors import FetchError
from proofbox.runners.remote.reading import Opened

_PIECE_BYTES = 1 << 22


@contextmanager
def open_file(address: Address, prefix: Address) -> Iterator[Opened]:
    """Open a file of this machine; a link may lead to another place below what was allowed, and nowhere else.

    Raises
    ------
    FetchError
        It cannot be read, is no regular file, or a link leads out of what was allowed.
    """
    try:
        opened = os.open(_real(address, prefix), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as err:
        got = f"no file that can be read at {address} ({err.strerror})"
        raise FetchError(got, "a regular file", "check that it exists and that you may read it") from err
    try:
        about = os.fstat(opened)
        if not stat.S_ISREG(about.st_mode):
            hint = "name the file itself; a folder of Parquet parts is named with a slash at its end"
            raise FetchError(f"a folder or a special file at {address}", "a regular file", hint)
        yield Opened(size=about.st_size, told={}, pieces=lambda: iter(lambda: os.read(opened, _PIECE_BYTES), b""))
    finally:
        os.close(opened)


def list_folder(address: Address, prefix: Address, most: int) -> Mapping[str, int]:
    """Return name -> bytes of what lies in a folder of this machine; the name of a folder ends with a slash.

    Parameters
    ----------
    most
        So many names are told at most.

    Raises
    ------
    FetchError
        It cannot be read, is no folder, or a link leads out of what was allowed.
    """
    try:
        with os.scandir(_real(address, prefix)) as entries:
            return dict(
                (f"{one.name}/", 0) if one.is_dir() else (one.name, one.stat().st_size) for one in islice(entries, most)
            )
    except OSError as err:
        got = f"no folder that can be read at {address} ({err.strerror})"
        raise FetchError(got, "a folder", "check that it exists and that you may read it; a file has no slash") from err


def _real(address: Address, prefix: Address) -> Path:
    wanted, base = Path("/", address.key), Path("/", prefix.key)
    real = wanted.resolve(strict=True)
    if not real.is_relative_to(base.resolve(strict=True)):
        raise FetchError(
            f"a link at {address}, which leads out of the allowed {prefix}", "a file below it", "allow its target"
        )
    return real
