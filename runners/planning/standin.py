"""A stand-in for the submitted model in the dress rehearsal: a plain linear model fitted to the evaluation rows.

It answers in microseconds, in our own process, and knows nothing of the submitted model, so that a plan can neither run
a stranger's program nor tell how the assessment would come out. The checks ask it as they would ask the model.

Least squares with a small ridge on standardised numbers and on indicators of the most frequent texts (Hastie,
Tibshirani, Friedman, "The Elements of Statistical Learning", 2nd edition, sections 3.4.1 and 4.2).
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from proofbox.checks.errors import ModelFailedError
from proofbox.checks.labels import label_text
from proofbox.checks.samples.features import is_numeric, numbers
from proofbox.checks.subject import Decisions

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

    from proofbox.checks.subject import Dataset
    from proofbox.checks.surroundings import Surroundings, Way
    from proofbox.runners.submitted.submission import ModelBlock

FIT_ROWS = 20_000
WORDS = 20
"""Texts of a column that get an indicator of their own."""
RIDGE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Column:
    """How one feature becomes columns of the design."""

    name: str
    middle: float = 0.0
    spread: float = 1.0
    words: tuple[str, ...] | None = None
    """Its most frequent texts; None for a feature of numbers."""


class StandIn:
    """Satisfies :class:`proofbox.checks.subject.Model`."""

    def __init__(self, data: Dataset, block: ModelBlock) -> None:
        self._block = block
        self.seconds = 0.0
        """Processor time that it has used for its own answers."""
        self.restarts = 0
        """How often a check wanted a fresh process."""
        rows = data.table.slice(0, FIT_ROWS)
        self._columns = [_column(name, rows.column(name)) for name in block.features]
        wanted, self._classes = _targets(data, rows, block)
        design = self._design(rows)
        gram = design.T @ design + RIDGE * len(design) * np.eye(design.shape[1])
        self._weights = np.asarray(np.linalg.solve(gram, design.T @ wanted), dtype=np.float64)

    @property
    def features(self) -> tuple[str, ...]:
        """Columns that it reads."""
        return self._block.features

    @property
    def varies(self) -> frozenset[Way]:
        """Nothing can be different around it."""
        return frozenset()

    def restart(self, surroundings: Surroundings | None = None) -> None:
        """Count it: there is no process to start again."""
        self.restarts += 1

    def predict(self, rows: pa.Table, deadline_seconds: float | None = None) -> Decisions:
        """Return decisions in the form in which the submitted model would give them."""
        started = time.process_time()
        found = self._design(rows) @ self._weights
        answer = self._decided(found)
        self.seconds += time.process_time() - started
        return answer

    def _decided(self, found: NDArray[np.float64]) -> Decisions:
        positive = label_text(self._block.positive_label)
        if not self._classes:
            return Decisions(
                classes=(), codes=np.zeros(len(found), np.int64), score=found[:, 0], positive_label="", source="model"
            )
        shares = np.clip(found, 1e-6, None)
        shares /= shares.sum(axis=1, keepdims=True)
        codes = np.argmax(shares, axis=1).astype(np.int64)
        scored = self._block.output != "label" and positive in self._classes
        several = scored and len(self._classes) > 2
        return Decisions(
            classes=self._classes,
            codes=codes,
            score=np.ascontiguousarray(shares[:, self._classes.index(positive)]) if scored else None,
            positive_label=positive,
            source="model",
            probabilities=shares if several and self._block.output == "probability" else None,
        )

    def _design(self, rows: pa.Table) -> NDArray[np.float64]:
        parts = [np.ones((rows.num_rows, 1))]
        for one in self._columns:
            column = rows.column(one.name)
            if one.words is not None:
                texts = np.asarray(column.to_pylist(), dtype=object)
                parts += [(texts == word).astype(float).reshape(-1, 1) for word in one.words]
            elif is_numeric(column.type):
                with np.errstate(over="ignore"):
                    parts.append(((_numbers(column) - one.middle) / one.spread).reshape(-1, 1))
            else:
                # As a model does that was given text where it reads a number.
                raise ModelFailedError(f"could not convert text in {one.name} to a number", "raised")
        found: NDArray[np.float64] = np.clip(np.nan_to_num(np.hstack(parts)), -1e6, 1e6)
        return found


def _column(name: str, values: pa.ChunkedArray) -> _Column:
    import pyarrow.compute as pc

    if is_numeric(values.type):
        found = _numbers(values)
        found = found[np.isfinite(found)]
        spread = float(found.std()) if len(found) else 0.0
        return _Column(name=name, middle=float(found.mean()) if len(found) else 0.0, spread=spread or 1.0)
    counted = pc.value_counts(values.drop_null()).to_pylist()
    ordered = sorted(counted, key=lambda one: (-one["counts"], str(one["values"])))
    return _Column(name=name, words=tuple(str(one["values"]) for one in ordered[:WORDS]))


def _numbers(values: pa.ChunkedArray) -> NDArray[np.float64]:
    with np.errstate(all="ignore"):
        found = np.asarray(numbers(values), dtype=np.float64)
    return np.where(np.isfinite(found), found, np.nan)


def _targets(data: Dataset, rows: pa.Table, block: ModelBlock) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Return shape (rows, classes): what is to be told, and the names of the classes; none for a regression."""
    if block.task == "regression":
        if data.target is None:
            return np.zeros((rows.num_rows, 1)), ()
        return np.nan_to_num(_numbers(rows.column(data.target))).reshape(-1, 1), ()
    positive = label_text(block.positive_label)
    if data.target is None:
        # Nothing says what is right: half of the rows get either answer, by their place.
        labels = [positive if place % 2 else f"not {positive}" for place in range(rows.num_rows)]
    else:
        labels = [label_text(value) for value in rows.column(data.target).to_pylist()]
    classes = tuple(sorted(set(labels) | {positive} | set(map(label_text, block.classes))))
    codes = np.array([classes.index(label) for label in labels], dtype=np.int64)
    return np.eye(len(classes))[codes], classes
