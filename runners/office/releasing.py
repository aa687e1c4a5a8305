"""Hold a submission or a model against signed decisions, for a pipeline."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports.console import safe_terminal
from proofbox.reports.review.history import read_decision
from proofbox.reports.review.release import Refused, Release, latest, refusals
from proofbox.runners.errors import UsageError
from proofbox.runners.submitted.bringing import Fetching, bring
from proofbox.sandbox.intake import ARCHIVES, SUBMISSION
from proofbox.sandbox.scratch import scratch, sweep

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.reports.review.decisions import Decision
    from proofbox.reports.signing.interface import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseCheck:
    """Whether a release is allowed, and by which decision."""

    release: Release
    decision: Decision
    refused: tuple[Refused, ...]

    @property
    def allowed(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.refused

    def to_json(self) -> dict[str, Json]:
        """Return the form of ``proofbox release check --json``."""
        decision = self.decision
        return {
            "allowed": self.allowed,
            "refused": [{"state": one.state, "why": one.why} for one in self.refused],
            "on": self.release.on,
            "users": self.release.users,
            "region": self.release.region,
            "decision": {
                "number": decision.number,
                "state": decision.state,
                "on": decision.on,
                "reviewer": asdict(decision.reviewer),
                "submission": decision.subject.submission,
                "model": decision.subject.model,
                "conditions": None if decision.conditions is None else asdict(decision.conditions),
            },
        }

    def lines(self) -> Iterator[str]:
        """Yield what a person reads in a pipeline's log."""
        product = self.decision.subject.product
        named = f"{product.name} {product.version}, by decision {self.decision.number} of {self.decision.reviewer.name}"
        yield safe_terminal(f"{'may' if self.allowed else 'may not'} be released on {self.release.on}: {named}")
        for one in self.refused:
            yield safe_terminal(f"{one.state}: {one.why}")


def check_release(
    given: Path,
    decisions: Sequence[Path],
    trusted: Sequence[Verifier],
    release: Release,
    fetching: Fetching | None = None,
) -> ReleaseCheck:
    """Return whether a submission or a model may be released.

    Parameters
    ----------
    given
        A submission (folder, ``submission.yaml``, archive), or a model's file.
    decisions
        Files of signed decisions on one bundle, the approval and whatever came later; or the folder that holds them.
    trusted
        The reviewers whose decisions count; at least one.
    release
        When, to how many and where; the digests of ``given`` are filled in.
    fetching
        Which data of a submission may be fetched, where it names some by address; None for none.

    Raises
    ------
    BrokenHistoryError, BadDecisionError
        A decision is none, is signed by nobody who is trusted, or they do not belong together.
    BadSubmissionError, IntakeError, UsageError
        What is to be released cannot be read.
    """
    if not trusted:
        raise UsageError("got no key, expected --key FILE for every reviewer whose decisions count")
    decision = latest([read_decision(path, trusted) for given_path in decisions for path in _files(given_path)])
    release = replace(release, digests=frozenset(_digests(given, fetching or Fetching())))
    return ReleaseCheck(release=release, decision=decision, refused=tuple(refusals(decision, release)))


def _files(given: Path) -> list[Path]:
    return sorted(given.glob("[0-9]*.dsse.json")) if given.is_dir() else [given]


def _digests(given: Path, fetching: Fetching) -> Iterator[str]:
    if given.is_dir() or given.name == SUBMISSION or given.name.lower().endswith(ARCHIVES):
        yield _submission(given, fetching)
    else:
        yield _file(given)


def _submission(given: Path, fetching: Fetching) -> str:
    sweep()
    with scratch("release") as folder:
        return bring(given, folder / "submission", fetching).intake.digest


def _file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as err:
        raise UsageError(f"{path}: cannot be read ({err.strerror})") from err
