"""Data in parts in a submission: what is a part, what is refused, and that the digest is that of the parts."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pandas as pd
import pytest

from proofbox.runners import parts as rules
from proofbox.runners.errors import BadSubmissionError
from proofbox.runners.parts import BadFolderError, part_names
from proofbox.runners.remote.fetching import FetchLimits
from proofbox.runners.submitted.bringing import Brought, Fetching, bring
from proofbox.runners.submitted.lint import lint_submission

PARTS = ("part-00000.parquet", "part-00001.parquet")


@pytest.fixture
def in_parts(submission) -> Path:
    """The small submission with its evaluation data in two parts, as Spark leaves them."""
    frame = pd.read_csv(submission / "data/eval.csv")
    folder = submission / "data/eval"
    folder.mkdir()
    for name, rows in zip(PARTS, (frame[:150], frame[150:]), strict=True):
        rows.to_parquet(folder / name, index=False)
        (folder / f".{name}.crc").write_bytes(b"x")
    (folder / "_SUCCESS").write_bytes(b"")
    (submission / "data/eval.csv").unlink()
    declare(submission, "data/eval.csv", "data/eval/")
    return submission


def declare(submission: Path, old: str, new: str) -> None:
    file = submission / "submission.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_parts_come_in_the_order_of_their_names_without_the_marks():
    given = ["part-2.parquet", "_SUCCESS", "part-10.parquet", ".part-2.parquet.crc", "_common_metadata"]
    assert part_names(given) == ("part-10.parquet", "part-2.parquet")


@pytest.mark.parametrize(
    ("names", "got", "hint"),
    [
        (["year=2024/a.parquet", "year=2025/a.parquet"], "the folder 'year=2024'", "names of folders is not read"),
        (["a.parquet", "_delta_log/0.json"], "the folder '_delta_log'", "a table of Delta"),
        (["a.parquet", "_temporary/0/a.parquet"], "the folder '_temporary'", "broken off"),
        (["a.parquet", "old/b.parquet"], "the folder 'old'", "move its files"),
        (["a.parquet", "b.csv"], "the file 'b.csv'", "take it out"),
        (["_SUCCESS"], r"a folder without a file named \*.parquet", "write the data again"),
        (["a.parquet", "A.parquet"], "names of parts that are the same", "rename"),
        ([f"{n}.parquet" for n in range(rules.MOST_PARTS + 1)], "a folder of 1001 parts", "fewer and larger"),
    ],
)
def test_what_is_no_folder_of_parts_is_refused(names, got, hint):
    with pytest.raises(BadFolderError, match=got) as told:
        part_names(names)
    assert hint in told.value.hint


def documented_digest(folder: Path) -> str:
    """What the command of docs/submission.md prints."""
    page = (Path(__file__).parents[2] / "docs/submission.md").read_text(encoding="utf-8")
    command = page.partition("```bash\n")[2].partition("```")[0]
    done = subprocess.run(["bash", "-c", command], cwd=folder, capture_output=True, text=True, check=True, timeout=20)
    return done.stdout.split()[0]


def test_lint_and_run_hold_the_parts_against_the_documented_digest(in_parts, proofbox):
    digest = documented_digest(in_parts / "data/eval")
    declare(in_parts, "path: data/eval/\n", f"path: data/eval/\n    sha256: {digest}\n")
    assert lint_submission(in_parts) == ()
    argv = ("measure", in_parts, "--check", "provenance.digests")
    done = proofbox(*argv, "--json")
    assert (done.returncode, digest in done.stdout) == (0, True), done.stderr
    declare(in_parts, digest, "a" * 64)
    (problem,) = lint_submission(in_parts)
    assert (problem.where, problem.got) == ("data.evaluation.sha256", f"data/eval with sha256 {digest}")


def test_a_part_of_other_columns_ends_a_run_with_its_name(in_parts, proofbox):
    path = in_parts / "data/eval" / PARTS[1]
    pd.read_parquet(path).assign(debt="much").to_parquet(path, index=False)
    done = proofbox("measure", in_parts, "--check", "data.quality")
    assert done.returncode == 2
    said = " ".join(done.stderr.split())
    assert "submission.yaml:17:5: data.evaluation.path: got in data/eval: parts that are not one table" in said
    assert (
        "(part-00001.parquet: the column 'debt' is of type large_string, and of type double in part-00000.parquet)"
        in said
    )


def test_a_partitioned_folder_is_told_by_lint_and_run(in_parts, proofbox):
    (in_parts / "data/eval/sex=male").mkdir()
    (in_parts / "data/eval" / PARTS[0]).rename(in_parts / "data/eval/sex=male/a.parquet")
    (problem,) = lint_submission(in_parts)
    assert problem.got == "in 'data/eval/': the folder 'sex=male' in a folder of data"
    done = proofbox("measure", in_parts, "--check", "data.quality")
    assert done.returncode == 2
    assert "the folder 'sex=male'" in " ".join(done.stderr.split())


def test_parts_together_are_held_to_what_one_file_may_be(in_parts, tmp_path):
    total = sum(path.stat().st_size for path in (in_parts / "data/eval").iterdir())

    def brought(most: int) -> Brought:
        return bring(in_parts, tmp_path / str(most), Fetching(limits=FetchLimits(file_bytes=most)))

    assert len(brought(total).intake.files) == 8
    with pytest.raises(BadSubmissionError, match=f"got {total} bytes in 'data/eval/'"):
        brought(total - 1)
