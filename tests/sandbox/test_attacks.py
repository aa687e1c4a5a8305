"""The attack suite with every executor that works here, as an ordinary user and as root: nothing gets through.

The attacks are in ``attacks/``, how they are judged in ``attacks/engine.py`` and ``attacks/outside.py``. The table of
what each came to is ``docs/attacks.md``.
"""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
from attacks import drive, table
from attacks.engine import FAMILIES, catalogue

from proofbox.sandbox.executor import in_order

REQUIRED = ("bubblewrap", "landlock")
"""Executors that must work wherever these tests run; the suite takes any further one that does."""
STRONGER = tuple(name for name in (executor.name for executor in in_order()) if name not in REQUIRED)
QUIET = ("processes", "files", "network", "kernel", "identity", "resources.anonymous", "resources.shared_zero")
"""What is tried of executors that start slowly, as an ordinary user; the table has every family as every user."""
PAGE = Path(__file__).resolve().parents[2] / "docs/attacks.md"
CASES = [
    *((executor, user, family) for executor in REQUIRED for user in drive.users() for family in FAMILIES[:-1]),
    *((executor, drive.users()[0], family) for executor in STRONGER for family in QUIET),
    *(("landlock", user, "archives") for user in drive.users()),
]
working = functools.cache(drive.working)


@pytest.mark.parametrize(("executor", "user", "family"), CASES, ids=[" ".join(case) for case in CASES])
def test_no_attack_gets_through(executor, user, family):
    if executor not in working(user):
        assert executor not in REQUIRED, f"{executor} must work here"
        pytest.skip(f"{executor} does not work here")
    outcomes = drive.attacked(user, executor, (family,))
    assert {one.id for one in outcomes} == {id_ for id_ in catalogue() if family in {id_, id_.partition(".")[0]}}
    through = {one.id: one.through for one in outcomes if one.through and not one.known}
    assert not through
    closed = [one.id for one in outcomes if one.known and not one.through]
    assert not closed, "known to get through, and held: take the note away"


WEAKENED = {
    "weakened-network": (
        ("network", "resources.shared_pages"),
        {
            "network.tcp": "the TCP listener was reached",
            "network.udp": "the UDP listener was reached",
            "network.abstract_socket": "the abstract listener was reached",
            "network.abstract_datagram": "the abstract datagram listener was reached",
            "network.http": "the TCP listener was reached",
            "network.resolver": "the UDP listener was reached",
            "network.netlink": "THROUGH",
            "network.io_uring": "THROUGH",
            "resources.shared_pages": "shared memory grew by",
        },
    ),
    "weakened-processes": (
        ("processes",),
        {
            "processes.fork": "the sandbox has 3 processes, had 2",
            "processes.clone3": "the sandbox has 3 processes, had 2",
            "processes.daemon": "processes, had 2",
            "processes.signal_by_descriptor": "decoy 0 is (",
            "processes.signal_the_harness": "the harness was signalled (10)",
            "processes.trace_me": "THROUGH",
        },
    ),
    "weakened-files": (
        ("files", "awareness.evidence_key"),
        {
            "files.outside": "a secret was told",
            "files.ssh_key": "a secret was told",
            "files.labels": "a secret was told",
            "files.dotdot": "a secret was told",
            "files.through_proc": "a secret was told",
            "files.temporary": "was left behind",
            "awareness.evidence_key": "a secret was told",
        },
    ),
}
"""Walls with one missing -> what is tried, and what must be seen of it from outside."""


@pytest.mark.parametrize(("walls", "tried", "seen"), [(w, *rest) for w, rest in WEAKENED.items()], ids=WEAKENED)
def test_what_gets_through_a_missing_wall_is_seen(walls, tried, seen):
    outcomes = drive.attacked(drive.users()[-1], walls, tried)
    found = {one.id: "; ".join(one.through) for one in outcomes}
    missed = {id_: found[id_] for id_, told in seen.items() if told not in found[id_]}
    assert not missed
    assert not list(Path("/tmp").glob("written-by-an-attack*/*"))


def test_the_table_lists_every_attack_and_no_other():
    text = PAGE.read_text(encoding="utf-8")
    assert table.listed(text) == list(catalogue())
    assert len(catalogue()) >= 60
    for executor in REQUIRED:
        for user in drive.USERS:
            assert f"{executor}, {user}" in text
    shown = {name for name in (*REQUIRED, *STRONGER) if f"| {name}, " in text}
    known = {id_ for id_, one in catalogue().items() if shown & {*(getattr(one, "known", None) or {})}}
    assert table.got_through(text) == known
