"""What a hosted model is, what it answers, and what is counted of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from proofbox.sandbox.errors import ModelError
from proofbox.sandbox.interpreter import Interpreter
from proofbox.sandbox.running import RunningStats

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Output = Literal["label", "probability", "score"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelSpec:
    """What the submission says of its model."""

    path: Path
    """File (or folder) of the taken-in copy."""
    format: str
    """One of :data:`proofbox.sandbox.formats.HOSTED`."""
    features: tuple[str, ...]
    """Columns that the model reads, in order."""
    output: Output
    task: str
    """A task of the submission; all but ``regression`` are classifications here."""
    python: Interpreter | None = None
    """The interpreter that it runs on; None: the harness's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the model said about the rows of one table."""

    values: NDArray[np.float64] | NDArray[np.int64]
    """Output ``label``: int64 of shape (n,), indices into ``classes``. Otherwise finite float64 of shape (n, k):
    probabilities of the k classes, decision values (k = 1 for two classes) or, for regression, values with k = 1."""
    classes: tuple[str, ...]
    """Names of the classes in text form; empty for regression."""


@dataclass(slots=True)
class Counters:
    """What a model did and used, over all its processes."""

    calls: int = 0
    rows: int = 0
    restarts: int = 0
    """Fresh processes that a check asked for."""
    revivals: list[dict[str, str]] = field(default_factory=list)
    """Fresh processes after a failure, and after which."""
    stdout_bytes: int = 0
    peak_resident_bytes: int = 0
    seconds_start: float = 0.0
    seconds_predict: float = 0.0
    violations: list[dict[str, str]] = field(default_factory=list)
    _output_before: int = 0

    def violated(self, error: ModelError) -> None:
        """Note a deviation."""
        self.violations.append({"kind": error.kind, "what": error.what})

    def observe(self, seen: RunningStats) -> None:
        """Note what was seen of the process that runs."""
        self.peak_resident_bytes = max(self.peak_resident_bytes, seen.peak_resident_bytes)
        self.stdout_bytes = self._output_before + seen.output_bytes

    def ended(self) -> None:
        """Note that the process has ended: what the next one prints is added."""
        self._output_before = self.stdout_bytes

    def to_json(self) -> dict[str, object]:
        """Return the form that stands in the record."""
        return {name: value for name, value in asdict(self).items() if not name.startswith("_")}
