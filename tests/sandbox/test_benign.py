"""Honest models answer behind the walls exactly as they do in this process."""

import pickle

import joblib
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from proofbox.sandbox.errors import ModelError, SandboxError
from proofbox.sandbox.hosted import ModelSpec, open_model

FEATURES = ("a", "b", "c")


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(7)
    matrix = rng.normal(size=(300, 3))
    binary = (matrix[:, 0] + 0.3 * rng.normal(size=300) > 0).astype(int)
    return matrix, binary


@pytest.fixture(scope="module")
def table(data):
    return pa.table({name: data[0][:, place] for place, name in enumerate(FEATURES)})


def spec(path, kind, output="label", task="binary-classification", features=FEATURES):
    return ModelSpec(path=path, format=kind, features=features, output=output, task=task)


def saved(model, folder, kind):
    path = folder / f"m.{kind}"
    if kind == "pickle":
        path.write_bytes(pickle.dumps(model))
    elif kind == "joblib":
        joblib.dump(model, path, compress=3)
    else:
        from skops import io

        io.dump(model, path)
    return path


# Each start imports scikit-learn inside: one output for each format, all formats and all outputs.
@pytest.mark.parametrize(
    "way",
    [
        ("pickle", "label", "predict"),
        ("joblib", "probability", "predict_proba"),
        ("skops", "score", "decision_function"),
    ],
)
def test_a_linear_model_in_every_format_and_output(executor, data, table, tmp_path, way):
    from sklearn.linear_model import LogisticRegression

    kind, output, method = way
    model = LogisticRegression().fit(*data)
    expected = getattr(model, method)(data[0])
    columns = {"label": (), "probability": (2,), "score": (1,)}[output]
    with open_model(executor, spec(saved(model, tmp_path, kind), kind, output)) as hosted:
        answer = hosted.predict(table)
        assert answer.classes == hosted.classes == ("0", "1")
        assert hosted.features == FEATURES
        assert answer.values.dtype == (np.int64 if output == "label" else np.float64)
        assert np.abs(answer.values - expected.reshape(300, *columns)).max() < 1e-12
        assert np.array_equal(hosted.predict(table.slice(5, 1)).values, answer.values[5:6])
        assert hosted.predict(table.slice(0, 0)).values.shape == (0, *columns)
        stats = hosted.stats()
        assert (stats["calls"], stats["rows"], stats["restarts"], stats["violations"]) == (3, 301, 0, [])
        assert any(name.startswith("scikit-learn ") for name in stats["libraries"])
        assert stats["peak_resident_bytes"] > 10_000_000


def test_a_pipeline_with_text_columns_and_many_batches(executor, limits, tmp_path):
    from sklearn.compose import ColumnTransformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 80, 25_000),
            "income": rng.normal(size=25_000),
            "thành phố": rng.choice(["Hà Nội", "Huế", "Đà Nẵng"], 25_000),
        }
    )
    labels = np.where(frame["age"] > 50, "già", np.where(frame["thành phố"] == "Huế", "trẻ", "other"))
    encode = ColumnTransformer([("text", OneHotEncoder(sparse_output=False), ["thành phố"])], remainder="passthrough")
    model = make_pipeline(encode, HistGradientBoostingClassifier(max_iter=8)).fit(frame, labels)
    path = saved(model, tmp_path, "joblib")
    table = pa.Table.from_pandas(frame, preserve_index=False)
    coded = table.set_column(2, "thành phố", table.column(2).cast(pa.string()).dictionary_encode())
    given = spec(path, "joblib", task="multiclass-classification", features=tuple(frame.columns))
    with open_model(executor, given, limits) as hosted:
        answer = hosted.predict(coded)
        named = np.array(answer.classes)[answer.values]
        assert np.array_equal(named, model.predict(frame))
        plain = hosted.predict(table)
        assert np.array_equal(plain.values, answer.values)


def test_regression(executor, limits, data, table, tmp_path):
    from sklearn.ensemble import RandomForestRegressor

    model = RandomForestRegressor(n_estimators=5, n_jobs=2).fit(data[0], data[0][:, 0] ** 2)
    path = saved(model, tmp_path, "joblib")
    with open_model(executor, spec(path, "joblib", task="regression"), limits) as hosted:
        answer = hosted.predict(table)
        assert answer.classes == ()
        assert answer.values.shape == (300, 1)
        assert np.abs(answer.values[:, 0] - model.predict(data[0])).max() < 1e-12


@pytest.fixture(scope="module")
def exported(data, tmp_path_factory):
    """Return a classifier of three named classes and the paths of its ONNX forms, with ZipMap and without."""
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression

    matrix, _ = data
    labels = np.array(["low", "mid", "high"])[np.digitize(matrix[:, 0], [-0.5, 0.5])]
    model = LogisticRegression().fit(matrix.astype(np.float32), labels)
    folder = tmp_path_factory.mktemp("onnx")
    for name, zipmap in (("zip", True), ("flat", False)):
        made = to_onnx(model, matrix[:1].astype(np.float32), options={id(model): {"zipmap": zipmap}})
        (folder / f"{name}.onnx").write_bytes(made.SerializeToString())
    return model, folder


@pytest.mark.parametrize("form", ["zip", "flat"])
def test_onnx(executor, limits, data, table, exported, form):
    model, folder = exported
    single = data[0].astype(np.float32)
    task = "multiclass-classification"
    with open_model(executor, spec(folder / f"{form}.onnx", "onnx", task=task), limits) as hosted:
        answer = hosted.predict(table)
        assert np.array_equal(np.array(answer.classes)[answer.values], model.predict(single))
    with open_model(executor, spec(folder / f"{form}.onnx", "onnx", "probability", task), limits) as hosted:
        answer = hosted.predict(table)
        order = [list(model.classes_).index(name) for name in answer.classes]
        assert np.abs(answer.values - model.predict_proba(single)[:, order]).max() < 1e-6


def test_onnx_with_one_input_a_column(executor, limits, tmp_path):
    from skl2onnx import to_onnx
    from sklearn.compose import ColumnTransformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.normal(size=200).astype(np.float32), "city": rng.choice(["Huế", "Vinh"], 200)})
    frame["city"] = frame["city"].astype(object)
    labels = (frame["x"] + (frame["city"] == "Huế") > 0.5).astype(int)
    encode = ColumnTransformer([("city", OneHotEncoder(), ["city"])], remainder="passthrough")
    model = make_pipeline(encode, LogisticRegression()).fit(frame, labels)
    (tmp_path / "m.onnx").write_bytes(to_onnx(model, frame[:1]).SerializeToString())
    table = pa.Table.from_pandas(frame, preserve_index=False)
    with open_model(executor, spec(tmp_path / "m.onnx", "onnx", features=("x", "city")), limits) as hosted:
        answer = hosted.predict(table)
        assert answer.classes == ("0", "1")
        assert np.array_equal(answer.values, model.predict(frame))


REFUSED = {
    "probability of a model that has none": ("probability", "no predict_proba"),
    "score of a model that has none": ("score", "no decision_function"),
    "label of a model that names no classes": ("label", "names no classes"),
}


@pytest.mark.parametrize(("output", "told"), REFUSED.values(), ids=REFUSED)
def test_an_output_that_the_model_does_not_have(executor, limits, hostile, output, told):
    plain = "class Model:\n def predict(self, rows): return [0] * len(rows)"
    with pytest.raises(ModelError, match=told) as caught:
        open_model(executor, hostile(plain, output=output), limits)
    assert caught.value.kind == "refused"


def test_a_broken_file_is_a_load_error(executor, limits, tmp_path):
    (tmp_path / "m.onnx").write_bytes(b"\x08\x09\x12garbage" * 9)
    with pytest.raises(ModelError, match="could not be loaded") as caught:
        open_model(executor, spec(tmp_path / "m.onnx", "onnx"), limits)
    assert caught.value.kind == "load"
    assert str(tmp_path) not in caught.value.what


def test_wrong_columns_are_the_callers_mistake(executor, limits, data, table, tmp_path):
    from sklearn.linear_model import LogisticRegression

    path = saved(LogisticRegression().fit(*data), tmp_path, "pickle")
    with open_model(executor, spec(path, "pickle"), limits) as hosted:
        with pytest.raises(SandboxError, match="expected exactly") as caught:
            hosted.predict(table.select(["b", "a", "c"]))
        assert not isinstance(caught.value, ModelError)
        assert hosted.predict(table).values.shape == (300,)
    with pytest.raises(SandboxError, match="not running"):
        hosted.predict(table)
