"""A bundle that was made on another machine, put in its place here: the one that was asked for, whole."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports.bundle import BINDERS, read_bundle
from proofbox.reports.errors import BundleWriteError, TamperedBundleError
from proofbox.reports.folder import refuse_filled, sync_folder, write_folder
from proofbox.reports.signing.bundles import sign_bundle
from proofbox.runners.batch.counting import check_counted
from proofbox.sandbox import names
from proofbox.sandbox.errors import IntakeError
from proofbox.sandbox.store import IntakeLimits

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment
    from proofbox.reports.bundle import Bundle
    from proofbox.runners.batch.counting import Begun
    from proofbox.runners.batch.one import Wanted


def put_in_place(
    out: Path, files: Mapping[str, bytes], subject_digest: str, wanted: Wanted, begun: Begun | None = None
) -> tuple[Assessment, Bundle]:
    """Write a bundle that arrived to ``out`` in one step, signed where a key is given; return what it says.

    It is read as any bundle is, in a folder of a hidden name, before it stands where others look.

    Parameters
    ----------
    files
        Path below the folder -> bytes, as they arrived: nothing of them is trusted.
    subject_digest
        Of the submission that was taken in here.
    begun
        The attempt that was written down for it; None where none was.

    Raises
    ------
    TamperedBundleError, IncompleteBundleError, NotABundleError
        It is not whole, or not the bundle of this submission under these policies.
    BundleExistsError, BundleWriteError, SigningFailedError
        It could not be written, or not signed; nothing is left behind.
    """
    _check_names(files)
    refuse_filled(out)
    staged = out.parent / f".{out.name}.arriving-{secrets.token_hex(8)}"
    try:
        write_folder(staged, files)
        content = read_bundle(staged)
        _check_identity(content.assessment, subject_digest, wanted)
        check_counted(content.assessment, begun, wanted)
        if wanted.publishing.signer is not None:
            sign_bundle(staged, wanted.publishing.signer, wanted.publishing.stamper)
        staged.rename(out)
        sync_folder(out.parent)
    except OSError as err:
        shutil.rmtree(staged, ignore_errors=True)
        refuse_filled(out)  # another was quicker
        raise BundleWriteError(f"{out}: could not be written ({err.strerror or err}); nothing was left behind") from err
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise
    return content.assessment, read_bundle(out).bundle


def _check_names(files: Mapping[str, bytes]) -> None:
    """Refuse what a bundle's reader would not see or another system would take for something else."""
    limits = IntakeLimits()
    total = sum(len(raw) for raw in files.values())
    if len(files) > limits.files or total > limits.total_bytes:
        raise TamperedBundleError(f"got a bundle of {len(files)} files and {total} bytes, expected less")
    try:
        same = {names.key(names.checked_path(path)) for path in files}
    except IntakeError as err:
        raise TamperedBundleError(f"a file of the bundle that arrived: {err}") from err
    if len(same) < len(files):
        raise TamperedBundleError("two files of the bundle that arrived have one name")
    if signed := sorted(set(files) & {name for name in BINDERS if name.endswith(".sig")}):
        raise TamperedBundleError(f"{signed[0]} arrived with the bundle, and no key was sent")


def _check_identity(assessment: Assessment, subject_digest: str, wanted: Wanted) -> None:
    if assessment.subject.digest != subject_digest:
        raise TamperedBundleError(
            f"the bundle that arrived is about another submission (sha256 {assessment.subject.digest}), expected"
            f" {subject_digest}"
        )
    policies = [policy.digest for policy in wanted.policies]
    if [policy.digest for policy in assessment.policies] != policies or assessment.run.seed != wanted.settings.seed:
        raise TamperedBundleError("the bundle that arrived is of other policies or another seed than were asked for")
