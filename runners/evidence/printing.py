"""The report of a stored bundle as PDF, signed where the options name a key."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from proofbox.reports.bundle import read_bundle
from proofbox.reports.printed.report import report_pdf
from proofbox.runners.errors import UsageError
from proofbox.runners.evidence.bundles import bundle_folder
from proofbox.runners.signed.signing import signer_of

if TYPE_CHECKING:
    from proofbox.checks.result import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class Printed:
    """A PDF that was written."""

    path: Path
    language: str
    size: int
    """bytes"""
    sha256: str
    signed: bool
    bundle_digest: str

    def to_json(self) -> dict[str, Json]:
        """Return the form of ``proofbox report --json``."""
        return {
            "pdf": str(self.path),
            "language": self.language,
            "size": self.size,
            "sha256": self.sha256,
            "signed": self.signed,
            "bundle": self.bundle_digest,
        }


def print_report(
    bundle: Path, out: Path, language: str, options: Mapping[str, object], *, tracking_uri: str | None = None
) -> Printed:
    """Write the report of a bundle as PDF.

    Parameters
    ----------
    options
        As ``runners.signed.signing.signer_of`` reads them; no key, no signature.

    Raises
    ------
    NotABundleError, IncompleteBundleError, TamperedBundleError
        There is no whole bundle at that path.
    LibraryMissingError, KeyFileError, UsageError
        A library is not installed, the key cannot be used or has no certificate, or ``out`` cannot be written.
    """
    if out.exists():
        raise UsageError(f"--pdf {out}: exists already, expected a new name")
    if options.get("tsa_url") is not None:
        raise UsageError("--tsa-url: a time stamp inside a PDF is not made; sign the bundle with one instead")
    signer = signer_of(options)
    with bundle_folder(bundle, tracking_uri) as folder:
        content = read_bundle(folder)
    raw = report_pdf(content, language, signed=signer is not None)
    if signer is not None:
        from proofbox.reports.printed.pades import signed_pdf

        raw = signed_pdf(raw, signer)
    _write(out, raw)
    return Printed(
        path=out,
        language=language,
        size=len(raw),
        sha256=hashlib.sha256(raw).hexdigest(),
        signed=signer is not None,
        bundle_digest=content.bundle.digest,
    )


def _write(out: Path, raw: bytes) -> None:
    try:
        with out.open("xb") as file:
            file.write(raw)
    except OSError as err:
        raise UsageError(f"--pdf {out}: cannot be written ({err.strerror})") from err
