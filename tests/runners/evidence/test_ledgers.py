"""The ledger as users and regulators meet it: `run --ledger`, `ledger show|verify|checkpoint`, `verify --ledger`."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from proofbox.policies.record_json import from_json
from proofbox.reports import bundle as bundles
from proofbox.reports.bundle import write_bundle
from proofbox.reports.ledger.matching import commitment_of
from proofbox.reports.ledger.reading import read_ledger
from proofbox.reports.ledger.writing import abort, commit, finish
from proofbox.runners.assessing.attempting import Attempting, ledger_path
from proofbox.runners.assessing.settings import Settings
from proofbox.runners.replay.again import as_recorded

RECORD = Path(__file__).parents[2] / "reports" / "records" / "model-a.json"


@pytest.fixture(scope="module")
def made(model_template, command, one_control, tmp_path_factory):
    """A folder with a bundle and the ledger that its attempt was committed to, by one real run."""
    folder = tmp_path_factory.mktemp("ledger")
    (folder / "policy.yaml").write_text(one_control.format(threshold=0.5), encoding="utf-8")
    argv = [str(command), "run", str(model_template), "-p", "policy.yaml", "--no-mlflow"]
    argv += ["--ledger", "ledger.jsonl", "--out", "bundle"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "Attempt 1 of this product, number 1 of its provider on the same evaluation data." in done.stdout
    return folder


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """A ledger with three attempts of one product, and the bundle of the third."""
    monkeypatch.setattr(bundles, "render_html", lambda assessment, language, keyid: f"<p>{language} {keyid}</p>")
    ledger = tmp_path / "ledger.jsonl"
    assessment = from_json(json.loads(RECORD.read_text("utf-8")))
    own = commitment_of(assessment)
    earlier = dataclasses.replace(own, subject="1" * 64)
    finish(ledger, commit(ledger, earlier).commitment, bundle="2" * 64, conclusion="does-not-conform")
    abort(ledger, commit(ledger, own).commitment, "KeyboardInterrupt")
    attempt = commit(ledger, own)
    run = dataclasses.replace(assessment.run, attempt=attempt)
    assessment = dataclasses.replace(assessment, run=run)
    sources = {"policy_sources": [("vn-trusted-ai", b"x")], "submission_yaml": b"x: 1\n"}
    bundle = write_bundle(tmp_path / "bundle", assessment, **sources)
    finish(ledger, attempt.commitment, bundle=bundle.digest, conclusion=assessment.conclusion)
    return tmp_path


def test_a_run_commits_before_it_measures_and_closes_with_the_bundle(made, proofbox):
    first, second = (line.entry for line in read_ledger(made / "ledger.jsonl").lines)
    document = json.loads((made / "bundle" / "assessment.json").read_bytes())
    assert document["run"]["attempt"]["commitment"] == second.of
    assert first.commitment.subject == document["subject"]["digest"]
    assert first.commitment.evaluation == document["subject"]["data"]["evaluation"]["sha256"]
    assert [one.digest for one in first.commitment.policies] == [document["policies"][0]["digest"]]
    assert first.at < second.at
    result = proofbox("verify", made / "bundle", "--ledger", made / "ledger.jsonl", "--json")
    assert (result.returncode, json.loads(result.stdout)["state"]) == (1, "unsigned"), result.stdout + result.stderr
    said = json.loads(result.stdout)["ledger"]
    assert (said["state"], said["bundle"]["state"]) == ("whole", "found")
    assert "Attempt" in (made / "bundle" / "report.html").read_text("utf-8")
    assert "Lần thử thứ 1 của sản phẩm này" in (made / "bundle" / "report.vi.html").read_text("utf-8")


def test_a_bundle_is_attempt_n_of_m_and_aborted_ones_are_shown(recorded, proofbox):
    bundle, ledger = recorded / "bundle", recorded / "ledger.jsonl"
    result = proofbox("verify", bundle, "--ledger", ledger)
    assert result.stdout.startswith("unsigned: every file has the digest"), result.stdout + result.stderr
    assert "attempt 3 of 3 of this product, 3 of 3 of its provider on the same evaluation data" in result.stdout
    assert "aborted (KeyboardInterrupt)" in result.stdout
    commit(ledger, commitment_of(from_json(json.loads((bundle / "assessment.json").read_bytes()))))
    said = json.loads(proofbox("verify", bundle, "--ledger", ledger, "--json").stdout)["ledger"]["bundle"]
    assert (said["attempt"], said["of"]) == (3, 4)
    assert [one["result"] for one in said["attempts"]] == ["finished", "aborted", "finished", "no-outcome"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: lines[:-1], "no-outcome"),
        (lambda lines: lines[:4], "not-there"),
        (lambda lines: lines[:2] + lines[4:], "deleted"),
        (lambda lines: [lines[2], lines[3], *lines[:2], *lines[4:]], "reordered"),
        (lambda lines: [line.replace(b"KeyboardInterrupt", b"Keyboard") for line in lines], "edited"),
        (lambda lines: [*lines[:-1], lines[-1][:40]], "torn"),
    ],
)
def test_an_edited_reordered_or_shortened_ledger_is_found(recorded, quick, change, said):
    ledger = recorded / "ledger.jsonl"
    ledger.write_bytes(b"".join(change(ledger.read_bytes().splitlines(keepends=True))))
    result = quick("verify", recorded / "bundle", "--ledger", ledger)
    assert result.returncode == 1
    assert f": {said}: " in result.stdout


def test_another_bundle_is_not_the_outcome_of_the_attempt(recorded, quick):
    other = recorded / "other"
    shutil.copytree(recorded / "bundle", other)
    assessment = from_json(json.loads((other / "assessment.json").read_bytes()))
    shutil.rmtree(other)
    for run, said in (
        (dataclasses.replace(assessment.run, platform="another"), "other-bundle"),
        (dataclasses.replace(assessment.run, seed=3), "other-content"),
        (dataclasses.replace(assessment.run, attempt=None), "not-counted"),
    ):
        changed = dataclasses.replace(assessment, run=run)
        write_bundle(other, changed, policy_sources=[("vn-trusted-ai", b"x")], submission_yaml=b"x: 1\n")
        result = quick("verify", other, "--ledger", recorded / "ledger.jsonl", "--json")
        assert (result.returncode, json.loads(result.stdout)["ledger"]["bundle"]["state"]) == (1, said)
        shutil.rmtree(other)


def test_a_ledger_is_shown_with_what_was_tried_on_the_same_data(recorded, proofbox, quick):
    ledger = recorded / "ledger.jsonl"
    said = json.loads(proofbox("ledger", "show", ledger, "--json").stdout)
    assert [one["attempt"] for one in said["attempts"]] == [1, 2, 3]
    assert said["same_data"] == [{"evaluation": "3f2a" * 16, "attempts": 3}]
    text = quick("ledger", "show", ledger, "--product", "MORTGAGE").stdout
    assert f"3 attempts on the same evaluation data, sha256 {'3f2a' * 16}" in text
    assert quick("ledger", "show", ledger, "--product", "nobody").stdout == ""
    assert quick("ledger", "show", recorded / "none.jsonl").returncode == 2


def test_a_kept_checkpoint_finds_a_ledger_that_was_written_anew(recorded, proofbox, quick):
    ledger, kept = recorded / "ledger.jsonl", recorded / "kept.json"
    assert quick("ledger", "checkpoint", ledger, "--out", kept).returncode == 0
    refused = quick("ledger", "checkpoint", ledger, "--out", kept)
    assert (refused.returncode, "never overwritten" in refused.stderr) == (2, True)
    assert quick("ledger", "verify", ledger, "--checkpoint", kept).returncode == 0
    attempts = read_ledger(ledger).attempts()
    ledger.unlink()
    for one in (attempts[0], attempts[2]):
        finish(ledger, commit(ledger, one.entry.commitment).commitment, bundle="2" * 64, conclusion="conforms")
    assert quick("ledger", "verify", ledger).returncode == 0
    result = proofbox("ledger", "verify", ledger, "--checkpoint", kept, "--json")
    assert (result.returncode, json.loads(result.stdout)["checkpoint"]["state"]) == (1, "rewritten")
    assert quick("ledger", "verify", ledger, "--checkpoint", ledger).returncode == 2


def test_what_ends_a_run_is_written_down_by_kind_and_never_by_message(tmp_path):
    assessment = from_json(json.loads(RECORD.read_text("utf-8")))
    ledger = tmp_path / "ledger.jsonl"
    attempting = Attempting(ledger)
    attempting.commit(assessment.subject, [], 0)
    with pytest.raises(RuntimeError, match="secret"), attempting:
        raise RuntimeError("a secret of the submission")
    (attempt,) = read_ledger(ledger).attempts()
    assert (attempt.result, attempt.outcome.why) == ("aborted", "RuntimeError")
    assert b"secret" not in ledger.read_bytes()


def test_a_ledger_that_fails_at_the_end_does_not_lose_the_assessment(tmp_path, capsys):
    assessment = from_json(json.loads(RECORD.read_text("utf-8")))
    ledger = tmp_path / "ledger.jsonl"
    with Attempting(ledger) as attempting:
        attempting.commit(assessment.subject, [], 0)
        ledger.write_bytes(b"altered\n")
        attempting.finished("b" * 64, "conforms")
    assert "the attempt's outcome was not written down" in capsys.readouterr().err
    assert ledger.read_bytes() == b"altered\n"


def test_nothing_is_measured_where_the_attempt_cannot_be_written_down(submission, proofbox, tmp_path):
    (tmp_path / "file").write_text("")
    result = proofbox("run", submission, "-p", "baseline", "--no-mlflow", "--ledger", tmp_path / "file" / "ledger")
    assert result.returncode == 2
    assert "the ledger cannot be written" in result.stderr
    assert "opening the sandbox" not in result.stderr
    assert not (tmp_path / "cwd" / "proofbox-out").exists()


def test_a_replay_repeats_its_attempt_and_is_no_new_one(recorded):
    run = from_json(json.loads((recorded / "bundle" / "assessment.json").read_bytes())).run
    assert run.attempt.number == 3
    assert as_recorded(Settings(), run).attempt == run.attempt


def test_the_ledger_stands_beside_the_store():
    assert ledger_path(None, None) is None
    assert ledger_path(Path("x"), None) == Path("x")
    assert ledger_path(None, "sqlite:///mlflow.db") == Path("proofbox-ledger.jsonl")
    assert ledger_path(None, "sqlite:////srv/store/mlflow.db") == Path("/srv/store/proofbox-ledger.jsonl")
    assert ledger_path(None, "https://example.invalid") == Path("proofbox-ledger.jsonl")
