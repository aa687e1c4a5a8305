"""Fetch data in parts by the address of their folder: what lies in it is listed, and the parts come one by one.

The folder is listed once more when all have come: one that somebody wrote to meanwhile is told, and not taken.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from proofbox.runners.parts import MOST_PARTS, BadFolderError, part_names
from proofbox.runners.remote.address import Address, allowed_prefixes, allowing, parse_address
from proofbox.runners.remote.errors import FetchError
from proofbox.runners.remote.fetching import Fetched, FetchLimits, check_size, fetch, kept
from proofbox.runners.remote.source import Source, source_at
from proofbox.runners.remote.words import cannot

MOST_LISTED = 2 * MOST_PARTS + 100
"""Names in a folder: each part may have a mark beside it."""


def fetch_data(
    uri: str, allowed: Sequence[str], folder: Path, limits: FetchLimits | None = None
) -> tuple[Fetched, ...]:
    """Fetch what stands at ``uri``: one file, or the parts in a folder whose address ends with a slash.

    Parameters
    ----------
    uri, allowed, folder
        As for :func:`proofbox.runners.remote.fetching.fetch`.
    limits
        Of one file, and of all parts together.

    Raises
    ------
    BadAddressError, NotAllowedError
        Nothing was contacted or opened.
    FetchError
        It cannot be had; nothing of it is left in ``folder``.
    """
    limits = limits or FetchLimits()
    address = parse_address(uri, folder=True)
    if not address.folder:
        return (fetch(uri, allowed, folder, limits),)
    prefix = allowing(address, allowed_prefixes(allowed))
    target = folder / address.local
    if target.exists():
        hint = "give the folder of the submission another name"
        raise FetchError(f"a folder or file named {address.local} already", "a place that is free", hint)
    try:
        with source_at(address, prefix, limits.seconds) as source:
            return tuple(_parts(address, source, folder, limits))
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise


def _parts(address: Address, source: Source, folder: Path, limits: FetchLimits) -> Iterator[Fetched]:
    listed = source.listed(MOST_LISTED + 1)
    names = _names(address, listed)
    total, ends = sum(listed[name] for name in names), time.monotonic() + limits.wall_seconds
    check_size(total, address, limits)
    for name in names:
        if time.monotonic() > ends:
            raise cannot("silent", address)
        part = _part(address, name)
        with source.opened(part, listed[name]) as opened:
            # No part is larger than it was listed with, and so all together are as large as was told.
            yield kept(part, opened, folder, replace(limits, file_bytes=listed[name]))
    if source.listed(MOST_LISTED + 1) != listed:
        raise cannot("changed", address)


def _names(address: Address, listed: Mapping[str, int]) -> tuple[str, ...]:
    if len(listed) > MOST_LISTED:
        got = f"more than {MOST_LISTED} names at {address}"
        raise FetchError(got, f"at most {MOST_PARTS} parts", "write fewer and larger parts")
    try:
        return part_names(listed)
    except BadFolderError as err:
        raise FetchError(f"{err.got}, at {address}", err.expected, err.hint) from err


def _part(address: Address, name: str) -> Address:
    """Return the address of a part, whose name is held to the rules for names."""
    return parse_address(f"{address}{name}")
