"""What a worker on another machine is given for a batch, and what it gives back: values of ours, and bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from proofbox.policies.loader import LoadedPolicy
from proofbox.reports.batch import BatchRow
from proofbox.runners.assessing.assess import Settings
from proofbox.runners.batch.pool import Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchKit:
    """What is done with every submission, wherever; no key and no ledger is among it."""

    policies: tuple[LoadedPolicy, ...]
    settings: Settings
    budget: Budget
    as_of: str | None = None
    """The day that was asked for, if any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """What a worker says of one submission."""

    row: BatchRow
    files: Mapping[str, bytes] = field(default_factory=dict)
    """The bundle, path below its folder -> bytes; empty where there is none."""
