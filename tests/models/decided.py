"""Decisions made of labels, as a model or a column of the data would have given them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from proofbox.checks.subject import Decisions


def build_decisions(labels: Sequence[object], score: Sequence[float] | None = None, source: str = "model") -> Decisions:
    texts = [str(label) for label in labels]
    classes = tuple(sorted({"0", "1", *texts}))
    return Decisions(
        classes=classes,
        codes=np.array([classes.index(text) for text in texts], dtype=np.int64),
        score=None if score is None else np.asarray(score, dtype=np.float64),
        positive_label="1",
        source=source,
    )
