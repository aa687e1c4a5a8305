"""Data that are not what the submission says of them: told with the key's place, the file, the column and the rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from spoiling import Spoil, both, edit, rows

from proofbox.runners.errors import BadSubmissionError
from proofbox.runners.submitted.resolve import Resolved, resolve
from proofbox.runners.submitted.streams import Reading
from proofbox.runners.submitted.submission import FILE_NAME, read_submission
from proofbox.sandbox.intake import take_in

WRONG: list[tuple[str, Spoil, list[str]]] = [
    (
        "sensitive column that is not there",
        edit("sensitive: [sex]", "sensitive: [{column: age, bins: [25, 40]}]"),
        ["submission.yaml:19:", "'age', which data/eval.csv does not have"],
    ),
    (
        "bins and quantiles",
        edit("sensitive: [sex]", "sensitive: [{column: income, bins: [40], quantiles: 3}]"),
        ["submission.yaml:19:", "either 'bins' or 'quantiles'"],
    ),
    (
        "bins of text",
        edit("sensitive: [sex]", "sensitive: [{column: sex, bins: [1, 2]}]"),
        ["submission.yaml:19:", "'sex'", "holds as text", "a column of numbers"],
    ),
    (
        "quantiles of one value",
        rows("income,debt,sex,approved", "5,2,male,1", "5,2,female,0", sensitive="{column: income, quantiles: 4}"),
        ["submission.yaml:19:", "'income'", "is the same in all rows", "bins: [25, 40, 60]"],
    ),
    (
        "labels missing in many rows",
        rows("income,debt,sex,approved", "1,2,male,1", *["1,2,male,"] * 5),
        ["submission.yaml:18:", "5 rows without a value in 'approved' of data/eval.csv (data rows 2, 3, 4 and 2 more)"],
    ),
    (
        "a label outside the declared classes",
        both(
            edit("positive_label: 1", "positive_label: 1\n  classes: [1, 0]"),
            rows("income,debt,sex,approved", "1,2,male,1", "1,2,male,yes"),
        ),
        ["submission.yaml:19:", "the label 'yes'", "(data row 2)"],
    ),
    (
        "scores where labels belong",
        rows("income,debt,sex,approved", *[f"1,2,male,0.{number:03}" for number in range(1, 80)]),
        ["submission.yaml:18:", "different fractions in 'approved'", "(data rows 1, 2, 3 and 76 more)", "swapped"],
    ),
    (
        "names where labels belong",
        rows("income,debt,sex,approved", *[f"1,2,male,person {number}" for number in range(1_200)]),
        ["submission.yaml:18:", "1200 different values in 'approved'", "identifiers"],
    ),
    (
        "decisions in other words than the labels",
        rows("income,debt,sex,approved,said", "1,2,male,1,yes", "1,2,male,0,no", more="prediction: said"),
        ["submission.yaml:20:", "decisions no, yes in 'said'", "none of the true labels 0, 1", "same words"],
    ),
    (
        "weights of text",
        rows("income,debt,sex,approved,w", "1,2,male,1,much", "1,2,male,0,little", more="weight: w"),
        ["submission.yaml:20:", "text in 'w'"],
    ),
    (
        "weights that are all 0",
        rows("income,debt,sex,approved,w", "1,2,male,1,0", "1,2,male,0,0", more="weight: w"),
        ["submission.yaml:20:", "0 in all rows"],
    ),
]


@pytest.fixture
def resolved(tmp_path: Path, open_here) -> Callable[[Path, int], Resolved]:
    def resolve_it(submission: Path, most_rows: int) -> Resolved:
        intake = take_in(submission, tmp_path / "taken")
        read, document, _ = read_submission(intake.root / FILE_NAME)
        return resolve(read, document, intake, Reading(opener=open_here, most_rows=most_rows))

    return resolve_it


@pytest.mark.parametrize("most_rows", [10_000_000, 1], ids=["in memory", "in batches"])
@pytest.mark.parametrize(("spoil", "needles"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_a_mistake_is_told_with_file_column_and_rows(
    submission: Path, spoil: Spoil, needles: list[str], most_rows: int, resolved
) -> None:
    spoil(submission)
    with pytest.raises(BadSubmissionError) as caught:
        resolved(submission, most_rows)
    for needle in needles:
        if most_rows > 1 or not needle.startswith("is the same"):
            assert needle in str(caught.value)


def test_quantiles_of_a_file_that_is_read_in_batches_are_refused_with_advice(submission: Path, resolved) -> None:
    edit("sensitive: [sex]", "sensitive: [{column: income, quantiles: 4}]")(submission)
    with pytest.raises(BadSubmissionError, match="too many rows to sort"):
        resolved(submission, 1)


def test_quantiles_make_groups_of_equally_many_rows_and_are_recorded(submission: Path, resolved) -> None:
    edit("sensitive: [sex]", "sensitive: [{column: income, quantiles: 4}]")(submission)
    found = resolved(submission, 10_000_000).evaluation
    edges = found.bins["income"]
    assert found.detail["bins"] == {"income": list(edges)}
    assert len(edges) == 3
    values = found.table.column("income").to_pandas()
    for edge, share in zip(edges, (0.25, 0.5, 0.75), strict=True):
        assert (values < edge).mean() == pytest.approx(share, abs=0.02)
