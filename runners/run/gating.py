"""``--fail-on`` and ``--baseline``: what makes ``run`` fail, written into the record of the run and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from proofbox.policies.gate import DEFAULT, FailOn, Gate, gate
from proofbox.reports.errors import ReportsError
from proofbox.runners.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from proofbox.checks.result import Json
    from proofbox.policies.comparison import Comparison
    from proofbox.policies.record import Assessment
    from proofbox.reports.bundle import BundleContent
    from proofbox.runners.assessing.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Gating:
    """What the caller asked for."""

    fail_on: frozenset[FailOn] = DEFAULT
    baseline: BundleContent | None = None
    baseline_submission: Path | None = None
    """The submission that the baseline is about, so that its model can be asked about the same rows."""


def gating_of(given: Mapping[str, object]) -> Gating | None:
    """Return what the options of the command line ask for; None where they ask for nothing.

    Raises
    ------
    UsageError
        A word is not known, the baseline is no whole bundle, or there is a submission without a baseline.
    """
    words, baseline, submission = given["fail_on"], given["baseline"], given["baseline_submission"]
    if submission is not None and baseline is None:
        raise UsageError("--baseline-submission: got a submission without --baseline BUNDLE, expected both")
    if not words and baseline is None:
        return None
    return Gating(
        fail_on=fail_on_of(cast("Sequence[str]", words)),
        baseline=None if baseline is None else _read(cast("Path", baseline)),
        baseline_submission=cast("Path | None", submission),
    )


def fail_on_of(given: Sequence[str]) -> frozenset[FailOn]:
    """Return what counts, from words that may hold several, apart by commas; the default where there is none.

    Raises
    ------
    UsageError
        A word is not known.
    """
    words = [word.strip() for item in given for word in item.split(",")]
    valid = get_args(FailOn)
    if unknown := [word for word in words if word not in valid]:
        raise UsageError(f"--fail-on: got '{unknown[0]}', expected one or more of {', '.join(valid)}")
    return frozenset(cast("list[FailOn]", words)) if words else DEFAULT


def gated(assessment: Assessment, source: Path, settings: Settings, gating: Gating) -> tuple[Assessment, Gate]:
    """Return the assessment with what the gate said in its record of the run, and the gate.

    Parameters
    ----------
    source
        The submission that was assessed.
    """
    from proofbox.runners.comparing.compare import compare

    comparison = None
    if gating.baseline is not None:
        old = gating.baseline_submission
        submissions = None if old is None else (old, source)
        comparison = compare(gating.baseline.assessment, assessment, submissions, settings)
    found = gate(assessment, gating.fail_on, comparison)
    detail = {**assessment.run.detail, "gate": gate_json(found, gating, comparison)}
    return replace(assessment, run=replace(assessment.run, detail=detail)), found


def gate_json(found: Gate, gating: Gating, comparison: Comparison | None) -> Json:
    """Return the form of ``run.detail.gate``."""
    from proofbox.reports.difference import difference_json

    baseline: Json = None
    if gating.baseline is not None and comparison is not None:
        told = difference_json(comparison)
        baseline = {
            "bundle": gating.baseline.bundle.digest,
            "subject": comparison.first.subject.digest,
            "conclusion": comparison.first.conclusion,
            "paired": told["paired"],
            "why_not_paired": _text(comparison.why_not_paired),
            "verdicts": told["verdicts"],
            "measures": [one for one in cast("list[dict[str, Json]]", told["measures"]) if one["judged"]],
        }
    return {
        "fail_on": cast("Json", sorted(found.fail_on)),
        "exit_code": found.exit_code,
        "failing": [
            {
                "policy": one.finding.policy,
                "requirement": one.finding.requirement,
                "level": one.finding.level,
                "verdict": one.finding.verdict,
                "before": None if one.before is None else one.before.verdict,
                "state": one.state,
                "why": _text(one.why),
            }
            for one in found.failing
        ],
        "baseline": baseline,
    }


def _text(text: object) -> Json:
    from proofbox.checks.text import Text

    return cast("Json", text.to_json()) if isinstance(text, Text) else None


def _read(path: Path) -> BundleContent:
    """Read the baseline before anything is measured; one that was altered is no baseline."""
    from proofbox.reports.bundle import read_bundle
    from proofbox.runners.evidence.bundles import bundle_folder

    try:
        with bundle_folder(path) as folder:
            return read_bundle(folder)
    except ReportsError as err:
        raise UsageError(f"--baseline {path}: {err}; nothing was assessed") from err
