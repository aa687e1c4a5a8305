"""One mistake in a file that a person wrote, with its place and what would be right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

from proofbox.checks.errors import BadDataError


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


class RefusedError(BadDataError):
    """A file is not what two readers would understand alike; ``problem`` says where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def refuse(name: str, place: tuple[int, int], got: str, expected: str, hint: str = "", where: str = "") -> NoReturn:
    """Raise :class:`RefusedError` for a file at a line and column (1-based)."""
    raise RefusedError(
        Problem(file=name, line=place[0], column=place[1], where=where, got=got, expected=expected, hint=hint)
    )
