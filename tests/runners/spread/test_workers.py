"""Workers on this machine, through the installed command: the evidence is that of a run without them."""

from __future__ import annotations

import json
import os

import pytest
from largework import WICKED, evidence, in_parts, run_of, without_the_data_s_own, write_large


@pytest.fixture
def run(proofbox, policy, tmp_path):
    """Run the command on a submission and return its bundle."""

    def once(submission, name, *options):
        out = tmp_path / name
        done = proofbox("run", submission, "-p", policy, "--no-mlflow", "--out", out, *options)
        assert done.returncode in (0, 1, 3), done.stderr
        return out

    return once


def test_the_evidence_is_the_same_and_says_who_helped(run, large):
    alone, shared = run(large, "alone"), run(large, "shared", "--workers", "auto")
    assert evidence(shared) == evidence(alone)
    detail = run_of(shared)["detail"]
    assert "workers" not in run_of(alone)["detail"]
    hands = detail["workers"]["hands"].values()
    assert 1 <= len(hands) <= len(os.sched_getaffinity(0))
    assert sum(hand["rows"] for hand in hands) >= 120_000
    assert all(hand["level"] == run_of(shared)["selfcheck"]["level"] for hand in hands)
    assert detail["workers"]["asked_again_in_order"] == 0
    assert run_of(shared)["runner"] == "local"
    assert detail["model"]["calls"] == run_of(alone)["detail"]["model"]["calls"]


def test_data_in_parts_give_the_evidence_of_one_file_whoever_reads_them(run, large, tmp_path):
    one = run(large, "one", "--rows-in-memory", "30000")
    parts = run(in_parts(large, tmp_path / "large in parts"), "parts", "--rows-in-memory", "30000", "--workers", "2")
    assert without_the_data_s_own(evidence(parts)) == without_the_data_s_own(evidence(one))
    files = {file["path"] for file in json.loads((parts / "assessment.json").read_bytes())["subject"]["files"]}
    assert {f"e.parquet/part-{number}.parquet" for number in range(5)} < files
    assert run_of(parts)["detail"]["workers"]["asked_again_in_order"] == 0


def test_a_wicked_model_is_held_and_told_as_without_workers(run, tmp_path):
    wicked = write_large(tmp_path / "wicked", WICKED, extreme=7.0)
    alone, shared = run(wicked, "wicked alone"), run(wicked, "wicked shared", "--workers", "2")
    assert evidence(shared) == evidence(alone)
    assert run_of(shared)["detail"]["workers"]["asked_again_in_order"] >= 1
    record = json.loads((alone / "assessment.json").read_bytes())
    denied = {one["measure"]: one["value"] for one in record["measurements"] if one["check"] == "security.behaviour"}
    assert denied["denied_calls"] > 0
    # 8 batches until it falls, and more that other questions were answered for.
    assert denied["output_bytes"] > 8 * len("looking at 10000 rows\n")
    assert denied["violations"] > 0


def test_an_address_without_ray_and_a_number_that_is_none_are_told(proofbox, large, policy):
    argv = ("run", str(large), "-p", str(policy), "--no-mlflow")
    done = proofbox(*argv, "--ray-address", "127.0.0.1:1")
    assert done.returncode == 2
    assert "got the local runner, expected --runner ray beside it" in done.stderr
    done = proofbox(*argv, "--workers", "many")
    assert done.returncode == 2
    assert "got 'many', expected a number from 0 to 10000, or auto" in " ".join(done.stderr.split())
