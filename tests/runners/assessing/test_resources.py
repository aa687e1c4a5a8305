"""Time and memory through the installed command: a leak, a slow model, and what two runs have in common."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from proofbox.policies.comparable import comparable

Command = Callable[..., "subprocess.CompletedProcess[str]"]

CHECK = "robustness.latency_and_memory"
FAST = ("--set", "batch_sizes=[1,100]", "--set", "calls=20")
LEAKS = """
KEPT = []
def predict_proba(frame):
    KEPT.append(b"x" * 300_000)
    return (frame["income"] > frame["debt"]) * 0.8 + 0.1
"""
SLOW = """
import time
def predict_proba(frame):
    time.sleep(0.02)
    return (frame["income"] > frame["debt"]) * 0.8 + 0.1
"""


def with_rule(submission: Path, rule: str) -> Path:
    (submission / "model/predict.py").write_text(rule, encoding="utf-8")
    (submission / "model/model.joblib").unlink()
    file = submission / "submission.yaml"
    text = file.read_text(encoding="utf-8").replace("path: model/model.joblib", "path: model")
    file.write_text(text, encoding="utf-8")
    return submission


def measured(proofbox: Command, submission: Path, *more: str) -> dict[tuple[str, str], dict[str, object]]:
    result = proofbox("measure", submission, "--check", CHECK, "--json", *FAST, *more)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)["measurements"]
    assert all(one["detail"]["timed"] is True for one in found)
    return {(one["measure"], one["group"].get("batch_rows", "")): one for one in found}


def test_a_leak_is_found(submission: Path, proofbox: Command) -> None:
    found = measured(proofbox, with_rule(submission, LEAKS))["memory_growth_bytes_per_call", ""]
    assert found["interval"]["low"] > 100_000
    assert 200_000 < found["value"] < 400_000


def test_a_slow_model_is_measured(submission: Path, proofbox: Command) -> None:
    found = measured(proofbox, with_rule(submission, SLOW), "--set", "leak_calls=60")
    assert found["latency_p50_seconds", "1"]["interval"]["low"] >= 0.02
    assert found["throughput_rows_per_second", "1"]["interval"]["high"] <= 50


def test_two_runs_differ_in_what_is_timed_alone_and_an_honest_model_does_not_leak(
    submission: Path, proofbox: Command, tmp_path: Path
) -> None:
    policy = tmp_path / "speed.yaml"
    policy.write_text(
        "schema: proofbox/policy/v1\nid: speed\nversion: '1'\nchecked_on: 2026-11-22\nexpires_on: 2027-11-22\n"
        "title: {en: Speed, vi: Tốc độ}\ncontrols:\n  - id: S-01\n    title: {en: Speed, vi: Tốc độ}\n"
        "    objective: {en: Quick., vi: Nhanh.}\n    requirements:\n      - id: S-01.a\n        level: must\n"
        f"        check: {CHECK}\n        with: {{batch_sizes: [1], calls: 30, leak_calls: 60}}\n"
        "        criterion: {measure: latency_p50_seconds, at_most: 1.0e-9}\n"
        "        remediation: {en: Simplify., vi: Đơn giản hóa.}\n"
        "      - id: S-01.b\n        level: must\n        check: performance.classification\n"
        "        criterion: {measure: accuracy, at_least: 0.6}\n        remediation: {en: Train., vi: Huấn luyện.}\n",
        encoding="utf-8",
    )
    documents = []
    for name in ("one", "two"):
        out = tmp_path / name
        result = proofbox("run", submission, "--policy", policy, "--no-mlflow", "--out", out)
        assert result.returncode == 1, result.stderr
        documents.append(json.loads(next(out.rglob("assessment.json")).read_bytes()))
    first, second = (json.dumps(comparable(one), sort_keys=True) for one in documents)
    assert first == second
    assert "accuracy" in first
    assert documents[0]["measurements"] != documents[1]["measurements"]
    found = {one["measure"]: one for one in documents[0]["measurements"]}
    assert found["memory_growth_bytes_per_call"]["interval"]["low"] < 20_000
    assert found["peak_memory_bytes"]["value"] > 10_000_000
    assert 0 < found["share_of_memory_limit"]["value"] < 1
