"""`classify` through the command line: what was declared, held against the submission's own answers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

Command = Callable[..., "subprocess.CompletedProcess[str]"]

NO = "\n".join(
    f"  {name}: false"
    for name in (
        *("prohibited_practice", "human_review_before_effect", "advisory_only", "internal_use"),
        *("data_processing_only", "medium_conditions", "office_tool", "not_public", "technical_processing"),
    )
)


def said(submission: Path, text: str) -> Path:
    with (submission / "submission.yaml").open("a", encoding="utf-8") as file:
        file.write(text)
    return submission


def test_without_answers_the_tier_is_open(submission: Path, quick: Command):
    result = quick("classify", submission)
    assert result.returncode == 3
    assert "risk tier: declared high, by the answers open" in result.stdout


def test_a_level_declared_too_low_is_told_in_both_languages(submission: Path, quick: Command, proofbox: Command):
    trial = "trial: {level: 1, real_users: true, outputs_used: true, childrens_data: true}\n"
    said(submission, f"classification:\n  listed: true\n{NO}\n{trial}")
    result = quick("classify", submission, "--json")
    assert result.returncode == 1, result.stderr
    tier, level = json.loads(result.stdout)
    assert (tier["declared"], tier["computed"], tier["too_low"]) == ("high", "high", False)
    assert (level["declared"], level["computed"], level["too_low"]) == ("1", "3", True)
    told = proofbox("classify", submission / "submission.yaml", "--lang", "vi").stdout
    assert "cấp độ thử nghiệm: khai báo 1, theo câu trả lời 3" in told


def test_more_than_follows_may_be_declared(submission: Path, quick: Command):
    said(submission, f"classification:\n  listed: false\n{NO}\n")
    assert quick("classify", submission).returncode == 0


def test_a_wrong_answer_is_told_with_its_place(submission: Path, quick: Command):
    said(submission, "trial: {level: 1, real_users: maybe, outputs_used: true}\n")
    result = quick("classify", submission)
    assert result.returncode == 2
    assert "trial.real_users: got 'maybe', expected true or false" in result.stderr
