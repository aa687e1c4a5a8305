"""Between the rooms: the sandbox's hosted model as the ``Model`` that checks ask for.

The sandbox returns numbers, checks want decisions. What turns one into the other is the submission's word
(``output``, ``threshold``, ``positive_label``), so it happens here, outside the walls, where the model cannot touch it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from proofbox.checks import surroundings as around
from proofbox.checks.errors import ModelFailedError
from proofbox.checks.labels import label_text
from proofbox.checks.subject import Decisions
from proofbox.checks.surroundings import WAYS, Way
from proofbox.runners.submitted.submission import ModelBlock
from proofbox.sandbox.errors import ModelError
from proofbox.sandbox.surroundings import USUAL, Surroundings

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from proofbox.sandbox.spec import Answer


class Host(Protocol):
    """What a deciding model uses of a model behind the walls, or elsewhere."""

    classes: tuple[str, ...]

    @property
    def own_hostname(self) -> bool:
        """Whether it can be given another name of the machine."""
        ...

    @property
    def stopped(self) -> bool:
        """Whether it has no process any more."""
        ...

    @property
    def waited_seconds(self) -> float:
        """Seconds waited for its answers so far."""
        ...

    def memory(self) -> tuple[int, int]:
        """Return the bytes that it holds, and the most that it was seen to hold."""
        ...

    def predict(self, table: pa.Table, call_seconds: float | None = None) -> Answer:
        """Return its answers."""
        ...

    def restart(self, surroundings: Surroundings = USUAL) -> None:
        """Start it again."""
        ...

    def revive(self) -> None:
        """Start it again after a failure."""
        ...


class DecidingModel:
    """A hosted model that answers in decisions; satisfies :class:`proofbox.checks.subject.Model`."""

    def __init__(self, hosted: Host, block: ModelBlock) -> None:
        self._hosted = hosted
        self._block = block

    @property
    def features(self) -> tuple[str, ...]:
        """Columns that the model reads, in order."""
        return self._block.features

    @property
    def hosted(self) -> Host:
        """The model behind the walls, for what is watched of it from outside."""
        return self._hosted

    @property
    def varies(self) -> frozenset[Way]:
        """What :meth:`restart` can make different around it."""
        return frozenset(way for way in WAYS if way != "hostname" or self._hosted.own_hostname)

    def predict(self, rows: pa.Table, deadline_seconds: float | None = None) -> Decisions:
        """Return the decisions for ``rows``.

        Raises
        ------
        ModelFailedError
            The model crashed, hung or answered garbage.
        """
        try:
            if self._hosted.stopped:
                # It failed in another check: this one gets a fresh process, a bounded number of times.
                self._hosted.revive()
            return decide(self._hosted.predict(rows, deadline_seconds), self._hosted.classes, self._block)
        except ModelError as err:
            raise ModelFailedError(err.what, err.kind, err.rows, lives_on=err.lives_on) from err

    def restart(self, surroundings: around.Surroundings | None = None) -> None:
        """Start the model again in a fresh process behind the same walls, with something different around it or not."""
        wanted = surroundings or around.Surroundings()
        inside = Surroundings(
            clock=wanted.clock,
            hostname=wanted.hostname or USUAL.hostname,
            environment={**wanted.locale, **wanted.environment},
        )
        try:
            if surroundings is None and self._hosted.stopped:
                self._hosted.revive()  # after a failure: on record, and a bounded number of times
            else:
                self._hosted.restart(inside)
        except ModelError as err:
            raise ModelFailedError(err.what, err.kind) from err


def decide(answer: Answer, classes: tuple[str, ...], block: ModelBlock) -> Decisions:
    """Turn the model's numbers into decisions.

    Raises
    ------
    ModelFailedError
        The model has no class of the name that the submission calls positive.
    """
    import numpy as np

    positive = label_text(block.positive_label)
    values = answer.values
    if block.task == "regression":
        return Decisions(
            classes=(),
            codes=np.zeros(len(values), np.int64),
            score=_column(values, 0),
            positive_label="",
            source="model",
        )
    if block.output == "label":
        return Decisions(
            classes=classes,
            codes=values.astype(np.int64).reshape(-1),
            score=None,
            positive_label=positive,
            source="model",
        )
    if values.ndim == 1 or values.shape[1] == 1:
        classes = classes if len(classes) == 2 else _two_classes(positive)
        return _by_threshold(_column(values, 0), classes, positive, block.threshold)
    if positive not in classes:
        known = ", ".join(classes[:6])
        raise ModelFailedError(f"the model has no class '{positive}'; its classes are {known}")
    score = _column(values, classes.index(positive))
    if len(classes) == 2:
        return _by_threshold(score, classes, positive, block.threshold)
    codes = np.argmax(values, axis=1).astype(np.int64)
    return Decisions(
        classes=classes,
        codes=codes,
        score=score,
        positive_label=positive,
        source="model",
        probabilities=np.asarray(values, dtype=np.float64) if block.output == "probability" else None,
    )


def _by_threshold(score: NDArray[np.float64], classes: tuple[str, ...], positive: str, threshold: float) -> Decisions:
    import numpy as np

    if positive not in classes:
        raise ModelFailedError(f"the model has no class '{positive}'; its classes are {', '.join(classes)}")
    code = classes.index(positive)
    # Two classes: the other one's code is 1 - code. A score equal to the threshold counts as positive.
    codes = np.where(score >= threshold, code, 1 - code).astype(np.int64)
    return Decisions(classes=classes, codes=codes, score=score, positive_label=positive, source="model")


def _two_classes(positive: str) -> tuple[str, str]:
    return ("0", "1") if positive in ("0", "1") else (f"not {positive}", positive)


def _column(values: NDArray[np.float64] | NDArray[np.int64], index: int) -> NDArray[np.float64]:
    import numpy as np

    matrix = values.reshape(len(values), -1)
    return np.ascontiguousarray(matrix[:, index], dtype=np.float64)


def recorded_decisions(column: pa.ChunkedArray, positive_label: str) -> Decisions:
    """Return the decisions of a recorded column of predictions: labels as text, no score."""
    import numpy as np
    import pyarrow as pa

    column = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    names = [label_text(value) for value in encoded.dictionary.to_pylist()]
    classes = tuple(sorted(set(names)))
    recode = np.array([classes.index(name) for name in names], dtype=np.int64)
    codes = recode[encoded.indices.to_numpy(zero_copy_only=False)]
    return Decisions(classes=classes, codes=codes, score=None, positive_label=positive_label, source="recorded")
