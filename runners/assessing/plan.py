"""The plan: every (check, parameters) once, static ones first, whatever number of requirements ask for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proofbox.checks.registry import get_check
from proofbox.checks.spec import CheckSpec
from proofbox.policies.expand import task_key

if TYPE_CHECKING:
    from proofbox.checks.result import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One check with one set of parameters."""

    check: CheckSpec
    params: Mapping[str, Json]

    @property
    def key(self) -> str:
        """Canonical text of check and parameters; equal keys are the same measurement."""
        return task_key(self.check.id, self.params)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will run, in order."""

    static: tuple[Task, ...]
    """Checks that need no model; they run before the sandbox opens."""
    dynamic: tuple[Task, ...]
    """Checks that ask the model, and last those that ask how it was held and what it did."""

    @property
    def attributes(self) -> tuple[tuple[str, ...], ...]:
        """The attributes, and intersections of them, that checks which count will ask about."""
        asked = (task.params.get("attribute") for task in (*self.static, *self.dynamic) if "counts" in task.check.needs)
        return tuple(dict.fromkeys(tuple(map(str, names)) for names in asked if isinstance(names, list | tuple)))


def make_plan(wanted: Iterable[tuple[str, Mapping[str, Json]]], *, recorded_only: bool = False) -> Plan:
    """Return the plan for the wanted (check id, parameters).

    Parameters
    ----------
    recorded_only
        There is no model: checks of recorded decisions are then static too.
    """
    tasks: dict[str, Task] = {}
    for check_id, params in wanted:
        task = Task(check=get_check(check_id), params=params)
        tasks.setdefault(task.key, task)
    ordered = [tasks[key] for key in sorted(tasks)]
    static = tuple(task for task in ordered if task.check.static or recorded_only)
    dynamic = sorted((task for task in ordered if task not in static), key=lambda task: task.check.closing)
    return Plan(static=static, dynamic=tuple(dynamic))
