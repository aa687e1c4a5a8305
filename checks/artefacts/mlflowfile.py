"""Look into an ``MLmodel`` file: which module loads the model, where its code lies, and what is installed for it.

The file is YAML, of which this reads the plain ``key: value`` lines that MLflow writes; whatever else it holds is an
answer of its own, never a clean one.
"""

from __future__ import annotations

import re

from proofbox.checks.artefacts.blobs import Blob, exactly
from proofbox.checks.artefacts.findings import Look, shown
from proofbox.checks.artefacts.names import beside, is_address, leaves
from proofbox.checks.errors import BadDataError, TooMuchError
from proofbox.checks.text import t

MOST_BYTES = 5_000_000
LOADERS = frozenset(
    (
        *("mlflow.sklearn", "mlflow.xgboost", "mlflow.lightgbm", "mlflow.catboost", "mlflow.onnx", "mlflow.pytorch"),
        *("mlflow.tensorflow", "mlflow.keras", "mlflow.statsmodels", "mlflow.spark", "mlflow.h2o", "mlflow.spacy"),
        *("mlflow.prophet", "mlflow.pmdarima", "mlflow.transformers", "mlflow.sentence_transformers", "mlflow.paddle"),
    )
)
"""Flavours that read a file by a library of their own."""

PYTHON_LOADERS = frozenset(
    ("mlflow.pyfunc.model", "mlflow.pyfunc.loaders.code_model", "mlflow.langchain", "mlflow.openai")
)
"""Flavours that run Python which came with the model."""

_LINE = re.compile(r"^(\s*)(?:- )?[\"']?([A-Za-z_][\w ./-]*)[\"']?\s*:(?:\s+(.*))?$")
_PATHS = frozenset(
    (
        "code",
        "data",
        "pickled_model",
        "model_path",
        "python_model",
        "model_code_path",
        "model_config",
        "path",
        "serialized_model",
    )
)


def look_at_mlmodel(blob: Blob, look: Look) -> None:
    """Note what loading the model would import and where it would read.

    Raises
    ------
    BadDataError
        It is too long, is no text, or names anchors and tags, which MLflow never writes.
    """
    if blob.size > MOST_BYTES:
        raise TooMuchError(
            t("it has {file_size} bytes, more than the {most} that are read", file_size=blob.size, most=MOST_BYTES)
        )
    try:
        text = exactly(blob, 0, blob.size).decode("utf-8")
    except UnicodeDecodeError as err:
        raise BadDataError(t("it is no text")) from err
    for number, line in enumerate(text.splitlines(), 1):
        look.budget.item()
        match = _LINE.match(line)
        if match is None:
            if "\\" in line.partition(":")[0]:
                raise BadDataError(t("its keys are written in escapes, which MLflow never does"))
            continue
        key, value = match[2].strip(), (match[3] or "").strip()
        if value[:1] in ("&", "*", "!", "{") and value != "{}":
            raise BadDataError(
                t("line {number} uses an anchor, a tag or braces of YAML, which MLflow never writes", number=number)
            )
        _note(key, value.strip("\"'"), look, f"line {number}")
    if (
        "{" in text
        and re.search(r"loader_module[\"']?\s*:", text)
        and not re.search(r"(?m)^\s+[\"']?loader_module", text)
    ):
        raise BadDataError(t("its loader is written in a form that MLflow never writes"))


def _note(key: str, value: str, look: Look, where: str) -> None:
    if key == "loader_module":
        _loader(value, look, where)
    elif key in _PATHS and value and value not in ("null", "~", "true", "false"):
        if leaves(value) or is_address(value):
            said = t("loading the model reads {path}, which lies outside of its folder", path=shown(value, 120))
            look.found("mlflow", "path-outside", "refused", said, where)
        elif key == "code":
            look.is_code()
            below = beside(look.report.path, value)
            if not any(path == below or path.startswith(f"{below}/") for path in look.siblings):
                said = t("the model's code is said to lie in {path}, which was not submitted", path=shown(value, 120))
                look.found("mlflow", "missing-part", "unreadable", said, where)
            else:
                said = t("Python code in {path} is put on the path and can be run", path=shown(value, 120))
                look.found("mlflow", "brings-code", "code", said, where)


def _loader(value: str, look: Look, where: str) -> None:
    if value in LOADERS:
        return
    look.is_code()
    if value in PYTHON_LOADERS:
        said = t("the model is loaded by running Python that came with it ({module})", module=value)
        look.found("mlflow", "brings-code", "code", said, where)
        return
    module = value.split(".", maxsplit=1)[0]
    own = any(path.endswith((f"/{module}.py", f"/{module}/__init__.py")) for path in look.siblings)
    if own and value.isascii():
        said = t("the model is loaded by running Python that came with it ({module})", module=shown(value, 60))
        look.found("mlflow", "brings-code", "code", said, where)
    else:
        said = t("the model is loaded by the module {module}, which no rule knows", module=shown(value, 60))
        look.found("mlflow", "foreign-loader", "refused", said, where)
