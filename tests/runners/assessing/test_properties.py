"""Models that break a property, really hosted and measured by the installed command: what is found and shown."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

HANGING_ROW = 321
CONTROL = """\
schema: proofbox/policy/v1
id: properties
version: "1"
checked_on: 2026-11-22
expires_on: 2027-11-22
title: {en: Properties, vi: Tính chất}
controls:
  - id: P-1
    title: {en: Properties, vi: Tính chất}
    objective: {en: What must hold holds., vi: Điều phải đúng thì đúng.}
    references: []
    requirements:
"""
REQUIREMENT = """\
      - id: P-1.{number}
        level: must
        check: robustness.{check}
        criterion: {{measure: {measure}, at_most: 0, decision_rule: simple, origin: default}}
        remediation: {{en: Look at the pair., vi: Xem cặp dòng.}}
"""
ASKED = {
    "monotonicity": "monotonicity_decision_rate",
    "invariance": "invariance_decision_rate",
    "malformed_input": "malformed_failure_rate",
    "bounded_output": "invalid_answer_rate",
}
# A dip in the middle of the incomes, a word for those who live in the south, and an end at missing debts.
FAULTY = """
import os
def predict_proba(frame):
    if frame["debt"].isna().any():
        os.abort()
    dip = (frame["income"] > 0.5) & (frame["income"] < 1.2)
    return 0.2 + 0.6 * ((frame["income"] > 0) & ~dip & (frame["branch"] != "south"))
"""


def rewritten(submission: Path, source: str) -> pd.DataFrame:
    """Put a model of that source, and a column that should not matter, into the submission; return its data."""
    file, data = submission / "submission.yaml", submission / "data/eval.csv"
    rows = pd.read_csv(data)
    rows["branch"] = ["north", "south"] * (len(rows) // 2)
    rows.to_csv(data, index=False)
    (submission / "model/predict.py").write_text(source, encoding="utf-8")
    (submission / "model/model.joblib").unlink()
    text = file.read_text(encoding="utf-8").replace("path: model/model.joblib", "path: model")
    text = text.replace("features: [income, debt]", "features: [income, debt, branch]")
    text = text.replace("declared:\n", "declared:\n  monotone: [{feature: income, direction: increasing}]\n")
    file.write_text(text.replace("declared:\n", "declared:\n  irrelevant: [branch]\n"), encoding="utf-8")
    return rows


def test_a_faulty_model_is_shown_by_pairs_that_a_person_can_read(proofbox, submission: Path, tmp_path: Path) -> None:
    rows = rewritten(submission, FAULTY)
    policy = tmp_path / "policy.yaml"
    asked = enumerate(ASKED.items())
    policy.write_text(
        CONTROL + "".join(REQUIREMENT.format(number=n, check=c, measure=m) for n, (c, m) in asked), encoding="utf-8"
    )
    out = tmp_path / "bundle"
    done = proofbox("run", submission, "--policy", policy, "--out", out, "--no-mlflow", "--seed", "5")
    assert done.returncode == 1, done.stderr
    (record,) = out.rglob("assessment.json")
    assessment = json.loads(record.read_bytes())
    verdicts = [finding["verdict"] for finding in assessment["findings"]]
    assert verdicts == ["fail", "fail", "fail", "pass"]
    cases = {found["check"].partition(".")[2]: found["case"] for found in assessment["counterexamples"]}
    assert cases["monotonicity"]["changed"] == ["income"]
    assert cases["invariance"]["changed"] == ["branch"]
    assert cases["malformed_input"]["changed"] == ["debt"]
    for name, case in cases.items():
        real = rows.iloc[case["source_row"]][case["columns"]].tolist()
        assert real in [row["values"] for row in case["rows"]], f"{name}: one of the two is a row as submitted"
    queries = assessment["run"]["detail"]["queries"]
    assert all(asked["calls"] <= 50 for asked in queries.values())
    said = (record.parent / "report.html").read_text(encoding="utf-8")
    assert "Nothing but income rises, from" in said
    assert "SIGABRT" in said
    assert "Chỉ có income tăng" in (record.parent / "report.vi.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_model_that_hangs_on_one_row_is_told_by_that_row_and_the_harness_goes_on(proofbox, submission: Path) -> None:
    data = submission / "data/eval.csv"
    rows = pd.read_csv(data)
    rows.loc[HANGING_ROW, "debt"] = 4.5
    rows.to_csv(data, index=False)
    source = "import time\ndef predict_proba(frame):\n    while (frame['debt'] == 4.5).any():\n        time.sleep(1)\n"
    rewritten(submission, source + "    return 0.2 + 0.6 * (frame['income'] > 0)\n")
    settings = ("--set", "deadline_seconds=1.5", "--set", "near_rows=0", "--json")
    done = proofbox("measure", submission, "--check", "robustness.bounded_output", *settings)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["measurements"]
    assert found["detail"]["kinds"] == {"hang": 1}
    assert (found["value"], found["sample_size"]) == (1 / 400, 400)
