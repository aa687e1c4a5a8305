"""Columns that a provider declares to stand in for a sensitive one are swapped along with it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def declare(submission: Path, proxies: str) -> None:
    file = submission / "submission.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("declared:\n", f"declared:\n  proxies: {proxies}\n"), encoding="utf-8")


def test_a_declared_proxy_is_swapped_and_recorded(submission: Path, quick: Command) -> None:
    declare(submission, "{sex: [debt]}")
    result = quick("measure", submission, "--check", "fairness.counterfactual_flip", "--json")
    assert result.returncode == 0, result.stderr
    (found,) = json.loads(result.stdout)["measurements"]
    assert found["detail"]["proxies"] == ["debt"]
    assert found["detail"]["columns_changed"] == ["debt"]
    # The median debt of the other group is nearly that of everybody, so many an extreme row turns.
    assert 0 < found["value"] < 1
    assert found["interval"]["method"] == "wilson"


def test_a_proxy_that_is_no_column_is_told_with_its_place(submission: Path, quick: Command) -> None:
    declare(submission, "{sex: [dept]}")
    result = quick("measure", submission, "--check", "fairness.counterfactual_flip")
    assert result.returncode == 2
    assert "declared.proxies.sex" in result.stderr
    assert "'dept', which data/eval.csv does not have" in result.stderr
    assert "did you mean debt?" in result.stderr
