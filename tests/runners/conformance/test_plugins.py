"""Checks by others: installed, listed, tried and used through the command; what breaks the rules is refused by name."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from proofbox.checks.plugins import forbidden_in

ROOT = Path(__file__).resolve().parents[3]
GOOD = (ROOT / "examples/plugin/acme_checks/same_answer.py").read_text(encoding="utf-8")
Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example as a user installs it, into a folder of its own and without a network."""
    source = shutil.copytree(ROOT / "examples/plugin", tmp_path_factory.mktemp("source") / "plugin")
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [*pip, "--target", str(target), str(source)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return target


def made(folder: Path, family: str, source: str, name: str = "same_answer") -> Path:
    """Lay a distribution out as an installer would."""
    package = folder / f"{family}_checks"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / f"{name}.py").write_text(source, encoding="utf-8")
    info = folder / f"{family}_checks-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {family}-checks\nVersion: 0.1\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[proofbox.checks]\n{family} = {family}_checks\n", encoding="utf-8")
    return folder


def test_the_example_conforms_and_is_used(installed: Path, submission: Path, proofbox: Command, tmp_path: Path) -> None:
    env = {"PYTHONPATH": str(installed)}
    tested = proofbox("checks", "test", "acme-checks", env=env)
    assert tested.returncode == 0, tested.stdout + tested.stderr
    assert "acme.same_answer: keeps all laws" in tested.stdout
    out = tmp_path / "evidence"
    run = proofbox("run", submission, "--policy", "acme-answers", "--no-mlflow", "--out", out, env=env)
    assert run.returncode == 0, run.stdout + run.stderr
    assessment = json.loads((out / "assessment.json").read_bytes())
    assert assessment["findings"][0]["verdict"] == "pass"
    assert assessment["run"]["detail"]["checks_by_others"] == {"acme.same_answer": "acme-checks 1.0.0"}
    again = proofbox("judge", out, "--policy", "acme-answers", "--json", env=env)
    assert again.returncode == 0, again.stderr
    listed = proofbox("policy", "list", "--json", env=env)
    assert "acme-answers" in {one["id"] for one in json.loads(listed.stdout)}
    without = proofbox("run", submission, "--policy", "acme-answers", "--no-mlflow")
    assert without.returncode == 2
    assert "no policy 'acme-answers'" in without.stderr


BAD = [
    ("breaks", "raise RuntimeError('not today')\n", "RuntimeError: not today"),
    ("clock", GOOD.replace("import numpy as np", "import time").replace("acme.", "clock."), "it imports time"),
    ("judge", GOOD.replace("rows = len", "threshold = 0.5\n    rows = len"), "it uses the name threshold"),
    ("other", GOOD, "it registers 'acme.same_answer', which is not of its family 'other'"),
    ("robustness", GOOD.replace("acme.", "robustness."), "its family 'robustness' is taken"),
    ("bare", '"""Nothing."""\n', "it registers no check"),
    ("shape", GOOD.replace("## Limits", "## Bounds").replace("acme.", "shape."), "needs the sections"),
]


def test_what_breaks_the_rules_is_refused_by_name_and_all_else_goes_on(proofbox: Command, tmp_path: Path) -> None:
    for family, source, _ in BAD:
        made(tmp_path / "bad", family, source)
    listed = proofbox("checks", "list", "--json", env={"PYTHONPATH": str(tmp_path / "bad")})
    assert listed.returncode == 0, listed.stderr
    lines = listed.stderr.splitlines()
    for family, _, said in BAD:
        (line,) = [line for line in lines if line.startswith(f"{family}-checks 0.1 is refused: ")]
        assert said in line
    ids = {one["id"] for one in json.loads(listed.stdout)}
    assert "robustness.noise" in ids
    assert not {"acme.same_answer", "robustness.same_answer", "clock.same_answer", "judge.same_answer"} & ids


def test_one_that_lies_about_its_measures_is_told(proofbox: Command, tmp_path: Path) -> None:
    lying = GOOD.replace("acme.", "liar.").replace("value=float(counts[most] / rows)", "value=float(counts[most])")
    lying = lying.replace("confidence=params.confidence", "confidence=0.9").replace(", params.confidence)", ", 0.9)")
    env = {"PYTHONPATH": str(made(tmp_path / "bad", "liar", lying))}
    tested = proofbox("checks", "test", "liar", "--json", env=env)
    assert tested.returncode == 1, tested.stderr
    (found,) = json.loads(tested.stdout)
    assert not found["conforms"]
    said = " ".join(one["said"] for one in found["broken"])
    assert "lies outside the range [0, 1]" in said
    assert "with confidence 0.8 the intervals are of [0.9]" in said
    used = proofbox("checks", "show", "liar.nothing", env=env)
    assert used.returncode == 2


def test_a_policy_that_asks_for_a_refused_check_says_why(proofbox: Command, tmp_path: Path) -> None:
    env = {"PYTHONPATH": str(made(tmp_path / "bad", "breaks", "raise RuntimeError('not today')\n"))}
    shown = proofbox("checks", "show", "breaks.anything", env=env)
    assert shown.returncode == 2
    assert "breaks-checks 0.1 was refused: RuntimeError: not today" in shown.stderr
    nobody = proofbox("checks", "test", "nobody", env=env)
    assert nobody.returncode == 2
    assert "there are: breaks-checks (breaks)" in nobody.stderr


def test_every_way_to_reach_around_is_seen() -> None:
    for source in ("import os.path", "from subprocess import run", "open('x')", "exec('1')", "x = y.verdict"):
        assert list(forbidden_in(source)), source
    assert list(forbidden_in("import numpy as np\nx = np.random.default_rng\n")) == []
