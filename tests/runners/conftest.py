"""The reader of data files without walls, in a thread: for tests of what is done with what it sends."""

from __future__ import annotations

import contextlib
import json
import socket
import threading

import pytest

from proofbox.sandbox.host import reader
from proofbox.sandbox.host.channel import Channel
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.reading import DataFile, FileSpec


class _Inside:
    model, sites = "", ()

    def config(self):
        return {}


class _Thread:
    """What a data file uses of an executor and of a running sandbox."""

    over_limit = ""

    def __init__(self, path):
        self._path = path
        self.inside = _Inside()

    def launch(self, launch):
        self.wire, inner = socket.socketpair()
        threading.Thread(target=self._serve, args=(inner,), daemon=True).start()
        return self

    def _serve(self, inner):
        with inner, contextlib.suppress(OSError):
            channel = Channel(inner.fileno(), inner.fileno())
            reader.serve(channel, {**json.loads(channel.receive().body), "path": str(self._path)})

    def kill(self):
        self.wire.close()

    def count_denied(self, tally, deadline):
        pass

    def ended_within(self, seconds):
        return None

    poll = ended_within


@pytest.fixture(scope="session")
def open_here():
    def opened(spec: FileSpec) -> DataFile:
        return DataFile(_Thread(spec.path), spec, Limits())

    return opened
