"""The exports by the installed command: one real run, and the same files again from its bundle."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from proofbox.checks.result import Counterexample
from proofbox.checks.text import t
from proofbox.policies.record import CounterexampleRecord
from proofbox.reports.bundle import read_bundle
from proofbox.runners.errors import UsageError
from proofbox.runners.evidence.exporting import Exports, exports_of, write_exports
from proofbox.runners.submitted.locations import locations_of, shown_path

KINDS = ("junit", "sarif", "oscal", "cyclonedx", "summary")


@pytest.fixture(scope="module")
def done(command, model_template, one_control, tmp_path_factory):
    """One run that fails a requirement, with every export, and its working folder."""
    folder = tmp_path_factory.mktemp("exports")
    shutil.copytree(model_template, folder / "apps/loan")
    (folder / "policy.yaml").write_text(one_control.format(threshold=0.999), "utf-8")
    argv = [str(command), "run", "apps/loan", "--policy", "./policy.yaml", "--no-mlflow", "--out", "evidence"]
    argv += [part for kind in KINDS for part in (f"--{kind}", f"out.{kind}")]
    argv += ["--annotations", "github"]
    environment = {**os.environ, "CI": "true", "NO_COLOR": "1"}
    ended = subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False)
    return folder, ended


def export(command, folder, *args):
    argv = [str(command), "export", *map(str, args)]
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_every_file_is_there_and_the_exit_code_is_the_verdict(done):
    folder, ended = done
    assert ended.returncode == 1, ended.stderr
    assert sorted(path.name for path in folder.iterdir() if path.is_file()) == [
        *sorted(f"out.{kind}" for kind in KINDS),
        "policy.yaml",
    ]
    root = ElementTree.fromstring((folder / "out.junit").read_bytes())
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("2", "2", "0")
    assert (folder / "out.summary").read_text("utf-8").startswith("## ❌ Does not conform: Small loan model 1.0.0")


def test_the_places_are_those_of_the_submission_in_the_working_folder(done):
    folder, ended = done
    lines = (folder / "apps/loan/submission.yaml").read_text("utf-8").splitlines()
    line = next(number for number, text in enumerate(lines, 1) if text.strip().startswith("target: approved"))
    (said,) = [one for one in ended.stdout.splitlines() if one.startswith("::")]
    assert said.startswith(
        f"::error file=apps/loan/submission.yaml,line={line},col=5,title=ONE-01.a%3A Accuracy::Fail: "
    )
    result = json.loads((folder / "out.sarif").read_bytes())["runs"][0]["results"][0]
    assert result["ruleId"] == "one-control/ONE-01.a"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "apps/loan/submission.yaml"
    assert place["region"] == {"startLine": line, "startColumn": 5}


def test_a_stored_bundle_gives_the_same_files(done, command, tmp_path):
    folder, _ = done
    args = [part for kind in KINDS for part in (f"--{kind}", tmp_path / f"out.{kind}")]
    before = {path: path.read_bytes() for path in (folder / "evidence").rglob("*") if path.is_file()}
    ended = export(command, folder, "evidence", *args, "--submission", "apps/loan")
    # It says that all was written; the bundle's verdict is told by 'run' and 'judge'.
    assert ended.returncode == 0, ended.stderr
    for kind in KINDS:
        assert (tmp_path / f"out.{kind}").read_bytes() == (folder / f"out.{kind}").read_bytes()
    assert before == {path: path.read_bytes() for path in (folder / "evidence").rglob("*") if path.is_file()}


def test_no_path_of_this_machine_is_in_an_export(done, command, tmp_path):
    folder, _ = done
    for kind in KINDS:
        assert str(folder) not in (folder / f"out.{kind}").read_text("utf-8")
    # Seen from elsewhere, the submission is known by the name of its file.
    assert (
        export(
            command, tmp_path, folder / "evidence", "--summary", "s.md", "--submission", folder / "apps/loan"
        ).returncode
        == 0
    )
    assert "(submission.yaml:" in (tmp_path / "s.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"junit": "no/such/a.xml"}, "--junit no/such/a.xml: got no folder no/such"),
        ({"junit": "a", "sarif": "a"}, "--sarif a: got the file of --junit"),
        ({"summary": "/dev/stdout"}, "--summary /dev/stdout: got something that is no regular file"),
    ],
)
def test_targets_that_no_file_can_be_are_refused(tmp_path, monkeypatch, asked, said):
    monkeypatch.chdir(tmp_path)
    given = dict.fromkeys((*KINDS, "annotations")) | {kind: Path(name) for kind, name in asked.items()}
    with pytest.raises(UsageError, match=re.escape(said)):
        exports_of(given)


def test_what_cannot_be_written_is_told_before_anything_is_measured(done, command):
    folder, _ = done
    ended = export(command, folder, "evidence")
    assert (ended.returncode, "nothing to export" in ended.stderr) == (2, True)
    ran = subprocess.run(
        [str(command), "run", "nowhere", "--policy", "./policy.yaml", "--junit", "no/a.xml"],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ran.returncode == 2
    assert "--junit no/a.xml: got no folder no" in ran.stderr


def test_a_file_that_cannot_be_written_in_the_end_changes_no_verdict(done, monkeypatch, capsys):
    from proofbox.reports.exports import writing

    def refuse(path, raw):
        raise writing.ExportWriteError(f"{path}: cannot be written (No space left on device)")

    folder, _ = done
    monkeypatch.setattr(writing, "write_export", refuse)
    assessment = read_bundle(folder / "evidence").assessment
    failed = write_exports(assessment, {}, Exports(files={"junit": folder / "a", "summary": folder / "b"}), "en")
    assert len(failed) == 2
    assert failed[0].startswith(f"--junit {folder / 'a'}: cannot be written")


def test_a_tampered_bundle_is_not_exported(done, command, tmp_path):
    folder, _ = done
    shutil.copytree(folder / "evidence", tmp_path / "evidence")
    record = tmp_path / "evidence/assessment.json"
    record.write_bytes(record.read_bytes().replace(b'"fail"', b'"pass"'))
    ended = export(command, tmp_path, "evidence", "--junit", "a.xml")
    assert ended.returncode == 1
    assert "tampered" in ended.stderr
    assert not (tmp_path / "a.xml").exists()


def test_rows_of_counterexamples_are_lines_of_the_data_file(done):
    folder, _ = done
    recorded = read_bundle(folder / "evidence").assessment
    from dataclasses import replace

    case = Counterexample(measure="accuracy", summary=t("x"), columns=("a",), rows=(), changed=(), source_row=41)
    found = CounterexampleRecord(id="c-1", check="performance.classification", params={}, case=case)
    finding = replace(recorded.findings[0], counterexamples=("c-1",))
    shown = replace(recorded, findings=(finding,), counterexamples=(found,))
    raw = (folder / "evidence/submission.yaml").read_bytes()
    places = locations_of(shown, raw, "apps/loan/submission.yaml")["one-control", "ONE-01.a"]
    # Row 0 is line 2, below the header.
    assert [(place.file, place.line) for place in places[1:]] == [("apps/loan/data/eval.csv", 43)]
    broken = locations_of(shown, b"a: [", "submission.yaml")["one-control", "ONE-01.a"]
    assert (broken[0].line, broken[0].column) == (1, 1)


def test_a_finding_of_groups_points_at_its_sensitive_column(done):
    from dataclasses import replace

    folder, _ = done
    recorded = read_bundle(folder / "evidence").assessment
    key = recorded.findings[0].measurements[0]
    measured = tuple(
        replace(item, params={"attribute": ["age"]}) if item.id == key else item for item in recorded.measurements
    )
    finding = replace(recorded.findings[0], check="fairness.demographic_parity")
    shown = replace(recorded, findings=(finding,), measurements=measured)
    raw = b"data:\n  evaluation:\n    sensitive:\n      - sex\n      - {column: age, bins: [25]}\n"
    (place,) = locations_of(shown, raw)["one-control", "ONE-01.a"]
    assert (place.line, place.column) == (5, 9)


def test_a_submission_is_shown_relative_to_the_working_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sub").mkdir()
    assert shown_path(tmp_path / "sub") == "sub/submission.yaml"
    assert shown_path(tmp_path / "sub/submission.yaml") == "sub/submission.yaml"
    assert shown_path(tmp_path / "sub.zip") == "submission.yaml"
    assert shown_path(tmp_path.parent) == "submission.yaml"
