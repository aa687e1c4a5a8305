"""Decisions that the checks of groups need beside yes and no: many classes, probabilities, numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from proofbox.checks.subject import Decisions


@pytest.fixture
def classes() -> Callable[..., Decisions]:
    """Decisions between any classes."""

    def build(labels: Sequence[object], names: Sequence[str] | None = None) -> Decisions:
        texts = [str(label) for label in labels]
        known = tuple(names or sorted(set(texts)))
        codes = np.array([known.index(text) for text in texts], dtype=np.int64)
        return Decisions(classes=known, codes=codes, score=None, positive_label=known[0], source="model")

    return build


@pytest.fixture
def numbers() -> Callable[[Sequence[float]], Decisions]:
    """Answers of a regression."""

    def build(values: Sequence[float]) -> Decisions:
        score = np.asarray(values, dtype=np.float64)
        codes = np.zeros(len(score), dtype=np.int64)
        return Decisions(classes=(), codes=codes, score=score, positive_label="", source="model")

    return build


@pytest.fixture
def probabilities() -> Callable[[Sequence[float]], Decisions]:
    """Probabilities of the label 1, decided at one half."""

    def build(values: Sequence[float]) -> Decisions:
        score = np.asarray(values, dtype=np.float64)
        codes = (score >= 0.5).astype(np.int64)
        return Decisions(classes=("0", "1"), codes=codes, score=score, positive_label="1", source="model")

    return build


@pytest.fixture
def cells() -> Callable[..., tuple[list[str], list[int], list[int]]]:
    """Rows (group, true label, decision) from a published table: group -> {(true label, decision): rows}."""

    def spread(table: dict[str, dict[tuple[int, int], int]]) -> tuple[list[str], list[int], list[int]]:
        rows = [
            (group, truth, decided)
            for group, counts in table.items()
            for (truth, decided), count in counts.items()
            for _ in range(count)
        ]
        groups, truths, decided = (list(column) for column in zip(*rows, strict=True))
        return groups, truths, decided

    return spread


@pytest.fixture
def crossed(data, decisions):
    """Rows of two attributes, sex and race, from (sex, race) -> (selected, refused)."""

    def build(table):
        rows = [(*who, label) for who, (yes, no) in table.items() for label in [1] * yes + [0] * no]
        sex, race, label = (list(column) for column in zip(*rows, strict=True))
        return {"data": data({"sex": sex, "race": race}, sensitive=("sex", "race")), "decisions": decisions(label)}

    return build
