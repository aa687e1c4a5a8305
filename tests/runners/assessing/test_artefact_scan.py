"""The artefact scan through the command line: measured alone, as a gate of a policy, and in the report."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from proofbox.runners.hosted import opinions
from proofbox.sandbox.errors import IsolationError

Command = Callable[..., "subprocess.CompletedProcess[str]"]
EVIL = b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R."


def scan(proofbox: Command, submission: Path, *more: object) -> dict:
    result = proofbox("measure", submission, "--check", "security.artefact_scan", "--json", *more)
    assert result.returncode == 0, result.stderr
    return {item["measure"]: item for item in json.loads(result.stdout)["measurements"]}


def test_measure_tells_the_tier_of_every_file(submission: Path, quick: Command) -> None:
    found = scan(quick, submission)
    assert found["refused_files"]["detail"]["tiers"] == {"A": 3, "B": 1, "C": 0, "unreadable": 0, "unknown": 0}
    assert found["refused_files"]["detail"]["second_opinions"] == {"not_asked": "the policy did not ask for any"}
    (submission / "sitecustomize.py").write_text("print('hello')\n")
    (submission / "data/more.pkl").write_bytes(EVIL)
    result = quick("measure", submission, "--check", "security.artefact_scan")
    assert result.returncode == 0
    assert "data/more.pkl (offset 2): loading the file uses os.system" in result.stdout
    assert "sitecustomize.py: every Python that finds this file on its path runs it" in result.stdout


def test_second_opinions_are_recorded_and_change_no_figure(submission: Path, quick: Command) -> None:
    (submission / "data/more.pkl").write_bytes(EVIL)
    alone, asked = scan(quick, submission), scan(quick, submission, "--set", "second_opinions=true")
    assert {name: item["value"] for name, item in alone.items()} == {
        name: item["value"] for name, item in asked.items()
    }
    told = {one["scanner"]: one for one in asked["refused_files"]["detail"]["second_opinions"]["scanners"]}
    assert set(told) == {"picklescan", "modelaudit-picklescan"}
    for one in told.values():
        assert "data/more.pkl" in {file["path"] for file in one["files"] if file["answer"] == "found"}


def test_a_policy_stops_before_the_model_is_loaded_and_the_report_says_why(
    submission: Path, proofbox: Command, tmp_path: Path
) -> None:
    (submission / "data/more.pkl").write_bytes(EVIL)
    out = tmp_path / "evidence"
    result = proofbox("run", submission, "--policy", "baseline", "--no-mlflow", "--out", out)
    assert result.returncode == 1, result.stderr
    document = json.loads((out / "assessment.json").read_bytes())
    verdicts = {item["requirement"]: item["verdict"] for item in document["findings"]}
    assert verdicts["BASE-SEC.a"] == "pass", "the model itself is honest"
    assert verdicts["BASE-SEC.d"] == "fail"
    assert verdicts["BASE-ROB.a"] == "not-run"
    english, vietnamese = ((out / name).read_text("utf-8") for name in ("report.html", "report.vi.html"))
    assert "What the files hold" in english
    assert "Loading the file uses os.system, by which it can run what it likes." in english
    assert "Nội dung các tệp" in vietnamese
    assert "Việc nạp tệp sử dụng os.system, nhờ đó tệp có thể chạy bất cứ lệnh nào." in vietnamese
    assert "data/more.pkl" in english


def test_parameters_that_are_wrong_are_told_before_the_submission_is_read(submission: Path, quick: Command) -> None:
    result = quick("measure", submission, "--check", "security.artefact_scan", "--set", 'accept=["dangerous-import"]')
    assert result.returncode == 2
    assert "accept" in result.stderr
    assert "Traceback" not in result.stderr


class _NoWalls:
    def executor(self):
        raise IsolationError("no isolation could be had: nothing works here")


@pytest.mark.parametrize("scanners", [{}, {"picklescan": "1"}])
def test_without_scanners_or_walls_nobody_is_asked_and_that_is_said(monkeypatch, scanners) -> None:
    monkeypatch.setattr("proofbox.sandbox.scanners.installed", lambda: scanners)
    said = opinions.second_opinions(None, _NoWalls())
    assert ("no walls" if scanners else "no other scanner is installed") in said.reason
