"""Whether a bundle is whole and who signed it, as a value that a command can print."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from proofbox.reports.bundle import read_bundle
from proofbox.reports.console import safe_terminal
from proofbox.reports.errors import (
    DamagedArchiveError,
    IncompleteBundleError,
    NotABundleError,
    SwappedReportError,
    TamperedBundleError,
)
from proofbox.reports.signing.bundles import verify_signatures
from proofbox.reports.signing.errors import Refusal, SignatureError
from proofbox.runners.evidence.bundles import BY_RUN, bundle_folder, store_of_the_environment

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.reports.bundle import BundleContent
    from proofbox.reports.signing.interface import SignedBy, Verifier

State = Literal["verified", "incomplete", "swapped-report", "differs-in-mlflow"] | Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found about one bundle."""

    bundle: str
    state: State
    why: str
    """What is wrong, or what was compared."""
    digest: str | None = None
    """sha256 of the manifest, 64 hex digits; None where the bundle is not whole."""
    conclusion: str | None = None
    keyid: str | None = None
    """The key that the signature names, verified or not; None: unsigned, or not whole."""
    signed_by: SignedBy | None = None
    """Whose signature was verified; None where none was."""
    mlflow: tuple[str, ...] | None = None
    """In what the pages of MLflow show something else than this bundle; None: it is from no store, or not whole."""

    @property
    def verified(self) -> bool:
        """Whether nothing is missing, changed or added, and the one who was asked for signed it."""
        return self.state == "verified"

    @property
    def whole(self) -> bool:
        """Whether nothing is missing, changed or added, whoever made it."""
        return self.digest is not None

    def to_json(self) -> dict[str, Json]:
        """Return the form of ``proofbox verify --json``."""
        by = self.signed_by
        stamped = None if by is None or by.signed_before is None else by.signed_before.isoformat()
        return {
            "bundle": self.bundle,
            "state": self.state,
            "why": self.why,
            "whole": self.whole,
            "digest": self.digest,
            "conclusion": self.conclusion,
            "signature": "unsigned" if self.keyid is None else "verified" if by else "not-verified",
            "keyid": self.keyid,
            "signer": None if by is None else {"how": by.how, "name": by.name, "signed_before": stamped},
            "mlflow": None if self.mlflow is None else list(self.mlflow),
        }

    def lines(self) -> Iterator[str]:
        """Yield what a person reads at a terminal."""
        yield safe_terminal(f"{self.state}: {self.why}")
        if self.whole:
            yield f"manifest sha256 {self.digest}"
            yield f"conclusion recorded: {self.conclusion}"
        if (by := self.signed_by) is not None:
            yield safe_terminal(f"signed by {by.name or 'the holder of the key'} (key {by.keyid})")
            if by.signed_before is not None:
                yield f"time-stamped: signed before {by.signed_before.isoformat()}"
        for one in self.mlflow or ():
            yield safe_terminal(f"in MLflow: {one}")


def verify_bundle(
    given: Path | str, verifier: Verifier | None, now: datetime, tracking_uri: str | None = None
) -> Verification:
    """Compare every file of a bundle with its manifest, then ask who signed it.

    A bundle that comes from MLflow is also compared with what MLflow's pages show of it.

    Parameters
    ----------
    given
        A folder, its ``.zip``, or ``mlflow:RUN_ID``.
    verifier
        Knows whose signature is wanted; None where nobody said.
    now
        The moment of asking, with its time zone.
    tracking_uri
        Store of the run; used for ``mlflow:RUN_ID`` alone.

    Raises
    ------
    NotABundleError
        There is no bundle at that path, nor what is left of one.
    PublishError
        The tracking store could not be reached, or has no such run.
    """
    shown = str(given)
    try:
        with bundle_folder(given, tracking_uri) as folder:
            try:
                content = read_bundle(folder)
            except NotABundleError as err:
                return _remains(shown, folder, err)
            other = _other_in_mlflow(shown, content, tracking_uri)
    except IncompleteBundleError as err:
        return Verification(bundle=shown, state="incomplete", why=str(err))
    except SwappedReportError as err:
        return Verification(bundle=shown, state="swapped-report", why=str(err))
    except (TamperedBundleError, DamagedArchiveError) as err:
        return Verification(bundle=shown, state="tampered", why=str(err))
    return _compared(_asked(_whole(shown, content), content, verifier, now), other)


def _other_in_mlflow(shown: str, content: BundleContent, tracking_uri: str | None) -> tuple[str, ...] | None:
    if not shown.startswith(BY_RUN):
        return None
    from proofbox.reports.tracking.comparing import differences

    run_id = shown.removeprefix(BY_RUN)
    return differences(content, run_id, tracking_uri=tracking_uri or store_of_the_environment())


def _compared(found: Verification, other: tuple[str, ...] | None) -> Verification:
    """Take back that a bundle is verified where whoever reads MLflow's pages is shown something else."""
    if not other or not found.verified:
        return replace(found, mlflow=other)
    why = f"the bundle is as it was signed, and MLflow shows something else: {len(other)} differences"
    return replace(found, state="differs-in-mlflow", why=why, mlflow=other)


def _remains(shown: str, folder: Path, err: NotABundleError) -> Verification:
    """Say what became of a bundle whose statement is there and binds a manifest that is gone, or is none any more."""
    if not (folder / "statement.json").is_file():
        raise err
    gone = not (folder / "manifest.json").exists()
    return Verification(bundle=shown, state="incomplete" if gone else "tampered", why=str(err))


def _whole(shown: str, content: BundleContent) -> Verification:
    return Verification(
        bundle=shown,
        state="unsigned",
        why="every file has the digest that the manifest lists, and nothing proves who made it",
        digest=content.bundle.digest,
        conclusion=content.assessment.conclusion,
        keyid=content.bundle.keyid,
    )


def _asked(whole: Verification, content: BundleContent, verifier: Verifier | None, now: datetime) -> Verification:
    if content.signature is None:
        return whole
    if verifier is None:
        why = (
            f"signed with the key {whole.keyid}, and nobody said whose signature to expect; give --key or --certificate"
        )
        return replace(whole, state="not-checked", why=why)
    try:
        by = verify_signatures(content, verifier, now)
    except SignatureError as err:
        return replace(whole, state=err.state, why=str(err))
    number = len(content.manifest)
    why = f"{number} files have the digests that the signed manifest lists, and there is no other"
    return replace(whole, state="verified", why=why, signed_by=by)
