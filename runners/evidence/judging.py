"""Judge a stored assessment again: what was measured stays, what it is held against changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.checks.text import t
from proofbox.policies.facts import Facts
from proofbox.policies.judge import Evidence, Judged, judge
from proofbox.policies.loader import LoadedPolicy, load_policy
from proofbox.reports.bundle import read_bundle
from proofbox.runners.errors import UsageError
from proofbox.runners.evidence.bundles import bundle_folder
from proofbox.runners.signed.waiving import waive

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment
    from proofbox.policies.waivers import GivenWaiver


def judge_again(
    bundle: Path,
    policy_names: Sequence[str],
    waivers: tuple[GivenWaiver, ...] = (),
    on: str = "",
    *,
    tracking_uri: str | None = None,
) -> Assessment:
    """Return the assessment of a bundle with the findings of other policies.

    Parameters
    ----------
    bundle
        A folder, its ``.zip``, or ``mlflow:RUN_ID``.
    on
        The day that waivers and attestations are held against, ``YYYY-MM-DD``; today where it is empty.
    tracking_uri
        Store of the run; used for ``mlflow:RUN_ID`` alone.

    Raises
    ------
    NotABundleError, IncompleteBundleError, TamperedBundleError
        There is no whole bundle at that path: what was altered is not judged.
    BadPolicyError, UnknownPolicyError
        A policy cannot be read.
    UsageError
        ``on`` is no date.
    """
    day = day_or_today(on)
    policies = [load_policy(name) for name in dict.fromkeys(policy_names)]
    with bundle_folder(bundle, tracking_uri) as folder:
        recorded = read_bundle(folder).assessment
    judged = judged_anew(recorded, policies, day, settle=True)
    # What a gate once made of other findings says nothing about these.
    run = replace(recorded.run, detail={key: one for key, one in recorded.run.detail.items() if key != "gate"})
    again = replace(recorded, conclusion=judged.conclusion, findings=judged.findings, policies=judged.policies, run=run)
    return waive(again, waivers, day)


def judged_anew(
    recorded: Assessment, policies: Sequence[LoadedPolicy], on: str = "", *, settle: bool = False
) -> Judged:
    """Return what policies say of a recorded assessment.

    Parameters
    ----------
    on
        The day that attestations are held against; today where it is empty.
    settle
        Whether to say how many further rows would settle what is inconclusive: it takes most of the time.

    Raises
    ------
    BadRecordError
        What the record says of its subject has other types than a policy reads.
    """
    return judge(policies, Facts.from_subject(recorded.subject), evidence_of(recorded, on), settle=settle)


def day_or_today(on: str) -> str:
    """Return a day as ``YYYY-MM-DD``, today where it is empty.

    Raises
    ------
    UsageError
        It is no date.
    """
    try:
        return date.fromisoformat(on).isoformat() if on else today()
    except ValueError as err:
        raise UsageError(f"--on {on}: expected a date as YYYY-MM-DD") from err


def today() -> str:
    """Return the day in UTC, ``YYYY-MM-DD``."""
    return datetime.now(UTC).date().isoformat()


def evidence_of(recorded: Assessment, on: str = "") -> Evidence:
    """Return what a recorded assessment rests on, to be judged again for the day ``on``; today where it is empty."""
    return Evidence(
        measurements=recorded.measurements,
        counterexamples=recorded.counterexamples,
        inapplicable=recorded.inapplicable,
        errors=recorded.errors,
        attestations=recorded.attestations,
        judged_on=on or today(),
        not_run_reason=t("the bundle holds no such measurement"),
        attempt=recorded.run.attempt.on_data if recorded.run.attempt else None,
    )
