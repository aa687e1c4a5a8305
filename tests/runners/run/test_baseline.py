"""`run --baseline` and `--fail-on`: the exit code turns, and no verdict, conclusion or page hides anything."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def test_what_got_worse_fails_and_what_was_failing_is_shown_and_excused(
    versions, proofbox: Command, tmp_path: Path
) -> None:
    out, summary = tmp_path / "out", tmp_path / "summary.md"
    (first, second), baseline = versions.submissions, versions.bundles[0]
    policy = ("-p", versions.policy, "--seed", 3, "--no-mlflow")
    told = proofbox(
        *("run", second, *policy, "--out", out, "--baseline", baseline, "--baseline-submission", first),
        *("--fail-on", "should,inconclusive", "--summary", summary, "--json"),
    )
    assert told.returncode == 1, told.stderr
    document = json.loads(told.stdout)
    assert document["conclusion"] == "does-not-conform"
    gate = document["run"]["detail"]["gate"]
    assert gate["fail_on"] == ["inconclusive", "must", "should"]
    assert gate["exit_code"] == 1
    assert gate["baseline"]["paired"] is True
    states = {one["requirement"]: one["state"] for one in gate["failing"]}
    assert states["ONE-01.a"] == "new"
    assert states["TWO-02.a"] == "before"
    # Apart from the record of the run, the evidence is that of a run without a baseline.
    plain = json.loads((versions.bundles[1] / "assessment.json").read_bytes())
    mine = json.loads((out / "assessment.json").read_bytes())
    assert {**mine, "run": 0} == {**plain, "run": 0}
    page = (out / "report.html").read_text("utf-8")
    assert "failing before, not worse" in page
    assert "McNemar" in page
    assert "chưa đạt từ trước, không xấu đi" in (out / "report.vi.html").read_text("utf-8")
    assert "failing before, not worse" in summary.read_text("utf-8")
    assert "| accuracy | 0.9225 | 0.7250 |" in summary.read_text("utf-8")


def test_what_was_failing_before_and_is_not_worse_fails_nothing(versions, quick: Command, tmp_path: Path) -> None:
    told = quick(
        *("run", versions.submissions[0], "-p", versions.policy, "--seed", 3, "--no-mlflow", "--out", tmp_path / "out"),
        *("--baseline", versions.bundles[0], "--fail-on", "must", "--fail-on", "should"),
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stdout.startswith("DOES NOT CONFORM")
    assert "TWO-02.a [Fail → Fail] failing before, not worse" in told.stdout
    assert "Exit code 0:" in told.stdout
    assert "as if of different rows" in told.stdout
    assert json.loads((tmp_path / "out/assessment.json").read_bytes())["conclusion"] == "does-not-conform"
    judged = quick("judge", tmp_path / "out", "-p", versions.policy)
    assert judged.returncode == 1
    assert "Exit code" not in judged.stdout


def test_a_word_that_is_not_known_and_an_altered_baseline_are_refused_before_anything_is_measured(
    versions, quick: Command, tmp_path: Path
) -> None:
    run = ("run", versions.submissions[0], "-p", "baseline", "--no-mlflow", "--out", tmp_path / "out")
    told = quick(*run, "--fail-on", "must,never")
    assert told.returncode == 2
    assert "--fail-on: got 'never', expected one or more of must, should, inconclusive" in told.stderr
    altered = Path(shutil.copytree(versions.bundles[0], tmp_path / "altered"))
    (altered / "report.html").write_text("x", encoding="utf-8")
    told = quick(*run, "--baseline", altered)
    assert told.returncode == 2
    assert "tampered" in told.stderr
    assert quick(*run, "--baseline-submission", versions.submissions[0]).returncode == 2
    assert not (tmp_path / "out").exists()
