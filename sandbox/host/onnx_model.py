"""Host an ONNX model with onnxruntime: as many threads as were granted, processor only, no custom operators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .models import RefusedError, class_names, codes_of
from .tables import Rows

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

TYPES = {
    "tensor(float)": "float32",
    "tensor(double)": "float64",
    "tensor(int64)": "int64",
    "tensor(int32)": "int32",
    "tensor(bool)": "bool",
    "tensor(string)": "object",
}
LABEL_TYPES = {"tensor(int64)", "tensor(int32)", "tensor(string)", "tensor(bool)"}
FLOAT_TYPES = {"tensor(float)", "tensor(double)"}


class OnnxModel:
    """A session, which inputs it takes and which of its outputs is read."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        import onnxruntime as ort

        options = ort.SessionOptions()
        options.intra_op_num_threads = config["threads"]
        options.inter_op_num_threads = 1
        options.log_severity_level = 4
        self._session = ort.InferenceSession(config["path"], options, providers=["CPUExecutionProvider"])
        self._features: tuple[str, ...] = tuple(config["features"])
        self._inputs = self._session.get_inputs()
        self._check_inputs()
        regression = config["task"] == "regression"
        wanted = "value" if regression else config["output"]
        self._output = _pick(self._session.get_outputs(), wanted)
        self.classes: tuple[str, ...] = () if regression else self._classes(config["path"])

    def codes(self, rows: Rows) -> NDArray[np.int64]:
        """Return shape (n,): index into ``classes`` for each row."""
        return codes_of(self._run(rows), self.classes)

    def values(self, rows: Rows) -> NDArray[np.float64]:
        """Return shape (n, k): probabilities, scores or predicted values."""
        import numpy as np

        answer = self._run(rows)
        if isinstance(answer, list):  # ZipMap: one mapping from class to probability a row
            keys = list(answer[0])
            return np.array([[row[key] for key in keys] for row in answer], dtype=np.float64)
        values = np.asarray(answer, dtype=np.float64)
        values = values.reshape(values.shape[0], -1)
        if len(self.classes) == 2 and values.shape[1] == 1 and "prob" in self._output.name.lower():
            return np.column_stack([1.0 - values[:, 0], values[:, 0]])
        return values

    def _run(self, rows: Rows) -> Any:  # noqa: ANN401 an array, or a list of mappings

        if len(self._inputs) == 1:
            wanted = TYPES[self._inputs[0].type]
            matrix = rows.matrix().astype(wanted, order="C", copy=False)
            feed = {self._inputs[0].name: matrix}
        else:
            feed = {}
            for given in self._inputs:
                column = rows.column(self._features.index(given.name)).astype(TYPES[given.type])
                feed[given.name] = column if len(given.shape) == 1 else column.reshape(-1, 1)
        return self._session.run([self._output.name], feed)[0]

    def _check_inputs(self) -> None:
        names = [given.name for given in self._inputs]
        strange = [given.type for given in self._inputs if given.type not in TYPES]
        if strange:
            raise RefusedError(f"the model takes an input of type {strange[0]}, which this version does not host")
        if len(names) == 1:
            shape = self._inputs[0].shape
            if len(shape) == 2 and isinstance(shape[1], int) and shape[1] != len(self._features):
                raise RefusedError(f"the model takes {shape[1]} features, the submission names {len(self._features)}")
        elif sorted(names) != sorted(self._features):
            raise RefusedError(f"the model takes the inputs {names}, which are not the features of the submission")

    def _classes(self, path: str) -> tuple[str, ...]:
        import numpy as np

        if self._output.type.startswith("seq(map("):
            ones = {given.name: np.zeros((1, _width(given)), TYPES[given.type]) for given in self._inputs}
            if all(given.type != "tensor(string)" for given in self._inputs) and len(self._inputs) == 1:
                return class_names(list(self._session.run([self._output.name], ones)[0][0]))
        declared = _declared_classes(path)
        if declared:
            return class_names(declared)
        width = self._output.shape[-1] if len(self._output.shape) == 2 else None
        if isinstance(width, int) and width > 1:
            return tuple(str(place) for place in range(width))
        return ("0", "1")


def _width(given: Any) -> int:  # noqa: ANN401 onnxruntime ships no types
    width = given.shape[-1] if len(given.shape) == 2 else 1
    return width if isinstance(width, int) else 1


def _pick(outputs: list[Any], wanted: str) -> Any:  # noqa: ANN401 onnxruntime ships no types
    labels = [o for o in outputs if o.type in LABEL_TYPES]
    floats = [o for o in outputs if o.type in FLOAT_TYPES]
    maps = [o for o in outputs if o.type.startswith("seq(map(")]
    named = [o for o in floats + maps if ("prob" if wanted == "probability" else "score") in o.name.lower()]
    candidates = {
        "label": labels,
        "probability": named or maps or floats,
        "score": named or floats,
        "value": floats,
    }[wanted]
    if not candidates:
        known = ", ".join(f"{o.name} {o.type}" for o in outputs)
        raise RefusedError(f"no output of the model serves as {wanted}; it has {known}")
    return candidates[0]


def _declared_classes(path: str) -> list[object]:
    """Return the labels that a classifier node of the graph declares, else those that its labels are looked up in."""
    import onnx

    graph = onnx.load(path, load_external_data=False).graph
    for node in reversed(graph.node):
        for attribute in node.attribute:
            if attribute.name.startswith("classlabels") and (attribute.ints or attribute.strings):
                return list(attribute.ints) or list(attribute.strings)
    constants = {given.name: given for given in graph.initializer}
    for node in reversed(graph.node):
        if node.op_type == "ArrayFeatureExtractor" and node.input[0] in constants:
            return list(onnx.numpy_helper.to_array(constants[node.input[0]]).reshape(-1))
    return []
