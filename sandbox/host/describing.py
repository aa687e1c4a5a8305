"""Say what a model that nobody has described yet tells of itself: its columns, its classes and what it can answer.

Loading a stranger's model runs it, so this runs inside like everything else; what it says is a guess for a person to
look at, and nothing is measured by it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .models import RefusedError, class_names

METHODS = ("predict", "predict_proba", "decision_function")


@dataclass(frozen=True)
class Told:
    """What a model tells of itself; empty where it tells nothing."""

    features: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    count: int = 0
    """Number of columns that it takes; 0 where it does not say."""
    kind: str = ""
    """``classifier``, ``regressor``, or empty."""

    def texts(self) -> list[list[str]]:
        """Return the lists that go over the wire."""
        return [list(self.features), list(self.classes), list(self.methods), [str(self.count), self.kind]]


def describe(config: Mapping[str, Any]) -> Told:
    """Load the model at ``config["path"]``, of ``config["format"]``, and return what it tells of itself.

    Raises
    ------
    RefusedError
        Models of this format cannot be asked.
    Exception
        Whatever loading a stranger's file may raise.
    """
    kind = config["format"]
    if kind in {"pickle", "joblib", "skops"}:
        from .estimator import load_estimator

        return _of_object(load_estimator(config["path"], kind))
    known = {"onnx": _onnx, "xgboost": _xgboost, "lightgbm": _lightgbm, "catboost": _catboost}
    known |= {"mlflow": _mlflow, "python": _python, "http": _http}
    if kind not in known:
        raise RefusedError(f"a model of the format {kind} cannot be asked what it reads")
    return known[kind](config)


def _of_object(model: Any) -> Told:  # noqa: ANN401 a stranger's object
    classes = _attribute(model, "classes_")
    named = [str(name) for name in _listed(_attribute(model, "feature_names_in_"))]
    count = _attribute(model, "n_features_in_")
    return Told(
        features=tuple(named),
        classes=class_names(_listed(classes)),
        methods=tuple(name for name in METHODS if callable(_attribute(model, name))),
        count=len(named) or (int(count) if isinstance(count, int) else 0),
        kind="regressor" if classes is None and callable(_attribute(model, "predict")) else "classifier",
    )


def _onnx(config: Mapping[str, Any]) -> Told:
    import onnxruntime as ort

    from .onnx_model import OnnxModel

    options = ort.SessionOptions()
    options.log_severity_level = 4
    session = ort.InferenceSession(config["path"], options, providers=["CPUExecutionProvider"])
    inputs, outputs = session.get_inputs(), session.get_outputs()
    names = tuple(given.name for given in inputs) if len(inputs) > 1 else ()
    shape = list(inputs[0].shape)
    count = len(names) or (shape[1] if len(shape) == 2 and isinstance(shape[1], int) else 0)
    labels = [one for one in outputs if one.type in {"tensor(int64)", "tensor(int32)", "tensor(string)"}]
    if not labels:
        return Told(features=names, count=count, methods=("predict",), kind="regressor")
    asked = {**config, "features": names or [""] * (count or 1), "task": "multiclass-classification"}
    try:
        classes = OnnxModel({**asked, "output": "label"}).classes
    except RefusedError:
        classes = ()
    methods = ("predict", "predict_proba") if len(outputs) > 1 else ("predict",)
    return Told(features=names, classes=classes, methods=methods, count=count, kind="classifier")


def _xgboost(config: Mapping[str, Any]) -> Told:
    import xgboost

    booster = xgboost.Booster(model_file=config["path"])
    learner = json.loads(booster.save_config())["learner"]
    objective = str(learner["objective"]["name"])
    classifies = objective.startswith(("binary:", "multi:"))
    several = int(learner["learner_model_param"].get("num_class", "0") or 0)
    return Told(
        features=tuple(map(str, booster.feature_names or ())),
        classes=_numbers(max(2, several)) if classifies else (),
        methods=("predict", *(("predict_proba",) if classifies and objective != "multi:softmax" else ())),
        count=int(booster.num_features()),
        kind="classifier" if classifies else "regressor",
    )


def _lightgbm(config: Mapping[str, Any]) -> Told:
    import lightgbm

    booster = lightgbm.Booster(model_file=config["path"])
    head = booster.model_to_string(num_iteration=1).partition("\n\n")[0]
    told = dict(line.split("=", 1) for line in head.splitlines() if "=" in line)
    classifies = told.get("objective", "").split(" ")[0] in {"binary", "multiclass", "multiclassova", "cross_entropy"}
    names = tuple(booster.feature_name())
    numbered = names == tuple(f"Column_{place}" for place in range(len(names)))
    return Told(
        features=() if numbered else names,
        classes=_numbers(max(2, int(told.get("num_class", "1")))) if classifies else (),
        methods=("predict", *(("predict_proba",) if classifies else ())),
        count=len(names),
        kind="classifier" if classifies else "regressor",
    )


def _catboost(config: Mapping[str, Any]) -> Told:
    import catboost

    path = Path(config["path"])
    model = catboost.CatBoost()
    if path.read_bytes()[:4] == b"CBM1":
        model.load_model(blob=path.read_bytes())
    else:
        model.load_model(str(path), format="json")
    names = tuple(map(str, model.feature_names_ or ()))
    classes = class_names(_listed(model.classes_))
    return Told(
        features=() if names == _numbers(len(names)) else names,
        classes=classes,
        methods=("predict", *(("predict_proba",) if classes else ())),
        count=len(names),
        kind="classifier" if classes else "regressor",
    )


def _mlflow(config: Mapping[str, Any]) -> Told:
    import yaml

    from .mlflow_folder import direct

    folder = Path(config["path"])
    described = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
    inputs = json.loads((described.get("signature") or {}).get("inputs") or "[]")
    names = tuple(str(one["name"]) for one in inputs if "name" in one)
    found = direct(described["flavors"])
    if found is None:
        classes = class_names(_listed((described.get("metadata") or {}).get("classes")))
        return Told(features=names, classes=classes, methods=("predict",), count=len(names))
    kind, file_name = found
    told = describe({**config, "format": kind, "path": str(folder / file_name)})
    return Told(told.features or names, told.classes, told.methods, told.count or len(names), told.kind)


def _python(config: Mapping[str, Any]) -> Told:
    from .functions import load_functions

    found = load_functions({**config, "features": [], "task": "binary-classification"})
    methods = tuple(name for name in METHODS if callable(getattr(found, name, None)))
    return Told(classes=class_names(_listed(_attribute(found, "classes_"))), methods=methods)


def _http(config: Mapping[str, Any]) -> Told:
    from .webcontract import read_contract

    return Told(classes=class_names(list(read_contract(Path(config["path"])).classes or ())))


def _attribute(model: Any, name: str) -> Any:  # noqa: ANN401 a stranger's object
    try:
        return getattr(model, name, None)
    except Exception:  # noqa: BLE001 properties of wrappers raise where they do not apply
        return None


def _listed(values: Any) -> list[Any]:  # noqa: ANN401 an array, a list or None
    return [] if values is None or not isinstance(values, Iterable) else list(values)


def _numbers(count: int) -> tuple[str, ...]:
    return tuple(str(number) for number in range(count))
