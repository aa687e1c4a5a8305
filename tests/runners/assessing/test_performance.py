"""Performance through the command line: regressions, slices, and claims that the provider is held to."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def prices(submission: Path) -> Path:
    """A regression whose rule is off by a normal error of 1 in the north and by 3 more in the south."""
    rng = np.random.default_rng(12)
    rows = pd.read_csv(submission / "data/eval.csv")
    rows["region"] = np.where(np.arange(len(rows)) % 4 == 0, "south", "north")
    error = rng.normal(size=len(rows)) - np.where(rows["region"] == "south", 3.0, 0.0)
    rows["approved"] = 10 + 2 * rows["income"] - rows["debt"] + error
    rows.to_csv(submission / "data/eval.csv", index=False)
    rule = 'def predict(frame):\n    return 10.0 + 2.0 * frame["income"] - frame["debt"]\n'
    (submission / "model/predict.py").write_text(rule, encoding="utf-8")
    (submission / "model/model.joblib").unlink()
    file = submission / "submission.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in (
        ("path: model/model.joblib\n  task: binary-classification", "path: model\n  task: regression"),
        ("  output: probability\n  positive_label: 1\n", "  output: score\n"),
        ("  training: {path: data/train.csv, target: approved}\n", ""),
        ("measure: accuracy, at_least: 0.6", "measure: mean_absolute_error, at_most: 2.0"),
    ):
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, encoding="utf-8")
    return submission


def test_a_regression_is_measured_by_slice(prices: Path, quick: Command) -> None:
    result = quick("measure", prices, "--check", "performance.regression", "--set", "slice=region", "--json")
    assert result.returncode == 0, result.stderr
    found = {(one["measure"], one["group"].get("region")): one for one in json.loads(result.stdout)["measurements"]}
    assert found["mean_error", "south"]["interval"]["low"] > 2.5
    assert abs(found["mean_error", "north"]["value"]) < 0.3
    assert found["mean_error", None]["detail"]["slices_measured"] == 2


@pytest.mark.parametrize(("claim", "verdict"), [("at_most: 2.0", "pass"), ("at_most: 1.0", "fail")])
def test_a_regression_is_held_to_the_error_that_it_claims(
    prices: Path, quick: Command, tmp_path: Path, claim: str, verdict: str
) -> None:
    file = prices / "submission.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("at_most: 2.0", claim), encoding="utf-8")
    out = tmp_path / "out"
    result = quick("run", prices, "--policy", "baseline", "--no-mlflow", "--out", out)
    document = json.loads(next(out.rglob("assessment.json")).read_bytes())
    found = {one["requirement"]: one for one in document["findings"]}
    assert found["BASE-PERF.e"]["verdict"] == verdict, result.stderr
    assert found["BASE-PERF.e"]["criterion"]["comparison"] == "at_most"
    assert found["BASE-PERF.d"]["verdict"] == "pass"
    assert found["BASE-PERF.a"]["verdict"] == "not-applicable"


def test_probabilities_are_measured_against_what_happened(submission: Path, proofbox: Command) -> None:
    result = proofbox("measure", submission, "--check", "performance.calibration")
    assert result.returncode == 0, result.stderr
    for measure in ("expected_calibration_error", "calibration_slope", "calibration_intercept"):
        assert f"{measure}: " in result.stdout
