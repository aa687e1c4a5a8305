from __future__ import annotations

from pathlib import Path

import pytest

from proofbox.runners.assessing.settings import Settings
from proofbox.runners.batch import one
from proofbox.runners.batch.listing import Queued
from proofbox.runners.batch.one import Wanted, assess_one
from proofbox.runners.errors import BadSubmissionError
from proofbox.runners.office import releasing
from proofbox.runners.remote.fetching import FetchLimits
from proofbox.runners.submitted.bringing import Fetching, bring
from proofbox.runners.submitted.lint import lint_submission


@pytest.fixture
def elsewhere(submission, tmp_path) -> Path:
    """The folder of the data of a submission, which names them by ``file`` address."""
    place = tmp_path / "elsewhere"
    (submission / "data").rename(place)
    file = submission / "submission.yaml"
    text = file.read_text(encoding="utf-8").replace("path: data/", f"path: file://{place}/")
    file.write_text(text, encoding="utf-8")
    return place


def test_what_is_fetched_is_part_of_the_digest(submission, elsewhere, tmp_path):
    fetching = Fetching(allowed=(f"file://{elsewhere}",))
    first = bring(submission, tmp_path / "first", fetching)
    (elsewhere / "train.csv").write_bytes((elsewhere / "train.csv").read_bytes() + b"1,0,male,1\n")
    second = bring(submission, tmp_path / "second", fetching)
    place = f"fetched/file{elsewhere}/train.csv"
    assert [one.local for one in first.fetched] == [f"fetched/file{elsewhere}/eval.csv", place]
    assert first.submission.data.training.path == place
    changed = {one.path for one in first.intake.files} & {one.path for one in second.intake.files}
    assert place in changed
    assert first.intake.digest != second.intake.digest
    assert first.raw == (submission / "submission.yaml").read_bytes()


def test_all_that_is_not_allowed_is_told_before_anything_is_fetched(submission, elsewhere, tmp_path):
    with pytest.raises(BadSubmissionError) as caught:
        bring(submission, tmp_path / "taken", Fetching(allowed=(f"file://{elsewhere}/eval.csv", "s3://data")))
    (problem,) = caught.value.problems
    assert (problem.where, problem.line) == ("data.training.path", 20)
    assert not (tmp_path / "taken/fetched").exists()


def test_the_limit_is_the_operators(submission, elsewhere, tmp_path):
    limits = FetchLimits(file_bytes=100)
    with pytest.raises(BadSubmissionError, match="at most 100"):
        bring(submission, tmp_path / "taken", Fetching(allowed=(f"file://{elsewhere}",), limits=limits))


def test_a_file_that_is_handed_in_never_stands_for_what_is_fetched(submission, elsewhere, tmp_path):
    planted = submission / f"fetched/file{elsewhere}/eval.csv"
    planted.parent.mkdir(parents=True)
    planted.write_bytes(b"income,debt,sex,approved\n1,0,male,1\n")
    with pytest.raises(BadSubmissionError, match="already"):
        bring(submission, tmp_path / "taken", Fetching(allowed=(f"file://{elsewhere}",)))


def test_one_address_in_two_roles_is_fetched_once(submission, elsewhere, tmp_path):
    file = submission / "submission.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("train.csv", "eval.csv"), encoding="utf-8")
    brought = bring(submission, tmp_path / "taken", Fetching(allowed=(f"file://{elsewhere}",)))
    assert [one.uri for one in brought.fetched] == [f"file://{elsewhere}/eval.csv"]


def test_a_batch_takes_a_bundle_for_the_same_only_where_the_data_are(submission, elsewhere, tmp_path, monkeypatch):
    names = []
    monkeypatch.setattr(one, "run_job", lambda _brought, _policies, _settings, publishing: names.append(publishing.out))
    settings = Settings(fetching=Fetching(allowed=(f"file://{elsewhere}",)))
    for line in (b"", b"", b"1,0,male,1\n"):
        (elsewhere / "eval.csv").write_bytes((elsewhere / "eval.csv").read_bytes() + line)
        assess_one(Queued(source=submission, name="loan"), Wanted(policies=(), settings=settings, out=tmp_path / "out"))
    assert names[0] == names[1] != names[2]


def test_a_release_is_held_against_what_is_fetched_as_well(submission, elsewhere, tmp_path):
    fetching = Fetching(allowed=(f"file://{elsewhere}",))
    brought = bring(submission, tmp_path / "taken", fetching)
    assert list(releasing._digests(submission, fetching)) == [brought.intake.digest]
    with pytest.raises(BadSubmissionError, match="--allow-data"):
        list(releasing._digests(submission, Fetching()))


def test_lint_looks_at_the_words_of_an_address_and_fetches_nothing(submission, elsewhere):
    assert lint_submission(submission) == ()
    file = submission / "submission.yaml"
    text = file.read_text(encoding="utf-8").replace(f"file://{elsewhere}/train.csv", "s3a://data/train.csv")
    file.write_text(text, encoding="utf-8")
    (problem,) = lint_submission(submission)
    assert (problem.where, problem.got) == ("data.training.path", "an address with the scheme s3a")
