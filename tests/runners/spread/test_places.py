"""A hand for which no processor is free holds up a run no longer than it should, and takes none later."""

from __future__ import annotations

import time

import pytest

from proofbox.runners.hosted.hostrecord import host_record
from proofbox.runners.spread import onray
from proofbox.runners.spread.cluster import Greeting
from proofbox.runners.spread.crew import Crew, LostError
from proofbox.runners.spread.kit import Kit, Opened
from proofbox.runners.spread.onray import ray_doors
from proofbox.runners.spread.parcel import parcel_at
from proofbox.sandbox.limits import Limits

FULL = "no processor of the cluster was free for it in {} seconds"


@pytest.fixture
def opened(monkeypatch, tmp_path):
    """Open three hands on a cluster that has so many processors; return the crew, and the hands that were ended."""

    def once(free):
        places, ended = iter(range(3)), []

        class Actor:
            """One on a cluster that places so many, and leaves the others to wait."""

            def __init__(self, _kind, _head):
                self.number = next(places)

            def asked(self, method, *_given, over=lambda: ""):
                if method == "greet":
                    while self.number >= free:
                        if why := over():
                            raise LostError(why)
                        time.sleep(0.01)
                    return Greeting(node=f"node {self.number}", software=host_record(), asks_for_token=True)
                return method == "lies_here" or Opened(node="there", executor="none", level=2, selfcheck={})

            def close(self):
                ended.append(self.number)

        monkeypatch.setattr(onray, "Actor", Actor)
        kit = Kit(executor="auto", limits=Limits())
        crew = Crew(ray_doors(3, kit, parcel_at(tmp_path, ()), "127.0.0.1:1"))
        crew.open()
        return crew, ended

    return once


def test_those_that_have_a_place_begin_without_the_others(opened, monkeypatch):
    monkeypatch.setattr(onray, "BESIDE_SECONDS", 0.2)
    crew, ended = opened(free=2)
    assert len(crew.opened) == 2
    assert crew.lost == [("worker 3, not yet placed", FULL.format(0.2))]
    assert ended == [2]
    crew.close()


def test_where_nobody_has_a_place_they_are_waited_for_longer_and_not_for_ever(opened, monkeypatch):
    monkeypatch.setattr(onray, "BESIDE_SECONDS", 0.0)
    monkeypatch.setattr(onray, "ALONE_SECONDS", 0.3)
    began = time.monotonic()
    crew, ended = opened(free=0)
    assert time.monotonic() - began > 0.3
    assert [why for _, why in crew.lost] == [FULL.format(0.3)] * 3
    assert ended == [0, 1, 2]
    crew.close()
