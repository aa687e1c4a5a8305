"""Measure again what a bundle records: the same submission, seed, policies and days, on this machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from proofbox.policies.agreement import DEFAULT_TOLERANCE, Agreement, Tolerance, agreement
from proofbox.policies.kept import load_kept
from proofbox.reports.bundle import BundleContent, read_bundle
from proofbox.runners.assessing.assess import assess
from proofbox.runners.assessing.settings import Settings, Watch
from proofbox.runners.errors import UsageError
from proofbox.runners.submitted.bringing import bring
from proofbox.runners.submitted.streams import MOST_ROWS
from proofbox.sandbox.intake import Intake
from proofbox.sandbox.scratch import scratch

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.policies.record import Assessment, RunRecord, SubjectRecord

_MOST_NAMED = 8
"""Files that a message names of each kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """A bundle, what was measured again, and how the two compare."""

    recorded: BundleContent
    again: Assessment
    agreement: Agreement
    surroundings: tuple[tuple[str, str, str], ...]
    """What differs of the machine and its software: name, as recorded, as it is here."""


def replay(
    bundle: Path,
    submission: Path,
    settings: Settings,
    watch: Watch | None = None,
    tolerance: Tolerance = DEFAULT_TOLERANCE,
) -> Replayed:
    """Measure again and compare.

    Parameters
    ----------
    settings
        How to run; the seed, the days and the rows in memory are taken from the record.

    Raises
    ------
    NotABundleError, IncompleteBundleError, TamperedBundleError
        There is no whole bundle at that path: what was altered is not compared with.
    UsageError
        The submission is another one than the bundle is about; the message names the files that differ.
    BadPolicyError, BadRecordError
        The recorded policies cannot be had again from the bundle.
    """
    content = read_bundle(bundle)
    recorded = content.assessment
    policies = load_kept(bundle / "policy", recorded.policies)
    with scratch("replay") as folder:
        brought = bring(submission, folder / "submission", settings.fetching)
        require_subject(brought.intake, recorded.subject, bundle, recorded.run)
        assessed = assess(brought, policies, as_recorded(settings, recorded.run), watch or Watch())
    return Replayed(
        recorded=content,
        again=assessed.assessment,
        agreement=agreement(recorded, assessed.assessment, tolerance),
        surroundings=tuple(surroundings(recorded.run, assessed.assessment.run)),
    )


def as_recorded(settings: Settings, run: RunRecord) -> Settings:
    """Return the settings with everything that bears on what is measured or judged as the record has it."""
    rows = run.detail.get("rows_in_memory", MOST_ROWS)
    return replace(
        settings,
        seed=run.seed,
        as_of=str(run.detail.get("as_of", run.started_at[:10])),
        attested_on=run.started_at[:10],
        attempt=run.attempt,
        most_rows=int(cast("int", rows)),
    )


def require_subject(intake: Intake, subject: SubjectRecord, bundle: Path, run: RunRecord | None = None) -> None:
    """Refuse a submission that is not, byte for byte, the one that a bundle is about.

    Parameters
    ----------
    run
        The record of the run, which knows the versions of what was fetched.

    Raises
    ------
    UsageError
        It is another one; the message names the files that differ.
    """
    if intake.digest == subject.digest:
        return
    here = {file.path: file.sha256 for file in intake.files}
    there = {str(file["path"]): str(file["sha256"]) for file in subject.files}
    kinds = (
        ("changed", sorted(path for path in here.keys() & there.keys() if here[path] != there[path])),
        ("missing", sorted(there.keys() - here.keys())),
        ("added", sorted(here.keys() - there.keys())),
    )
    told = "; ".join(f"{kind}: {_named(paths)}" for kind, paths in kinds if paths)
    told += "".join(f"; {line}" for line in _replaced(kinds[0][1], subject, run))
    raise UsageError(
        f"{bundle}: the submission is not the one that this bundle is about: got subject digest {intake.digest},"
        f" expected {subject.digest} ({told}); nothing was measured; get the submission as it was assessed"
    )


def _replaced(changed: Sequence[str], subject: SubjectRecord, run: RunRecord | None) -> Iterator[str]:
    """Yield what is known of objects that were fetched, and are others now."""
    fetched = cast("Mapping[str, Mapping[str, Json]]", run.detail.get("fetched", {}) if run else {})
    for file in subject.files:
        if file["path"] in changed and "uri" in file:
            told = fetched.get(str(file["path"]), {})
            known = [f"{name} {told[name]}" for name in ("version", "etag", "modified") if name in told]
            was = ", ".join([f"{file['size']} bytes", *known])
            yield f"what stands at {file['uri']} has changed since it was assessed: that was {was}"


def surroundings(recorded: RunRecord, again: RunRecord) -> Iterator[tuple[str, str, str]]:
    """Yield what differs between two runs' machines and software: name, first, second."""
    for name in ("version", "executor", "runner", "platform"):
        old, new = str(getattr(recorded, name)), str(getattr(again, name))
        if old != new:
            yield "proofbox" if name == "version" else name, old, new
    for name in sorted({*recorded.packages, *again.packages} - {"proofbox"}):
        old, new = (run.packages.get(name, "not recorded") for run in (recorded, again))
        if old != new:
            yield name, old, new


def to_json(replayed: Replayed) -> dict[str, Json]:
    """Return the form of ``proofbox replay --json``; :mod:`proofbox.runners.replay.telling` says it in words."""
    found = replayed.agreement
    return {
        "schema": "proofbox/replay/v1",
        "bundle": replayed.recorded.bundle.digest,
        "subject": replayed.recorded.assessment.subject.digest,
        "seed": replayed.recorded.assessment.run.seed,
        "agrees": found.agrees,
        "tolerance": {"relative": found.tolerance.relative, "origin": found.tolerance.origin},
        "measurements": [
            {
                "id": one.id,
                "check": one.check,
                "measure": one.measure,
                "group": dict(one.group),
                "state": one.state,
                "recorded": one.recorded,
                "measured": one.measured,
                "where": one.where,
            }
            for one in found.measurements
        ],
        "others": [
            {"kind": one.kind, "name": one.name, "recorded": one.recorded, "measured": one.measured}
            for one in found.others
        ],
        "surroundings": [{"name": name, "recorded": old, "measured": new} for name, old, new in replayed.surroundings],
    }


def _named(paths: Sequence[str]) -> str:
    more = len(paths) - _MOST_NAMED
    return ", ".join(paths[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
