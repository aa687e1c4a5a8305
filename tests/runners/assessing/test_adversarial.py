"""The attack through the command line: on a hosted model, twice alike, and over a model that falls on a value."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]
FALLS = """import os


def predict_proba(frame):
    income = frame["income"]
    if ((income > {low}) & (income < {high})).any():
        os._exit(3)
    return (income > {middle}) * 0.8 + 0.1
"""


POLICY = """schema: proofbox/policy/v1
id: attacked
version: "1"
checked_on: 2026-11-25
expires_on: 2027-11-25
title: {en: Attacked, vi: Tấn công}
controls:
  - id: A
    title: {en: Evasion, vi: Né tránh}
    objective: {en: Few decisions are turned., vi: Ít quyết định bị đảo chiều.}
    references: [{framework: eu-ai-act, clause: "15(5)", relation: supports}]
    requirements:
      - id: A.1
        level: must
        check: robustness.adversarial
        with: {rows: 30, queries: 60}
        criterion: {measure: evasion_rate, at_most: 0.9, decision_rule: simple, origin: default}
        remediation: {en: Look at the pair., vi: Xem cặp dòng.}
"""


@pytest.fixture
def attack(quick: Command) -> Callable[..., dict[str, Any]]:
    def attack_of(folder: Path, *settings: str) -> dict[str, Any]:
        given = [part for one in ("rows=30", "queries=60", *settings) for part in ("--set", one)]
        said = quick("measure", folder, "--check", "robustness.adversarial", *given, "--json")
        assert said.returncode == 0, said.stderr
        return json.loads(said.stdout)

    return attack_of


def test_a_hosted_model_is_attacked_and_twice_alike(attack, submission: Path):
    first, again = attack(submission), attack(submission)
    assert first == again
    found = {item["measure"]: item for item in first["measurements"]}
    rate = found["evasion_rate"]
    assert 0 < rate["value"] <= 1
    assert rate["interval"]["method"] == "wilson"
    assert rate["detail"]["queries"] <= 30 * 60
    assert found["median_evasion_distance"]["interval"]["method"] == "order-statistics"
    wider = {item["measure"]: item for item in attack(submission, "budget=3", "norm=linf")["measurements"]}
    assert wider["evasion_rate"]["value"] >= rate["value"]


def test_settings_that_make_no_sense_are_told(quick: Command, submission: Path):
    said = quick("measure", submission, "--check", "robustness.adversarial", "--set", "norm=l7")
    assert said.returncode == 2
    assert "norm" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_model_that_falls_on_a_value_that_nobody_submitted_is_a_finding(
    quick: Command, submission: Path, tmp_path: Path
):
    """It ends where incomes lie between two submitted ones: the attack comes by, since the decision turns there."""
    incomes = np.sort(pd.read_csv(submission / "data/eval.csv")["income"].to_numpy())
    inner = np.arange(len(incomes) // 4, 3 * len(incomes) // 4)
    place = inner[np.diff(incomes)[inner].argmax()]
    low, high = incomes[place], incomes[place + 1]
    third = (high - low) / 3
    rule = FALLS.format(low=low + third, high=high - third, middle=(low + high) / 2)
    (submission / "model/predict.py").write_text(rule, encoding="utf-8")
    (submission / "model/model.joblib").unlink()
    file = submission / "submission.yaml"
    text = file.read_text(encoding="utf-8")
    assert "path: model/model.joblib" in text
    file.write_text(text.replace("path: model/model.joblib", "path: model"), encoding="utf-8")
    policy = tmp_path / "policy.yaml"
    policy.write_text(POLICY, encoding="utf-8")
    said = quick("run", submission, "--policy", policy, "--no-mlflow", "--out", tmp_path / "out")
    assert "Traceback" not in said.stderr
    assert list((tmp_path / "out").rglob("assessment.json")), said.stderr
    document = json.loads(next((tmp_path / "out").rglob("assessment.json")).read_bytes())
    (rate,) = (one for one in document["measurements"] if one["measure"] == "evasion_rate")
    assert rate["detail"]["unanswered"]
    (case,) = (one["case"] for one in document["counterexamples"])
    assert case["rows"][1]["decision"] == "-"
    assert low + third < case["rows"][1]["values"][case["columns"].index("income")] < high - third
