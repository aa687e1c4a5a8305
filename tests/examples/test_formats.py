"""The examples of every format: made by the script, each run behind the walls (or read, where there is no model)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from proofbox.runners.assessing.measuring import measure_once
from proofbox.runners.assessing.settings import Settings, Watch
from proofbox.runners.submitted.submission import ModelFormat

SCRIPT = Path(__file__).resolve().parents[2] / "examples/formats.py"
FORMATS = (
    *("onnx", "skops", "sklearn", "xgboost", "lightgbm", "catboost", "mlflow", "python", "http"),
    "decisions",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("formats")
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(folder)], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return folder


def test_there_is_one_for_each_format_that_a_submission_may_name(made: Path) -> None:
    named = set(ModelFormat.__args__) - {"auto"}
    assert {path.name for path in made.iterdir()} == named | {"decisions"} == set(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_it_is_assessed_as_it_was_trained(made: Path, name: str) -> None:
    outcome = measure_once(made / name, "performance.classification", [], Settings(), Watch())
    found = {one.measure: one.value for one in outcome.measurements}
    assert found["accuracy"] > 0.88
    assert not outcome.errors
