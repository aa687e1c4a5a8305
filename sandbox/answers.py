"""What an answer of a model must be to count as one: computed before it is asked, held against what it answered."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any

from proofbox.sandbox import wire
from proofbox.sandbox.errors import ModelError, ModelErrorKind

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

PROBABILITY_SLACK = 1e-6
"""How far a probability may lie outside [0, 1]: float32 softmax rounds by about 1e-7."""
SUM_SLACK = 1e-3
"""How far a row of probabilities may be from a sum of 1: float32 over some thousand classes."""
MAX_CLASSES = 10_000
MAX_CLASS_CHARACTERS = 200
PATH = re.compile(r"(?:/[^\s/'\":,;()\[\]<>]+){2,}")
SAID_KINDS: dict[str, ModelErrorKind] = {"load": "load", "refused": "refused", "raised": "raised"}


def expected_shape(output: str, task: str, classes: tuple[str, ...], rows: int) -> wire.Shape:
    """Return the only shape that an answer to ``rows`` rows may have."""
    if task == "regression":
        return wire.Shape(dtype=wire.FLOAT64, rows=rows, columns=(1,))
    if output == "label":
        return wire.Shape(dtype=wire.INT64, rows=rows, columns=(1,))
    if output == "probability":
        return wire.Shape(dtype=wire.FLOAT64, rows=rows, columns=(len(classes),))
    # The usual number first: one decision value for two classes, else one for each class.
    columns = (1, len(classes)) if len(classes) <= 2 else (len(classes), 1)
    return wire.Shape(dtype=wire.FLOAT64, rows=rows, columns=columns)


def checked_values(reply: wire.Reply, shape: wire.Shape, output: str, classes: int) -> NDArray[Any]:
    """Return the values of a reply whose form is right.

    Raises
    ------
    ModelError
        ``garbage``: codes that are no class, numbers that are not finite, probabilities that are none; with the rows.
    """
    import numpy as np

    if shape.dtype == wire.INT64:
        codes = np.frombuffer(reply.body, dtype="<i8").astype(np.int64, copy=False)
        if codes.min() < 0 or codes.max() >= classes:
            raise _none("the model answered with a class that it does not have", (codes < 0) | (codes >= classes))
        return codes
    values = np.frombuffer(reply.body, dtype="<f8").astype(np.float64, copy=False).reshape(-1, reply.columns)
    if not np.isfinite(values).all():
        raise _none("the model answered with numbers that are not finite", ~np.isfinite(values).all(axis=1))
    if output == "probability" and classes:
        if values.min() < -PROBABILITY_SLACK or values.max() > 1 + PROBABILITY_SLACK:
            outside = (values < -PROBABILITY_SLACK) | (values > 1 + PROBABILITY_SLACK)
            raise _none("the model answered with probabilities outside 0 to 1", outside.any(axis=1))
        # A product with ones: numpy's sum over short rows takes ten times as long.
        off = np.abs(values @ np.ones(reply.columns) - 1) if reply.columns > 1 else np.zeros(1)
        if off.max() > SUM_SLACK:
            raise _none("the model answered with probabilities that do not sum to 1", off > SUM_SLACK)
    return values


def _none(what: str, rows: ArrayLike) -> ModelError:
    """Return the error of answers that are none; ``rows``, booleans of shape (n,), says which."""
    import numpy as np

    return ModelError("garbage", what, np.flatnonzero(rows).tolist())


def empty(output: str, task: str, classes: tuple[str, ...]) -> NDArray[Any]:
    """Return the answer to no rows."""
    import numpy as np

    shape = expected_shape(output, task, classes, 0)
    return np.empty(0, np.int64) if shape.dtype == wire.INT64 else np.empty((0, shape.columns[0]), np.float64)


def checked_classes(classes: tuple[str, ...], task: str) -> tuple[str, ...]:
    """Return the names of classes that the model told.

    Raises
    ------
    ModelError
        ``garbage``: none where there must be some, too many, twice the same, too long or not printable.
    """
    if task == "regression":
        if classes:
            raise ModelError("garbage", "a regression model told names of classes")
        return ()
    if not 1 <= len(classes) <= MAX_CLASSES:
        raise ModelError("garbage", f"the model told {len(classes)} classes, expected 1 to {MAX_CLASSES}")
    if len(set(classes)) != len(classes):
        raise ModelError("garbage", "the model told two classes of one name")
    if any(printable(name, MAX_CLASS_CHARACTERS) != name for name in classes):
        raise ModelError("garbage", "the model told a name of a class that is too long or cannot be printed")
    return classes


def refusal(body: bytearray) -> ModelError:
    """Return the error that a refusal of the host stands for, its message cleaned once more."""
    told = wire.read_texts(body, 1)[0]
    if len(told) != 2 or told[0] not in SAID_KINDS:
        raise ModelError("garbage", "the model sent a refusal that cannot be read")
    kind = SAID_KINDS[told[0]]
    message = printable(PATH.sub(lambda found: found.group().rpartition("/")[2], told[1]), 500)
    begin = {"load": "the model could not be loaded", "raised": "the model raised", "refused": "not hosted"}[told[0]]
    return ModelError(kind, f"{begin}: {message}")


def printable(text: str, most: int) -> str:
    """Return ``text`` without control and format characters, at most ``most`` characters of it."""
    clean = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text)
    return clean.strip()[:most]
