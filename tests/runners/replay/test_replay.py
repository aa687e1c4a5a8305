"""`replay`: the same submission, seed and policies give the same; an invented figure, another submission are told."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from proofbox.reports.bundle import read_bundle, write_bundle

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def made(versions) -> Path:
    return versions.bundles[0]


def test_a_replay_agrees_to_the_last_digit_and_needs_no_policy_but_the_bundles(
    made: Path, model_template: Path, proofbox: Command
) -> None:
    result = proofbox("replay", made, model_template, "--json")
    assert result.returncode == 0, result.stdout + result.stderr
    document = json.loads(result.stdout)
    assert document["agrees"] is True
    assert document["seed"] == 3
    assert {one["state"] for one in document["measurements"]} == {"identical"}
    assert len(document["measurements"]) > 10
    assert list((made / "counterexamples").iterdir())
    assert document["others"] == document["surroundings"] == []
    assert "1e-9" in document["tolerance"]["origin"]


def test_an_invented_figure_is_found_and_what_differs_of_the_machine_is_named(
    made: Path, model_template: Path, quick: Command, tmp_path: Path
) -> None:
    recorded = read_bundle(made).assessment
    place = next(n for n, one in enumerate(recorded.measurements) if one.measure == "accuracy" and not one.group)
    better = replace(recorded.measurements[place], value=0.999)
    listed = (*recorded.measurements[:place], better, *recorded.measurements[place + 1 :])
    run = replace(recorded.run, platform="Plan 9 mips", packages={**recorded.run.packages, "numpy": "0.1"})
    lie = tmp_path / "lie"
    write_bundle(
        lie,
        replace(recorded, measurements=listed, run=run),
        policy_sources=[(path.name, path.read_bytes()) for path in sorted((made / "policy").iterdir())],
        submission_yaml=(made / "submission.yaml").read_bytes(),
    )
    assert quick("verify", lie).stdout.startswith("unsigned: every file has the digest")
    result = quick("replay", lie, model_template)
    assert result.returncode == 1, result.stdout + result.stderr
    assert result.stdout.startswith("different:")
    assert "accuracy: recorded 0.999, now" in result.stdout
    assert "numpy: recorded 0.1, here" in result.stdout
    assert "platform: recorded Plan 9 mips" in result.stdout


def test_another_submission_is_refused_before_anything_is_measured(
    made: Path, submission: Path, quick: Command
) -> None:
    with (submission / "data/eval.csv").open("a", encoding="utf-8") as file:
        file.write("0.1,0.2,male,1\n")
    (submission / "note.txt").write_text("x", encoding="utf-8")
    (submission / "data/train.csv").unlink()
    result = quick("replay", made, submission)
    assert result.returncode == 2
    assert "changed: data/eval.csv; missing: data/train.csv; added: note.txt" in result.stderr
    assert result.stdout == ""


def test_policies_that_no_longer_come_out_as_recorded_are_refused(
    made: Path, model_template: Path, quick: Command, tmp_path: Path
) -> None:
    recorded = read_bundle(made).assessment
    sources = {path.name: path.read_bytes() for path in (made / "policy").iterdir()}
    sources["base.yaml"] = sources["base.yaml"].replace(b"0.8", b"0.7")
    other = tmp_path / "other"
    write_bundle(
        other, recorded, policy_sources=list(sources.items()), submission_yaml=(made / "submission.yaml").read_bytes()
    )
    result = quick("replay", other, model_template)
    assert result.returncode == 2
    assert "policy mine 1: got" in result.stderr


def test_a_signed_replay_is_counted_by_verify_and_only_by_the_key_of_somebody_else(
    made: Path, model_template: Path, quick: Command, tmp_path: Path
) -> None:
    bundle = Path(shutil.copytree(made, tmp_path / "bundle"))
    env = {"SECRET": "a long passphrase"}
    for name in ("provider", "office"):
        given = ("--out", tmp_path, "--name", name, "--key-passphrase-env", "SECRET")
        assert quick("keys", "generate", *given, env=env).returncode == 0
    with_key = ("--key-passphrase-env", "SECRET", "--key")
    assert quick("sign", bundle, *with_key, tmp_path / "provider.key", env=env).returncode == 0
    verify = ("verify", bundle, "--key", tmp_path / "provider.pub.pem")
    before = quick(*verify)
    assert "assurance: self-attested" in before.stdout
    assert quick(*verify, "--replayed-by", tmp_path / "office.pub.pem").returncode == 1
    told = quick("replay", bundle, model_template, *with_key, tmp_path / "office.key", env=env)
    assert told.returncode == 0, told.stderr
    assert "bundle.replays" in told.stdout
    after = quick(*verify, "--replayed-by", tmp_path / "office.pub.pem", "--json")
    assert after.returncode == 0, after.stderr
    document = json.loads(after.stdout)
    assert document["state"] == "verified"
    assert document["assurance"]["level"] == "reproduced"
    assert [one["state"] for one in document["assurance"]["replays"]] == ["reproduced"]
    assert "assurance: self-attested" in quick(*verify).stdout
