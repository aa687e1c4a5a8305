"""Host a scikit-learn estimator from pickle, joblib or skops, or an object that has its methods."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .models import RefusedError, class_names, codes_of
from .tables import Names, Rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

OTHER_VERSION = (
    "save it again with the installed version, or as skops or ONNX, or make a virtual environment with its version and "
    "name it with --environment"
)
METHODS = {"label": "predict", "probability": "predict_proba", "score": "decision_function"}


class Estimator:
    """An estimator with the method that the declared output needs.

    Its ``repr``, ``get_params`` and ``clone`` are never called: they are the stranger's program as well, and some
    honest ones are slow.
    """

    def __init__(self, config: Mapping[str, Any], model: Any) -> None:  # noqa: ANN401 a stranger's object
        self._model = model
        named = getattr(self._model, "feature_names_in_", None) is not None
        self._names = Names(config["features"]) if named else None
        regression = config["task"] == "regression"
        method = "predict" if regression else METHODS[config["output"]]
        if not callable(getattr(self._model, method, None)):
            raise RefusedError(f"the model has no {method}, which output: {config['output']} needs")
        self._call = getattr(self._model, method)
        self.classes: tuple[str, ...] = () if regression else self._classes()
        self._lookup = None if regression else self._numeric_lookup()

    def codes(self, rows: Rows) -> NDArray[np.int64]:
        """Return shape (n,): index into ``classes`` for each row."""
        import numpy as np

        labels = np.asarray(self._call(self._given(rows)))
        if self._lookup is not None and labels.dtype.kind in "iuf":
            flat = labels.reshape(-1)
            places = np.minimum(np.searchsorted(self._lookup, flat), len(self._lookup) - 1)
            if np.array_equal(self._lookup[places], flat):
                return places.astype(np.int64)
        return codes_of(labels, self.classes)

    def values(self, rows: Rows) -> NDArray[np.float64]:
        """Return shape (n, k): probabilities, scores or predicted values."""
        import numpy as np

        answer = self._call(self._given(rows))
        if isinstance(answer, list) and answer and np.ndim(answer[0]) > 1:
            raise RefusedError("the model answers several outputs at once, which this version does not host")
        return np.asarray(answer, dtype=np.float64)

    def _given(self, rows: Rows) -> Any:  # noqa: ANN401 a DataFrame or an array
        return rows.matrix() if self._names is None else rows.frame(self._names)

    def _classes(self) -> tuple[str, ...]:
        import numpy as np

        labels = getattr(self._model, "classes_", None)
        if labels is None:
            raise RefusedError("the model names no classes (it has no classes_), so its labels cannot be told apart")
        if np.ndim(labels) != 1:
            raise RefusedError("the model has several outputs, which this version does not host")
        return class_names(list(labels))

    def _numeric_lookup(self) -> NDArray[Any] | None:
        import numpy as np

        labels = np.asarray(self._model.classes_)
        ordered = labels.dtype.kind in "iuf" and bool(np.all(labels[:-1] < labels[1:]))
        return labels if ordered else None


def load_estimator(path: str, kind: str) -> Any:  # noqa: ANN401 a stranger's object
    """Return what a file of kind ``skops``, ``pickle`` or ``joblib`` holds; loading runs what is in it.

    Raises
    ------
    RefusedError
        An estimator in it was saved by another version of scikit-learn, which does not promise the same answers.
    """
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            model = _loaded(path, kind)
        except Exception as error:
            if versions := _versions(warned):
                said = f"it was saved by scikit-learn {versions[0]}, and {versions[1]} is installed"
                raise RefusedError(f"{said}: {type(error).__name__}: {error}; {OTHER_VERSION}") from error
            raise
    versions = _versions(warned)
    if versions and _minor(versions[0]) != _minor(versions[1]):
        said = f"it was saved by scikit-learn {versions[0]}, and {versions[1]} is installed"
        raise RefusedError(f"{said}, which does not promise the same answers; {OTHER_VERSION}")
    return model


def _versions(warned: Sequence[Any]) -> tuple[str, str] | None:
    """Return the version of scikit-learn that saved an estimator and the one installed, where they were said to differ.

    scikit-learn 1.3 and later warn with ``sklearn.exceptions.InconsistentVersionWarning``, which has both.
    """
    for one in warned:
        saved = getattr(one.message, "original_sklearn_version", None)
        if saved is not None:
            return str(saved), str(getattr(one.message, "current_sklearn_version", ""))
    return None


def _minor(version: str) -> tuple[str, ...]:
    return tuple(version.split(".")[:2])


def _loaded(path: str, kind: str) -> Any:  # noqa: ANN401 a stranger's object
    if kind == "skops":
        from skops import io

        # Every type is trusted because the walls, and not a list of names, are what holds.
        return io.load(path, trusted=io.get_untrusted_types(file=path))
    import joblib

    return joblib.load(path)  # reads plain pickles as well, and files of either kind wear either suffix
