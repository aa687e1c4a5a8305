"""The kinds of task that a model may be for."""

from __future__ import annotations

from typing import Literal

Task = Literal[
    "binary-classification", "multiclass-classification", "regression", "text-classification", "text-generation"
]
