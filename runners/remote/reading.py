"""Start the program that reads an object, and take its bytes with a bound on how long each may take."""

from __future__ import annotations

import json
import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from proofbox.runners.remote.stores import surroundings
from proofbox.runners.remote.words import cannot

if TYPE_CHECKING:
    from proofbox.runners.remote.address import Address

_HEADER = struct.Struct(">cI")
_MOST_FRAME = 1 << 24
"""Bytes; the program's pieces are of half that size at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A file or object that is about to be read."""

    size: int
    """Bytes, as its store tells."""
    told: Mapping[str, str]
    """What the store tells of the object's version."""
    pieces: Callable[[], Iterator[bytes]]
    """Its bytes, once."""


class Store:
    """An object of a store, or the folder of several, with a program of its own that reads it.

    Parameters
    ----------
    seconds
        How long a piece may take, and how long all may.
    """

    def __init__(self, address: Address, seconds: tuple[float, float]) -> None:
        self._address = address
        self._pipe = _Pipe(address, seconds)

    @contextmanager
    def opened(self, address: Address, most_bytes: int) -> Iterator[Opened]:
        """Open the object, or one in the folder; all of its pieces are taken before the next one.

        Parameters
        ----------
        address
            Of the object itself, or of one that lies in the folder.
        most_bytes
            A larger object is told of, and nothing of it is read.

        Raises
        ------
        FetchError
            It cannot be had; also while its pieces come.
        """
        self._pipe.address = address
        self._pipe.ask({"name": "" if address == self._address else address.parts[-1], "most_bytes": most_bytes})
        first = json.loads(self._pipe.frame(b"H")[1])
        yield Opened(size=int(first["size"]), told=first["told"], pieces=lambda: _pieces(self._pipe, first))

    def listed(self, most: int) -> Mapping[str, int]:
        """Return name -> bytes of what lies in the folder, and no deeper; the name of a folder ends with a slash.

        Parameters
        ----------
        most
            So many names are told at most.

        Raises
        ------
        FetchError
            It cannot be had.
        """
        self._pipe.address = self._address
        self._pipe.ask({"list": most})
        return {str(name): int(size) for name, size in json.loads(self._pipe.frame(b"L")[1])["files"]}

    def close(self) -> None:
        """End the program; none is left when this returns."""
        self._pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *ended: object) -> None:
        self.close()


def _pieces(pipe: _Pipe, first: Mapping[str, object]) -> Iterator[bytes]:
    while True:
        kind, body = pipe.frame(b"DZ")
        if kind == b"Z":
            break
        yield body
    if json.loads(body) != first:
        raise cannot("changed", pipe.address)


class _Pipe:
    """The program and the pipe that its frames come down."""

    def __init__(self, address: Address, seconds: tuple[float, float]) -> None:
        self.address = address
        self._stall, wall = seconds
        self._ends = time.monotonic() + wall
        # -P: a folder that somebody works in holds no module of ours.
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "proofbox.runners.remote.reader"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env=surroundings(os.environ),
        )
        named = {"scheme": address.scheme, "authority": address.authority, "key": address.key}
        self.ask({**named, "parent": os.getpid()})

    def ask(self, wanted: Mapping[str, object]) -> None:
        assert self._process.stdin is not None
        # One that has ended has said why before, or its frames are missing.
        with suppress(BrokenPipeError):
            self._process.stdin.write(json.dumps(wanted).encode() + b"\n")

    def frame(self, kinds: bytes) -> tuple[bytes, bytes]:
        """Return the next frame, one of ``kinds``."""
        kind, length = _HEADER.unpack(self._read(_HEADER.size))
        if length > _MOST_FRAME:
            raise cannot("ended", self.address)
        body = self._read(length)
        if kind == b"E":
            told = json.loads(body)
            raise cannot(told["kind"], self.address, told["code"])
        if kind not in kinds:
            raise cannot("ended", self.address)
        return kind, body

    def close(self) -> None:
        """End the program; none is left when this returns."""
        self._process.kill()
        self._process.wait()
        for end in (self._process.stdin, self._process.stdout):
            if end is not None:
                end.close()

    def _read(self, length: int) -> bytes:
        assert self._process.stdout is not None
        read, out = bytearray(), self._process.stdout.fileno()
        while len(read) < length:
            left = min(self._stall, self._ends - time.monotonic())
            if left <= 0 or not _readable(out, left):
                raise cannot("silent", self.address)
            piece = os.read(out, min(length - len(read), 1 << 20))
            if not piece:
                raise cannot("ended", self.address)
            read += piece
        return bytes(read)


def _readable(end: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(end, select.POLLIN)
    return bool(poll.poll(seconds * 1000))
