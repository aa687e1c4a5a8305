"""`batch`: many submissions, each in a process of its own; a bad one stops no other; what is finished is kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from proofbox.reports.batch import BatchRow, render_batch
from proofbox.reports.ledger.reading import read_ledger
from proofbox.runners.assessing.settings import Settings
from proofbox.runners.batch import pool
from proofbox.runners.batch.listing import queued
from proofbox.runners.batch.one import Wanted
from proofbox.runners.batch.pool import Budget, assess_all
from proofbox.runners.batch.summary import exit_code
from proofbox.runners.errors import UsageError

DIGEST = "0" * 64


@pytest.fixture(scope="module")
def folder(model_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two good submissions, one that is none, and one whose model crashes while it is loaded."""
    folder = tmp_path_factory.mktemp("queue") / "submissions"
    for name in ("good", "second", "crash"):
        shutil.copytree(model_template, folder / name)
    (folder / "second/model/extra.txt").write_text("another submission", encoding="utf-8")
    (folder / "crash/model/model.joblib").write_bytes(b"cos\n_exit\n(I7\ntR.")
    (folder / "bad").mkdir()
    (folder / "bad/submission.yaml").write_text("schema: nonsense\n", encoding="utf-8")
    (folder / "notes.txt").write_text("no submission", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def run(command: Path, one_control: str, tmp_path_factory: pytest.TempPathFactory):
    place = tmp_path_factory.mktemp("batch")
    (place / "policy.yaml").write_text(one_control.format(threshold=0.5), encoding="utf-8")

    def batch(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
        argv = [command, "batch", folder, "-p", place / "policy.yaml", "--out", place / "out", "--json", *more]
        argv += ["--ledger", place / "ledger.jsonl"]
        env = {**os.environ, "CI": "true"}
        return subprocess.run(
            list(map(str, argv)), capture_output=True, text=True, check=False, timeout=120, env=env, cwd=place
        )

    batch.out, batch.ledger = place / "out", place / "ledger.jsonl"
    return batch


@pytest.fixture(scope="module")
def first(run, folder: Path) -> subprocess.CompletedProcess[str]:
    return run(folder, "--jobs", "2")


def test_a_bad_submission_stops_no_other(first, run) -> None:
    rows = {row["name"]: row for row in json.loads(first.stdout)["submissions"]}
    assert {name: (row["how"], row["exit_code"], row["conclusion"]) for name, row in rows.items()} == {
        "bad": ("refused", 2, None),
        "crash": ("assessed", 3, "undetermined"),
        "good": ("assessed", 0, "conforms"),
        "second": ("assessed", 0, "conforms"),
    }
    assert first.returncode == 2
    assert "submission.yaml:1:1" in rows["bad"]["why"]
    assert json.loads((run.out / "batch.json").read_text("utf-8")) == json.loads(first.stdout)
    for name in ("good", "second", "crash"):
        assert (run.out / rows[name]["bundle"] / "manifest.json").is_file()
    assert f'<a href="{rows["good"]["bundle"]}/report.html">good</a>' in (run.out / "batch.html").read_text("utf-8")
    assert "Phù hợp" in (run.out / "batch.vi.html").read_text("utf-8")


def test_what_is_finished_is_kept_and_what_is_not_is_done(first, run, folder: Path) -> None:
    rows = {row["name"]: row for row in json.loads(first.stdout)["submissions"]}
    kept = run.out / rows["good"]["bundle"]
    before = (kept / "manifest.json").stat().st_ino
    shutil.rmtree(run.out / rows["second"]["bundle"])
    spoiled = run.out / rows["crash"]["bundle"] / "assessment.json"
    spoiled.write_bytes(spoiled.read_bytes() + b" ")
    again = run(folder)
    now = {row["name"]: row for row in json.loads(again.stdout)["submissions"]}
    assert {name: row["how"] for name, row in now.items()} == {
        "bad": "refused",
        "crash": "refused",
        "good": "kept",
        "second": "assessed",
    }
    assert "tampered" in now["crash"]["why"]
    assert again.returncode == 1
    assert now["good"]["digest"] == rows["good"]["digest"]
    assert (kept / "manifest.json").stat().st_ino == before
    # Three were committed the first time, and one the second: what is kept or refused is no attempt.
    assert [one.result for one in read_ledger(run.ledger).attempts()] == ["finished"] * 4
    assert read_ledger(run.ledger).faults == ()


def test_a_batch_of_nothing_is_bad_usage(run, tmp_path: Path) -> None:
    result = run(tmp_path)
    assert result.returncode == 2
    assert "no submission in it" in result.stderr
    assert not result.stdout


def test_a_list_names_its_submissions_by_line(folder: Path, tmp_path: Path) -> None:
    listed = tmp_path / "list.txt"
    listed.write_text(
        f"# of today\n\n{folder}/good\n{folder}/second/submission.yaml\n{folder}/good\n", encoding="utf-8"
    )
    assert [one.name for one in queued(listed)] == ["good", "second", "good-2"]
    listed.write_text(f"{folder}/good\n{folder}/absent\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"list.txt:2: .*absent: no such file"):
        queued(listed)
    with pytest.raises(UsageError, match="is one submission"):
        queued(folder / "good")


def test_names_are_plain_and_never_twice_the_same(tmp_path: Path) -> None:
    for name in ("a b", "a-b", "a*b", "..x", "a-b-2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "submission.yaml").write_text("", encoding="utf-8")
    names = [one.name for one in queued(tmp_path)]
    assert len(set(names)) == 5
    assert all(name.replace("-", "").isalnum() for name in names)


def ended(queue: Path, act, monkeypatch: pytest.MonkeyPatch, **budget: float) -> dict[str, BatchRow]:
    """What becomes of submissions that do ``act(name)`` in their process."""

    def instead(one, _wanted):
        act(one.name)
        return BatchRow(name=one.name, how="assessed", exit_code=0, conclusion="conforms")

    monkeypatch.setattr(pool, "assess_one", instead)
    monkeypatch.setattr(pool, "preload", lambda _executor: None)
    wanted = Wanted(policies=(), settings=Settings(), out=queue)
    rows = assess_all(queued(queue), wanted, Budget(**budget), 3, lambda _one: None)
    return {row.name: row for row in rows}


def test_budgets_and_defects_are_told_and_the_rest_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    acts = {
        "bad": lambda: time.sleep(60),
        "crash": lambda: os._exit(9),
        "good": lambda: None,
        "second": lambda: bytearray(1 << 30),
    }
    rows = ended(folder, lambda name: acts[name](), monkeypatch, wall_seconds=1.0, memory_bytes=512 << 20)
    assert {name: row.how for name, row in rows.items()} == {
        "bad": "over-budget",
        "crash": "failed",
        "good": "assessed",
        "second": "failed",  # an error of memory that nobody turns into a value ends the process
    }
    assert rows["bad"].exit_code == 3
    assert "1 seconds" in rows["bad"].why
    assert rows["bad"].seconds < 30


def test_a_process_that_ignores_the_end_is_ended(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import signal

    def stubborn(name: str) -> None:
        if name == "good":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            time.sleep(60)

    monkeypatch.setattr(pool, "GRACE_SECONDS", 0.5)
    assert ended(folder, stubborn, monkeypatch, wall_seconds=0.5)["good"].how == "over-budget"


def test_a_second_call_to_end_does_not_stop_the_clearing_away(folder: Path, tmp_path: Path, monkeypatch) -> None:
    """One comes from the batch, and another one when the batch is killed meanwhile."""
    import signal

    def slow(name: str) -> None:
        if name == "good":
            try:
                time.sleep(60)
            finally:
                os.kill(os.getpid(), signal.SIGTERM)
                (tmp_path / "cleared").touch()

    assert ended(folder, slow, monkeypatch, wall_seconds=0.5)["good"].how == "over-budget"
    assert (tmp_path / "cleared").exists()


ALONE = """
import sys
from pathlib import Path
from proofbox.runners.batch.preloading import preload
preload("auto")
there = set(sys.modules)
import threading, numpy as np
assert threading.active_count() == 1  # no thread lives through a fork
from proofbox.reports.bundle import write_bundle
from proofbox.runners.api import assess
rng = np.random.default_rng(0)
data = {"income": rng.normal(size=80), "sex": ["f", "m"] * 40, "paid": rng.integers(0, 2, 80)}
found = assess(lambda rows: 1 / (1 + np.exp(-rows["income"])), data, target="paid", features=["income"],
               sensitive=["sex"], output="probability").assessed
write_bundle(Path(sys.argv[1]), found.assessment, policy_sources=[], submission_yaml=b"", tables=found.tables)
late = {name.partition(".")[0] for name in set(sys.modules) - there} - sys.stdlib_module_names
print(sorted(late - {"proofbox"}))
"""


def test_what_every_submission_needs_is_imported_once_before_them(tmp_path: Path) -> None:
    """A process of its own for each submission pays for a library again that the batch has not imported."""
    argv = [sys.executable, "-c", ALONE, tmp_path / "out"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.returncode) == ("[]", 0), done.stderr


def test_the_exit_code_is_the_first_of_its_list() -> None:
    row = BatchRow(name="x", how="assessed", exit_code=0)
    codes = {0: [0, 0], 1: [0, 3, 1, 70], 2: [3, 2, 0], 3: [0, 3], 4: [2, 4], 70: [2, 70, 4]}
    for expected, given in codes.items():
        assert exit_code([replace(row, exit_code=code) for code in given]) == expected


def test_names_of_strangers_stay_text_on_the_page() -> None:
    row = BatchRow(name="a", how="refused", exit_code=2, product="<script>alert(1)</script>", why="got \u202e<b>")
    page = render_batch([row], [], "en")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "\u202e" not in page
