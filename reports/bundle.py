"""The evidence bundle: a folder that holds the record, what it rests on, and the pages that show it.

``assessment.json`` is the truth. ``manifest.json`` lists every other file with size and digest; the digest of its bytes
is the bundle's. ``statement.json`` (and later its signature) bind the manifest and so stand outside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, cast

from proofbox.policies.errors import BadRecordError
from proofbox.policies.record_json import from_json, to_json
from proofbox.reports.bom import FILE_NAME as BOM_NAME
from proofbox.reports.bom import bom_bytes
from proofbox.reports.canonical import canonical_bytes, sha256_hex
from proofbox.reports.errors import BundleWriteError, IncompleteBundleError, NotABundleError, TamperedBundleError
from proofbox.reports.folder import refuse_filled, write_folder
from proofbox.reports.html import render_html
from proofbox.reports.statement import statement_bytes
from proofbox.reports.tables import parquet_bytes

if TYPE_CHECKING:
    from proofbox.checks.result import CountTable
    from proofbox.policies.record import Assessment

MANIFEST_SCHEMA = "proofbox/manifest/v1"
BINDERS = ("manifest.json", "statement.json", "statement.sig")
"""The files that bind the others and are not listed in the manifest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """An evidence bundle on disk."""

    path: Path
    digest: str
    """sha256 over the bytes of ``manifest.json``, 64 hex digits."""

    def report(self, language: str = "en") -> Path:
        """Return the path of the report in one language."""
        return self.path / report_name(language)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestEntry:
    """One file of a bundle."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleContent:
    """A bundle that was read and found whole."""

    bundle: Bundle
    assessment: Assessment
    manifest: tuple[ManifestEntry, ...]


def report_name(language: str) -> str:
    """Return ``report.html`` for English and ``report.<language>.html`` for the others."""
    return "report.html" if language == "en" else f"report.{language}.html"


def write_bundle(
    out: Path,
    assessment: Assessment,
    *,
    policy_sources: Sequence[tuple[str, bytes]],
    submission_yaml: bytes,
    tables: Mapping[str, CountTable] | None = None,
    languages: Sequence[str] = ("en", "vi"),
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

    Raises
    ------
    BundleExistsError
        ``out`` holds something.
    BundleWriteError
        The disk refused, or two policy files or tables have one name; nothing is left behind.
    CanonicalError
        The record cannot be said in canonical JSON.
    """
    refuse_filled(out)
    files: dict[str, bytes] = {
        "assessment.json": canonical_bytes(to_json(assessment)),
        "submission.yaml": submission_yaml,
        BOM_NAME: bom_bytes(assessment),
    }
    for name, raw in policy_sources:
        _add(files, f"policy/{_file_name(PurePath(name).stem)}.yaml", raw)
    for name, table in (tables or {}).items():
        _add(files, f"tables/{_file_name(name)}.parquet", parquet_bytes(table))
    for found in cast("list[dict[str, object]]", json.loads(files["assessment.json"])["counterexamples"]):
        case = canonical_bytes({**found, "seed": assessment.run.seed})
        _add(files, f"counterexamples/{_file_name(str(found['id']))}.json", case)
    for language in languages:
        files[report_name(language)] = render_html(assessment, language).encode()
    manifest = _manifest_bytes(files)
    digest = sha256_hex(manifest)
    binders = {"manifest.json": manifest, "statement.json": statement_bytes(assessment, digest)}
    write_folder(out, files | binders)
    return Bundle(path=out, digest=digest)


def read_bundle(path: Path) -> BundleContent:
    """Read a bundle and compare every file with its manifest.

    Raises
    ------
    NotABundleError
        There is no folder, or no manifest or record that this version can read.
    IncompleteBundleError
        A file that the manifest lists is missing.
    TamperedBundleError
        A file has other bytes than the manifest says, is not listed, or is a link; or the statement is another's.
    """
    raw = _manifest_raw(path)
    entries = _manifest(path, raw)
    _compare(path, entries)
    try:
        assessment = from_json(json.loads((path / "assessment.json").read_bytes()))
    except (OSError, ValueError, RecursionError, BadRecordError) as err:
        raise NotABundleError(f"{path}: assessment.json cannot be read ({err})") from err
    digest = sha256_hex(raw)
    statement = path / "statement.json"
    if not statement.is_file():
        raise IncompleteBundleError(f"{path}: incomplete: statement.json is missing")
    if statement.is_symlink() or statement.read_bytes() != statement_bytes(assessment, digest):
        raise TamperedBundleError(f"{path}: tampered: statement.json is not the statement of this bundle")
    return BundleContent(bundle=Bundle(path=path, digest=digest), assessment=assessment, manifest=entries)


def _add(files: dict[str, bytes], path: str, raw: bytes) -> None:
    if files.setdefault(path, raw) != raw:
        raise BundleWriteError(f"{path}: two different files of one name, expected each name once; nothing was written")


def _file_name(name: str) -> str:
    """Return ``name`` with everything but plain letters, digits, ``.``, ``_`` and ``-`` replaced; never hidden."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).lstrip(".-")[:120] or "unnamed"


def _manifest_bytes(files: Mapping[str, bytes]) -> bytes:
    listed = [{"path": path, "sha256": sha256_hex(raw), "size": len(raw)} for path, raw in sorted(files.items())]
    return canonical_bytes({"schema": MANIFEST_SCHEMA, "files": listed})


def _manifest_raw(path: Path) -> bytes:
    try:
        return (path / "manifest.json").read_bytes()
    except OSError as err:
        raise NotABundleError(f"{path}: no evidence bundle: manifest.json cannot be read ({err.strerror})") from err


def _manifest(path: Path, raw: bytes) -> tuple[ManifestEntry, ...]:
    try:
        document = json.loads(raw)
        if document["schema"] != MANIFEST_SCHEMA:
            raise NotABundleError(
                f"{path}: manifest.json: got schema {document['schema']!r}, expected {MANIFEST_SCHEMA!r}"
            )
        entries = tuple(
            ManifestEntry(path=str(item["path"]), size=int(item["size"]), sha256=str(item["sha256"]))
            for item in document["files"]
        )
    except (ValueError, KeyError, TypeError, RecursionError) as err:
        raise NotABundleError(f"{path}: manifest.json is not a manifest ({type(err).__name__}: {err})") from err
    for entry in entries:
        if Path(entry.path).is_absolute() or ".." in Path(entry.path).parts:
            raise TamperedBundleError(f"{path}: tampered: the manifest names {entry.path!r}, outside the bundle")
    return entries


def _compare(path: Path, entries: Sequence[ManifestEntry]) -> None:
    listed = {entry.path: entry for entry in entries}
    there = {
        found.relative_to(path).as_posix(): found
        for found in sorted(path.rglob("*"))
        if found.is_symlink() or not found.is_dir()
    }
    if missing := sorted(listed.keys() - there.keys()):
        raise IncompleteBundleError(f"{path}: incomplete: the manifest lists {', '.join(missing)}, which is missing")
    for name, found in there.items():
        if found.is_symlink() or not found.is_file():
            raise TamperedBundleError(f"{path}: tampered: {name} is not a regular file")
        if name in BINDERS:
            continue
        if name not in listed:
            raise TamperedBundleError(f"{path}: tampered: {name} is not in the manifest")
        raw = found.read_bytes()
        if len(raw) != listed[name].size or sha256_hex(raw) != listed[name].sha256:
            raise TamperedBundleError(f"{path}: tampered: {name} differs from what the manifest lists")
