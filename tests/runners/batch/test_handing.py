"""Who gets which submission of a batch, and what becomes of it where workers are lost, refused, or never come."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from proofbox.reports.batch import BatchRow
from proofbox.runners.batch import handing, sharing
from proofbox.runners.batch.handing import RefusedError
from proofbox.runners.batch.kit import Unfit
from proofbox.runners.batch.listing import Queued
from proofbox.runners.batch.sharing import assess_by
from proofbox.runners.errors import UsageError
from proofbox.runners.spread.crew import LostError
from proofbox.sandbox.errors import IsolationError

QUEUE = [Queued(source=Path(name), name=name) for name in ("a", "b", "c", "d", "e")]


class Office:
    """Hires workers that do as a test says, and notes what they did."""

    def __init__(self, assess=lambda number, name: None, open_=lambda number: None):
        self.assess, self.open = assess, open_
        self.hired, self.done = [], []

    def __call__(self):
        worker = Fake(self, len(self.hired))
        self.hired.append(worker)
        return worker


class Fake:
    """One of them."""

    def __init__(self, office, number):
        self.office, self.number, self.node = office, number, f"node {number}"
        self.closed, self.finished = threading.Event(), False

    def open(self):
        self.office.open(self)

    def assess(self, one):
        self.office.assess(self.number, one.name)
        self.office.done.append(one.name)
        return BatchRow(name=one.name, how="assessed", exit_code=0, conclusion="conforms")

    def finish(self):
        assert not self.closed.is_set()
        self.finished = True

    def close(self):
        self.closed.set()


def rows_of(office, workers=2):
    said = []
    rows = list(assess_by(QUEUE, office, workers, said.append))
    assert all(worker.closed.is_set() for worker in office.hired)
    return {row.name: row for row in rows}, said


def test_each_submission_is_assessed_once():
    office = Office()
    rows, said = rows_of(office, workers=3)
    assert sorted(office.done) == sorted(rows) == ["a", "b", "c", "d", "e"]
    assert not said
    assert len(office.hired) <= 3
    assert all(worker.finished for worker in office.hired)


def test_what_a_lost_worker_had_is_given_to_another():
    first = threading.Event()

    def assess(number, name):
        if name == "c" and not first.is_set():
            first.set()
            raise LostError("ActorDiedError")

    office = Office(assess)
    rows, said = rows_of(office, workers=1)
    assert {row.how for row in rows.values()} == {"assessed"}
    assert office.done == ["a", "b", "d", "e", "c"]
    assert len(office.hired) == 2
    assert said == ["node 0: lost: ActorDiedError"]


def test_what_ends_its_worker_twice_is_told_and_stops_no_other():
    def assess(number, name):
        if name == "b":
            raise LostError("OutOfMemoryError")

    rows, _ = rows_of(Office(assess))
    assert (rows["b"].how, rows["b"].exit_code, rows["b"].conclusion) == ("failed", 70, None)
    assert "2 workers were lost while they had it" in rows["b"].why
    assert {row.how for name, row in rows.items() if name != "b"} == {"assessed"}


def test_a_node_that_is_refused_gets_nothing_and_the_others_do_it_all():
    def open_(worker):
        if worker.number == 0:
            raise RefusedError(Unfit(why="its walls do not hold: bubblewrap is not there", walls=True))

    office = Office(open_=open_)
    rows, _ = rows_of(office)
    assert len(rows) == 5
    assert len(office.hired) == 2


@pytest.mark.parametrize(
    ("unfit", "error"),
    [
        (Unfit(why="bubblewrap is not there", walls=True), IsolationError),
        (Unfit(why="it has firewalls 1, expected 2"), UsageError),
    ],
)
def test_nobody_who_may_is_told_with_the_reason(unfit, error):
    def open_(worker):
        raise RefusedError(unfit)

    with pytest.raises(error, match=rf"5 submissions: node . ?: {unfit.why}; .*run the same command again"):
        rows_of(Office(open_=open_))


def test_workers_that_are_lost_before_they_are_ready_are_followed_a_few_times_only():
    def open_(worker):
        raise LostError("ActorUnschedulableError")

    office = Office(open_=open_)
    with pytest.raises(UsageError, match="ActorUnschedulableError"):
        rows_of(office, workers=1)
    assert len(office.hired) == handing.MOST_FAILED


def test_a_worker_that_is_never_placed_holds_nothing_back():
    def open_(worker):
        if worker.number == 0:
            assert worker.closed.wait(20), "nobody ended the one who waits"
            raise LostError("ActorDiedError")

    rows, _ = rows_of(Office(open_=open_))
    assert len(rows) == 5


def test_a_cluster_without_a_free_processor_is_given_up(monkeypatch):
    monkeypatch.setattr(sharing, "PLACED_SECONDS", 0.0)

    def open_(worker):
        worker.closed.wait(20)
        raise LostError("ActorDiedError")

    with pytest.raises(UsageError, match="no processor of the cluster was free"):
        rows_of(Office(open_=open_))


def test_a_cluster_that_lost_its_last_processor_is_given_up(monkeypatch):
    monkeypatch.setattr(sharing, "PLACED_SECONDS", 0.0)

    def open_(worker):
        if worker.number:
            worker.closed.wait(20)
            raise LostError("ActorDiedError")

    def assess(number, name):
        if name == "c":
            raise LostError("ActorDiedError")

    with pytest.raises(UsageError, match="no processor of the cluster was free in 0 seconds; 3 submissions are left"):
        rows_of(Office(assess, open_), workers=1)


def test_a_cluster_that_is_gone_is_given_up_at_once(monkeypatch):
    monkeypatch.setattr(sharing, "GONE_SECONDS", 0.0)

    def open_(worker):
        worker.closed.wait(20)
        raise LostError("ActorDiedError")

    with pytest.raises(UsageError, match=r"does not answer any more; 5 submissions .* run the same command again"):
        list(assess_by(QUEUE, Office(open_=open_), 2, lambda _why: None, lambda: False))


def test_a_defect_ends_the_batch():
    def open_(worker):
        raise ValueError("a defect")

    with pytest.raises(ValueError, match="a defect"):
        rows_of(Office(open_=open_))


def test_a_batch_that_is_interrupted_ends_its_workers():
    office = Office()
    rows = assess_by(QUEUE, office, 2, lambda _why: None)
    next(rows)
    rows.close()
    assert all(worker.closed.is_set() for worker in office.hired)
    assert not [thread for thread in threading.enumerate() if "seat" in thread.name]
