"""A batch from its queue to its table."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.policies.loader import load_policy
from proofbox.reports.batch import BatchRow
from proofbox.reports.console import safe_terminal
from proofbox.runners.assessing.settings import Settings
from proofbox.runners.batch.listing import Queued, queued
from proofbox.runners.batch.one import Wanted
from proofbox.runners.batch.pool import Budget, assess_all
from proofbox.runners.batch.summary import line, write_tables
from proofbox.runners.errors import UsageError
from proofbox.runners.run.main_job import Publishing
from proofbox.runners.spread.opening import Spread

if TYPE_CHECKING:
    from proofbox.checks.result import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch that came to an end."""

    rows: tuple[BatchRow, ...]
    policies: tuple[dict[str, Json], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class How:
    """How a batch is run; none of it bears on what is measured but the seed and the day in ``settings``."""

    settings: Settings
    budget: Budget
    publishing: Publishing
    """Who signs, and where attempts are written down."""
    side_by_side: int = 1
    as_of: str | None = None
    """The day that was asked for, if any."""
    language: str = "en"
    spread: Spread = field(default_factory=Spread)
    """Where the workers are found, if not on this machine."""


def run_batch(source: Path, policy_names: Sequence[str], out: Path, how: How) -> Batch:
    """Assess every submission of a folder or list; what was finished before is kept.

    Raises
    ------
    UsageError
        There is no submission, or ``out`` cannot be written to; told before anything is measured. Or nobody is left
        of a cluster's workers: what is finished is kept.
    IsolationError
        No node of the cluster has walls that hold.
    BadPolicyError, UnknownPolicyError
        A policy cannot be read.
    """
    policies = tuple(load_policy(name) for name in dict.fromkeys(policy_names))
    queue = queued(source)
    _prepare(out)
    wanted = Wanted(policies=policies, settings=how.settings, out=out, publishing=how.publishing, as_of=how.as_of)
    rows = []
    for row in _ended(queue, wanted, how):
        rows.append(row)
        print(f"{len(rows)}/{len(queue)} {line(row, how.language)}", file=sys.stderr)
    listed: tuple[dict[str, Json], ...] = tuple(
        {"id": one.policy.id, "version": one.policy.version, "digest": one.digest} for one in policies
    )
    ordered = tuple(sorted(rows, key=lambda row: row.name))
    write_tables(out, ordered, listed)
    return Batch(rows=ordered, policies=listed)


def _ended(queue: Sequence[Queued], wanted: Wanted, how: How) -> Iterator[BatchRow]:
    if how.spread.runner == "local":
        return assess_all(queue, wanted, how.budget, how.side_by_side, lambda _one: None)
    from proofbox.runners.batch.onray import assess_on_ray

    return assess_on_ray(queue, wanted, how.budget, how.spread, _say)


def _say(what: str) -> None:
    print(safe_terminal(f"worker {what}"), file=sys.stderr)


def _prepare(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as err:
        raise UsageError(f"--out {out}: cannot be made ({err.strerror}), expected a folder") from err
