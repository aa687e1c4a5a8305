"""Whether a bundle is whole, as a value that a command can print."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from proofbox.reports.bundle import read_bundle
from proofbox.reports.console import safe_terminal
from proofbox.reports.errors import IncompleteBundleError, TamperedBundleError
from proofbox.runners.bundles import bundle_folder

if TYPE_CHECKING:
    from proofbox.checks.result import Json

State = Literal["whole", "incomplete", "tampered"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found about one bundle."""

    bundle: str
    state: State
    why: str
    """What is wrong, or what was compared."""
    digest: str | None
    """sha256 of the manifest, 64 hex digits; None where the bundle is not whole."""
    conclusion: str | None

    @property
    def whole(self) -> bool:
        """Whether nothing is missing, changed or added."""
        return self.state == "whole"

    def to_json(self) -> dict[str, Json]:
        """Return the form of ``proofbox verify --json``."""
        return {
            "bundle": self.bundle,
            "state": self.state,
            "why": self.why,
            "digest": self.digest,
            "conclusion": self.conclusion,
            "signature": "unsigned",
        }

    def lines(self) -> Iterator[str]:
        """Yield what a person reads at a terminal."""
        yield safe_terminal(f"{self.state}: {self.why}")
        if self.whole:
            yield f"manifest sha256 {self.digest}"
            yield f"conclusion recorded: {self.conclusion}"
        yield "unsigned: nothing here proves who made it"


def verify_bundle(path: Path, tracking_uri: str | None = None) -> Verification:
    """Compare every file of a bundle with its manifest.

    Parameters
    ----------
    path
        A folder, its ``.zip``, or ``mlflow:RUN_ID``.
    tracking_uri
        Store of the run; used for ``mlflow:RUN_ID`` alone.

    Raises
    ------
    NotABundleError
        There is no bundle at that path.
    """
    try:
        with bundle_folder(path, tracking_uri) as folder:
            content = read_bundle(folder)
    except IncompleteBundleError as err:
        return Verification(bundle=str(path), state="incomplete", why=str(err), digest=None, conclusion=None)
    except TamperedBundleError as err:
        return Verification(bundle=str(path), state="tampered", why=str(err), digest=None, conclusion=None)
    return Verification(
        bundle=str(path),
        state="whole",
        why=f"{len(content.manifest)} files have the digests that the manifest lists, and there is no other",
        digest=content.bundle.digest,
        conclusion=content.assessment.conclusion,
    )
