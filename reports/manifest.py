"""The manifest: path, size and digest of every file of a bundle but those that bind it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from proofbox.reports.canonical import canonical_bytes, sha256_hex, strict_json
from proofbox.reports.errors import CanonicalError, NotABundleError, TamperedBundleError

SCHEMA = "proofbox/manifest/v1"
FILE_NAME = "manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestEntry:
    """One file of a bundle."""

    path: str
    size: int
    sha256: str


def entries_of(files: Mapping[str, bytes]) -> tuple[ManifestEntry, ...]:
    """Return the entries of files (path -> bytes), sorted by path."""
    return tuple(ManifestEntry(path=path, size=len(raw), sha256=sha256_hex(raw)) for path, raw in sorted(files.items()))


def manifest_bytes(entries: Sequence[ManifestEntry]) -> bytes:
    """Return the canonical bytes of the file."""
    return canonical_bytes({"schema": SCHEMA, "files": [asdict(entry) for entry in entries]})


def read_manifest(bundle: Path) -> tuple[bytes, tuple[ManifestEntry, ...]]:
    """Return the bytes of a bundle's manifest and what it lists.

    Raises
    ------
    NotABundleError
        There is none that this version can read.
    TamperedBundleError
        It is no regular file, or names a file twice, or one outside the bundle.
    """
    path = bundle / FILE_NAME
    if path.is_symlink() or (path.exists() and not path.is_file()):
        # Before it is opened: a pipe would never end.
        raise TamperedBundleError(f"{bundle}: tampered: manifest.json is not a regular file")
    try:
        raw = path.read_bytes()
    except OSError as err:
        raise NotABundleError(f"{bundle}: no evidence bundle: manifest.json cannot be read ({err.strerror})") from err
    entries = _parsed(bundle, raw)
    for entry in entries:
        if Path(entry.path).is_absolute() or ".." in Path(entry.path).parts:
            raise TamperedBundleError(f"{bundle}: tampered: the manifest names {entry.path!r}, outside the bundle")
    if len({entry.path for entry in entries}) < len(entries):
        raise TamperedBundleError(f"{bundle}: tampered: the manifest lists a file twice")
    return raw, entries


def _parsed(bundle: Path, raw: bytes) -> tuple[ManifestEntry, ...]:
    try:
        document = cast("dict[str, Any]", strict_json(raw))
        if document["schema"] != SCHEMA:
            raise NotABundleError(f"{bundle}: manifest.json: got schema {document['schema']!r}, expected {SCHEMA!r}")
        return tuple(
            ManifestEntry(path=str(item["path"]), size=int(item["size"]), sha256=str(item["sha256"]))
            for item in document["files"]
        )
    except (CanonicalError, ValueError, KeyError, TypeError) as err:
        raise NotABundleError(f"{bundle}: manifest.json is not a manifest ({type(err).__name__}: {err})") from err
