"""Open the submitted model by its format; what all formats share."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from importlib import metadata
from typing import TYPE_CHECKING, Any, Protocol

from .channel import FLOAT64, HELLO, INT64, Channel
from .tables import Rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FORMATS = ("onnx", "skops", "pickle", "joblib", "xgboost", "lightgbm", "catboost", "mlflow", "python", "http")
LIBRARIES = (
    *("catboost", "joblib", "lightgbm", "mlflow", "numpy", "onnxruntime", "pandas", "pyarrow", "scikit-learn"),
    *("scipy", "skops", "xgboost", "xgboost-cpu"),
)


class RefusedError(Exception):
    """The model does not have what was asked of it; the message is shown to people."""


class Opened(Protocol):
    """A loaded model of any format."""

    classes: tuple[str, ...]

    def codes(self, rows: Rows) -> NDArray[np.int64]:
        """Return shape (n,): index into ``classes`` for each row."""
        ...

    def values(self, rows: Rows) -> NDArray[np.float64]:
        """Return shape (n, k): probabilities, scores or predicted values."""
        ...


class Served:
    """A loaded model and the kind of answer that was asked of it."""

    def __init__(self, opened: Opened, *, labels: bool) -> None:
        self._opened = opened
        self._labels = labels

    def hello(self, channel: Channel) -> None:
        """Tell the classes and the versions of the libraries."""
        channel.texts(HELLO, [self._opened.classes, [f"{name} {version}" for name, version in _versions()]])

    def answer(self, rows: Rows) -> tuple[int, NDArray[Any]]:
        """Return the type on the wire and the values, C-contiguous, of shape (rows, columns)."""
        import numpy as np

        if self._labels:
            return INT64, np.ascontiguousarray(self._opened.codes(rows), dtype="<i8").reshape(-1, 1)
        values = np.asarray(self._opened.values(rows), dtype="<f8")
        return FLOAT64, np.ascontiguousarray(values.reshape(-1, 1) if values.ndim == 1 else values)


def open_served(config: Mapping[str, Any]) -> Served:
    """Load the model that ``config`` names.

    Raises
    ------
    RefusedError
        This version cannot host that format, or the model has no such output.
    Exception
        Whatever loading a stranger's file may raise.
    """
    labels = config["output"] == "label" and config["task"] != "regression"
    return Served(open_model(config), labels=labels)


def open_model(config: Mapping[str, Any]) -> Opened:
    """Load the model at ``config["path"]`` as one of ``config["format"]``."""
    kind, path = config["format"], config["path"]
    if kind == "onnx":
        from .onnx_model import OnnxModel

        return OnnxModel(config)
    if kind == "mlflow":
        from .mlflow_folder import open_folder

        return open_folder(config)
    if kind == "scanners":
        from .scanners import Scanners

        return Scanners(config)
    from .estimator import Estimator

    if kind in {"pickle", "joblib", "skops"}:
        from .estimator import load_estimator

        return Estimator(config, load_estimator(path, kind))
    if kind in {"xgboost", "lightgbm", "catboost"}:
        from .boosters import load_booster

        return Estimator(config, load_booster(config))
    if kind in {"python", "http"}:
        return Estimator(config, _program(config))
    raise RefusedError(f"this version hosts {', '.join(FORMATS)}, not {kind}")


def _program(config: Mapping[str, Any]) -> Any:  # noqa: ANN401 a stranger's functions, or application
    if config["format"] == "http":
        from .web_app import WebApp

        return WebApp(config)
    from .functions import load_functions

    return load_functions(config)


def class_names(labels: Sequence[object]) -> tuple[str, ...]:
    """Return the text form of class labels, by the rule of ``proofbox.checks.labels.label_text``."""
    return tuple(label_text(label) for label in labels)


def label_text(value: object) -> str:
    """Return a label as text: integers without a point, booleans as ``true``/``false``, text in NFC and trimmed."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return unicodedata.normalize("NFC", str(value)).strip()


def codes_of(labels: NDArray[Any], classes: tuple[str, ...]) -> NDArray[np.int64]:
    """Return the index into ``classes`` of each label; labels that are no class raise RefusedError."""
    import numpy as np

    flat = np.asarray(labels).reshape(-1)
    if flat.dtype == object:
        flat = np.array([label_text(value) for value in flat], dtype=str)
    found, inverse = np.unique(flat, return_inverse=True)
    places = {name: code for code, name in enumerate(classes)}
    names = [label_text(value) for value in found]
    strange = [name for name in names if name not in places]
    if strange:
        raise RefusedError(f"the model answered {strange[0][:40]!r}, which is none of its classes")
    return np.array([places[name] for name in names], dtype=np.int64)[inverse.reshape(-1)]


def _versions() -> list[tuple[str, str]]:
    found = []
    for name in LIBRARIES:
        try:
            found.append((name, metadata.version(name)))
        except metadata.PackageNotFoundError:
            continue
    return found
