"""The process beside a worker: it knows nothing of the cluster, and its end is told as a loss."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest
from loopbackray import descendants, with_signal

from proofbox.policies.loader import load_policy
from proofbox.policies.record import AttemptRecord
from proofbox.reports.ledger.entries import Commitment
from proofbox.runners.assessing.settings import Settings
from proofbox.runners.batch.bench import Bench
from proofbox.runners.batch.kit import BatchKit, Unfit
from proofbox.runners.batch.pool import Budget
from proofbox.runners.spread.crew import LostError

ATTEMPT = AttemptRecord(number=3, on_data=2, entry=7, commitment="c" * 64)


@pytest.fixture
def kit(one_control: str, tmp_path: Path) -> BatchKit:
    (tmp_path / "policy.yaml").write_text(one_control.format(threshold=0.5), encoding="utf-8")
    policy = load_policy(str(tmp_path / "policy.yaml"))
    return BatchKit(policies=(policy,), settings=Settings(), budget=Budget(), counted=True)


def said_by(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def test_a_bench_has_nothing_of_the_cluster_and_is_lost_when_it_ends(kit, submission, monkeypatch):
    monkeypatch.setenv("RAY_AUTH_TOKEN", "a token that nobody may see")
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", "/run/token")
    bench = Bench(kit)
    try:
        assert bench.refused() is None
        (process,) = [pid for pid in descendants(os.getpid()) if b"batch.bench" in said_by(pid)]
        assert b"RAY_" not in Path(f"/proc/{process}/environ").read_bytes()
        commitment = bench.assess("good", submission)
        assert isinstance(commitment, Commitment)
        assert (commitment.policies[0].digest, commitment.seed) == (kit.policies[0].digest, 0)
        came = bench.go_on(None)
        assert (came.row.how, came.row.exit_code, came.files) == ("refused", 2, {})
        assert "nothing was measured" in came.row.why
        assert bench.assess("good", submission) == commitment
        came = bench.go_on(ATTEMPT)
        assert came.row.conclusion == "conforms"
        assert json.loads(came.files["assessment.json"])["run"]["attempt"]["number"] == 3
        assert {"assessment.json", "manifest.json", "report.vi.html"} <= came.files.keys()
        with_signal(process, signal.SIGKILL)
        with pytest.raises(LostError, match=r"status -9"):
            bench.assess("again", submission)
    finally:
        bench.close()
    bench.close()


def test_walls_that_cannot_be_had_are_a_reason_to_refuse(kit, monkeypatch):
    from proofbox.runners.batch import bench
    from proofbox.sandbox.errors import IsolationError

    def none(_name: str) -> None:
        raise IsolationError("bubblewrap: not there")

    monkeypatch.setattr("proofbox.runners.hosted.walls.choose", none)
    assert bench._unfit(kit) == Unfit(why="its walls do not hold: bubblewrap: not there", walls=True)
