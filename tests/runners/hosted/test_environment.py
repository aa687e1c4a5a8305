"""A model on its own interpreter: a virtual environment that the operator names, shown to it read-only."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from proofbox.sandbox import interpreter
from proofbox.sandbox.errors import InterpreterError

Command = Callable[..., "subprocess.CompletedProcess[str]"]
COPIED = ("numpy", "numpy.libs", "pandas", "pandas.libs", "pyarrow", "dateutil", "six.py")
RULE = """
import sys
import only_in_that_environment

def predict_proba(frame):
    return (frame["income"] > frame["debt"]) * only_in_that_environment.SHARE + 0.1
"""


def linked(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with the libraries of this one that a host of numbers needs, and one of its own."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (sites,) = folder.glob("lib/python*/site-packages")
    spec = importlib.util.find_spec("numpy")
    assert spec is not None
    assert spec.origin is not None
    here = Path(spec.origin).parents[1]
    for name in COPIED:
        if (here / name).is_dir():
            unneeded = shutil.ignore_patterns("tests", "include")
            shutil.copytree(here / name, sites / name, copy_function=linked, ignore=unneeded)
        elif (here / name).exists():
            linked(str(here / name), str(sites / name))
    (sites / "only_in_that_environment.py").write_text("SHARE = 0.8\n")
    about = sites / "only_in_that_environment-1.5.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: only-in-that-environment\nVersion: 1.5\n")
    return folder


@pytest.fixture
def ruled(submission: Path) -> Path:
    (submission / "model/predict.py").write_text(RULE, encoding="utf-8")
    (submission / "model/model.joblib").unlink()
    file = submission / "submission.yaml"
    file.write_text(file.read_text("utf-8").replace("path: model/model.joblib", "path: model"), "utf-8")
    return submission


@pytest.mark.parametrize("executor", ["bubblewrap", "landlock"])
def test_a_model_in_an_environment_of_its_own(ruled: Path, proofbox: Command, environment: Path, executor: str) -> None:
    what = ("measure", ruled, "--check", "performance.classification", "--json", "--executor", executor)
    result = proofbox(*what, "--environment", environment)
    assert result.returncode == 0, result.stderr
    found = {one["measure"]: one["value"] for one in json.loads(result.stdout)["measurements"]}
    assert found["accuracy"] > 0.9
    without = proofbox(*what)
    assert without.returncode == 2
    assert "No module named 'only_in_that_environment'" in without.stderr


def test_what_is_no_environment_is_bad_usage(ruled: Path, proofbox: Command, tmp_path: Path) -> None:
    result = proofbox("measure", ruled, "--check", "performance.classification", "--environment", tmp_path)
    assert result.returncode == 2
    assert "got no Python that answers, expected a virtual environment" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_environment_without_what_the_host_needs_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    with pytest.raises(InterpreterError, match=r"without numpy, pandas, pyarrow, .*-m pip install numpy"):
        interpreter.of(folder)


def test_a_program_serves_as_well(environment: Path) -> None:
    found = interpreter.of(environment / "bin/python")
    assert found == interpreter.of(environment)
    assert found.program == interpreter.current().program
    assert all(site.is_relative_to(environment.resolve()) for site in found.sites)
