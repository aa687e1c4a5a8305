"""Drift and bad slices through the command line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pandas as pd

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def test_a_drifted_column_is_named(submission: Path, quick: Command, proofbox: Command) -> None:
    rows = pd.read_csv(submission / "data/eval.csv")
    rows["debt"] += 0.8
    rows.to_csv(submission / "data/eval.csv", index=False)
    result = quick("measure", submission, "--check", "robustness.drift", "--json")
    assert result.returncode == 0, result.stderr
    found = {one["measure"]: one for one in json.loads(result.stdout)["measurements"]}
    assert found["drifted_columns"]["value"] >= 1
    assert found["largest_population_stability_index"]["detail"]["column"] == "debt"
    again = proofbox("measure", submission, "--check", "robustness.drift", "--json")
    assert again.stdout == result.stdout


def test_a_bad_slice_is_named_in_the_report(submission: Path, proofbox: Command, tmp_path: Path) -> None:
    rows = pd.read_csv(submission / "data/eval.csv")
    poor = rows["income"] < rows["income"].quantile(0.25)
    rows.loc[poor, "approved"] = (rows.index[poor] % 2).to_numpy()
    rows.to_csv(submission / "data/eval.csv", index=False)
    policy = tmp_path / "slices.yaml"
    policy.write_text(
        "schema: proofbox/policy/v1\nid: slices\nversion: '1'\nchecked_on: 2026-11-22\nexpires_on: 2027-11-22\n"
        "title: {en: Slices, vi: Lát}\ncontrols:\n  - id: S-01\n    title: {en: Slices, vi: Lát}\n"
        "    objective: {en: No bad slice., vi: Không có lát kém.}\n    requirements:\n      - id: S-01.a\n"
        "        level: must\n        check: robustness.slices\n        with: {depth: 1}\n"
        "        criterion: {measure: worst_slice_shortfall, at_most: 0.1}\n"
        "        remediation: {en: Collect rows., vi: Thu thập thêm.}\n",
        encoding="utf-8",
    )
    result = proofbox("run", submission, "--policy", policy, "--no-mlflow", "--out", tmp_path / "out")
    assert result.returncode == 1, result.stderr
    report = next((tmp_path / "out").rglob("report.html")).read_text(encoding="utf-8")
    assert "income: &lt; -0." in report


def test_a_model_that_extrapolates_is_surer_of_strange_rows(submission: Path, quick: Command) -> None:
    result = quick("measure", submission, "--check", "robustness.out_of_distribution", "--json")
    assert result.returncode == 0, result.stderr
    found = {(one["measure"], one["group"]["rows"]): one for one in json.loads(result.stdout)["measurements"]}
    # Logistic regression, of which one feature beyond its range decides alone.
    assert found["confidence_auroc", "beyond the range"]["interval"]["high"] < 0.5
    assert found["made_rows_told_apart", "beyond the range"]["value"] > 0.9
