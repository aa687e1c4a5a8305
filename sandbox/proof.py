"""The record of a proof of the walls: what each probe was to find, what it found, and what enforces each limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfcheckRow:
    """One probe and what came of it."""

    probe: str
    expected: str
    got: str
    held: bool
    enforced_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Selfcheck:
    """The proof of one executor's walls."""

    executor: str
    level: int
    isolated: bool
    """False for ``unsafe-none`` alone: there was nothing to prove."""
    backend: Mapping[str, str]
    """Version and digest of the program that built the walls, and as whom it runs."""
    filter_sha256: str = ""
    """Digest of the seccomp filter as it was installed, with 0 for the process's own number; empty without one."""
    denied_calls: str = "not counted: there is no filter"
    """Whether the system calls that are denied are counted by name, or why not."""
    limits: Mapping[str, Mapping[str, Any]]
    """Limit -> its value and what enforces it."""
    rows: tuple[SelfcheckRow, ...]

    def to_json(self) -> dict[str, object]:
        """Return the form that stands in ``assessment.json``; the same on every run but for ``backend``."""
        return {
            "executor": self.executor,
            "level": self.level,
            "isolated": self.isolated,
            "backend": dict(self.backend),
            "filter_sha256": self.filter_sha256,
            "denied_calls": self.denied_calls,
            "limits": {name: dict(value) for name, value in self.limits.items()},
            "rows": [asdict(row) for row in self.rows],
        }


def row_of(probe: str, expected: str, got: str, enforced_by: str) -> SelfcheckRow:
    """Return the row of a probe that held if what it ``got`` is what was ``expected``."""
    return SelfcheckRow(probe=probe, expected=expected, got=got, held=got == expected, enforced_by=enforced_by)
