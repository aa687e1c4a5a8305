"""Formats of models through the command line: found by `auto`, declared, refused with advice."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from proofbox.runners.assessing.assess import taken_in
from proofbox.runners.assessing.settings import Settings
from proofbox.runners.errors import BadSubmissionError
from proofbox.runners.hosted import hosting
from proofbox.runners.hosted.walls import Walls
from proofbox.sandbox.limits import Limits

Command = Callable[..., "subprocess.CompletedProcess[str]"]
RULE = """
def predict_proba(frame):
    return (frame["income"] > frame["debt"]) * 0.8 + 0.1
"""


def edit(folder: Path, old: str, new: str) -> None:
    file = folder / "submission.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def accuracy(proofbox: Command, folder: Path, *more: str) -> float:
    result = proofbox("measure", folder, "--check", "performance.classification", "--json", *more)
    assert result.returncode == 0, result.stderr
    found = {one["measure"]: one["value"] for one in json.loads(result.stdout)["measurements"]}
    return found["accuracy"]


def python_rule(folder: Path) -> float:
    """Put a rule in the model's place; return how often it is right."""
    (folder / "model/predict.py").write_text(RULE, encoding="utf-8")
    (folder / "model/model.joblib").unlink()
    edit(folder, "path: model/model.joblib", "path: model")
    rows = pd.read_csv(folder / "data/eval.csv")
    return float(np.mean((rows["income"] > rows["debt"]) == rows["approved"]))


def test_a_booster_is_found_by_how_its_file_begins(submission: Path, quick: Command) -> None:
    import xgboost

    train, rows = (pd.read_csv(submission / f"data/{name}.csv") for name in ("train", "eval"))
    features = ["income", "debt"]
    model = xgboost.XGBClassifier(n_estimators=5, n_jobs=1).fit(train[features], train["approved"])
    model.save_model(submission / "model/anything.json")
    edit(submission, "model/model.joblib", "model/anything.json")
    right = float(np.mean(model.predict(rows[features]) == rows["approved"]))
    assert accuracy(quick, submission) == right
    edit(submission, "  task:", "  format: lightgbm\n  task:")
    result = quick("measure", submission, "--check", "performance.classification")
    assert result.returncode == 2
    assert "submission.yaml:11:3" in result.stderr
    assert "begins as xgboost does" in result.stderr


@pytest.mark.parametrize("executor", ["bubblewrap", "landlock"])
def test_a_rule_in_python(submission: Path, quick: Command, executor: str) -> None:
    right = python_rule(submission)
    assert accuracy(quick, submission, "--executor", executor) == right


def test_what_was_granted_stands_in_the_record(submission: Path, quick: Command, tmp_path: Path) -> None:
    python_rule(submission)
    edit(submission, "  task:", "  needs: {threads: 3, scratch_bytes: 1000000}\n  task:")
    out = tmp_path / "evidence"
    result = quick("run", submission, "--policy", "baseline", "--no-mlflow", "--out", out)
    assert result.returncode in (0, 1, 3), result.stderr
    run = json.loads((out / "assessment.json").read_bytes())["run"]
    assert (run["limits"]["threads"], run["limits"]["scratch_bytes"]) == (3, 1_000_000)
    assert run["selfcheck"]["limits"]["scratch_bytes"]["value"] == 1_000_000
    refused = quick("measure", submission, "--check", "performance.classification", "--executor", "landlock")
    assert refused.returncode == 4
    assert "use --executor bubblewrap" in refused.stderr


def test_a_library_that_is_not_installed_is_told_before_anything_starts(
    submission: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (submission / "model/model.cbm").write_bytes(b"CBM1 and more")
    edit(submission, "model/model.joblib", "model/model.cbm")
    monkeypatch.setattr(hosting, "find_spec", lambda name: None)
    with (
        taken_in(submission, Walls("auto", Limits()), Settings()) as (_, resolved, _),
        pytest.raises(BadSubmissionError) as caught,
    ):
        hosting._check_library(resolved)
    (problem,) = caught.value.problems
    assert (problem.line, problem.got) == (10, "a model of catboost, which is not installed")
    assert problem.hint == "install it with: pip install 'proofbox[catboost]'"
