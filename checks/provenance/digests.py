"""Whether the files are the ones that were declared.

## Measures

- `digest_coverage`: [0, 1], higher is better, 1 is perfect. The share of files with a role (model, evaluation, training
  and reference data) for which a well-formed sha256 is declared.
- `digest_matches`: [0, inf), higher is better, no value is perfect. Declared digests that are the file's own.
- `digest_mismatches`: [0, inf), lower is better, 0 is perfect. Declared digests that are not, or whose file is absent.
- `digest_malformed`: [0, inf), lower is better, 0 is perfect. Declared digests that are not 64 hex digits.

## Method

Digests declared in `submission.yaml`, and those of the data in their provenance records, are compared with the sha256
taken of each file when it came in. A model folder's digest is the sha256 over the list of (path, sha256) of its files,
written as JSON without blanks. A value of another length, such as an MD5, is malformed and not a mismatch: it says
nothing of the file. All are exact counts.

## Limits

A digest shows that a file did not change since it was declared, not who declared it or whether its content is right.

## References

- NIST FIPS 180-4 (SHA-256).
- MLCommons Croissant 1.1, `sha256` of `cr:FileObject`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from proofbox.checks.provenance_records import Record, read_record
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.subject import DeclaredFile, Subject
from proofbox.checks.text import t

_ROLES = ("model", "evaluation", "training", "reference")
"""The roles whose files can declare a digest."""

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """One declared digest and what became of it."""

    path: str
    declared_in: str
    declared: str
    actual: str | None

    @property
    def state(self) -> str:
        if not _SHA256.fullmatch(self.declared):
            return "malformed"
        if self.actual is None:
            return "file is absent"
        return "match" if self.declared.lower() == self.actual else "mismatch"

    def to_json(self) -> Json:
        # A foreign value may be of any length.
        return {"path": self.path, "declared_in": self.declared_in, "declared": self.declared[:80],
                "actual": self.actual, "state": self.state}  # fmt: skip


@check("provenance.digests")
def digests(subject: Subject) -> Measured | Inapplicable:
    """Count the files that are the ones that were declared."""
    files = [file for file in subject.declared_files if file.role in _ROLES]
    if not files:
        return Inapplicable(t("the submission names no model and no data file"))
    claims = [claim for file in files for claim in _claims(subject, file)]
    covered = {claim.path for claim in claims if claim.state != "malformed"}
    paths = sorted({file.path for file in files})
    listed: list[Json] = [claim.to_json() for claim in claims]
    without: list[Json] = [path for path in paths if path not in covered]
    detail: dict[str, Json] = {"digests": listed, "files_without_digest": without}
    coverage = (len(paths) - len(without)) / len(paths)
    found = [
        Measurement(
            measure="digest_coverage",
            value=coverage,
            sample_size=len(paths),
            detail=detail,
        )
    ]
    for measure, states in _COUNTED.items():
        count = float(sum(claim.state in states for claim in claims))
        found.append(
            Measurement(
                measure=measure,
                value=count,
                sample_size=len(paths),
                detail={"digests": [claim.to_json() for claim in claims if claim.state in states]},
            )
        )
    return Measured(measurements=tuple(found))


_COUNTED = {
    "digest_matches": ("match",),
    "digest_mismatches": ("mismatch", "file is absent"),
    "digest_malformed": ("malformed",),
}


def _claims(subject: Subject, file: DeclaredFile) -> Iterator[_Claim]:
    actual = _actual(subject, file.path)
    if file.declared_sha256 is not None:
        yield _Claim(path=file.path, declared_in="submission", declared=file.declared_sha256, actual=actual)
    record_path = subject.provenance.get(file.role)
    record = None if record_path is None else read_record(subject, record_path)
    if record_path is not None and isinstance(record, Record):
        for digest in record.digests_of(file.path):
            yield _Claim(path=file.path, declared_in=record_path, declared=digest, actual=actual)


def _actual(subject: Subject, path: str) -> str | None:
    """Return the digest of a file, or of a folder over its files; None where there is neither."""
    below = [file for file in subject.files if file.path == path or file.path.startswith(f"{path}/")]
    if not below:
        return None
    if below[0].path == path:
        return below[0].sha256
    pairs = json.dumps([[file.path, file.sha256] for file in below], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(pairs.encode()).hexdigest()
