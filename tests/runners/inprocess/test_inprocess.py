"""A model of the caller's own process: measured as a submission is, and never called isolated."""

from __future__ import annotations

import json
import shutil
from functools import partial

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from proofbox.checks.asked.broker import Broker
from proofbox.policies.loader import load_policy
from proofbox.reports.walls import isolated
from proofbox.runners.errors import UsageError
from proofbox.runners.inprocess.assessing import NotMeasuredError, assess_in_process, measure_in_process
from proofbox.runners.inprocess.data import Given
from proofbox.runners.inprocess.model import ObjectModel
from proofbox.runners.submitted.submission import ModelBlock

PARITY = "fairness.demographic_parity"


@pytest.fixture(scope="module")
def frame(model_template):
    return pd.read_csv(model_template / "data/eval.csv")


@pytest.fixture(scope="module")
def model(model_template):
    return joblib.load(model_template / "model/model.joblib")


def test_an_object_gets_the_same_numbers_as_the_submitted_file(frame, model, model_template, proofbox, tmp_path):
    folder = shutil.copytree(model_template, tmp_path / "submission")
    behind_walls = json.loads(proofbox("measure", folder, "--check", PARITY, "--json").stdout)["measurements"]
    here = measure_in_process(PARITY, Given(model=model, data=frame, target="approved", sensitive=["sex"]), {})
    assert len(behind_walls) == len(here.outcome.measurements) > 1
    for item in behind_walls:
        assert here[item["measure"]] == pytest.approx(item["value"], abs=1e-12)


@pytest.mark.parametrize("kind", ["table", "mapping"])
def test_other_tables_and_functions_are_taken(frame, kind):
    data = pa.Table.from_pandas(frame) if kind == "table" else {name: frame[name].to_numpy() for name in frame}
    # It gets the features by name, without the label and the sensitive column.
    seen = []

    def decide(rows):
        seen.append(list(rows.columns))
        return (rows["income"] > rows["debt"]).astype(int)

    given = Given(model=decide, data=data, target="approved", sensitive=["sex"])
    rates = measure_in_process("fairness.group_rates", given, {"attribute": "sex"})
    women = frame[frame.sex == "female"]
    assert rates.of("selection_rate", sex="female") == pytest.approx((women.income > women.debt).mean())
    assert seen[0] == ["income", "debt"]


def test_recorded_decisions_need_no_model(frame):
    data = frame.assign(decided=(frame.income > 0).astype(int))
    given = Given(data=data, target="approved", prediction="decided", sensitive=["sex"])
    rates = measure_in_process("fairness.group_rates", given, {})
    assert rates.of("selection_rate", sex="male") == pytest.approx((frame[frame.sex == "male"].income > 0).mean())
    with pytest.raises(NotMeasuredError, match="selection_rate: got sex=men, expected one of: sex=female; sex=male"):
        rates.of("selection_rate", sex="men")


@pytest.mark.parametrize(
    ("labels", "label"), [((False, True), True), ((False, True), "true"), ((0, 1), 1), ((0, 1), "1")]
)
def test_a_label_that_is_true_is_no_number(labels, label):
    """``positive_label: true`` became 1 while it was read, which no column of true and false holds."""
    rows = {"said": [labels[0], labels[1], labels[1], labels[1]], "so": [labels[0], labels[1]] * 2, "sex": [*"abab"]}
    given = Given(
        data=rows,
        target="so",
        prediction="said",
        sensitive=["sex"],
        positive_label=label,
        columns={"classes": [*labels]},
    )
    found = measure_in_process("fairness.group_rates", given, {"attribute": "sex", "min_group_size": 1})
    assert (found.of("selection_rate", sex="a"), found.of("selection_rate", sex="b")) == (0.5, 1.0)


def test_a_regression_is_told_by_its_target(frame):
    data = frame.assign(amount=frame.income * 2 + 1)
    given = Given(model=lambda rows: rows["income"] * 2, data=data, target="amount", features=["income"])
    assert measure_in_process("performance.regression", given, {})["mean_absolute_error"] == pytest.approx(1.0)


def test_what_was_not_measured_says_why(frame, model):
    given = Given(model=model, data=frame, target="approved", sensitive=["sex"])
    with pytest.raises(NotMeasuredError, match="there are demographic_parity_difference"):
        measure_in_process(PARITY, given, {})["nothing"]
    with pytest.raises(NotMeasuredError, match=r"got 2 values \(sex=female; sex=male\)"):
        measure_in_process("fairness.group_rates", given, {})["selection_rate"]
    with pytest.raises(NotMeasuredError, match="nobody watches it from outside"):
        measure_in_process("robustness.latency_and_memory", given, {})["latency_p50"]
    with pytest.raises(NotMeasuredError, match="cannot be started again"):
        measure_in_process("robustness.repeatability", given, {})["repeat_disagreement"]


@pytest.mark.parametrize(
    ("spoiled", "said"),
    [
        ({"target": "nope"}, "target: got 'nope', which evaluation.arrow does not have"),
        ({"features": ["income", "nope"]}, r"features\[1\]: got 'nope'"),
        ({"target": "sex"}, "positive_label: got '1', which never occurs"),
        ({"data": 3}, "data: got int, expected a pandas.DataFrame"),
        ({"data": {"a": [1], "b": [1, 2]}}, "data: got columns that make no table"),
        ({"task": "ranking"}, "task: got 'ranking'"),
        ({"columns": {"wieght": "income"}}, "wieght: got"),
        ({"model": object()}, r"model: got object without predict\(\)"),
    ],
)
def test_what_does_not_fit_is_told_by_its_name(frame, model, spoiled, said):
    given = Given(**{"model": model, "data": frame, "target": "approved", "sensitive": ["sex"], **spoiled})
    with pytest.raises(UsageError, match=said):
        measure_in_process(PARITY, given, {"attribute": "sex"})


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda rows: 1 / 0, "raised ZeroDivisionError"),
        (lambda rows: [1], "answered shape"),
        (lambda rows: ["maybe"] * len(rows), "answered 'maybe'; its classes are 0, 1"),
    ],
)
def test_an_object_that_gives_no_answer_is_an_error_and_no_pass(frame, answer, said):
    given = Given(model=answer, data=frame, target="approved", sensitive=["sex"])
    with pytest.raises(NotMeasuredError, match=said):
        measure_in_process(PARITY, given, {})[f"{PARITY.partition('.')[2]}_ratio"]


def test_an_object_that_gives_no_answer_once_is_asked_again(frame):
    def asking(table):
        answer = yield table
        return answer.score.tolist()

    block = ModelBlock(path="m", task="binary-classification", features=("income",), output="probability")
    model = ObjectModel(lambda rows: 0.5 - 0 * rows["income"], block, ("0", "1"))
    rows = [pa.table({"income": [1.0, value]}) for value in (float("inf"), 2.0)]
    found = {one.key: one.result for one in Broker(model).run(enumerate(partial(asking, table) for table in rows))}
    assert str(found[0]) == "answered no finite number for 1 rows"
    assert found[1] == [0.5, 0.5]


def test_an_assessment_in_process_says_that_nothing_was_isolated(frame, model, one_control, tmp_path):
    path = tmp_path / "policy.yaml"
    path.write_text(one_control.format(threshold=0.6), "utf-8")
    given = Given(model=model, data=frame, target="approved", sensitive=["sex"])
    found = assess_in_process(given, [load_policy(str(path))]).assessment
    assert found.conclusion == "conforms"
    assert isolated(found.run.selfcheck) is False
    assert found.run.executor == "none: in the caller's own process"
    again = assess_in_process(given, [load_policy(str(path))]).assessment
    assert again.measurements == found.measurements
    assert again.subject.digest == found.subject.digest
    other = Given(model=model, data=frame.iloc[::-1], target="approved", sensitive=["sex"])
    assert assess_in_process(other, [load_policy(str(path))]).assessment.subject.digest != found.subject.digest


def test_a_policy_that_asks_for_walls_is_not_satisfied(frame, model):
    given = Given(model=model, data=frame, target="approved", sensitive=["sex"])
    found = assess_in_process(given, [load_policy("baseline")]).assessment
    verdicts = {item.requirement: item.verdict for item in found.findings}
    assert verdicts["BASE-ISO.a"] == "fail"
    assert found.conclusion == "does-not-conform"


def test_the_scratch_folder_is_gone_afterwards(frame, model, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    given = Given(model=model, data=frame, target="approved", sensitive=["sex"])
    measure_in_process(PARITY, given, {})
    assert not np.any([path.name.startswith("proofbox-scratch-inprocess") for path in tmp_path.iterdir()])
