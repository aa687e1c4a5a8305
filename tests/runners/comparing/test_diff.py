"""`diff`: on the same rows with both submissions, as if of different rows without; and honest about which it was."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import Text
from proofbox.policies.record import MeasurementRecord
from proofbox.runners.comparing.answers import Answers
from proofbox.runners.comparing.paired import SameRows
from proofbox.runners.comparing.samerows import paired

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def test_on_the_same_rows_a_worse_model_is_shown_to_be_worse(versions, proofbox: Command) -> None:
    result = proofbox("diff", *versions.bundles, "--submissions", *versions.submissions, "--json")
    assert result.returncode == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["paired"] is True
    measures = {one["measure"]: one for one in document["measures"] if one["test"]}
    methods = {name: (one["test"]["method"], one["test"]["paired"]) for name, one in measures.items()}
    assert methods == {
        "accuracy": ("mcnemar-mid-p", True),
        "equal_opportunity_ratio": ("paired-bootstrap", True),
        "roc_auc": ("paired-delong", True),
    }
    accuracy = measures["accuracy"]
    discordant = accuracy["test"]["detail"]
    apart = discordant["second_only"] - discordant["first_only"]
    assert accuracy["test"]["difference"] == pytest.approx(accuracy["after"]["value"] - accuracy["before"]["value"])
    assert apart == round(400 * accuracy["test"]["difference"])
    assert accuracy["test"]["shown"] is True
    assert accuracy["way"] == "worse"
    assert measures["equal_opportunity_ratio"]["test"]["shown"] is False
    changed = {one["aspect"] for one in document["significant_change"]["facts"] if one["changed"]}
    assert {"model", "performance"} <= changed
    assert "function" not in changed
    assert len(document["significant_change"]["a_person_must_judge"]) == 3


def test_without_submissions_the_tests_are_named_as_unpaired_in_both_languages(versions, quick: Command) -> None:
    result = quick("diff", *versions.bundles)
    assert result.returncode == 0, result.stderr
    assert "as if of different rows: the two submissions were not given" in result.stdout
    assert "Fisher's test as if of different rows (mid-p)" in result.stdout
    assert "McNemar" not in result.stdout
    assert "ONE-01.a: Pass → Fail" in result.stdout
    assert "shown to have changed: worse" in result.stdout
    assert "A person must judge:" in result.stdout
    vietnamese = quick("diff", *versions.bundles, "--lang", "vi").stdout
    assert "ONE-01.a: Đạt → Chưa đạt" in vietnamese
    assert "Con người phải đánh giá:" in vietnamese


def test_a_submission_that_is_not_the_bundles_is_refused(versions, quick: Command) -> None:
    first, second = versions.submissions
    result = quick("diff", *versions.bundles, "--submissions", second, first)
    assert result.returncode == 2
    assert "model/model.joblib" in result.stderr
    assert result.stdout == ""


def test_an_altered_bundle_is_not_compared(versions, quick: Command, tmp_path: Path) -> None:
    altered = Path(shutil.copytree(versions.bundles[1], tmp_path / "altered"))
    (altered / "submission.yaml").write_text("x", encoding="utf-8")
    assert quick("diff", versions.bundles[0], altered).returncode == 1


def made_answers(
    sha256: str, *, order: tuple[int, ...] = (), ids: tuple[str, ...] = ("id",), **changed: list
) -> Answers:
    """Six rows with identifiers and decisions, in an order."""
    columns = {"id": list("abcdef"), "y": ["1", "0", "1", "0", "1", "1"], **changed}
    table = pa.table(columns).take(list(order or range(6)))
    data = Dataset(
        role="evaluation", path="e.csv", table=table, features=(), target="y", id_columns=ids, positive_label="1"
    )
    codes = np.array([1, 0, 1, 1, 0, 1])[list(order or range(6))]
    return Answers(
        data=data,
        sha256=sha256,
        decisions=Decisions(classes=("0", "1"), codes=codes, score=None, positive_label="1", source="model"),
    )


def test_rows_of_two_files_pair_by_their_identifiers_and_only_if_all_do() -> None:
    first, shuffled = made_answers("1"), made_answers("2", order=(3, 1, 0, 5, 4, 2))
    found = paired(first, shuffled)
    assert not isinstance(found, Text)
    assert found[1].codes.tolist() == first.decisions.codes.tolist()
    for other, why in (
        (made_answers("2", ids=()), "do not name the same identifiers"),
        (made_answers("2", id=list("abcdea")), "more than one row"),
        (made_answers("2", id=list("abcdeg")), "2 rows are in one of the two"),
        (made_answers("2", y=["0", "0", "1", "0", "1", "1"]), "true labels of 1 rows"),
    ):
        said = paired(first, other)
        assert isinstance(said, Text)
        assert why in str(said)


def test_a_value_that_the_rows_do_not_give_is_not_tested_on_them() -> None:
    answers = made_answers("1")
    rows = SameRows(answers, answers.decisions, seed=0)

    def record(value: float, measure: str = "accuracy") -> MeasurementRecord:
        return MeasurementRecord(
            id="m-1", check="performance.classification", params={}, measure=measure, value=value, interval=None,
            sample_size=6, group={}, detail={},
        )  # fmt: skip

    right = 4 / 6
    assert not isinstance(rows.test(record(right), record(right)), Text)
    said = rows.test(record(right), record(0.9))
    assert "cannot be had again from the rows" in str(said)
    assert "no paired test" in str(rows.test(record(right, "flip_rate"), record(right, "flip_rate")))
