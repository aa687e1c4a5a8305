"""Assess one submission of a batch, in the process that was made for it, and say how it ended as a value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.policies.loader import LoadedPolicy
from proofbox.reports.batch import BatchRow, How
from proofbox.reports.bundle import read_bundle
from proofbox.reports.canonical import canonical_bytes, sha256_hex
from proofbox.reports.errors import BundleExistsError, IncompleteBundleError, NotABundleError, TamperedBundleError
from proofbox.runners.assessing.settings import Settings
from proofbox.runners.batch.listing import Queued
from proofbox.runners.exit_codes import BY_CONCLUSION, ExitCode, exit_code_of
from proofbox.runners.run.main_job import Publishing, run_job
from proofbox.runners.submitted.bringing import bring
from proofbox.sandbox.scratch import scratch, sweep

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.policies.record import Assessment

KEY_DIGITS = 16
MEMORY_USED_UP = "its budget of memory was used up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is done with every submission of a batch."""

    policies: tuple[LoadedPolicy, ...]
    settings: Settings
    out: Path
    publishing: Publishing = field(default_factory=lambda: Publishing(as_json=True))
    """Who signs, and where attempts are written down; the folder of each bundle is put in."""
    as_of: str | None = None
    """The day that was asked for; None where every run takes its own, which makes no difference between bundles."""


def assess_one(one: Queued, wanted: Wanted) -> BatchRow:
    """Assess one submission, or find that it has been; whatever goes wrong with it is in the value."""
    try:
        sweep()
        with scratch("batch") as folder:
            brought = bring(one.source, folder / "submission", wanted.settings.fetching)
            name = bundle_name(one, brought.intake.digest, wanted)
            publishing = replace(wanted.publishing, out=wanted.out / name, as_json=True)

            def assessed() -> BatchRow:
                finished = run_job(brought, wanted.policies, wanted.settings, publishing)
                return told(finished.assessment, finished.bundle.digest, one, name, "assessed")

            return kept_or(assessed, one, name, wanted)
    except KeyboardInterrupt:
        raise
    except BaseException as err:  # noqa: BLE001 - one bad submission never stops the rest
        return refused(one, err)


def bundle_name(one: Queued, subject_digest: str, wanted: Wanted) -> str:
    """Return the name of a bundle's folder: no other submission, policy, seed, day or trusted key has it."""
    policies: Sequence[Json] = [policy.digest for policy in wanted.policies]
    said: list[Json] = [subject_digest, list(policies), wanted.settings.seed, wanted.as_of]
    if wanted.settings.signers or wanted.settings.attestation_keys:
        from proofbox.reports.signing.keys import keyid_of

        said.append([sha256_hex(signer.pem) for signer in wanted.settings.signers])
        said.append([keyid_of(key) for key in wanted.settings.attestation_keys])
    return f"{one.name}-{sha256_hex(canonical_bytes(said))[:KEY_DIGITS]}"


def kept_or(assessed: Callable[[], BatchRow], one: Queued, name: str, wanted: Wanted) -> BatchRow:
    """Return what the bundle says that is there already, or assess; where another command was quicker, its is kept."""
    if (row := kept(one, name, wanted)) is not None:
        return row
    try:
        return assessed()
    except BundleExistsError:
        if (row := kept(one, name, wanted)) is not None:
            return row
        raise


def kept(one: Queued, name: str, wanted: Wanted) -> BatchRow | None:
    """Return what the bundle says that is there already; None where there is none.

    Raises
    ------
    NotABundleError, IncompleteBundleError, TamperedBundleError
        What is there is no whole bundle.
    """
    if not (wanted.out / name).exists():
        return None
    found = read_bundle(wanted.out / name)
    return told(found.assessment, found.bundle.digest, one, name, "kept")


def told(assessment: Assessment, digest: str, one: Queued, name: str, how: How) -> BatchRow:
    """Return the row of a submission that has a bundle."""
    product = assessment.subject.product
    verdicts = {finding.requirement: finding.verdict for finding in assessment.findings}
    return BatchRow(
        name=one.name,
        how=how,
        exit_code=int(BY_CONCLUSION[assessment.conclusion]),
        conclusion=assessment.conclusion,
        bundle=name,
        digest=digest,
        product=f"{product.get('name', '')} {product.get('version', '')}".strip(),
        sector=str(product.get("sector", "")),
        failed=tuple(key for key, verdict in verdicts.items() if verdict == "fail"),
        left_open=tuple(key for key, verdict in verdicts.items() if verdict in ("inconclusive", "error", "not-run")),
    )


def refused(one: Queued, err: BaseException) -> BatchRow:
    """Return the row of a submission that an error ended."""
    code = exit_code_of(err)
    broken = isinstance(err, IncompleteBundleError | TamperedBundleError | NotABundleError)
    why = f"the bundle that is there already: {err}" if broken else str(err)
    if isinstance(err, MemoryError):
        return BatchRow(name=one.name, how="over-budget", exit_code=int(ExitCode.UNDETERMINED), why=MEMORY_USED_UP)
    if code is ExitCode.DEFECT:
        why = f"a defect of Proofbox: {type(err).__name__}: {why[:300]}"
        return BatchRow(name=one.name, how="failed", exit_code=int(code), why=why)
    return BatchRow(name=one.name, how="refused", exit_code=int(code), why=why)


def after(ended: BatchRow, seconds: float) -> BatchRow:
    """Return the row with how long it took, in seconds of wall time."""
    return replace(ended, seconds=round(seconds, 3))
