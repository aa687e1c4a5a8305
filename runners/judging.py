"""Judge a stored assessment again: what was measured stays, what it is held against changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.checks.text import t
from proofbox.policies.facts import Facts
from proofbox.policies.judge import Evidence, judge
from proofbox.policies.loader import load_policy
from proofbox.reports.bundle import read_bundle

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment


def judge_again(bundle: Path, policy_names: Sequence[str]) -> Assessment:
    """Return the assessment of a bundle with the findings of other policies.

    Raises
    ------
    NotABundleError, IncompleteBundleError, TamperedBundleError
        There is no whole bundle at that path: what was altered is not judged.
    BadPolicyError, UnknownPolicyError
        A policy cannot be read.
    """
    policies = [load_policy(name) for name in dict.fromkeys(policy_names)]
    recorded = read_bundle(bundle).assessment
    judged = judge(policies, Facts.from_subject(recorded.subject), evidence_of(recorded))
    return replace(recorded, conclusion=judged.conclusion, findings=judged.findings, policies=judged.policies)


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
    )
