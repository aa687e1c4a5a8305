"""Host a folder of Python: ``predict.py`` with the function that the declared output needs.

``predict(frame)`` gives labels (or the values of a regression), ``predict_proba(frame)`` probabilities and
``decision_function(frame)`` scores, each for a ``pandas.DataFrame`` of the declared features. ``classes`` names the
classes in order; where there are two and it is missing, they are 0 and 1.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import metadata, util
from pathlib import Path
from typing import Any

from .models import RefusedError

ENTRY = "predict.py"
REQUIREMENTS = "requirements.txt"


class Functions:
    """The functions of a module as one object."""

    def __init__(self, module: Any, config: Mapping[str, Any]) -> None:  # noqa: ANN401 a stranger's module
        import numpy as np

        self.feature_names_in_ = config["features"]
        two = config["task"] == "binary-classification"
        classes = getattr(module, "classes", (0, 1) if two else None)
        if classes is not None:
            self.classes_ = np.asarray(list(classes), dtype=object)
        self.predict = getattr(module, "predict", None)
        self.decision_function = getattr(module, "decision_function", None)
        probabilities = getattr(module, "predict_proba", None)
        self.predict_proba = _both(probabilities) if two and callable(probabilities) else probabilities


def _both(positive: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Give both columns where the function tells the probability of the second class alone."""

    def both(rows: Any) -> Any:  # noqa: ANN401 a frame
        import numpy as np

        found = np.asarray(positive(rows), dtype=np.float64)
        return np.column_stack([1.0 - found, found]) if found.ndim == 1 else found

    return both


def load_functions(config: Mapping[str, Any]) -> Functions:
    """Run ``predict.py`` and return its functions. Other modules of its folder can be imported, after all libraries.

    Raises
    ------
    RefusedError
        A requirement is not installed, or is installed in another version.
    """
    path = Path(config["path"])
    folder, entry = (path, path / ENTRY) if path.is_dir() else (path.parent, path)
    if (folder / REQUIREMENTS).is_file():
        _check_requirements((folder / REQUIREMENTS).read_text(encoding="utf-8"))
    sys.path.append(str(folder))
    spec = util.spec_from_file_location("submitted_predict", entry)
    if spec is None or spec.loader is None:
        raise RefusedError(f"the folder of the model holds no {ENTRY}")
    module = util.module_from_spec(spec)
    sys.modules["submitted_predict"] = module
    spec.loader.exec_module(module)
    return Functions(module, config)


def _check_requirements(text: str) -> None:
    from packaging.requirements import InvalidRequirement, Requirement

    for line in (line.partition("#")[0].strip() for line in text.splitlines()):
        try:
            requirement = Requirement(line) if line and not line.startswith("-") else None
        except InvalidRequirement as error:
            raise RefusedError(f"requirements.txt has {line[:80]!r}, which names no distribution") from error
        if requirement is None or (requirement.marker and not requirement.marker.evaluate()):
            continue
        try:
            found = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            raise RefusedError(f"it requires {line[:80]}, which is not installed; {ADVICE}") from None
        if not requirement.specifier.contains(found, prereleases=True):
            raise RefusedError(f"it requires {line[:80]}, and {found} is installed; {ADVICE}")


ADVICE = "make a virtual environment with its requirements, numpy, pandas and pyarrow, and name it with --environment"
