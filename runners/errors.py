"""The errors of this room, each with the exit code that CONTRACT gives it (docs/exit-codes.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proofbox.policies.errors import Problem


class RunnersError(Exception):
    """Base of every error that :mod:`proofbox.runners` raises."""

    exit_code = 70


class UsageError(RunnersError):
    """A flag, a path or an output folder is not usable; nothing was assessed."""

    exit_code = 2


class BadSourceError(RunnersError):
    """What was handed in cannot be read: what was ``got``, what was ``expected``, and what to do (``hint``)."""

    exit_code = 2

    def __init__(self, got: str, expected: str, hint: str) -> None:
        super().__init__(f"got {got}, expected {expected}; {hint}")
        self.got, self.expected, self.hint = got, expected, hint


class BadSubmissionError(RunnersError):
    """The submission cannot be assessed as it is; every problem names file, position, got, expected and what to do."""

    exit_code = 2

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems
