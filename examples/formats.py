"""Write one small submission for each format of models: ``python examples/formats.py DIR [FORMAT ...]``.

Each is trained here and now on the same made-up loan applications, so that no binary file lies in the repository. A
format whose library is not installed is left out, and said so.
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

FEATURES = ["income", "debt"]
SUBMISSION = """\
schema: proofbox/submission/v1
product:
  name: Example {name}
  version: 1.0.0
  provider: {{name: Example Ltd, country: VN}}
  sector: credit
  risk_tier: medium
  intended_purpose: An example of the format {name}
{model}data:
  evaluation:
    path: data/eval.csv
    target: approved
    sensitive: [sex]
{evaluation}"""
MODEL = """\
model:
  path: {path}
  format: {format}
  task: binary-classification
  features: [income, debt]
  output: {output}
  positive_label: 1
"""


def rows(count: int, seed: int) -> pd.DataFrame:
    """Return made-up applications, shape (count, 4): who earns more than they owe is approved, but for some noise."""
    rng = np.random.default_rng(seed)
    income, debt = rng.normal(size=count), rng.normal(size=count)
    approved = (income - debt + rng.normal(scale=0.3, size=count) > 0).astype(int)
    return pd.DataFrame({"income": income, "debt": debt, "sex": rng.choice(["f", "m"], count), "approved": approved})


def linear(train: pd.DataFrame) -> Any:  # noqa: ANN401 an estimator, which has no types
    """Return a logistic regression."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression().fit(train[FEATURES], train["approved"])


def write_onnx(model: Path, train: pd.DataFrame) -> tuple[str, str]:
    """Write a graph converted from scikit-learn."""
    from skl2onnx import to_onnx

    shown = train[FEATURES].to_numpy(dtype=np.float32)[:1]
    graph = to_onnx(linear(train), shown, options={"zipmap": False})
    (model / "model.onnx").write_bytes(graph.SerializeToString())
    return "model/model.onnx", "probability"


def write_skops(model: Path, train: pd.DataFrame) -> tuple[str, str]:
    """Write an estimator without pickle."""
    from skops import io

    io.dump(linear(train), model / "model.skops")
    return "model/model.skops", "probability"


def write_sklearn(model: Path, train: pd.DataFrame) -> tuple[str, str]:
    """Write a pickle."""
    import joblib

    joblib.dump(linear(train), model / "model.joblib")
    return "model/model.joblib", "probability"


def write_xgboost(model: Path, train: pd.DataFrame) -> tuple[str, str]:
    """Write what XGBoost's ``save_model`` writes."""
    import xgboost

    found = xgboost.XGBClassifier(n_estimators=20, n_jobs=1).fit(train[FEATURES], train["approved"])
    found.save_model(model / "model.json")
    return "model/model.json", "probability"


def write_lightgbm(model: Path, train: pd.DataFrame) -> tuple[str, str]:
    """Write the text that LightGBM's ``save_model`` writes."""
    import lightgbm

    found = lightgbm.LGBMClassifier(n_estimators=20, n_jobs=1, verbose=-1).fit(train[FEATURES], train["approved"])
    found.booster_.save_model(model / "model.txt")
    return "model/model.txt", "probability"


def write_catboost(model: Path, train: pd.DataFrame) -> tuple[str, str]:
    """Write what CatBoost's ``save_model`` writes."""
    import catboost

    found = catboost.CatBoostClassifier(iterations=20, verbose=False, allow_writing_files=False, thread_count=1)
    found.fit(train[FEATURES], train["approved"]).save_model(str(model / "model.cbm"))
    return "model/model.cbm", "probability"


LOADER = '''
"""A loader of MLflow's pyfunc: reads the limits that were saved beside it."""

import json
import pathlib


class Rule:
    def __init__(self, limits):
        self._margin = limits["margin"]

    def predict(self, frame, params=None):
        return (frame["income"] - frame["debt"] > self._margin).astype(int).to_numpy()


def _load_pyfunc(path):
    return Rule(json.loads((pathlib.Path(path) / "limits.json").read_text()))
'''


def write_mlflow(model: Path, train: pd.DataFrame) -> tuple[str, str]:
    """Write a folder of MLflow's with a loader module of its own and the code that it needs."""
    (model / "code").mkdir()
    (model / "data").mkdir()
    (model / "code/rule_loader.py").write_text(LOADER, encoding="utf-8")
    (model / "data/limits.json").write_text(json.dumps({"margin": 0.0}), encoding="utf-8")
    (model / "MLmodel").write_text(
        "flavors:\n  python_function:\n    loader_module: rule_loader\n    code: code\n    data: data\n"
        "metadata: {classes: [0, 1]}\n",
        encoding="utf-8",
    )
    return "model", "label"


def write_python(model: Path, train: pd.DataFrame) -> tuple[str, str]:
    """Write a function of a frame, with its requirements."""
    source = """
        import numpy as np


        def predict_proba(frame):
            return 1 / (1 + np.exp(-5 * (frame["income"] - frame["debt"])))
    """
    (model / "predict.py").write_text(textwrap.dedent(source).lstrip(), encoding="utf-8")
    (model / "requirements.txt").write_text("numpy>=2\npandas\n", encoding="utf-8")
    return "model", "probability"


def write_http(model: Path, train: pd.DataFrame) -> tuple[str, str]:
    """Write a WSGI application and its contract."""
    source = """
        import json
        import math


        def app(environ, start_response):
            asked = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
            income, debt = asked["columns"].index("income"), asked["columns"].index("debt")
            try:
                found = [1 / (1 + math.exp(-5 * (row[income] - row[debt]))) for row in asked["rows"]]
            except (TypeError, OverflowError):
                start_response("422 Unprocessable Content", [])
                return [b""]
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps({"probabilities": found}).encode()]
    """
    (model / "server.py").write_text(textwrap.dedent(source).lstrip(), encoding="utf-8")
    contract = {
        "openapi": "3.1.0",
        "info": {"title": "Loan model", "version": "1.0.0"},
        "paths": {"/predict": {"post": {"summary": "Rows in, answers out"}}},
        "x-proofbox": {"classes": [0, 1], "app": "server:app"},
    }
    (model / "http.json").write_text(json.dumps(contract, indent=2) + "\n", encoding="utf-8")
    return "model", "probability"


Writer = Callable[[Path, pd.DataFrame], tuple[str, str]]
WRITERS: dict[str, Writer] = {
    "onnx": write_onnx,
    "skops": write_skops,
    "sklearn": write_sklearn,
    "xgboost": write_xgboost,
    "lightgbm": write_lightgbm,
    "catboost": write_catboost,
    "mlflow": write_mlflow,
    "python": write_python,
    "http": write_http,
}
DECISIONS = "decisions"
FORMATS = (*WRITERS, DECISIONS)
LIBRARIES = {"xgboost": "xgboost", "lightgbm": "lightgbm", "catboost": "catboost"}


def write(folder: Path, name: str) -> Path:
    """Write the submission of one format below ``folder``; return its folder."""
    made = folder / name
    (made / "data").mkdir(parents=True)
    train, test = rows(600, seed=7), rows(400, seed=8)
    block, evaluation = "", ""
    if name == DECISIONS:
        test["decision"] = (test["income"] > test["debt"]).astype(int)
        evaluation = "    prediction: decision\n    positive_label: 1\n"
    else:
        (made / "model").mkdir()
        path, output = WRITERS[name](made / "model", train)
        block = MODEL.format(path=path, format=name, output=output)
    test.to_csv(made / "data/eval.csv", index=False)
    text = SUBMISSION.format(name=name, model=block, evaluation=evaluation)
    (made / "submission.yaml").write_text(text, encoding="utf-8")
    return made


def main(folder: Path, names: tuple[str, ...]) -> None:
    """Write the named formats, all where none is named."""
    for name in names or FORMATS:
        library = LIBRARIES.get(name)
        if library is not None and find_spec(library) is None:
            print(f"{name}: left out, since {library} is not installed (pip install 'proofbox[{name}]')")
            continue
        print(f"{name}: {write(folder, name)}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(f"usage: python examples/formats.py DIR [{' '.join(FORMATS)}]")
    main(Path(sys.argv[1]), tuple(sys.argv[2:]))
