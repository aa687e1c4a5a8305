"""Load models of XGBoost, LightGBM and CatBoost from their own files, as objects with scikit-learn's methods.

The classes of a file that names none are the numbers 0 to k - 1: so are they in what these libraries train on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .models import RefusedError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def load_booster(config: Mapping[str, Any]) -> Any:  # noqa: ANN401 a library's object or one of ours
    """Return the model of the file, with ``classes_``, ``predict`` and, where it has them, the other two.

    Raises
    ------
    RefusedError
        It was trained for something else than the declared task, or on other columns.
    """
    return {"xgboost": _xgboost, "lightgbm": LightGBM, "catboost": _catboost}[config["format"]](config)


def _xgboost(config: Mapping[str, Any]) -> Any:  # noqa: ANN401 a library's object
    import xgboost

    classifies = config["task"] != "regression"
    told = json.loads(xgboost.Booster(model_file=config["path"]).save_config())
    objective = str(told["learner"]["objective"]["name"])
    if classifies != objective.startswith(("binary:", "multi:")):
        raise RefusedError(f"the model was trained for {objective}, which does not serve as {config['task']}")
    if objective == "multi:softmax" and config["output"] != "label":
        raise RefusedError("a model of multi:softmax tells labels only; train it for multi:softprob")
    model = (xgboost.XGBClassifier if classifies else xgboost.XGBRegressor)(n_jobs=config["threads"])
    model.load_model(config["path"])
    _check_names(getattr(model, "feature_names_in_", None), config["features"])
    if classifies:
        model.decision_function = lambda rows: model.predict(rows, output_margin=True)
    return model


def _catboost(config: Mapping[str, Any]) -> Any:  # noqa: ANN401 a library's object
    import catboost

    classifies = config["task"] != "regression"
    model = (catboost.CatBoostClassifier if classifies else catboost.CatBoostRegressor)()
    path = Path(config["path"])
    if path.read_bytes()[:4] == b"CBM1":
        model.load_model(blob=path.read_bytes())
    elif os.access(path, os.F_OK):
        model.load_model(str(path), format="json")
    else:
        # Started by root without namespaces, the process opens files as root but is nobody when it asks for them.
        raise RefusedError("CatBoost does not find its JSON file here: save the model as .cbm, or use bubblewrap")
    if classifies != bool(len(model.classes_)):
        trained = "to tell classes apart" if len(model.classes_) else "to tell a number"
        raise RefusedError(f"the model was trained {trained}, which does not serve as {config['task']}")
    names = list(model.feature_names_)
    numbered = names == [str(place) for place in range(len(names))]
    _check_names(None if numbered else names, config["features"])
    return CatBoost(model, config)


class CatBoost:
    """A model of CatBoost; its columns of categories are text to it, whatever they were read as."""

    def __init__(self, model: Any, config: Mapping[str, Any]) -> None:  # noqa: ANN401 a library's object
        self._model = model
        self._threads = config["threads"]
        self._categories = [config["features"][place] for place in model.get_cat_feature_indices()]
        self.feature_names_in_ = config["features"] if self._categories else None
        self.classes_ = getattr(model, "classes_", None)

    def predict(self, rows: Any) -> Any:  # noqa: ANN401 a frame or an array
        """Return labels, or the values of a regression."""
        return self._model.predict(self._given(rows), thread_count=self._threads)

    def predict_proba(self, rows: Any) -> Any:  # noqa: ANN401 a frame or an array
        """Return shape (n, k)."""
        return self._model.predict(self._given(rows), prediction_type="Probability", thread_count=self._threads)

    def decision_function(self, rows: Any) -> Any:  # noqa: ANN401 a frame or an array
        """Return the raw values of the formula."""
        return self._model.predict(self._given(rows), prediction_type="RawFormulaVal", thread_count=self._threads)

    def _given(self, rows: Any) -> Any:  # noqa: ANN401 a frame or an array
        return rows.astype(dict.fromkeys(self._categories, str)) if self._categories else rows


class LightGBM:
    """A model of LightGBM from its text."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        import lightgbm
        import numpy as np

        self._booster = lightgbm.Booster(model_file=config["path"])
        self._threads = config["threads"]
        head = self._booster.model_to_string(num_iteration=1).partition("\n\n")[0]
        told = dict(line.split("=", 1) for line in head.splitlines() if "=" in line)
        objective = told.get("objective", "none").split(" ")[0]
        classifies = config["task"] != "regression"
        if classifies != (objective in {"binary", "multiclass", "multiclassova", "cross_entropy"}):
            raise RefusedError(f"the model was trained for {objective}, which does not serve as {config['task']}")
        names = self._booster.feature_name()
        numbered = names == [f"Column_{place}" for place in range(len(names))]
        _check_names(None if numbered else names, config["features"])
        if numbered and len(names) != len(config["features"]):
            raise RefusedError(f"the model takes {len(names)} features, the submission names {len(config['features'])}")
        self.feature_names_in_ = config["features"] if self._booster.pandas_categorical else None
        if classifies:
            self.classes_ = np.arange(max(2, int(told.get("num_class", "1"))))
        self._regression = not classifies

    def predict(self, rows: Any) -> NDArray[Any]:  # noqa: ANN401 a frame or an array
        """Return labels, or the values of a regression."""
        import numpy as np

        if self._regression:
            return np.asarray(self._ask(rows))
        return np.asarray(np.argmax(self.predict_proba(rows), axis=1))

    def predict_proba(self, rows: Any) -> NDArray[np.float64]:  # noqa: ANN401 a frame or an array
        """Return shape (n, k)."""
        import numpy as np

        found = np.asarray(self._ask(rows))
        return np.column_stack([1.0 - found, found]) if found.ndim == 1 else found

    def decision_function(self, rows: Any) -> NDArray[np.float64]:  # noqa: ANN401 a frame or an array
        """Return the raw scores."""
        import numpy as np

        return np.asarray(self._ask(rows, raw_score=True))

    def _ask(self, rows: Any, *, raw_score: bool = False) -> Any:  # noqa: ANN401 a frame or an array
        if self.feature_names_in_ is not None:
            # Categories are told by their type; the model's file has them in the order of the columns.
            text = [name for name in rows.columns if rows[name].dtype.kind not in "fiub"]
            rows = rows.astype(dict.fromkeys(text, "category"))
        return self._booster.predict(rows, raw_score=raw_score, num_threads=self._threads)


def _check_names(trained: Any, features: list[str]) -> None:  # noqa: ANN401 any sequence of names
    if trained is not None and list(trained) != list(features):
        known = ", ".join(str(name) for name in list(trained)[:20])
        raise RefusedError(f"it was trained on the columns {known}, in this order: name them so in model.features")
