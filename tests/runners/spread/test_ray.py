"""Workers on two real nodes of Ray, one of which is killed; and a model on them that would like to get out."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from largework import WICKED, evidence, run_of, write_large
from loopbackray import descendants

SLOW = """\
import time

def predict(rows):
    time.sleep(0.3)
    return [1 if v > 0 else 0 for v in rows["a"]]
"""


@pytest.fixture
def run(cluster, command, policy, tmp_path):
    """Run the command in the namespace of the cluster, or outside, and return its bundle."""

    def once(submission, name, *options, ray=True):
        out = tmp_path / name
        where = ("--runner", "ray", "--ray-address", cluster.address) if ray else ()
        # Without workers it runs in the namespace as well, so that both runs are the same but for them.
        done = cluster.run(command, "run", submission, "-p", policy, "--no-mlflow", "--out", out, *where, *options)
        assert done.returncode in (0, 1, 3), done.stderr
        return out

    return once


def test_a_wicked_model_is_held_on_every_node_and_told_as_by_one(run, tmp_path):
    wicked = write_large(tmp_path / "wicked", WICKED, extreme=7.0)
    alone, shared = run(wicked, "alone", ray=False), run(wicked, "shared", "--workers", "2")
    assert evidence(shared) == evidence(alone)
    told = run_of(shared)
    assert told["runner"] == "ray"
    hands = told["detail"]["workers"]["hands"].values()
    assert len({hand["node"].partition("process")[0] for hand in hands}) == 2
    assert [hand["level"] for hand in hands] == [told["selfcheck"]["level"]] * 2
    # One node shares the driver's files, and one was sent them.
    assert sorted(hand["files_sent"] for hand in hands) == [False, True]
    assert told["detail"]["workers"]["asked_again_in_order"] >= 1
    record = json.loads((shared / "assessment.json").read_bytes())
    seen = {one["measure"]: one["value"] for one in record["measurements"] if one["check"] == "security.behaviour"}
    assert seen["denied_calls"] > 0
    assert seen["violations"] > 0


def test_a_cluster_that_is_not_there_is_told_with_what_to_do(cluster, command, large, policy, tmp_path):
    argv = (command, "run", large, "-p", policy, "--no-mlflow", "--runner", "ray", "--out", tmp_path / "a")
    refused = cluster.run(*argv, RAY_AUTH_MODE="disabled")
    assert refused.returncode == 2
    assert "got RAY_AUTH_MODE=disabled, expected token" in refused.stderr
    assert not (tmp_path / "a").exists()


def said_by(pid: int) -> bytes:
    """Return the command line of a process: Ray writes the method of an actor that is asked into it."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def at_work(cluster, *words: bytes) -> list[int]:
    """Return the processes of the nodes that have one of the words in their command line."""
    found = [pid for node in cluster.nodes if node.poll() is None for pid in descendants(node.pid)]
    return [pid for pid in found if any(word in said_by(pid) for word in words)]


def until(seen) -> None:
    deadline = time.monotonic() + 60
    while not seen():
        assert time.monotonic() < deadline, "it was never seen"
        time.sleep(0.05)


def test_a_run_that_is_interrupted_leaves_no_worker_no_model_and_no_file_on_any_node(
    cluster, command, policy, tmp_path
):
    slow, node = write_large(tmp_path / "slow", SLOW), cluster.folder / "node"
    argv = [command, "run", slow, "-p", policy, "--no-mlflow", "--out", tmp_path / "a", "--workers", "2"]
    argv += ["--runner", "ray", "--ray-address", cluster.address]
    with subprocess.Popen(
        cluster.inside(*argv),
        env={**cluster.environment, "TMPDIR": f"{cluster.folder}/driver"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=cluster.folder,
    ) as begun:
        until(lambda: begun.poll() is not None or len(at_work(cluster, b"RayHand.predict")) == 2)
        assert list(node.rglob("model")), "no node was sent the model"
        begun.send_signal(signal.SIGINT)
        out, err = begun.communicate(timeout=60)
    assert begun.returncode == 130, err
    assert "interrupted; nothing was written" in err
    assert not out
    assert not (tmp_path / "a").exists()
    until(lambda: not at_work(cluster, b"RayHand", b"bwrap", b"pbxhost"))
    until(lambda: not list(node.glob("proofbox-scratch-*")))
    assert not list((cluster.folder / "driver").glob("proofbox-*"))


def killed_at_work(cluster, number):
    """Kill a node in the middle of its first slice, which takes 1.5 seconds; return the thread and what it noted."""
    node, killed = cluster.nodes[number], []

    def kill_it():
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            if any(b"RayHand.predict" in said_by(pid) for pid in descendants(node.pid)):
                time.sleep(0.5)
                killed.append(node.pid)
                cluster.kill(node)
                return
            time.sleep(0.05)

    killer = threading.Thread(target=kill_it)
    killer.start()
    return killer, killed


def test_nodes_and_then_the_head_are_killed_in_mid_run_and_the_evidence_is_the_same(run, cluster, tmp_path):
    """Last in this file: the cluster is gone afterwards."""
    slow = write_large(tmp_path / "slow", SLOW, rows=250_000)
    alone = run(slow, "alone", ray=False)
    for name, number, left in (("without a node", 1, 1), ("without a head", 0, 0)):
        killer, killed = killed_at_work(cluster, number)
        shared = run(slow, name, "--workers", str(left + 1))
        killer.join()
        assert killed, "the node was never seen at work"
        assert evidence(shared) == evidence(alone)
        workers = run_of(shared)["detail"]["workers"]
        assert len(workers["lost"]) == 1
        ended = [hand.get("was_lost") for hand in workers["hands"].values()]
        assert (ended.count(True), ended.count(None)) == (1, left)
