"""What files are fetched from, alike for all schemes: a store with a program of its own, or this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from proofbox.runners.remote.address import Address
from proofbox.runners.remote.here import list_folder, open_file
from proofbox.runners.remote.reading import Opened, Store


class Source(Protocol):
    """One file, or the folder of several."""

    def listed(self, most: int) -> Mapping[str, int]:
        """Return name -> bytes of what lies in the folder, at most so many; the name of a folder ends with a slash."""

    def opened(self, address: Address, most_bytes: int) -> AbstractContextManager[Opened]:
        """Open the file, or one that lies in the folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Here:
    """A file or folder of this machine."""

    address: Address
    prefix: Address

    def listed(self, most: int) -> Mapping[str, int]:
        return list_folder(self.address, self.prefix, most)

    def opened(self, address: Address, most_bytes: int) -> AbstractContextManager[Opened]:
        return open_file(address, self.prefix)


@contextmanager
def source_at(address: Address, prefix: Address, seconds: tuple[float, float]) -> Iterator[Source]:
    """Reach what stands at ``address``; what was started for it is ended with the block.

    Parameters
    ----------
    prefix
        The address that was allowed; a link on this machine may lead nowhere else.
    seconds
        How long a piece may take, and how long all may.
    """
    if address.scheme == "file":
        yield _Here(address=address, prefix=prefix)
        return
    with Store(address, seconds) as store:
        yield store
