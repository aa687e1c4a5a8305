"""Every kind of mistake in a submission: exit code 2, the place, advice, and nothing left behind."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from spoiling import Spoil, both, edit, rows

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def other_version(folder: Path) -> None:
    """Let the pickle say that scikit-learn of years ago saved it."""
    import sklearn

    path, here = folder / "model/model.joblib", sklearn.__version__.encode()
    content = path.read_bytes()
    assert here in content
    path.write_bytes(content.replace(here, b"0" + here[1:]))


def cells(column: str, *values: str) -> Spoil:
    """Write texts into the last rows of a column."""

    def spoil(folder: Path) -> None:
        import pandas as pd

        rows = pd.read_csv(folder / "data/eval.csv", dtype=str)
        rows.loc[len(rows) - len(values) :, column] = values
        rows.to_csv(folder / "data/eval.csv", index=False)

    return spoil


def recode(column: str, **words: str) -> Spoil:
    def spoil(folder: Path) -> None:
        import pandas as pd

        rows = pd.read_csv(folder / "data/eval.csv", dtype=str)
        rows[column] = [words["one"] if value == "1" else words["other"] for value in rows[column]]
        rows.to_csv(folder / "data/eval.csv", index=False)

    return spoil


def write(path: str, content: bytes) -> Spoil:
    return lambda folder: (folder / path).write_bytes(content)


def reference(content: str) -> Spoil:
    def spoil(folder: Path) -> None:
        (folder / "data/population.csv").write_text(content, encoding="utf-8")
        edit("declared:", "  reference: {path: data/population.csv}\ndeclared:")(folder)

    return spoil


# (name, what is spoiled, what the message must contain)
WRONG: list[tuple[str, Spoil, list[str]]] = [
    ("no submission.yaml", lambda f: (f / "submission.yaml").unlink(), ["no submission.yaml", "docs/submission.md"]),
    ("empty submission.yaml", write("submission.yaml", b""), ["submission.yaml:1:1"]),
    ("binary submission.yaml", write("submission.yaml", b"\x80\x04\x95\xff\x00"), ["submission.yaml:1"]),
    ("unknown key", edit("task: binary", "tasks: binary"), ["submission.yaml:11:3", "task"]),
    ("misspelt column key", edit("sensitive: [sex]", "sensitve: [sex]"), ["submission.yaml:19:5", "sensitive"]),
    ("wrong type", edit("features: [income, debt]", "features: 3"), ["submission.yaml:12:"]),
    ("wrong choice", edit("risk_tier: high", "risk_tier: enormous"), ["submission.yaml:7:3", "enormous", "medium"]),
    ("duplicated key", edit("version: 1.0.0", "version: 1.0.0\n  version: 2.0.0"), ["submission.yaml:5:3"]),
    ("yaml alias", edit("name: Small", "name: &a Small"), ["submission.yaml:3:"]),
    ("yaml tag", edit("version: 1.0.0", "version: !!python/object:os.system 1"), ["submission.yaml:4:"]),
    ("wrong schema", edit("submission/v1", "submission/v9"), ["submission.yaml:1:1", "v1"]),
    ("missing data file", edit("data/eval.csv", "data/evil.csv"), ["submission.yaml:17:", "eval.csv"]),
    ("missing model file", edit("model/model.joblib", "model/modle.joblib"), ["submission.yaml:10:", "model.joblib"]),
    ("path traversal", edit("data/eval.csv", "../eval.csv"), ["submission.yaml:17:", "inside the submission"]),
    ("absolute path", edit("data/eval.csv", "/etc/passwd"), ["submission.yaml:17:", "inside the submission"]),
    (
        "wrong column",
        edit("target: approved\n    sens", "target: aproved\n    sens"),
        ["submission.yaml:18:", "approved"],
    ),
    ("missing feature", edit("[income, debt]", "[income, dept]"), ["submission.yaml:12:", "debt"]),
    ("feature twice", edit("[income, debt]", "[income, income]"), ["submission.yaml:12:", "twice"]),
    ("target as a feature", edit("[income, debt]", "[income, approved]"), ["submission.yaml:12:", "answer"]),
    ("label that never occurs", edit("positive_label: 1", "positive_label: good"), ["submission.yaml:14:", "0, 1"]),
    ("hash mismatch", edit("  task:", "  sha256: " + "a" * 64 + "\n  task:"), ["submission.yaml:11:", "declared"]),
    ("hash too short", edit("  task:", "  sha256: abc\n  task:"), ["submission.yaml:11:", "64"]),
    ("empty csv", write("data/eval.csv", b""), ["submission.yaml:17:", "empty"]),
    ("header only csv", write("data/eval.csv", b"income,debt,sex,approved\n"), ["submission.yaml:17:", "0 rows"]),
    ("ragged csv", write("data/eval.csv", b"income,debt,sex,approved\n1,2,male,1\n1,2\n"), ["submission.yaml:17:"]),
    ("utf-16 csv", write("data/eval.csv", "income,debt\n".encode("utf-16")), ["submission.yaml:17:", "UTF-16"]),
    ("binary csv", write("data/eval.csv", bytes(range(256))), ["submission.yaml:17:"]),
    ("fake parquet", edit("eval.csv", "eval.parquet"), ["submission.yaml:17:"]),
    ("label missing in a row", write("data/eval.csv", b"income,debt,sex,approved\n1,2,male,1\n1,2,male,\n"), ["row"]),
    ("corrupt model", write("model/model.joblib", b"this is no model"), ["submission.yaml:10:", "model"]),
    ("another format", edit("  task:", "  format: onnx\n  task:"), ["submission.yaml:11:", "begins as joblib does"]),
    ("unknown format", write("model/model.joblib", b"%PDF-1.7"), ["submission.yaml:10:", "onnx, skops", "predict.py"]),
    ("too many threads", edit("  task:", "  needs: {threads: 1000}\n  task:"), ["submission.yaml:11:", "32"]),
    ("too much scratch", edit("  task:", "  needs: {scratch_bytes: 9999999999}\n  task:"), ["submission.yaml:11:"]),
    ("empty model", write("model/model.joblib", b""), ["submission.yaml:10:", "model"]),
    ("model of other columns", edit("[income, debt]", "[income]"), ["submission.yaml:10:", "features"]),
    (
        "reference of other columns",
        reference("a,b,c\n1,2,3\n"),
        ["submission.yaml:21:", "'attribute'", "population.csv"],
    ),
    (
        "reference in per cent",
        reference("attribute,category,share\nsex,male,49.8\nsex,female,50.2\n"),
        ["submission.yaml:21:", "population.csv, line 2", "0.512"],
    ),
    (
        "claim of an unknown measure",
        edit("measure: accuracy, at_least: 0.6", "measure: acuracy, at_least: 0.8"),
        ["submission.yaml:22:18", "'acuracy'", "did you mean 'accuracy'?"],
    ),
    (
        "claim of at least so much loss",
        edit("measure: accuracy, at_least: 0.6", "measure: log_loss, at_least: 0.8"),
        ["submission.yaml:22:", "at_most, since lower is better"],
    ),
    (
        "claim without a bound",
        edit("measure: accuracy, at_least: 0.6", "measure: log_loss"),
        ["submission.yaml:22:", "got neither", "one of at_least and at_most"],
    ),
    (
        "misspelt quasi-identifier",
        edit("declared:", "declared:\n  quasi_identifiers: [incme]"),
        ["submission.yaml:22:23", "income"],
    ),
    (
        "identifier as quasi-identifier",
        edit(
            "[sex]\n  training: {path: data/train.csv, target: approved}\ndeclared:",
            "[sex]\n    id: [debt]\n  training: {path: data/train.csv, target: approved}\ndeclared:\n"
            "  quasi_identifiers: [debt]",
        ),
        ["submission.yaml:23:", "data.evaluation.id"],
    ),
    (
        "bins that fall",
        edit("sensitive: [sex]", "sensitive: [{column: income, bins: [40, 25]}]"),
        ["submission.yaml:19:", "edges that rise"],
    ),
    (
        "a third label in a binary classification",
        rows("income,debt,sex,approved", *["1,2,male,1", "1,2,male,0"] * 9, "1,2,male,2", "1,2,female,9"),
        ["submission.yaml:18:", "the label '2', '9' in 'approved' of data/eval.csv (data rows 19, 20)", "one of 1, 0"],
    ),
    (
        "negative and missing weights",
        rows(
            "income,debt,sex,approved,w",
            *("1,2,male,1,1", "1,2,male,0,-1", "1,2,male,0,", "1,2,male,0,inf", "1,2,male,0,-0.5", "1,2,male,0,0"),
            more="weight: w",
        ),
        ["submission.yaml:20:", "weight in 'w' of data/eval.csv (data rows 2, 3, 4 and 1 more)"],
    ),
    (
        "scikit-learn of another version",
        other_version,
        ["submission.yaml:10:", "saved by scikit-learn 0.", "--environment"],
    ),
    (
        "text where a number is due",
        cells("income", "unknown", "unknown"),
        ["submission.yaml:17:", "'unknown' in 'income' of data/eval.csv (data row 399)", "expected a number"],
    ),
    (
        "a target with one class",
        both(recode("approved", one="1", other="1")),
        ["submission.yaml:18:", "the label '1' in all 400 rows of 'approved'", "at least two classes"],
    ),
    (
        "classes in other words than the model's",
        both(recode("approved", one="yes", other="no"), edit("positive_label: 1", "positive_label: yes")),
        ["submission.yaml:14:", "'yes', which is none of the model's classes 0, 1", "recode the target"],
    ),
    ("symlink out", lambda f: (f / "data/link.csv").symlink_to("/etc/passwd"), ["data/link.csv"]),
    ("dangling symlink", lambda f: (f / "data/link.csv").symlink_to("nowhere"), ["data/link.csv"]),
]


INSTALLED = ("misspelt column key", "missing data file", "ragged csv", "corrupt model", "symlink out")
"""One of each kind: words, places, data, the model, the folder. They are told by the installed command too."""


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary folder of what runs in this process, and of what it starts."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def held(result: subprocess.CompletedProcess[str], needles: list[str], submission: Path, scratch: Path) -> None:
    place = scratch.parent
    assert result.returncode == 2, result.stderr
    for needle in needles:
        assert needle in result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert str(place) not in result.stderr.replace(str(submission), ""), "a path of the host leaked"
    assert list((place / "cwd").iterdir()) == [], "something was left in the working folder"
    assert list(scratch.iterdir()) == [], "something was left in the temporary folder"


@pytest.mark.parametrize(("spoil", "needles"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_a_mistake_is_told_with_place_and_advice(
    submission: Path, quick: Command, scratch: Path, small_policy: Path, spoil: Spoil, needles: list[str]
) -> None:
    spoil(submission)
    result = quick("run", submission, "--policy", small_policy, "--no-mlflow")
    held(result, needles, submission, scratch)


@pytest.mark.parametrize("name", INSTALLED)
def test_the_installed_command_tells_it_too(submission: Path, proofbox: Command, scratch: Path, name: str) -> None:
    ((_, spoil, needles),) = (one for one in WRONG if one[0] == name)
    spoil(submission)
    result = proofbox("run", submission, "--policy", "baseline", "--no-mlflow")
    held(result, needles, submission, scratch)


def test_all_mistakes_are_told_at_once(submission: Path, quick: Command, small_policy: Path) -> None:
    edit("risk_tier: high", "risk_tier: enormous")(submission)
    edit("sector: credit", "sector: banking")(submission)
    result = quick("run", submission, "--policy", small_policy, "--no-mlflow")
    assert "submission.yaml:6:" in result.stderr
    assert "submission.yaml:7:" in result.stderr


def test_an_archive_with_traversal_is_refused(
    submission: Path, quick: Command, tmp_path: Path, small_policy: Path
) -> None:
    archive = tmp_path / "submission.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.write(submission / "submission.yaml", "submission.yaml")
        file.writestr("../escaped.txt", "out")
    result = quick("run", archive, "--policy", small_policy, "--no-mlflow")
    assert result.returncode == 2
    assert "escaped" in result.stderr
    assert not list(tmp_path.rglob("escaped.txt"))


def test_an_archive_that_is_cut_off_is_refused(
    submission: Path, quick: Command, tmp_path: Path, small_policy: Path
) -> None:
    whole = Path(shutil.make_archive(str(tmp_path / "whole"), "zip", submission)).read_bytes()
    cut, flipped = whole[: len(whole) // 2], whole[:40] + b"????" + whole[44:]
    for name, content, said in (("cut.zip", cut, "zip"), ("flipped.zip", flipped, "pack the folder again")):
        (tmp_path / name).write_bytes(content)
        result = quick("run", tmp_path / name, "--policy", small_policy, "--no-mlflow")
        assert result.returncode == 2, result.stderr
        assert "Traceback" not in result.stderr
        assert said in result.stderr
        assert list((tmp_path / "cwd").iterdir()) == []


def test_ten_million_columns_are_refused_in_little_memory(submission: Path, command: Path, tmp_path: Path) -> None:
    with (submission / "data/eval.csv").open("w", encoding="ascii") as file:
        for start in range(0, 10_000_000, 100_000):
            file.write("".join(f"c{place}," for place in range(start, start + 100_000)))
        file.write("approved\n1\n")
    measuring = (
        "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], capture_output=True, text=True);"
        "print(done.returncode, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024); print(done.stderr)"
    )
    run = [str(command), "run", str(submission), "--policy", "baseline", "--no-mlflow"]
    done = subprocess.run(
        [sys.executable, "-c", measuring, *run], capture_output=True, text=True, timeout=120, check=True, cwd=tmp_path
    )
    numbers, _, said = done.stdout.partition("\n")
    code, mebibytes = map(int, numbers.split())
    assert code == 2, said
    assert "submission.yaml:17:" in said
    assert "a first line of more than 1048576 bytes" in said
    assert mebibytes < 400, "the header is about 87 MiB long and must not be held several times"


def test_there_is_no_such_submission(quick: Command, small_policy: Path) -> None:
    result = quick("run", "nowhere", "--policy", small_policy, "--no-mlflow")
    assert result.returncode == 2
    assert "nowhere" in result.stderr


def test_the_hash_mismatch_is_measured_by_measure(submission: Path, quick: Command) -> None:
    edit("  task:", "  sha256: " + "a" * 64 + "\n  task:")(submission)
    result = quick("measure", submission, "--check", "provenance.digests", "--json")
    assert result.returncode == 0, result.stderr
    assert '"digest_mismatches"' in result.stdout


def test_the_unspoiled_submission_is_assessed(
    submission: Path, quick: Command, tmp_path: Path, scratch: Path, small_policy: Path
) -> None:
    """Without this, every test above could be passing for the wrong reason."""
    result = quick("run", submission, "--policy", small_policy, "--no-mlflow", "--out", tmp_path / "evidence")
    assert result.returncode == 0, result.stderr
    assert (tmp_path / "evidence" / "assessment.json").is_file()
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(
    ("old", "new", "needles"),
    [
        (
            "check: performance.classification",
            "check: performance.clasification",
            ["policy.yaml:15:9", "performance.classification"],
        ),
        ("measure: accuracy", "measure: acuracy", ["accuracy"]),
        ("at_least: 0.5", "at_least: 1.5", ["1.5"]),
        ("at_least: 0.5", "at_least: 0.5, at_most: 0.9", ["exactly one"]),
        ("level: must", "level: maybe", ["maybe", "must"]),
        ("vi: Một biện pháp", "fr: Un contrôle", ["vi"]),
        ("controls:", "kontrols:", ["controls"]),
        ("id: ONE-01.a", "id: ONE-01.a\n        id: ONE-01.b", ["id"]),
        ("schema: proofbox/policy/v1", "schema: &x proofbox/policy/v1", ["anchor"]),
        ("expires_on: 2027-11-22", "expires_on: soon", ["soon"]),
    ],
)
def test_a_wrong_policy_is_refused_before_the_submission_is_read(
    quick: Command, tmp_path: Path, one_control: str, old: str, new: str, needles: list[str]
) -> None:
    text = one_control.format(threshold=0.5)
    assert old in text
    policy = tmp_path / "policy.yaml"
    policy.write_text(text.replace(old, new, 1), encoding="utf-8")
    for args in (("run", tmp_path / "no-such-submission", "--policy", policy), ("policy", "lint", policy)):
        result = quick(*args)
        assert result.returncode == 2
        assert "policy.yaml:" in result.stderr
        assert "no-such-submission" not in result.stderr
        assert "Traceback" not in result.stderr
        for needle in needles:
            assert needle in result.stderr
    assert list((tmp_path / "cwd").iterdir()) == []
