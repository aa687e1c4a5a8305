"""Parts come back in their order, few are held, and a hand that is lost gives its part back."""

from __future__ import annotations

import threading
import time

import pytest

from proofbox.runners.spread.crew import AHEAD, Crew, LostError, NobodyLeftError
from proofbox.runners.spread.kit import Opened, Refused, Seen


class Door:
    """A hand that takes a moment, and is lost after so many parts."""

    def __init__(self, node, *, lost_after=None, refused=False, seconds=0.0):
        self.node, self._left, self._refused, self._seconds = node, lost_after, refused, seconds
        self.did, self.closed = [], 0

    def open(self):
        if self._refused:
            return Refused(node=self.node, why="its walls do not hold")
        if self._left == 0:
            raise LostError("gone before it was opened")
        return Opened(node=self.node, executor="none", level=2, selfcheck={})

    def work(self, number):
        if self._left is not None and len(self.did) >= self._left:
            raise LostError("ActorDiedError")
        time.sleep(self._seconds)
        self.did.append(number)
        return number * number

    def finish(self):
        if self._left is not None and len(self.did) >= self._left:
            raise LostError("ActorDiedError")
        return Seen(rows=len(self.did))

    def close(self):
        self.closed += 1


def opened(*doors):
    crew = Crew(doors)
    crew.open()
    return crew


def jobs(number):
    return ((lambda door, n=n: door.work(n)) for n in range(number))


def test_parts_come_back_in_their_order_whoever_is_quick():
    doors = [Door("slow", seconds=0.01), Door("quick")]
    crew = opened(*doors)
    assert list(crew.in_order(jobs(60))) == [n * n for n in range(60)]
    assert sorted(doors[0].did + doors[1].did) == list(range(60))
    assert all(door.did for door in doors)
    crew.close()
    assert all(door.closed for door in doors)


def test_no_more_is_begun_than_a_few_parts_for_each_hand():
    doors, begun = [Door("a"), Door("b")], []
    crew = opened(*doors)

    def counted():
        for number, job in enumerate(jobs(100)):
            begun.append(number)
            yield job

    for taken, _ in enumerate(crew.in_order(counted()), start=1):
        assert len(begun) - taken <= AHEAD * len(doors)
    crew.close()


def test_a_lost_hand_gives_its_part_back_and_is_told():
    doors = [Door("lost", lost_after=3, seconds=0.001), Door("there", seconds=0.001)]
    crew = opened(*doors)
    assert list(crew.in_order(jobs(40))) == [n * n for n in range(40)]
    assert crew.lost == [("lost", "ActorDiedError")]
    assert crew.size == 1
    assert doors[0].closed
    assert [seen is None for _, seen in crew.finish()] == [True, False]
    crew.close()


def test_when_every_hand_is_lost_all_who_wait_are_told():
    crew = opened(Door("a", lost_after=2), Door("b", lost_after=1))
    with pytest.raises(NobodyLeftError):
        list(crew.in_order(jobs(40)))
    with pytest.raises(NobodyLeftError):
        list(crew.in_order(jobs(1)))
    crew.close()
    assert len(crew.lost) == 2


def test_who_is_refused_or_lost_at_the_door_is_told_and_given_nothing():
    doors = [Door("refused", refused=True), Door("gone", lost_after=0), Door("there")]
    crew = opened(*doors)
    assert [one.node for one in crew.refused] == ["refused"]
    assert crew.lost == [("gone", "gone before it was opened")]
    assert list(crew.in_order(jobs(5))) == [0, 1, 4, 9, 16]
    assert doors[0].did == doors[1].did == []
    assert doors[0].closed
    assert doors[1].closed
    crew.close()


def test_a_defect_in_a_job_is_raised_and_the_hand_stays():
    crew = opened(Door("a"))

    def broken(_door):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(crew.in_order([broken]))
    assert list(crew.in_order(jobs(2))) == [0, 1]
    crew.close()


def test_a_hand_is_reached_by_threads_that_live_as_long_as_the_crew():
    """A sandbox ends with the thread that started it (PR_SET_PDEATHSIG): one that has ended would take it along."""
    crew, threads = opened(Door("a"), Door("b")), set()

    def noted(_door):
        threads.add(threading.current_thread())
        time.sleep(0.01)

    list(crew.in_order([noted] * 8))
    assert len(threads) == 2
    assert all(thread.is_alive() for thread in threads)
    crew.close()
    assert not any(thread.is_alive() for thread in threads)
