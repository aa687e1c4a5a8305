"""Collect mistakes with their positions, so that a provider can mend all of them in one go."""

from __future__ import annotations

from dataclasses import dataclass, field

from proofbox.policies.errors import Problem
from proofbox.policies.yamlfile import Document
from proofbox.runners.errors import BadSubmissionError

Place = tuple[str | int, ...]
"""Path of a key in ``submission.yaml``, for example ``("model", "features", 3)``."""


@dataclass(slots=True)
class Problems:
    """The problems found so far in one document."""

    document: Document
    found: list[Problem] = field(default_factory=list)

    def add(self, place: Place, *, got: str, expected: str, hint: str = "") -> None:
        """Note one problem at ``place``."""
        self.found.append(self.document.problem(place, got=got, expected=expected, hint=hint))

    def stop_if_any(self) -> None:
        """Raise :class:`BadSubmissionError` with all problems, if there are any."""
        if self.found:
            raise BadSubmissionError(tuple(self.found))
