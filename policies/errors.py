"""The errors of this room; those of documents hold a :class:`Problem` for each mistake."""

from __future__ import annotations

from proofbox.checks.documents.problem import Problem

__all__ = [
    "BadDocumentError",
    "BadPolicyError",
    "BadRecordError",
    "MissingExtraError",
    "MisuseError",
    "PoliciesError",
    "Problem",
    "UnknownPolicyError",
]


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


class MissingExtraError(PoliciesError):
    """A library of an extra is not installed; the message names the extra."""


class BadRecordError(PoliciesError):
    """A stored assessment is malformed: broken, truncated or tampered with."""
