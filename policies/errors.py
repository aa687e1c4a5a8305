"""The errors of this room, and :class:`Problem`: one mistake in a file, with its place and what would be right."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One mistake in a file that a person wrote."""

    file: str
    """Name of the file as the reader knows it."""
    line: int
    """1-based."""
    column: int
    """1-based, in characters."""
    where: str
    """Path of the value, for example ``controls[0].requirements[1].criterion``; empty for the whole file."""
    got: str
    expected: str
    hint: str = ""
    """What to do about it; empty where ``expected`` says it all."""

    def __str__(self) -> str:
        """Return one line: ``policy.yaml:8:5: controls[0].id: got ..., expected ...; hint``."""
        where = f"{self.where}: " if self.where else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {where}got {self.got}, expected {self.expected}{hint}"


class PoliciesError(Exception):
    """Base of every error that :mod:`proofbox.policies` raises."""


class BadDocumentError(PoliciesError):
    """A YAML file that a person wrote is not what it should be; ``problems`` holds every mistake found, in order."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class BadPolicyError(BadDocumentError):
    """A policy file, or one that it extends, is not a valid policy."""


class UnknownPolicyError(PoliciesError):
    """There is no shipped policy of that id and no file of that path."""


class MisuseError(PoliciesError):
    """A caller asked for something that makes no sense, such as judging under no policy at all."""


class BadRecordError(PoliciesError):
    """A stored assessment is malformed: broken, truncated or tampered with."""
