"""The demo through the installed command: the documented figures, whatever the language."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def agree_with_fairlearn(folder: Path) -> None:
    """Make the rows again from the counts in the evidence, and let fairlearn compute."""
    import fairlearn.metrics
    import pyarrow.parquet as pq

    counts = pq.read_table(folder / "tables/fairness.group_rates-counts-white.parquet").to_pylist()
    rows = [row for row in counts for _ in range(row["rows"])]
    assert len(rows) == 796
    truth, decided = [row["true_label"] == "1" for row in rows], [row["decision"] == "1" for row in rows]
    groups = [row["white"] for row in rows]
    document = json.loads((folder / "assessment.json").read_bytes())
    found = {
        item["measure"]: item["value"]
        for item in document["measurements"]
        if item["params"].get("attribute") == ["white"] and not item["group"]
    }
    for name in (
        "demographic_parity_ratio",
        "demographic_parity_difference",
        "equalized_odds_difference",
        "equalized_odds_ratio",
    ):
        expected = getattr(fairlearn.metrics, name)(truth, decided, sensitive_features=groups)
        assert found[name] == pytest.approx(expected, abs=1e-9)


@pytest.mark.slow
def test_the_demo_comes_out_as_documented(proofbox: Command, tmp_path: Path) -> None:
    out = tmp_path / "demo"
    result = proofbox("demo", "--out", out)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "DIFFERS" not in result.stdout
    documents = {path.parent.name[:7]: json.loads(path.read_bytes()) for path in out.glob("evidence/*/assessment.json")}
    first, second = documents["model-a"], documents["model-b"]
    assert first["conclusion"] == "does-not-conform"
    assert second["conclusion"] in ("undetermined", "does-not-conform")

    def measured(document: dict, measure: str) -> dict:
        return next(
            item
            for item in document["measurements"]
            if item["measure"] == measure and item["params"].get("attribute") == ["white"]
        )

    ratio = measured(first, "demographic_parity_ratio")
    assert ratio["value"] == pytest.approx(0.6917, abs=5e-5)
    assert ratio["interval"]["high"] < 0.8
    assert measured(first, "equalized_odds_difference")["value"] == pytest.approx(0.3692, abs=5e-5)
    assert measured(first, "flip_rate")["value"] == 88 / 796
    ratio = measured(second, "demographic_parity_ratio")
    assert ratio["value"] == pytest.approx(0.8348, abs=5e-5)
    assert ratio["interval"]["low"] < 0.8 < ratio["interval"]["high"]
    assert measured(second, "flip_rate")["value"] == 0
    for folder in out.glob("evidence/*"):
        agree_with_fairlearn(folder)
    failed = [item for item in first["findings"] if item["verdict"] == "fail"]
    assert any(item["counterexamples"] for item in failed)
    assert (out / "mlflow.db").is_file()
    for document in out.glob("evidence/*/report*.html"):
        assert "Mortgage approval" in document.read_text(encoding="utf-8")
