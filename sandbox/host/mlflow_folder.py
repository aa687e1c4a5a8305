"""Host a model in MLflow's form: a folder with ``MLmodel``.

A model of a library that is hosted anyway is read from its own file in the folder. Every other one is loaded by
``mlflow.pyfunc``, which imports the ``loader_module`` that the file names and the code that comes with it: strangers'
programs, and the reason why all of this happens behind the walls.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .models import Opened, RefusedError, open_model

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS = {"cloudpickle": "pickle", "pickle": "pickle", "joblib": "joblib", "skops": "skops"}
"""How MLflow's scikit-learn flavour was serialised -> the format here."""


def open_folder(config: Mapping[str, Any]) -> Opened:
    """Load the model of a folder with ``MLmodel``."""
    import yaml

    folder = Path(config["path"])
    described = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
    flavors = described["flavors"]
    general = flavors.get("python_function", {})
    if general.get("code"):
        sys.path.append(str(folder / str(general["code"])))  # after all libraries
    own = direct(flavors)
    if own is not None:
        kind, file_name = own
        return open_model({**config, "format": kind, "path": str(folder / file_name)})
    from .estimator import Estimator

    return Estimator(config, _general(config, described))


def direct(flavors: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return the format and the file of a model that needs no MLflow to be read."""
    if "sklearn" in flavors:
        told = flavors["sklearn"]
        return KINDS.get(str(told.get("serialization_format")), "pickle"), str(told["pickled_model"])
    for kind, key in (("onnx", "data"), ("xgboost", "data"), ("catboost", "data"), ("lightgbm", "data")):
        name = str(flavors.get(kind, {}).get(key, ""))
        if name and not name.endswith((".pkl", ".pickle")):
            return kind, name
        if name:
            return "pickle", name
    return None


def _general(config: Mapping[str, Any], described: Mapping[str, Any]) -> Any:  # noqa: ANN401
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    from mlflow import pyfunc

    model = pyfunc.load_model(config["path"], suppress_warnings=True)
    two = config["task"] == "binary-classification"
    told = (described.get("metadata") or {}).get("classes")
    if told is None and not two and config["task"] != "regression":
        raise RefusedError("MLmodel names no classes: save the model with metadata={'classes': [...]}, in order")
    return General(model, config, (0, 1) if told is None else told)


class General:
    """A model that MLflow loads: one ``predict``, which gives what the submission says that it gives."""

    def __init__(self, model: Any, config: Mapping[str, Any], classes: Any) -> None:  # noqa: ANN401
        import numpy as np

        self._model = model
        self._two = config["task"] == "binary-classification"
        self.feature_names_in_ = config["features"]
        if config["task"] != "regression":
            self.classes_ = np.asarray(list(classes), dtype=object)

    def predict(self, rows: Any) -> NDArray[Any]:  # noqa: ANN401 a frame
        """Return labels, or the values of a regression."""
        import numpy as np

        return np.asarray(self._model.predict(rows))

    decision_function = predict

    def predict_proba(self, rows: Any) -> NDArray[Any]:  # noqa: ANN401 a frame
        """Return shape (n, k); of two classes the model may tell the second one's probability alone."""
        import numpy as np

        found = np.asarray(self._model.predict(rows), dtype=np.float64)
        found = found.reshape(len(found), -1)
        return np.column_stack([1.0 - found, found]) if self._two and found.shape[1] == 1 else found
