"""How one assessment is run, and who is told how far it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.checks.subject import Signer
from proofbox.policies.record import AttemptRecord
from proofbox.policies.waivers import GivenWaiver
from proofbox.runners.assessing.plan import Task
from proofbox.runners.spread.opening import Spread
from proofbox.runners.submitted.bringing import Fetching
from proofbox.runners.submitted.streams import MOST_ROWS
from proofbox.sandbox.limits import Limits

if TYPE_CHECKING:
    from proofbox.reports.signing.keys import PublicKey


def today() -> str:
    """Return the day of today in UTC, as ``2026-11-22``."""
    return datetime.now(UTC).date().isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to run; none of it bears on what is measured but the seed and the day to judge by."""

    seed: int = 0
    executor: str = "auto"
    environment: Path | None = None
    """Virtual environment, or Python program, that the model runs on; None: the harness's own. The operator's word."""
    limits: Limits = field(default_factory=Limits)
    allowed_urls: tuple[str, ...] = ()
    """Addresses of endpoints that may be asked, though nothing isolates them. The operator's word."""
    fetching: Fetching = field(default_factory=Fetching)
    """Addresses of data that may be fetched. The operator's word."""
    waivers: tuple[GivenWaiver, ...] = ()
    """Decisions of persons that stand beside the failed findings they are for."""
    most_rows: int = MOST_ROWS
    """Rows of the evaluation data that are held in memory at once; a longer file is read in batches."""
    signers: tuple[Signer, ...] = ()
    """By whom the model should be signed."""
    as_of: str = field(default_factory=today)
    """The day by which the age of data is judged, as ``2026-11-22``; the run's record keeps it, like the seed."""
    attestation_keys: tuple[PublicKey, ...] = ()
    """By one of which attestations must be signed; none: their signatures are not looked at."""
    attested_on: str = ""
    """The day that attestations are held against, as ``2026-11-22``; empty for the day on which the run begins."""
    resume: Path | None = None
    """Folder of finished tasks, to go on from and to add to; None: an interrupted run begins anew."""
    spread: Spread = field(default_factory=Spread)
    """Who helps: workers on this machine or on the nodes of a cluster. The assessment is the same without them."""
    attempt: AttemptRecord | None = None
    """The attempt that is repeated, by its record: a replay is no new one. None for a new one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Who is told how far it is: the progress bar, or nobody."""

    planned: Callable[[int], None] = lambda number: None
    step: Callable[[str], None] = lambda name: None
    done: Callable[[Task], None] = lambda task: None
    part: Callable[[int, int], None] = lambda number, of: None
    """Told how many blocks of a long file are counted, of how many, whoever counted them."""
