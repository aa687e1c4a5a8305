"""A model that is an object of the caller's own process, as checks ask it. It runs without walls.

For a developer's own model in a test or a notebook. Whatever is submitted by somebody else is hosted by
:mod:`proofbox.runners.hosted.hosting` and never comes here.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from proofbox.checks.errors import ModelFailedError
from proofbox.checks.labels import label_text
from proofbox.runners.errors import UsageError
from proofbox.runners.hosted.deciding import decide
from proofbox.sandbox.spec import Answer

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from proofbox.checks.subject import Decisions
    from proofbox.checks.surroundings import Surroundings, Way
    from proofbox.runners.submitted.submission import ModelBlock

METHODS = {"label": "predict", "probability": "predict_proba", "score": "decision_function"}


class ObjectModel:
    """An object with scikit-learn's methods, or a function of a frame: a :class:`proofbox.checks.subject.Model`.

    Parameters
    ----------
    model
        Anything with ``predict``, ``predict_proba`` or ``decision_function``, or a function. It is given a
        ``pandas.DataFrame`` of the features (a matrix where the object was fitted without names) and returns one label,
        probability or score per row, or one column per class.
    block
        What its answers mean.
    classes
        Labels in the text form of :func:`proofbox.checks.labels.label_text`, in the order of its columns.
    """

    varies: frozenset[Way] = frozenset()
    """Nothing around this process is changed."""

    def __init__(self, model: object, block: ModelBlock, classes: tuple[str, ...]) -> None:
        self._block = block
        self._classes = classes
        self._call = method_of(model, block.output, regression=block.task == "regression")
        fitted = hasattr(model, "classes_") or hasattr(model, "n_features_in_")
        self._named = not fitted or getattr(model, "feature_names_in_", None) is not None

    @property
    def features(self) -> tuple[str, ...]:
        """Columns that the model reads, in order."""
        return self._block.features

    def predict(self, rows: pa.Table, deadline_seconds: float | None = None) -> Decisions:
        """Return the decisions for ``rows``; nothing ends a call that takes too long.

        Raises
        ------
        ModelFailedError
            The object raised an error, or answered something that is no answer.
        """
        try:
            # Behind walls nobody hears a model's warnings; a test run that makes errors of them is about other code.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                answer = self._call(self._given(rows))
        except Exception as err:
            raise ModelFailedError(f"raised {type(err).__name__}: {str(err)[:200]}", "raised") from err
        return decide(
            Answer(values=self._values(answer, rows.num_rows), classes=self._classes), self._classes, self._block
        )

    def restart(self, surroundings: Surroundings | None = None) -> None:
        """Say that this cannot be done.

        Raises
        ------
        ModelFailedError
            Always: an object of this process has no process of its own to be started again in.
        """
        raise ModelFailedError("a model in this process cannot be started again ('proofbox run' can do that)", "raised")

    def _given(self, rows: pa.Table) -> Any:  # noqa: ANN401 a frame or a matrix
        frame = _frame(rows)
        return frame if self._named else frame.to_numpy()

    def _values(self, answer: object, rows: int) -> NDArray[np.float64] | NDArray[np.int64]:
        import numpy as np

        found = np.asarray(answer)
        if found.ndim not in (1, 2) or len(found) != rows:
            raise _no_answer(f"shape {found.shape} for {rows} rows")
        if self._block.output == "label" and self._block.task != "regression":
            return self._codes(found.reshape(-1) if found.ndim == 1 or found.shape[1] == 1 else found)
        try:
            values = found.astype(np.float64)
        except (TypeError, ValueError) as err:
            raise _no_answer(f"{found.dtype} where numbers are due") from err
        wrong = np.flatnonzero(~np.isfinite(values.reshape(rows, -1)).all(axis=1))
        if len(wrong):
            raise _no_answer(f"no finite number for {len(wrong)} rows", wrong.tolist())
        return values

    def _codes(self, labels: NDArray[Any]) -> NDArray[np.int64]:
        import numpy as np

        if labels.ndim != 1:
            raise _no_answer(f"shape {labels.shape} where one label per row is due")
        found, inverse = np.unique(np.array([label_text(value) for value in labels]), return_inverse=True)
        if strange := [str(name) for name in found if name not in self._classes]:
            known = ", ".join(self._classes[:6])
            raise _no_answer(f"'{strange[0][:40]}'; its classes are {known}")
        return np.array([self._classes.index(str(name)) for name in found], dtype=np.int64)[inverse.reshape(-1)]


def method_of(model: object, output: str, *, regression: bool) -> Callable[[Any], Any]:
    """Return what to call for an output; a function stands for whichever method is due.

    Raises
    ------
    UsageError
        The object has no such method and is no function.
    """
    name = "predict" if regression else METHODS[output]
    method = getattr(model, name, None)
    if callable(method):
        return method  # type: ignore[no-any-return]  # an object of the caller's
    if callable(model) and not any(hasattr(model, other) for other in METHODS.values()):
        return model
    raise UsageError(f"model: got {type(model).__name__} without {name}(), expected what output '{output}' needs")


def best_output(model: object) -> str:
    """Return ``probability`` where the object gives probabilities, else ``label``."""
    return "probability" if callable(getattr(model, "predict_proba", None)) else "label"


def _no_answer(what: str, rows: Sequence[int] = ()) -> ModelFailedError:
    return ModelFailedError(f"answered {what}", "garbage", rows, lives_on=True)


def _frame(rows: pa.Table) -> Any:  # noqa: ANN401 no types
    """Return a frame of the features, text as Python strings: what a reader of CSV files would have made."""
    import pyarrow as pa

    columns = [column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column for column in rows.columns]
    return pa.table(columns, names=rows.column_names).to_pandas()
