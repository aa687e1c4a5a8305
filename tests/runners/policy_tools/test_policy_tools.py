"""The policy tools, each once through the installed command."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def made(model_template: Path, command: Path, one_control: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a bundle of the small submission under a policy of one control, made once."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "policy.yaml").write_text(one_control.format(threshold=0.5), encoding="utf-8")
    out = folder / "stored" / "first"
    argv = [str(command), "run", str(model_template), "-p", "./policy.yaml", "--no-mlflow", "--out", str(out)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120, cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder / "stored"


@pytest.fixture
def stored(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "stored"))


@pytest.fixture
def write(tmp_path: Path, one_control: str) -> Callable[[str, float], Path]:
    def _write(name: str, threshold: float) -> Path:
        path = tmp_path / name
        path.write_text(one_control.format(threshold=threshold), encoding="utf-8")
        return path

    return _write


def test_every_shipped_pack_passes_its_own_test(quick: Command, proofbox: Command):
    result = quick("policy", "test", "baseline", "vn-trusted-ai", "vn-education", "--json")
    assert result.returncode == 0, result.stdout + result.stderr
    for tried in json.loads(result.stdout):
        assert (tried["score"], tried["well"], tried["survivors"]) == (1.0, True, [])
        assert tried["mutants"] > 300
    assert "mutation score 1.0" in proofbox("policy", "test", "baseline").stdout


def test_a_changed_threshold_is_noticed_until_fixtures_are_written_anew(quick: Command, write):
    path = write("policy.yaml", 0.5)
    assert quick("policy", "test", path, "--write").returncode == 0
    assert (path.parent / "fixtures/policy.yaml").is_file()
    write("policy.yaml", 0.51)
    result = quick("policy", "test", path)
    assert result.returncode == 1
    assert "ONE-01.a: fixture 1: got inconclusive / undetermined, expected pass / conforms" in result.stdout
    assert quick("policy", "test", path, "--write").returncode == 0
    assert quick("policy", "test", path).returncode == 0


def test_what_cannot_be_tested_is_bad_input(quick: Command, write):
    assert quick("policy", "test", "nowhere").returncode == 2
    assert quick("policy", "test", write("a.yaml", 5)).returncode == 2
    missing = quick("policy", "test", "baseline", "--fixtures", "none.yaml")
    assert (missing.returncode, "none.yaml" in missing.stderr) == (2, True)


def test_two_versions_are_compared_in_both_languages(quick: Command, proofbox: Command, write):
    old, new = write("old.yaml", 0.5), write("new.yaml", 0.6)
    result = quick("policy", "diff", old, new)
    assert result.returncode == 0
    assert result.stdout.splitlines() == [
        "stricter   ONE-01.a: the criterion was at_least 0.5 and is at_least 0.6",
        "stricter 1, looser 0, otherwise 0",
    ]
    assert "chặt hơn   ONE-01.a: tiêu chí trước đây là" in proofbox("policy", "diff", old, new, "--lang", "vi").stdout
    (change,) = json.loads(quick("policy", "diff", new, old, "--json").stdout)
    assert (change["direction"], change["where"]) == ("looser", "ONE-01.a")


def test_coverage_says_what_nothing_covers(quick: Command, proofbox: Command):
    result = quick("policy", "coverage", "vn-trusted-ai", "--framework", "vn-law-134-2025", "--json")
    assert result.returncode == 0
    found = {item["clause"]: item["cover"] for item in json.loads(result.stdout)}
    assert (found["4(3)"], found["7(4)"], found["11(2)"]) == ("tested", "documented", "attested")
    assert found["29"] == "not-covered"
    told = proofbox("policy", "coverage", "vn-trusted-ai", "--lang", "vi").stdout
    assert "chưa được bao quát" in told
    wrong = quick("policy", "coverage", "vn-trusted-ai", "--framework", "nist")
    assert (wrong.returncode, "nist-ai-rmf" in wrong.stderr) == (2, True)


def test_who_would_change_under_a_draft(quick: Command, proofbox: Command, stored: Path, write):
    shutil.copytree(stored / "first", stored / "second")
    before = (stored / "first/assessment.json").read_bytes()
    result = quick("policy", "whatif", write("draft.yaml", 0.999), stored, "--json")
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert [(row["before"], row["after"]) for row in document["bundles"]] == [("conforms", "does-not-conform")] * 2
    assert document["bundles"][0]["verdicts"] == [{"requirement": "ONE-01.a", "before": "pass", "after": "fail"}]
    assert (stored / "first/assessment.json").read_bytes() == before
    told = proofbox("policy", "whatif", write("draft.yaml", 0.999), stored / "first").stdout
    assert "Small loan model 1.0.0" in told
    assert "ONE-01.a" in told


def test_an_altered_bundle_is_left_out_and_said(quick: Command, stored: Path, write):
    shutil.copytree(stored / "first", stored / "second")
    (stored / "second/report.html").write_bytes(b"x")
    result = quick("policy", "whatif", write("draft.yaml", 0.5), stored, "--json")
    assert result.returncode == 1
    document = json.loads(result.stdout)
    assert len(document["bundles"]) == 1
    assert "tampered" in document["unread"][0]["why"]
    assert quick("policy", "whatif", write("draft.yaml", 0.5), stored / "nothing").returncode == 2


def test_lint_gives_advice_without_failing(quick: Command, write):
    result = quick("policy", "lint", write("policy.yaml", 0.5))
    assert result.returncode == 0
    assert "advice: policy.yaml:8:5: controls[0]: got ONE-01 without a reference" in result.stderr
