"""Whether the provider's own list of components names what came in.

## Measures

- `bom_coverage`: [0, 1], higher is better, 1 is perfect. The share of the files of model and data that the list names
  with their right SHA-256.
- `bom_components_missing`: [0, inf), lower is better, 0 is perfect. Files of model and data that it does not name at
  all.
- `bom_digest_mismatches`: [0, inf), lower is better, 0 is perfect. Files that it names with another SHA-256.
- `bom_malformed_digests`: [0, inf), lower is better, 0 is perfect. SHA-256 values in it that are not 64 hex digits.

## Method

The list under `documents.bom` is read as CycloneDX 1.5 to 1.7 in JSON, with a limit on size and depth. A component
stands for a file if it carries that file's SHA-256, or bears its path or its name; components within others count
too. For a model that is a folder, one component with the digest over all its files (`provenance.model_record`) stands
for all of them. A list that cannot be read names nothing: the detail says why, with line and column. Every assessment
also writes a list of its own into the evidence bundle (`bom.cdx.json`).

## Limits

Libraries and services in the list are not looked for, since they are not part of a submission; nor are licences and
vulnerabilities. Performance figures in the list are compared by `transparency.claims`. CycloneDX in XML or Protocol
Buffers and SPDX are not read.

## References

- CycloneDX 1.6 (ECMA-424), Machine Learning Bill of Materials.
- Decree 142/2026/ND-CP, Article 3(6); NIST AI RMF 1.0, MAP 4.1.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from proofbox.checks.dataparts import data_files
from proofbox.checks.documents.bom import Bom, Component, read_bom
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement, exact
from proofbox.checks.signatures.identity import Identity, files_of, model_identity
from proofbox.checks.subject import DeclaredFile, FileRecord, Subject
from proofbox.checks.text import Text, t

MOST_LISTED = 50
_ROLES = ("model", "evaluation", "training", "reference")
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")

State = Literal["right", "without digest", "another digest", "missing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    """What a list says of one file."""

    file: FileRecord
    state: State
    line: int | None

    def to_json(self) -> Json:
        return {"path": self.file.path, "sha256": self.file.sha256, "state": self.state, "line": self.line}


@check("provenance.bom")
def bom(subject: Subject) -> Measured | Inapplicable:
    """Measure what the provider's own list of components says of the files that came in."""
    found = read_bom(subject)
    if "bom" not in subject.documents:
        assert isinstance(found, Text)
        return Inapplicable(found)
    named = [one for one in subject.declared_files if one.role in _ROLES]
    lying = (_files_of(subject, one) for one in named)
    files = list(dict.fromkeys(file for found in lying for file in found))
    if not files:
        return Inapplicable(t("the submission names no model and no data file"))
    index = _indexed(found, model_identity(subject))
    listed = [index.look_up(file) for file in files]
    detail: dict[str, Json] = {
        "files": [one.to_json() for one in listed[:MOST_LISTED]],
        "files_left_out": max(len(listed) - MOST_LISTED, 0),
    }
    if isinstance(found, Text):
        detail["problem"] = {"template": found.template, "values": dict(found.values)}
    counts = {state: sum(one.state == state for one in listed) for state in ("right", "missing", "another digest")}
    return Measured(
        measurements=(
            exact("bom_coverage", counts["right"] / len(files), len(files), detail),
            exact("bom_components_missing", counts["missing"], len(files), detail),
            exact("bom_digest_mismatches", counts["another digest"], len(files), detail),
            _malformed(found),
        )
    )


def _files_of(subject: Subject, named: DeclaredFile) -> tuple[FileRecord, ...]:
    """Return the files of the model, or of data; what lies beside the parts of data is no component."""
    return (files_of if named.role == "model" else data_files)(subject.files, named.path)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Index:
    """A list's components by what they can be found by; the first of them counts."""

    by_digest: Mapping[str, Component]
    by_name: Mapping[str, Component]
    whole: Component | None
    """What stands for all files of the model, by the digest over them."""
    of_model: frozenset[str]
    """Paths of the model's files."""

    def look_up(self, file: FileRecord) -> _Listed:
        right = self.by_digest.get(file.sha256) or (self.whole if file.path in self.of_model else None)
        if right is not None:
            return _Listed(file=file, state="right", line=right.line)
        named = self.by_name.get(file.path) or self.by_name.get(PurePosixPath(file.path).name)
        if named is None:
            return _Listed(file=file, state="missing", line=None)
        return _Listed(file=file, state="another digest" if named.sha256 else "without digest", line=named.line)


def _indexed(found: Bom | Text, identity: Identity) -> _Index:
    components = found.components if isinstance(found, Bom) else ()
    by_digest: dict[str, Component] = {}
    by_name: dict[str, Component] = {}
    for one in components:
        by_name.setdefault(one.name, one)
        for digest in one.sha256:
            by_digest.setdefault(digest.lower(), one)
    return _Index(
        by_digest=by_digest,
        by_name=by_name,
        whole=by_digest.get(identity.digest),
        of_model=frozenset(file.path for file in identity.files),
    )


def _malformed(found: Bom | Text) -> Measurement:
    components = found.components if isinstance(found, Bom) else ()
    written = [(digest, one.line) for one in components for digest in one.sha256]
    bad = [(digest, line) for digest, line in written if not _SHA256.fullmatch(digest)]
    listed: list[Json] = [{"line": line, "written": digest[:80]} for digest, line in bad[:MOST_LISTED]]
    return exact("bom_malformed_digests", len(bad), max(len(written), 1), {"malformed": listed})
