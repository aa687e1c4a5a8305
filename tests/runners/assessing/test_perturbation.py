"""Perturbation through the command line: a model that falls over missing values, and one that says no to them."""

from __future__ import annotations

import json

import pytest

CRASHES = """import os
def predict_proba(frame):
    if frame["debt"].isna().any():
        os._exit(3)
    return (frame["income"].fillna(0) > 0) * 0.8 + 0.1
"""
POLICY = """
schema: proofbox/policy/v1
id: steady
version: "1"
checked_on: 2026-11-22
expires_on: 2027-11-22
title: {en: Steady, vi: Ổn định}
controls:
  - id: STEADY-01
    title: {en: Missing values, vi: Thiếu giá trị}
    objective: {en: It never falls., vi: Không gặp sự cố.}
    references: []
    requirements:
      - id: STEADY-01.a
        level: must
        check: robustness.missing_values
        criterion: {measure: missing_failure_share, at_most: 0, decision_rule: simple, origin: default}
        remediation: {en: Answer or refuse., vi: Trả lời hoặc từ chối.}
      - id: STEADY-01.b
        level: should
        check: robustness.noise
        criterion: {measure: noise_flip_rate, at_most: 0.9, decision_rule: guarded, confidence: 0.95, origin: default}
        remediation: {en: Train it better., vi: Huấn luyện tốt hơn.}
"""


@pytest.fixture
def crashing(submission):
    (submission / "model/model.joblib").unlink()
    (submission / "model/predict.py").write_text(CRASHES, encoding="utf-8")
    path = submission / "submission.yaml"
    said = path.read_text("utf-8").replace("model/model.joblib", "model/predict.py").replace("auto", "python", 1)
    path.write_text(said, encoding="utf-8")
    return submission


def test_a_model_that_crashes_on_a_missing_value_is_a_finding_with_the_input(quick, crashing, tmp_path):
    (tmp_path / "steady.yaml").write_text(POLICY, encoding="utf-8")
    out = tmp_path / "out"
    said = quick("run", crashing, "--policy", tmp_path / "steady.yaml", "--no-mlflow", "--out", out)
    assert said.returncode == 1, said.stderr
    assert "Traceback" not in said.stdout + said.stderr
    assert "at most" in said.stdout
    record = json.loads((out / "assessment.json").read_text("utf-8"))
    findings = {one["requirement"]: one for one in record["findings"]}
    assert (findings["STEADY-01.a"]["verdict"], findings["STEADY-01.b"]["verdict"]) == ("fail", "pass")
    cases = [one["case"] for one in record["counterexamples"] if one["case"]["measure"] == "missing_failure_share"]
    assert [case["changed"] for case in cases] == [["debt"]]
    assert cases[0]["rows"][1]["values"][1] is None
    assert not record["errors"]
    queries = record["run"]["detail"]["queries"]
    assert all(asked["planned"] >= 400 for asked in queries.values())
    page = (out / "report.html").read_text("utf-8")
    assert "How the model stands changed rows" in page
    assert "the model gives no answer" in page


def test_a_model_that_refuses_missing_values_has_not_failed(quick, submission):
    said = quick("measure", submission, "--check", "robustness.missing_values", "--json")
    assert said.returncode == 0, said.stderr
    (share,) = json.loads(said.stdout)["measurements"]
    assert (share["measure"], share["value"]) == ("missing_failure_share", 0)
    assert [one["column"] for one in share["detail"]["refused"]] == ["income", "debt"]
    assert all(one["kind"] == "raised" for one in share["detail"]["refused"])


def test_the_same_seed_gives_the_same_bytes(quick, proofbox, submission):
    given = ("measure", submission, "--check", "robustness.outliers", "--seed", 5, "--json")
    first, again = quick(*given), proofbox(*given)
    assert first.returncode == 0, first.stderr
    assert first.stdout == again.stdout
    assert json.loads(first.stdout)["measurements"]
