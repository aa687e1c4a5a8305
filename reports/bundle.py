"""The evidence bundle: a folder that holds the record, what it rests on, and the pages that show it.

``assessment.json`` is the truth. ``manifest.json`` lists every other file with size and digest; the digest of its bytes
is the bundle's. ``statement.json`` and the signatures bind the manifest and so stand outside it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, cast

from proofbox.policies.errors import BadRecordError
from proofbox.policies.record_json import from_json, to_json
from proofbox.reports.bom import FILE_NAME as BOM_NAME
from proofbox.reports.bom import bom_bytes
from proofbox.reports.canonical import canonical_bytes, sha256_hex, strict_json
from proofbox.reports.errors import (
    BundleWriteError,
    CanonicalError,
    IncompleteBundleError,
    NotABundleError,
    SwappedReportError,
    TamperedBundleError,
)
from proofbox.reports.folder import refuse_filled, write_folder
from proofbox.reports.html import render_html
from proofbox.reports.manifest import ManifestEntry, entries_of, manifest_bytes, read_manifest
from proofbox.reports.signing.door import sign_bytes
from proofbox.reports.signing.dsse import read_envelope
from proofbox.reports.signing.errors import BadEnvelopeError
from proofbox.reports.statement import assessment_statement
from proofbox.reports.svr import FILE_NAME as SVR_NAME
from proofbox.reports.svr import svr_statement
from proofbox.reports.tables import parquet_bytes

if TYPE_CHECKING:
    from proofbox.checks.result import CountTable
    from proofbox.policies.record import Assessment
    from proofbox.reports.signing.interface import Signer, Stamper

SIGNATURE = "statement.sig"
SVR_SIGNATURE = "svr.sig"
BINDERS = ("manifest.json", "statement.json", SIGNATURE, SVR_SIGNATURE)
"""The files that bind the others and are not listed in the manifest."""
MOST_RECORD_BYTES = 128 * 1024 * 1024
"""Of one file that is parsed; an assessment with thousands of measurements weighs a few megabytes."""
_REQUIRED = ("assessment.json", "statement.json", SVR_NAME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """An evidence bundle on disk."""

    path: Path
    digest: str
    """sha256 over the bytes of ``manifest.json``, 64 hex digits."""
    keyid: str | None = None
    """The key that the signature names, 64 hex digits; nothing was verified with it. None: unsigned."""

    def report(self, language: str = "en") -> Path:
        """Return the path of the report in one language."""
        return self.path / report_name(language)


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleContent:
    """A bundle that was read and found whole."""

    bundle: Bundle
    assessment: Assessment
    manifest: tuple[ManifestEntry, ...]
    signature: bytes | None = None
    """The envelope in ``statement.sig``: over this bundle's statement, not verified yet. None: unsigned."""
    svr_signature: bytes | None = None
    """The envelope in ``svr.sig``, likewise."""


def report_name(language: str) -> str:
    """Return ``report.html`` for English and ``report.<language>.html`` for the others."""
    return "report.html" if language == "en" else f"report.{language}.html"


def write_bundle(  # noqa: PLR0913 - a bundle is made of these
    out: Path,
    assessment: Assessment,
    *,
    policy_sources: Sequence[tuple[str, bytes]],
    submission_yaml: bytes,
    tables: Mapping[str, CountTable] | None = None,
    languages: Sequence[str] = ("en", "vi"),
    signer: Signer | None = None,
    stamper: Stamper | None = None,
) -> Bundle:
    """Write the bundle of one assessment, whole or not at all.

    Parameters
    ----------
    out
        Folder to make; it may exist if it is empty.
    policy_sources
        (name, bytes) of every policy file that took part, as it was read.
    submission_yaml
        The exact bytes of ``submission.yaml``.
    tables
        Name -> counts that the measurements were made from; each becomes ``tables/<name>.parquet``.
    languages
        The languages of the report.
    signer
        Who signs; None: the bundle is unsigned, and every view of it says so.
    stamper
        The authority that attests when it was signed.

    Raises
    ------
    BundleExistsError
        ``out`` holds something.
    BundleWriteError
        The disk refused, or two policy files or tables have one name; nothing is left behind.
    CanonicalError
        The record cannot be said in canonical JSON.
    SigningFailedError
        A token or a time stamp authority refused; nothing was written.
    """
    refuse_filled(out)
    files: dict[str, bytes] = {
        "assessment.json": canonical_bytes(to_json(assessment)),
        "submission.yaml": submission_yaml,
        BOM_NAME: bom_bytes(assessment),
        SVR_NAME: svr_statement(assessment).to_bytes(),
    }
    for name, raw in policy_sources:
        _add(files, f"policy/{_file_name(PurePath(name).stem)}.yaml", raw)
    for name, table in (tables or {}).items():
        _add(files, f"tables/{_file_name(name)}.parquet", parquet_bytes(table))
    for found in cast("dict[str, list[dict[str, object]]]", strict_json(files["assessment.json"]))["counterexamples"]:
        case = canonical_bytes({**found, "seed": assessment.run.seed})
        _add(files, f"counterexamples/{_file_name(str(found['id']))}.json", case)
    keyid = None if signer is None else signer.keyid
    for language in languages:
        files[report_name(language)] = render_html(assessment, language, keyid).encode()
    entries = entries_of(files)
    manifest = manifest_bytes(entries)
    digest = sha256_hex(manifest)
    binders = {"manifest.json": manifest, "statement.json": _statement_bytes(assessment, digest, entries)}
    if signer is not None:
        binders[SIGNATURE] = sign_bytes(binders["statement.json"], signer, stamper)
        binders[SVR_SIGNATURE] = sign_bytes(files[SVR_NAME], signer, stamper)
    write_folder(out, files | binders)
    return Bundle(path=out, digest=digest, keyid=keyid)


def read_bundle(path: Path) -> BundleContent:
    """Read a bundle and compare every file with its manifest.

    Raises
    ------
    NotABundleError
        There is no folder, or no manifest or record that this version can read.
    IncompleteBundleError
        A file that the manifest lists is missing.
    TamperedBundleError
        A file has other bytes than the manifest says, is not listed, or is a link; the statement is another's; or a
        signature is over another statement. Whether a signature is right is for ``signing.bundles`` to say.
    """
    raw, entries = read_manifest(path)
    kept = _compare(path, entries)
    for name in _REQUIRED:
        if name not in kept:
            raise IncompleteBundleError(f"{path}: incomplete: {name} is missing")
    try:
        assessment = from_json(cast("dict[str, Any]", strict_json(kept["assessment.json"])))
    except (CanonicalError, BadRecordError) as err:
        raise NotABundleError(f"{path}: assessment.json cannot be read ({err})") from err
    digest = sha256_hex(raw)
    if kept["statement.json"] != _statement_bytes(assessment, digest, entries):
        raise TamperedBundleError(f"{path}: tampered: statement.json is not the statement of this bundle")
    signature, keyid = _signature(path, kept, SIGNATURE, "statement.json")
    # Without statement.sig nobody signed the bundle: a svr.sig alone is what an interrupted signing leaves.
    svr_signature = None if signature is None else _signature(path, kept, SVR_SIGNATURE, SVR_NAME)[0]
    if signature is not None and svr_signature is None:
        raise IncompleteBundleError(f"{path}: incomplete: {SVR_SIGNATURE} is missing")
    return BundleContent(
        bundle=Bundle(path=path, digest=digest, keyid=keyid),
        assessment=assessment,
        manifest=entries,
        signature=signature,
        svr_signature=svr_signature,
    )


def _signature(path: Path, kept: Mapping[str, bytes], name: str, statement: str) -> tuple[bytes | None, str | None]:
    """Return an envelope and the key that it names, having seen that it is over the statement in this bundle."""
    if name not in kept:
        return None, None
    try:
        envelope = read_envelope(kept[name])
    except BadEnvelopeError as err:
        raise TamperedBundleError(f"{path}: tampered: {name}: {err}") from err
    if envelope.payload != kept[statement]:
        raise TamperedBundleError(f"{path}: tampered: {name} signs another statement than {statement}")
    return kept[name], envelope.keyid


def _statement_bytes(assessment: Assessment, manifest_sha256: str, entries: Sequence[ManifestEntry]) -> bytes:
    files = ((entry.path, entry.sha256) for entry in entries)
    return assessment_statement(assessment, manifest_sha256, files).to_bytes()


def _add(files: dict[str, bytes], path: str, raw: bytes) -> None:
    if files.setdefault(path, raw) != raw:
        raise BundleWriteError(f"{path}: two different files of one name, expected each name once; nothing was written")


def _file_name(name: str) -> str:
    """Return ``name`` with everything but plain letters, digits, ``.``, ``_`` and ``-`` replaced; never hidden."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).lstrip(".-")[:120] or "unnamed"


def _compare(path: Path, entries: Sequence[ManifestEntry]) -> dict[str, bytes]:
    """Return the bytes of the files that are read further: each is read once, so that none can change in between."""
    listed = {entry.path: entry for entry in entries}
    there = {
        found.relative_to(path).as_posix(): found
        for found in sorted(path.rglob("*"))
        if found.is_symlink() or not found.is_dir()
    }
    if missing := sorted(listed.keys() - there.keys()):
        raise IncompleteBundleError(f"{path}: incomplete: the manifest lists {', '.join(missing)}, which is missing")
    kept = {}
    for name, found in there.items():
        if found.is_symlink() or not found.is_file():
            raise TamperedBundleError(f"{path}: tampered: {name} is not a regular file")
        if name not in BINDERS and name not in listed:
            raise TamperedBundleError(f"{path}: tampered: {name} is not in the manifest")
        if name in BINDERS or name in _REQUIRED:
            kept[name] = _record(path, found, name)
        if name in BINDERS:
            continue
        size, digest = (len(kept[name]), sha256_hex(kept[name])) if name in kept else _size_and_digest(found)
        if size != listed[name].size or digest != listed[name].sha256:
            if name.startswith("report."):
                raise SwappedReportError(
                    f"{path}: tampered: {name} is not the report that was written with this record"
                )
            raise TamperedBundleError(f"{path}: tampered: {name} differs from what the manifest lists")
    return kept


def _record(path: Path, found: Path, name: str) -> bytes:
    """Return the bytes of a file that is parsed: a stranger's may be of any length, and takes ten times its own."""
    with found.open("rb") as file:
        raw = file.read(MOST_RECORD_BYTES + 1)
    if len(raw) > MOST_RECORD_BYTES:
        raise NotABundleError(f"{path}: {name}: got more than {MOST_RECORD_BYTES} bytes, expected a record")
    return raw


def _size_and_digest(found: Path) -> tuple[int, str]:
    with found.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return file.tell(), digest
