"""The main job: load policies, assess, write the bundle, log to MLflow, say what was found."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.runners.errors import UsageError
from proofbox.runners.evidence.exporting import Exports
from proofbox.runners.exit_codes import BY_CONCLUSION, ExitCode

if TYPE_CHECKING:
    from proofbox.policies.gate import Gate
    from proofbox.policies.loader import LoadedPolicy
    from proofbox.policies.record import Assessment, AttemptRecord
    from proofbox.reports.bundle import Bundle
    from proofbox.reports.ledger.entries import Commitment
    from proofbox.reports.signing.interface import Signer, Stamper
    from proofbox.runners.assessing.assess import Assessed
    from proofbox.runners.assessing.settings import Settings
    from proofbox.runners.run.gating import Gating
    from proofbox.runners.submitted.bringing import Brought


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """Where the evidence goes and how it is told."""

    out: Path | None = None
    """Folder of the bundle; None for a new one under ``proofbox-out``."""
    tracking_uri: str | None = None
    """MLflow store; None for no MLflow."""
    experiment: str | None = None
    ledger: Path | None = None
    """Ledger of attempts; None for none."""
    counted_by: Callable[[Commitment], AttemptRecord] | None = None
    """Who writes the attempt down in a ledger that is elsewhere; None: nobody."""
    register: bool = False
    """Whether to register the model in MLflow by its digest."""
    language: str = "en"
    as_json: bool = False
    signer: Signer | None = None
    """Who signs the bundle; None: it is unsigned, and every view of it says so."""
    stamper: Stamper | None = None
    """The authority that attests when it was signed."""
    say_how_to_open: bool = True
    """Whether to print how to open the MLflow store."""
    exports: Exports = field(default_factory=Exports)
    """Files in the formats of others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A job that came to an end."""

    assessment: Assessment
    bundle: Bundle
    run_id: str | None
    """MLflow run; None where it was not logged."""
    gate: Gate | None = None
    """What was asked of the exit code; None where nothing was."""

    @property
    def exit_code(self) -> ExitCode:
        """The exit code that the conclusion calls for, or the gate."""
        return BY_CONCLUSION[self.assessment.conclusion] if self.gate is None else ExitCode(self.gate.exit_code)


def run_job(
    source: Path | Brought,
    policy_names: Sequence[str | LoadedPolicy],
    settings: Settings,
    publishing: Publishing,
    gating: Gating | None = None,
) -> Finished:
    """Do the main job for one submission.

    A policy may be given loaded already, by who has many submissions to assess under it; a submission may have been
    brought already.

    Raises
    ------
    UsageError
        The output folder exists already; told before anything is measured.
    LedgerError
        The attempt could not be written down before anything is measured.
    """
    from proofbox.policies.loader import load_policy
    from proofbox.runners.assessing.assess import assess
    from proofbox.runners.assessing.attempting import Attempting
    from proofbox.runners.assessing.progress import progress
    from proofbox.runners.signed.waiving import unused

    place = source if isinstance(source, Path) else source.source
    named = {name if isinstance(name, str) else name.digest: name for name in policy_names}
    policies = [load_policy(name) if isinstance(name, str) else name for name in named.values()]
    check_out(publishing.out)
    if publishing.tracking_uri:
        from proofbox.reports.tracking.door import prepare

        # Importing MLflow takes seconds; it overlaps the time the model works in its own process.
        prepare(publishing.tracking_uri)
    with (
        Attempting(publishing.ledger, publishing.counted_by) as attempting,
        progress(enabled=not publishing.as_json) as watch,
    ):
        assessed = assess(source, policies, settings, watch, attempting)
        for name in unused(assessed.assessment, settings.waivers):
            print(f"waiver {name}: no failed requirement that it is for", file=sys.stderr)
        gate = None
        if gating is not None:
            watch.step("comparing with the baseline")
            assessed, gate = _gated(assessed, place, settings, gating)
        watch.step("writing the report")
        bundle = write_evidence(assessed, publishing)
        attempting.finished(bundle.digest, assessed.assessment.conclusion)
        run_id = _log(assessed, bundle, publishing)
    finished = Finished(assessment=assessed.assessment, bundle=bundle, run_id=run_id, gate=gate)
    _tell(finished, publishing)
    _export(place, assessed, publishing)
    return finished


def _gated(assessed: Assessed, source: Path, settings: Settings, gating: Gating) -> tuple[Assessed, Gate]:
    """Return what was assessed with the gate's word in its record of the run."""
    from proofbox.runners.run.gating import gated

    assessment, gate = gated(assessed.assessment, source, settings, gating)
    return replace(assessed, assessment=assessment), gate


def check_out(out: Path | None) -> None:
    """Refuse a folder for evidence that holds something.

    Raises
    ------
    UsageError
        It does.
    """
    if out is not None and (out.is_file() or (out.is_dir() and any(out.iterdir()))):
        raise UsageError(f"--out {out}: exists already and is not an empty folder; evidence is never overwritten")


def write_evidence(assessed: Assessed, publishing: Publishing) -> Bundle:
    """Write the bundle of an assessment to a new folder: the one that is named, or one of a name that is free.

    Raises
    ------
    BundleExistsError, BundleWriteError
        It cannot be written there.
    """
    from proofbox.reports.bundle import write_bundle

    return write_bundle(
        publishing.out or _default_out(assessed.assessment),
        assessed.assessment,
        policy_sources=[(source.name, source.raw) for policy in assessed.policies for source in policy.sources],
        submission_yaml=assessed.submission_yaml,
        tables=assessed.tables,
        signer=publishing.signer,
        stamper=publishing.stamper,
    )


def _default_out(assessment: Assessment) -> Path:
    product = assessment.subject.product
    slug = re.sub(r"[^a-z0-9]+", "-", f"{product['name']} {product['version']}".lower()).strip("-")[:60] or "product"
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    out = Path("proofbox-out") / f"{slug}-{stamp}"
    number = 1
    while out.exists():
        number += 1
        out = out.with_name(f"{slug}-{stamp}-{number}")
    return out


def _log(assessed: Assessed, bundle: Bundle, publishing: Publishing) -> str | None:
    """Log to MLflow; a store that fails never loses the assessment, whose bundle is on disk already."""
    if not publishing.tracking_uri:
        return None
    from proofbox.reports.errors import PublishError
    from proofbox.reports.tracking.door import log_assessment
    from proofbox.runners.evidence.publishing import command_to_publish

    uri, experiment, register = publishing.tracking_uri, publishing.experiment, publishing.register
    try:
        run = log_assessment(assessed.assessment, bundle, tracking_uri=uri, experiment=experiment, register=register)
    except PublishError as err:
        later = command_to_publish(bundle.path, tracking_uri=uri, experiment=experiment, register=register)
        print(
            f"not logged to MLflow: {err}; the bundle is whole: {bundle.path}; send it later: {later}", file=sys.stderr
        )
        return None
    return run.run_id


def _export(source: Path, assessed: Assessed, publishing: Publishing) -> None:
    """Write what is exported; a file that cannot be written is told and changes nothing else."""
    if not publishing.exports:
        return
    from proofbox.runners.evidence.exporting import write_exports
    from proofbox.runners.submitted.locations import locations_of, shown_path

    locations = locations_of(assessed.assessment, assessed.submission_yaml, shown_path(source))
    # One JSON document and nothing else on standard output; GitHub reads commands from either stream.
    out = sys.stderr if publishing.as_json else sys.stdout
    for line in write_exports(assessed.assessment, locations, publishing.exports, publishing.language, out):
        print(f"not exported: {line}", file=sys.stderr)


def _tell(finished: Finished, publishing: Publishing) -> None:
    if publishing.as_json:
        from proofbox.policies.record_json import to_json

        print(json.dumps(to_json(finished.assessment), ensure_ascii=False, sort_keys=True))
    else:
        from proofbox.reports.console import print_summary

        report = finished.bundle.report(publishing.language)
        print_summary(
            finished.assessment,
            report=report,
            bundle=finished.bundle.path,
            keyid=finished.bundle.keyid,
            language=publishing.language,
        )
        if publishing.say_how_to_open and publishing.tracking_uri and finished.run_id:
            from proofbox.reports.tracking.uris import ui_command

            print(f"MLflow: {ui_command(publishing.tracking_uri)}")
