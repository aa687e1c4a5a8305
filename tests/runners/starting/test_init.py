"""`proofbox init`: what is guessed, what is asked of the model behind the walls, and that nothing is overwritten."""

from __future__ import annotations

import json
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from proofbox.runners.errors import UsageError
from proofbox.runners.starting.columns import columns_of
from proofbox.runners.starting.guessing import Given, guess
from proofbox.runners.starting.writing import Files, Product, flow, label, submission_text
from proofbox.runners.submitted.submission import read_submission
from proofbox.runners.submitted.tables import normalise_text
from proofbox.sandbox.describing import Description

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def described(features=(), classes=(), methods=("predict",), columns=0, kind=""):
    return Description(
        features=features, classes=classes, methods=frozenset(methods), columns=columns or len(features), kind=kind
    )


def columns(**values):
    return columns_of(normalise_text(pa.table(values))[0])


PEOPLE = {
    "mã hồ sơ": [f"H{place}" for place in range(8)],
    "thu nhập": [1.5, 2.0, 3.5, 1.0, 2.5, 4.0, 0.5, 2.2],
    "giới tính": ["Nam", "Nữ"] * 4,
    "tuổi": [20, 31, 42, 53, 64, 25, 36, 47],
    "kết quả": ["đạt", "không"] * 4,
}


def test_vietnamese_names_tell_target_sensitive_columns_and_identifiers():
    found = guess(columns(**PEOPLE), None, Given())
    assert found.target == "kết quả"
    assert found.sensitive == ("giới tính", "tuổi")
    assert found.ids == ("mã hồ sơ",)
    assert found.features == ("thu nhập",)
    assert (found.task, found.positive_label) == ("binary-classification", "đạt")
    assert any("does not say which columns" in doubt for doubt in found.doubts)


def test_what_the_model_says_counts_more_than_names():
    told = described(("tuổi", "thu nhập"), ("không", "đạt"), ("predict", "predict_proba"), kind="classifier")
    found = guess(columns(**PEOPLE), told, Given())
    assert found.features == ("tuổi", "thu nhập")
    assert found.output == "probability"
    assert found.why["features"] == "the model says so itself"


def test_a_number_of_columns_tells_whether_sensitive_ones_are_read():
    found = guess(columns(**PEOPLE), described(columns=3, kind="classifier"), Given())
    assert found.features == ("thu nhập", "giới tính", "tuổi")
    assert any("in this order" in doubt for doubt in found.doubts)


def test_numbers_make_a_regression_and_words_a_choice_between_several():
    assert guess(columns(a=[1.0, 2.0], y=[0.25, 3.5]), described(kind="regressor"), Given()).task == "regression"
    found = guess(columns(a=[1.0, 2.0, 3.0], label=["x", "y", "z"]), None, Given())
    assert (found.task, found.classes) == ("multiclass-classification", ("x", "y", "z"))


def test_what_nothing_tells_is_not_guessed():
    with pytest.raises(UsageError, match="--target COLUMN"):
        guess(columns(a=[1.0, 2.0, 3.0], b=[4.0, 5.0, 6.0]), None, Given())
    with pytest.raises(UsageError, match="got the column 'nowhere'"):
        guess(columns(a=[1, 2], y=[0, 1]), None, Given(target="nowhere"))


@pytest.mark.parametrize("name", ['a"b', "yes", "giới tính", "a: b", "# c", "- d", "null", "1e3", "{x}", "a, b", "'"])
def test_whatever_a_column_is_called_the_file_can_be_read_again(tmp_path, name):
    table = columns(**{name: [1.5, 2.5], "y": [0, 1]})
    files = Files(model="model/m", model_format="onnx", evaluation="data/e")
    text = submission_text(Product(name=name), files, guess(table, None, Given()))
    (tmp_path / "submission.yaml").write_text(text, encoding="utf-8")
    submission, _, _ = read_submission(tmp_path / "submission.yaml")
    assert submission.model is not None
    assert submission.model.features == (name,)
    assert submission.product.name == name
    assert (flow(("a", "b c")), label("01"), label("-3")) == ('[a, "b c"]', '"01"', "-3")


@pytest.fixture(scope="module")
def materials(model_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("materials")
    shutil.copy(model_template / "model/model.joblib", folder / "model.pkl")
    shutil.copy(model_template / "data/eval.csv", folder / "eval.csv")
    return folder


def test_a_pickle_and_a_csv_make_a_submission_that_is_run(materials: Path, proofbox: Command, tmp_path: Path) -> None:
    made = tmp_path / "made"
    done = proofbox("init", made, "--model", materials / "model.pkl", "--data", materials / "eval.csv", "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["features"] == ["income", "debt"]
    assert (found["target"], found["sensitive"], found["output"]) == ("approved", ["sex"], "probability")
    assert found["model"] == {"path": "model/model.pkl", "format": "pickle"}
    measured = proofbox("measure", made, "--check", "performance.classification", "--json")
    assert measured.returncode == 0, measured.stderr
    before = (made / "submission.yaml").read_bytes()
    again = proofbox("init", made, "--model", materials / "model.pkl", "--data", materials / "eval.csv")
    assert again.returncode == 2
    assert "overwrites nothing" in again.stderr
    assert (made / "submission.yaml").read_bytes() == before


def test_a_folder_of_parts_is_copied_whole_beside_the_model(materials: Path, proofbox: Command, tmp_path: Path) -> None:
    parts, made = tmp_path / "eval.parquet", tmp_path / "made"
    parts.mkdir()
    frame = pd.read_csv(materials / "eval.csv")
    for number in range(2):
        frame[number::2].to_parquet(parts / f"{number}.parquet", index=False)
    done = proofbox("init", made, "--model", materials / "model.pkl", "--data", parts, "--json")
    assert done.returncode == 0, done.stderr
    submission, _, _ = read_submission(made / "submission.yaml")
    assert submission.data.evaluation.path == "data/eval.parquet"
    assert sorted(path.name for path in (made / "data/eval.parquet").iterdir()) == ["0.parquet", "1.parquet"]


def test_a_hostile_pickle_runs_behind_the_walls_alone(materials: Path, proofbox: Command, tmp_path: Path) -> None:
    mark = tmp_path / "escaped"

    class Hostile:
        def __reduce__(self):
            return (exec, (f"open({str(mark)!r}, 'w').write('x')",))

    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "model.pkl").write_bytes(pickle.dumps(Hostile()))
    shutil.copy(materials / "eval.csv", folder / "eval.csv")
    done = proofbox("init", folder)
    assert not mark.exists()
    assert done.returncode == 0, done.stderr
    assert "look at: the model did not say what it reads" in done.stdout
    assert "path: model.pkl" in (folder / "submission.yaml").read_text(encoding="utf-8")


def test_where_it_fails_nothing_is_left(materials: Path, proofbox: Command, tmp_path: Path) -> None:
    rows = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 3)), columns=["a", "b", "c"])
    rows.to_csv(tmp_path / "numbers.csv", index=False)
    (tmp_path / "empty.csv").touch()
    (tmp_path / "model.bin").write_bytes(b"%PDF-1.7")
    pickled = materials / "model.pkl"
    for model, data, said in (
        (pickled, tmp_path / "numbers.csv", "--target COLUMN"),
        (pickled, tmp_path / "empty.csv", "empty.csv: got an empty file"),
        (tmp_path / "model.bin", materials / "eval.csv", "format cannot be told"),
        (tmp_path / "nowhere", materials / "eval.csv", "no such file"),
        (pickled, materials, "a folder of data, expected Parquet files alone"),
    ):
        done = proofbox("init", tmp_path / "made", "--model", model, "--data", data)
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "made").exists()


def test_the_snippet_writes_records_that_are_read(materials: Path, tmp_path: Path) -> None:
    from proofbox.checks.records.read import _record
    from proofbox.runners.starting.writing import snippet

    (tmp_path / "record_training.py").write_text(snippet(), encoding="utf-8")
    for name in ("model.pkl", "eval.csv"):
        shutil.copy(materials / name, tmp_path / name)
    shutil.copy(materials / "eval.csv", tmp_path / "train.csv")
    call = (
        "from record_training import *; record_training('model.pkl', training='train.csv', evaluation='eval.csv',"
        " source='a register', creator='Example', lawful_basis='consent')"
    )
    done = subprocess.run([sys.executable, "-c", call], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.count("sha256: ") == 3
    for name in ("train", "eval"):
        path = f"{name}.provenance.json"
        record = _record((tmp_path / path).read_bytes(), path, f"{name}.csv", None)
        assert not record.problems
