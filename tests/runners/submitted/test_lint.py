"""``proofbox submission lint``: mistakes with their places, from words and names alone."""

from __future__ import annotations

import hashlib
import json
import os

import pytest

from proofbox.runners.submitted.lint import lint_submission


def spoil(submission, old, new):
    path = submission / "submission.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def told(submission):
    return [(one.line, one.where, one.got) for one in lint_submission(submission)]


def test_a_submission_without_a_mistake_is_well(submission):
    assert lint_submission(submission) == ()
    assert lint_submission(submission / "submission.yaml") == ()


@pytest.mark.parametrize(
    ("old", "new", "where", "got"),
    [
        ("target: approved", "tagret: approved", "data.evaluation.tagret", "the unknown key 'tagret'"),
        ("data/train.csv", "data/trian.csv", "data.training.path", "'data/trian.csv', which is not there"),
        ("model/model.joblib", "../model.joblib", "model.path", "'../model.joblib'"),
        ("task: binary", "format: onnx\n  task: binary", "model.format", "'onnx', but 'model/model.joblib' begins as"),
        ("[income, debt]", "[income, income]", "model.features", "'income' twice"),
        ("measure: accuracy", "measure: acuracy", "declared.performance[0].measure", "'acuracy'"),
        ("sensitive: [sex]", f"sha256: {'a' * 64}", "data.evaluation.sha256", "data/eval.csv with sha256"),
    ],
)
def test_each_mistake_is_told_at_its_key(submission, old, new, where, got):
    spoil(submission, old, new)
    (problem,) = told(submission)
    assert problem[1] == where
    assert problem[2].startswith(got)
    lines = (submission / "submission.yaml").read_text("utf-8").splitlines()
    assert where.rpartition(".")[2].partition("[")[0] in lines[problem[0] - 1]


def test_the_nearest_name_is_told(submission):
    spoil(submission, "data/train.csv", "data/trian.csv")
    (problem,) = lint_submission(submission)
    assert problem.hint == "did you mean 'data/train.csv'?"


def test_a_declared_digest_that_is_right_is_well_and_only_then_is_a_file_hashed(submission, monkeypatch):
    digest = hashlib.sha256((submission / "data/eval.csv").read_bytes()).hexdigest()
    spoil(submission, "sensitive: [sex]", f"sha256: {digest}")
    hashed = []
    real = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda file, name: hashed.append(file.name) or real(file, name))
    assert lint_submission(submission) == ()
    assert len(hashed) == 1


def test_a_link_and_a_pipe_are_no_files_and_are_never_opened(submission):
    for make in (lambda path: path.symlink_to("/etc/passwd"), os.mkfifo):
        path = submission / "data/train.csv"
        path.unlink()
        make(path)
        (problem,) = told(submission)
        assert problem[1:] == ("data.training.path", "'data/train.csv', which is not there")


def test_the_command_tells_lines_json_and_annotations(submission, proofbox):
    good = proofbox("submission", "lint", submission)
    assert (good.returncode, good.stdout) == (0, "1 submission without a mistake\n")
    spoil(submission, "target: approved", "tagret: approved")
    bad = proofbox("submission", "lint", submission, "--annotations", "github")
    assert bad.returncode == 2
    assert bad.stderr.startswith(f"{submission}/submission.yaml:18:5: data.evaluation.tagret: got the unknown key")
    assert bad.stdout.startswith(
        f"::error file={submission}/submission.yaml,line=18,col=5,title=data.evaluation.tagret::"
    )
    document = json.loads(proofbox("submission", "lint", submission, "--json").stdout)
    assert [one["line"] for one in document["problems"]] == [18]


def test_policy_lint_annotates_too(proofbox, tmp_path):
    (tmp_path / "policy.yaml").write_text("schema: proofbox/policy/v1\nid: [\n")
    ended = proofbox("policy", "lint", tmp_path / "policy.yaml", "--annotations", "github")
    assert ended.returncode == 2
    assert f"::error file={tmp_path}/policy.yaml,line=3,col=1,title=policy.yaml::" in ended.stdout
    document = proofbox("policy", "lint", "baseline", tmp_path / "policy.yaml", "--json")
    found = json.loads(document.stdout)
    assert (document.returncode, [one["line"] for one in found["problems"]], document.stderr) == (2, [3], "")
    assert json.loads(proofbox("policy", "lint", "baseline", "--json").stdout) == {"problems": [], "advice": []}
