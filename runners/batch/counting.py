"""Attempts at submissions that a node measures: the ledger is here, and is written before the node begins.

The node reads a submission, says what it is about to measure, and waits. What is wrong with a submission is told before
that and counts as no attempt, as on one machine. A bundle that comes back is held against what was written down.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

from proofbox.reports.errors import TamperedBundleError

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment, AttemptRecord
    from proofbox.reports.ledger.entries import Commitment
    from proofbox.runners.assessing.attempting import Attempting
    from proofbox.runners.batch.one import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """An attempt that stands in the ledger."""

    commitment: Commitment
    attempt: AttemptRecord


def begin(attempting: Attempting, commitment: Commitment, subject_digest: str, wanted: Wanted) -> Begun:
    """Write down what a node says it is about to measure.

    Parameters
    ----------
    subject_digest
        Of the submission that was taken in here.

    Raises
    ------
    TamperedBundleError
        It is not what was asked for.
    LedgerError
        It could not be written down; nothing may be measured then.
    """
    said = (commitment.subject, [one.digest for one in commitment.policies], commitment.seed, commitment.version)
    asked = (subject_digest, [one.digest for one in wanted.policies], wanted.settings.seed, version("proofbox"))
    if said != asked:
        raise TamperedBundleError("the node was about to measure something else than it was asked for")
    return Begun(commitment=commitment, attempt=attempting.begin(commitment))


def check_counted(assessment: Assessment, begun: Begun | None, wanted: Wanted) -> None:
    """Refuse a bundle that is not the one of the attempt that was written down for it.

    Raises
    ------
    TamperedBundleError
        It names another attempt, or none where attempts are counted, or is of something else than was committed to.
    """
    from proofbox.reports.ledger.matching import commitment_of

    if (wanted.publishing.ledger is None) != (begun is None):
        raise TamperedBundleError("the bundle that arrived was measured before its attempt was written down")
    if assessment.run.attempt != (None if begun is None else begun.attempt):
        raise TamperedBundleError("the bundle that arrived names another attempt than was written down for it")
    if begun is not None and commitment_of(assessment) != begun.commitment:
        raise TamperedBundleError("the bundle that arrived holds something else than its attempt was written down for")
