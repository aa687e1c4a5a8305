"""``proofbox run --minutes``: plan first, and assess with the largest samples that fit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.policies.loader import load_policy
from proofbox.runners.errors import UsageError
from proofbox.runners.planning.planned import plan_submission
from proofbox.runners.planning.telling import fitted_lines

if TYPE_CHECKING:
    from proofbox.policies.loader import LoadedPolicy
    from proofbox.runners.assessing.settings import Settings, Watch


def policies_within(
    source: Path, names: Sequence[str], settings: Settings, minutes: float, *, watch: Watch, tell: Callable[[str], None]
) -> tuple[LoadedPolicy, ...]:
    """Return the policies as they are where the assessment fits into the minutes, else with smaller samples.

    Smaller ones have an id and a digest of their own, as ``proofbox plan --out`` writes them.

    Parameters
    ----------
    names
        Ids of shipped policies, or paths.
    tell
        Told line by line which sizes were chosen, and what that costs.

    Raises
    ------
    UsageError
        Not even the smallest samples fit; nothing was assessed.
    BadSubmissionError, IntakeError, IsolationError
        As the assessment would end.
    """
    loaded = [load_policy(name) for name in dict.fromkeys(names)]
    planned = plan_submission(source, loaded, settings, minutes, watch)
    lines = tuple(fitted_lines(planned))
    if not planned.fits:
        raise UsageError(f"--minutes {minutes:g}: {lines[0]}")
    for line in lines:
        tell(line)
    return (planned.fitted or planned.usual).policies
