"""`verify` and `judge`: a stored bundle is checked and judged again without the model."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def made(model_template: Path, command: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the small submission under `baseline`, made once."""
    out = tmp_path_factory.mktemp("made") / "bundle"
    argv = [str(command), "run", str(model_template), "-p", "baseline", "--no-mlflow", "--out", str(out)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120, cwd=out.parent)
    assert done.returncode in (0, 1, 3), done.stderr
    return out


@pytest.fixture
def bundle(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "bundle"))


def test_a_whole_bundle_without_a_signature_is_told_to_be_unsigned(bundle: Path, proofbox: Command) -> None:
    result = proofbox("verify", bundle, "--json")
    assert result.returncode == 1, result.stdout + result.stderr
    document = json.loads(result.stdout)
    assert (document["state"], document["signature"], document["whole"]) == ("unsigned", "unsigned", True)
    assert "unsigned" in proofbox("verify", bundle).stdout


def test_every_kind_of_change_is_found(bundle: Path, quick: Command) -> None:
    names = sorted(path.relative_to(bundle) for path in bundle.rglob("*") if path.is_file())
    assert len(names) > 6
    for name in (Path("assessment.json"), Path("report.vi.html"), Path("policy/baseline.yaml")):
        original = (bundle / name).read_bytes()
        (bundle / name).write_bytes(original[:-1] + bytes([original[-1] ^ 1]))
        result = quick("verify", bundle)
        assert result.returncode == 1
        assert result.stdout.startswith("swapped-report" if name.suffix == ".html" else "tampered")
        assert name.name in result.stdout
        (bundle / name).unlink()
        result = quick("verify", bundle)
        assert result.returncode == 1
        assert result.stdout.startswith("incomplete")
        (bundle / name).write_bytes(original)
    (bundle / "added.txt").write_text("x", encoding="utf-8")
    result = quick("verify", bundle)
    assert result.returncode == 1
    assert "added.txt" in result.stdout


def test_what_is_no_bundle_is_bad_input(quick: Command, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        assert quick("verify", path).returncode == 2
        assert quick("judge", path, "-p", "baseline").returncode == 2


def test_judging_again_under_the_same_policy_gives_the_same_findings(
    bundle: Path, quick: Command, proofbox: Command
) -> None:
    recorded = json.loads((bundle / "assessment.json").read_bytes())
    result = proofbox("judge", bundle, "-p", "baseline", "--json")
    again = json.loads(result.stdout)
    assert again["conclusion"] == recorded["conclusion"]
    assert again["findings"] == recorded["findings"]
    assert json.loads(quick("verify", bundle, "--json").stdout)["whole"]


def test_judging_under_a_stricter_policy_changes_the_conclusion(
    bundle: Path, quick: Command, tmp_path: Path, one_control: str
) -> None:
    for threshold, code in ((0.5, 0), (0.999, 1)):
        policy = tmp_path / "policy.yaml"
        policy.write_text(one_control.format(threshold=threshold), encoding="utf-8")
        assert quick("judge", bundle, "-p", policy).returncode == code


def test_a_family_is_judged_from_the_recorded_counts_and_each_finding_says_how(
    bundle: Path, quick: Command, tmp_path: Path, one_control: str
) -> None:
    policy = tmp_path / "policy.yaml"
    alone = one_control.format(threshold=0.5)
    policy.write_text(alone, encoding="utf-8")
    requirement = json.loads(quick("judge", bundle, "-p", policy, "--json").stdout)["findings"][0]["requirement"]
    family = f"families:\n  - {{id: F, requirements: [{requirement}], controls: both, confidence: 0.99}}\n"
    policy.write_text(alone + family, encoding="utf-8")
    assert quick("policy", "lint", policy).returncode == 0
    assert "family F (holm, controls both, 99% confidence)" in quick("policy", "show", policy).stdout
    result = quick("judge", bundle, "-p", policy, "--json")
    finding = json.loads(result.stdout)["findings"][0]
    assert finding["family"]["members"] == 1
    assert (finding["family"]["fail_confidence"], finding["family"]["pass_confidence"]) == (0.99, 0.99)
    assert "its 99 % interval" in finding["reason"]
    # The same bundle and policy give the same bytes.
    assert quick("judge", bundle, "-p", policy, "--json").stdout == result.stdout
    policy.write_text(alone + family.replace(requirement, "NOBODY"), encoding="utf-8")
    refused = quick("judge", bundle, "-p", policy)
    assert refused.returncode == 2
    assert "got the unknown requirement 'NOBODY'" in refused.stderr


def test_what_was_never_measured_is_not_run(bundle: Path, quick: Command) -> None:
    result = quick("judge", bundle, "-p", "vn-trusted-ai", "--json")
    document = json.loads(result.stdout)
    verdicts = {item["requirement"]: item["verdict"] for item in document["findings"]}
    assert verdicts["VN-FAIR-01.c"] == "not-run"
    assert verdicts["VN-ROB-01.a"] == "pass"
    assert document["conclusion"] != "conforms"


def test_an_altered_bundle_is_not_judged(bundle: Path, quick: Command) -> None:
    text = (bundle / "assessment.json").read_text(encoding="utf-8")
    (bundle / "assessment.json").write_text(text.replace('"fail"', '"pass"', 1) + " ", encoding="utf-8")
    result = quick("judge", bundle, "-p", "baseline")
    assert result.returncode == 1
    assert "assessment.json" in result.stderr
