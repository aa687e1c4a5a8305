"""The checks of data and privacy on a hosted model, through the command line."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

from proofbox.checks.registry import all_checks

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def test_all_of_them_but_the_attack_run_before_the_sandbox_opens() -> None:
    asked = {spec.id for spec in all_checks().values() if spec.id.startswith(("data.", "privacy.")) and not spec.static}
    assert asked == {"privacy.membership_inference"}


def measured(proofbox: Command, submission: Path, check: str, *more: object) -> tuple[dict, dict]:
    result = proofbox("measure", submission, "--check", check, *more, "--json")
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["errors"] == []
    return {one["measure"]: one for one in document["measurements"]}, document


def test_the_attack_asks_the_hosted_model_and_says_so_where_it_cannot(submission: Path, proofbox: Command) -> None:
    found, _ = measured(proofbox, submission, "privacy.membership_inference")
    # An honest logistic regression on two numbers remembers nobody.
    assert found["calibrated_attack_auc"]["interval"]["low"] < 0.5 < found["calibrated_attack_auc"]["interval"]["high"]
    assert found["attack_auc"]["detail"]["members"] == 600
    file = submission / "submission.yaml"
    text = file.read_text(encoding="utf-8").replace("  training: {path: data/train.csv, target: approved}\n", "")
    file.write_text(text, encoding="utf-8")
    found, document = measured(proofbox, submission, "privacy.membership_inference")
    assert found == {}
    assert "no training data" in json.dumps(document["inapplicable"])


def test_features_labels_and_the_datasheet_are_measured(submission: Path, quick: Command) -> None:
    found, _ = measured(quick, submission, "privacy.sensitive_use")
    assert found["sensitive_features"]["value"] == 0
    assert found["proxy_association"]["interval"]["low"] == 0
    found, _ = measured(quick, submission, "data.label_quality", "--set", "role=training")
    assert found["conflicting_label_share"]["value"] == 0
    assert 0 <= found["label_error_share"]["value"] < 0.3
    text = (submission / "submission.yaml").read_text(encoding="utf-8")
    (submission / "submission.yaml").write_text(text + "documents: {datasheet: sheet.md}\n", encoding="utf-8")
    said = " ".join(f"word{number}" for number in range(25))
    (submission / "sheet.md").write_text(f"# Motivation\n{said}\n# Uses\nTODO\n", encoding="utf-8")
    found, _ = measured(quick, submission, "data.datasheet")
    assert found["sections_filled"]["value"] == 1 / 7
    assert found["boilerplate_sections"]["value"] == 1
