"""Models of other libraries, trained by them here, answer behind the walls exactly as they do in this process."""

import os
import pickle
import textwrap
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from proofbox.sandbox.errors import IsolationError, ModelError
from proofbox.sandbox.formats import HEAD_BYTES, agreed, detect_folder, detect_format
from proofbox.sandbox.host.models import RefusedError
from proofbox.sandbox.host.models import open_model as opened_here
from proofbox.sandbox.host.tables import MatrixRows
from proofbox.sandbox.hosted import ModelSpec, open_model

FEATURES = ("a", "b", "c")
BINARY, MANY, NUMBER = "binary-classification", "multiclass-classification", "regression"
ROWS = np.random.default_rng(11).normal(size=(400, 3))
TARGETS = {
    BINARY: (ROWS[:, 0] + 0.2 * ROWS[:, 1] > 0).astype(int),
    MANY: np.digitize(ROWS[:, 0], [-0.5, 0.5]),
    NUMBER: ROWS[:, 0] ** 2 + ROWS[:, 1],
}
FRAME = pd.DataFrame(ROWS, columns=FEATURES)
TABLE = pa.Table.from_pandas(FRAME, preserve_index=False)


def xgboost(task):
    import xgboost as library

    kind = library.XGBRegressor if task == NUMBER else library.XGBClassifier
    return kind(n_estimators=6, max_depth=3, n_jobs=1).fit(FRAME, TARGETS[task])


def lightgbm(task):
    import lightgbm as library

    kind = library.LGBMRegressor if task == NUMBER else library.LGBMClassifier
    return kind(n_estimators=6, num_leaves=7, n_jobs=1, verbose=-1).fit(
        ROWS, TARGETS[task], feature_name=list(FEATURES)
    )


def catboost(task):
    import catboost as library

    kind = library.CatBoostRegressor if task == NUMBER else library.CatBoostClassifier
    quiet = {"verbose": 0, "allow_writing_files": False, "thread_count": 1}
    return kind(iterations=6, depth=3, **quiet).fit(FRAME, TARGETS[task])


TRAINED = {"xgboost": xgboost, "lightgbm": lightgbm, "catboost": catboost}
FILES = {"model.json": "xgboost", "model.ubj": "xgboost", "model.txt": "lightgbm", "model.cbm": "catboost"}


def saved(library, model, folder, name):
    path = folder / name
    if library == "lightgbm":
        model.booster_.save_model(path)
    elif library == "catboost":
        model.save_model(path, format=path.suffix[1:])
    else:
        model.save_model(path)
    with path.open("rb") as file:
        assert detect_format(name, file.read(HEAD_BYTES)) == library
    return path


def spec(path, kind, task=BINARY, output="label", **more):
    return ModelSpec(path=path, format=kind, features=FEATURES, output=output, task=task, **more)


def expected(model, task, output):
    if task == NUMBER or output == "label":
        return np.asarray(model.predict(FRAME)).reshape(-1)
    return model.predict_proba(FRAME)


def config(path, kind, task, output):
    return {"path": str(path), "format": kind, "task": task, "output": output, "threads": 1, "features": list(FEATURES)}


ASKED = [*zip([*FILES, "catboost.json"], ["probability", "label", "probability", "label", "probability"], strict=True)]


@pytest.mark.parametrize(("name", "output"), ASKED)
def test_a_model_of_each_file_behind_each_wall(executor, limits, tmp_path, name, output):
    library = FILES.get(name, "catboost")
    model = TRAINED[library](BINARY)
    path = saved(library, model, tmp_path, name)
    if name == "catboost.json" and executor.name == "landlock" and os.getuid() == 0:
        with pytest.raises(ModelError, match=r"save the model as \.cbm, or use bubblewrap"):
            open_model(executor, spec(path, library, output=output), limits)
        return
    with open_model(executor, spec(path, library, output=output), limits) as hosted:
        answer = hosted.predict(TABLE).values
        assert hosted.classes == ("0", "1")
        assert any(said.startswith(library) for said in hosted.stats()["libraries"])
    assert np.abs(answer - expected(model, BINARY, output)).max() < 1e-6
    assert 0.1 < np.asarray(answer, dtype=float).mean() < 0.9


# The host program itself, in this process: the same code without the cost of a start for each.
@pytest.mark.parametrize("library", TRAINED)
@pytest.mark.parametrize(
    ("task", "output"), [(MANY, "label"), (MANY, "probability"), (BINARY, "score"), (NUMBER, "label")]
)
def test_every_task_and_output(tmp_path, library, task, output):
    model = TRAINED[library](task)
    name = next(name for name, kind in FILES.items() if kind == library)
    opened = opened_here(config(saved(library, model, tmp_path, name), library, task, output))
    rows = MatrixRows(np.asfortranarray(ROWS))
    codes = task == MANY and output == "label"
    found = opened.codes(rows) if codes else opened.values(rows).reshape(len(ROWS), -1)
    assert opened.classes == {BINARY: ("0", "1"), MANY: ("0", "1", "2"), NUMBER: ()}[task]
    if output == "score":
        margins = opened_here(config(tmp_path / name, library, task, "probability")).values(rows)[:, 1]
        assert np.abs(1 / (1 + np.exp(-found[:, 0])) - margins).max() < 1e-6
    else:
        wanted = expected(model, task, output)
        assert np.abs(found - wanted.reshape(found.shape)).max() < 1e-6


@pytest.mark.parametrize("library", TRAINED)
def test_the_pickled_wrapper_is_hosted_as_well(tmp_path, library):
    model = TRAINED[library](BINARY)
    path = tmp_path / "model.pkl"
    path.write_bytes(pickle.dumps(model))
    found = opened_here(config(path, "pickle", BINARY, "probability")).values(MatrixRows(ROWS))
    assert np.abs(found - expected(model, BINARY, "probability")).max() < 1e-6


@pytest.mark.parametrize("library", TRAINED)
@pytest.mark.parametrize(("trained", "declared"), [(BINARY, NUMBER), (NUMBER, BINARY)])
def test_another_task_than_it_was_trained_for_is_refused(tmp_path, library, trained, declared):
    name = next(name for name, kind in FILES.items() if kind == library)
    path = saved(library, TRAINED[library](trained), tmp_path, name)
    with pytest.raises(RefusedError, match="trained"):
        opened_here(config(path, library, declared, "label"))


@pytest.mark.parametrize("library", TRAINED)
def test_columns_in_another_order_than_it_was_trained_on_are_refused(tmp_path, library):
    name = next(name for name, kind in FILES.items() if kind == library)
    path = saved(library, TRAINED[library](BINARY), tmp_path, name)
    with pytest.raises(RefusedError, match="trained on the columns a, b, c, in this order"):
        opened_here({**config(path, library, BINARY, "label"), "features": ["b", "a", "c"]})


@pytest.mark.parametrize("library", ["lightgbm", "catboost"])
def test_columns_of_categories(executor, limits, tmp_path, library):
    towns = np.random.default_rng(3).choice(["Huế", "Hà Nội", "Đà Nẵng"], 400)
    frame = pd.DataFrame({"town": pd.Categorical(towns), "age": ROWS[:, 0]})
    labels = ((towns == "Huế") ^ (ROWS[:, 0] > 1)).astype(int)
    if library == "lightgbm":
        import lightgbm as module

        model = module.LGBMClassifier(n_estimators=20, verbose=-1, n_jobs=1).fit(frame, labels)
        path = saved(library, model, tmp_path, "model.txt")
    else:
        import catboost as module

        quiet = {"verbose": 0, "allow_writing_files": False, "thread_count": 1}
        model = module.CatBoostClassifier(iterations=20, cat_features=["town"], **quiet).fit(frame, labels)
        path = saved(library, model, tmp_path, "model.cbm")
    given = ModelSpec(path=path, format=library, features=("town", "age"), output="probability", task=BINARY)
    table = pa.table({"town": pa.array(towns), "age": ROWS[:, 0]})
    with open_model(executor, given, limits) as hosted:
        answer = hosted.predict(table).values
    assert np.abs(answer - model.predict_proba(frame)).max() < 1e-9
    assert ((answer[:, 1] > 0.5) == labels).mean() > 0.9


def mlflow_folder(kind, folder):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow's own, of its own type hints
        return written_by_mlflow(kind, folder)


def written_by_mlflow(kind, folder):
    import mlflow
    from sklearn.linear_model import LogisticRegression

    path = folder / "model"
    if kind == "sklearn":
        model = LogisticRegression().fit(FRAME, TARGETS[BINARY])
        mlflow.sklearn.save_model(model, path, serialization_format="cloudpickle", pip_requirements=[])
        return path, model.predict_proba(FRAME)
    if kind == "xgboost":
        model = xgboost(BINARY)
        mlflow.xgboost.save_model(model, path, pip_requirements=[])
        return path, model.predict_proba(FRAME)
    code = folder / "own_code.py"
    code.write_text(
        "import pathlib\n\n\ndef _load_pyfunc(path):\n    return Shares(float(pathlib.Path(path).read_text()))\n\n\n"
        "class Shares:\n    def __init__(self, at):\n        self.at = at\n\n"
        "    def predict(self, frame):\n        return (frame['a'] > self.at).astype(float) * 0.5 + 0.25\n"
    )
    (folder / "at.txt").write_text("0.25")
    mlflow.pyfunc.save_model(
        path, loader_module="own_code", data_path=str(folder / "at.txt"), code_paths=[str(code)], pip_requirements=[]
    )
    positive = np.where(ROWS[:, 0] > 0.25, 0.75, 0.25)
    return path, np.column_stack([1 - positive, positive])


@pytest.mark.parametrize("kind", ["sklearn", "xgboost", "code of its own"])
def test_a_folder_of_mlflow(executor, limits, tmp_path, kind):
    path, wanted = mlflow_folder(kind, tmp_path)
    assert detect_folder(entry.name for entry in path.iterdir()) == "mlflow"
    with open_model(executor, spec(path, "mlflow", output="probability"), limits) as hosted:
        assert np.abs(hosted.predict(TABLE).values - wanted).max() < 1e-6


FUNCTION = """
import pathlib
import helper_of_mine

classes = ["no", "yes"]
AT = float(pathlib.Path(__file__).with_name("at.txt").read_text())

def predict(frame):
    return ["yes" if helper_of_mine.high(row.a, AT) else "no" for row in frame.itertuples()]

def predict_proba(frame):
    return 0.25 + 0.5 * (frame["a"] > AT)
"""


@pytest.fixture
def function(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "predict.py").write_text(FUNCTION)
    (folder / "helper_of_mine.py").write_text("def high(value, at):\n    return value > at\n")
    (folder / "at.txt").write_text("0.25")
    (folder / "numpy.py").write_text("raise SystemExit('a shadow of a library was imported')")
    (folder / "requirements.txt").write_text("numpy>=1.20  # any\npandas\n\nnot-there; python_version < '3'\n")
    return folder


@pytest.mark.parametrize("output", ["label", "probability"])
def test_a_folder_of_python(executor, limits, function, output):
    assert detect_folder(entry.name for entry in function.iterdir()) == "python"
    high = ROWS[:, 0] > 0.25
    with open_model(executor, spec(function, "python", output=output), limits) as hosted:
        assert hosted.classes == ("no", "yes")
        answer = hosted.predict(TABLE).values
    wanted = high.astype(int) if output == "label" else np.column_stack([0.75 - 0.5 * high, 0.25 + 0.5 * high])
    assert np.array_equal(answer, wanted)


def test_a_single_file_of_python(executor, limits, tmp_path):
    path = tmp_path / "rule.py"
    path.write_text("def predict(frame):\n    return (frame['b'] > 0).astype(int)\n")
    with open_model(executor, spec(path, "python"), limits) as hosted:
        assert np.array_equal(hosted.predict(TABLE).values, (ROWS[:, 1] > 0).astype(int))


REQUIREMENTS = {
    "not installed": (
        "no-such-distribution>=1",
        "requires no-such-distribution>=1, which is not installed; .*--environment",
    ),
    "another version": ("numpy<1", r"requires numpy<1, and 2\.\S+ is installed"),
    "no requirement": ("???", "names no distribution"),
}


@pytest.mark.parametrize(("line", "told"), REQUIREMENTS.values(), ids=REQUIREMENTS)
def test_requirements_that_are_not_met_are_told(tmp_path, line, told):
    (tmp_path / "predict.py").write_text("def predict(frame):\n    return [0] * len(frame)\n")
    (tmp_path / "requirements.txt").write_text(line + "\n")
    with pytest.raises(RefusedError, match=told):
        opened_here(config(tmp_path, "python", BINARY, "label"))


def folder_of(place, source):
    """Return a folder as intake makes it: open to the user whom root becomes inside."""
    folder = place / "submitted"
    folder.mkdir()
    (folder / "predict.py").write_text(source)
    return folder


THREADS = """
import os
def predict(frame):
    import threadpoolctl, numpy
    granted = {pool["num_threads"] for pool in threadpoolctl.threadpool_info()}
    raise RuntimeError(f"{os.environ['OMP_NUM_THREADS']} {sorted(granted)}")
"""


@pytest.mark.parametrize("threads", [1, 3])
def test_threads_are_granted_as_declared(executor, limits, tmp_path, threads):
    tmp_path = folder_of(tmp_path, THREADS)
    with (
        open_model(executor, spec(tmp_path, "python"), replace(limits, threads=threads)) as hosted,
        pytest.raises(ModelError, match=f"RuntimeError: {threads} \\[{threads}\\]|RuntimeError: {threads} \\[2\\]"),
    ):
        hosted.predict(TABLE)


def test_threads_are_granted_to_onnxruntime(tmp_path):
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression

    model = to_onnx(LogisticRegression().fit(ROWS, TARGETS[BINARY]), ROWS[:1].astype(np.float32))
    (tmp_path / "model.onnx").write_bytes(model.SerializeToString())
    for threads in (1, 3):
        opened = opened_here({**config(tmp_path / "model.onnx", "onnx", BINARY, "label"), "threads": threads})
        assert opened._session.get_session_options().intra_op_num_threads == threads
        assert opened.codes(MatrixRows(np.asfortranarray(ROWS))).mean() > 0.3


SCRATCH = """
import os, tempfile
def predict(frame):
    with tempfile.TemporaryFile() as file:
        file.write(b"x" * 500_000)
        size = file.tell()
    try:
        with open(tempfile.gettempdir() + "/large", "wb") as file:
            file.write(b"x" * 3_000_000)
        raise RuntimeError("more than was granted")
    except OSError as error:
        size += error.errno
    for place in ("/", "/dev/shm", "/usr", "/model", "/proc/self"):
        try:
            open(place + "/written", "w")
        except OSError:
            size += 1
    raise RuntimeError(f"size {size}")
"""


def test_a_folder_to_write_to_is_granted_as_declared(limits, tmp_path):
    from proofbox.sandbox.executor import choose

    tmp_path = folder_of(tmp_path, textwrap.dedent(SCRATCH))
    given, limits = spec(tmp_path, "python"), replace(limits, scratch_bytes=1_000_000)
    with (
        open_model(choose("bubblewrap"), given, limits) as hosted,
        # 27 is EFBIG: RLIMIT_FSIZE ends a file before the folder is full.
        pytest.raises(ModelError, match=f"RuntimeError: size {500_000 + 27 + 5}"),
    ):
        hosted.predict(TABLE)
    with pytest.raises(IsolationError, match="which landlock cannot give; use --executor bubblewrap"):
        open_model(choose("landlock"), given, limits)


CONTRADICTIONS = [
    ("auto", "xgboost", "xgboost"),
    ("xgboost", "pickle", "pickle"),
    ("catboost", "unknown", "catboost"),
    ("sklearn", "joblib", "joblib"),
    ("sklearn", "unknown", "unknown"),
    ("sklearn", "onnx", None),
    ("onnx", "pickle", None),
    ("python", "mlflow", None),
    ("http", "unknown", "http"),
]


HEADS = [
    ("m.json", b'{\n  "learner": {"attributes": {}', "xgboost"),
    ("m.bin", b"{L\0\0\0\0\0\0\0\x07learner{L", "xgboost"),
    ("m.json", b'{\n"oblivious_trees":\n[', "catboost"),
    ("m.json", b'{"weights": [1, 2]}', "unknown"),
    ("m", b"CBM1\x00", "catboost"),
    ("m.txt", b"tree\r\nversion=v4\r\n", "lightgbm"),
    ("m.txt", b"tree of life", "unknown"),
    ("predict.py", b"import os", "python"),
    ("m.pkl", b'{"learner"', "xgboost"),  # what it is called does not matter
]


@pytest.mark.parametrize(("name", "head", "found"), HEADS)
def test_how_files_begin(name, head, found):
    assert detect_format(name, head) == found


@pytest.mark.parametrize(("declared", "detected", "hosted"), CONTRADICTIONS)
def test_what_is_declared_must_not_contradict_what_lies_there(declared, detected, hosted):
    assert agreed(declared, detected) == hosted
