"""Whether the files are the ones that were declared.

## Measures

- `digest_coverage`: [0, 1], higher is better, 1 is perfect. The share of files with a role (model, evaluation, training
  and reference data) for which a well-formed sha256 is declared.
- `digest_matches`: [0, inf), higher is better, no value is perfect. Declared digests that are the file's own.
- `digest_mismatches`: [0, inf), lower is better, 0 is perfect. Declared digests that are not, or whose file is absent.
- `digest_malformed`: [0, inf), lower is better, 0 is perfect. Declared digests that are not 64 hex digits.

## Method

Digests declared in `submission.yaml`, and those in the provenance records of the data, are compared with the sha256
taken of each file when it came in; so are those of stations of a lineage that name a file of the submission. A model
folder's digest is the sha256 over the list of (path, sha256) of its files, written as JSON without blanks. A value of
another length, such as an MD5, is malformed and not a mismatch: it says nothing of the file. All are exact counts.

## Limits

A digest shows that a file did not change since it was declared, not who declared it or whether its content is right.

## References

- NIST FIPS 180-4 (SHA-256).
- MLCommons Croissant 1.1, `sha256` of `cr:FileObject`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from proofbox.checks.records.actual import taken_digests
from proofbox.checks.records.model import Record
from proofbox.checks.records.read import read_role
from proofbox.checks.records.values import is_sha256
from proofbox.checks.registry import check
from proofbox.checks.result import Inapplicable, Json, Measured, Measurement
from proofbox.checks.subject import DeclaredFile, Subject
from proofbox.checks.text import t

_ROLES = ("model", "evaluation", "training", "reference")
"""The roles whose files can declare a digest."""

_WITH_RECORD = ("evaluation", "training")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claim:
    """One declared digest and what became of it."""

    path: str
    declared_in: str
    declared: str
    actual: str | None

    @property
    def state(self) -> str:
        if not is_sha256(self.declared):
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
    records = {role: found for role in _WITH_RECORD if isinstance(found := read_role(subject, role), Record)}
    taken = taken_digests(subject)
    stated = [claim for file in files for claim in _claims(taken, file, records.get(file.role))]
    stated += [claim for record in records.values() for claim in _of_stations(taken, record)]
    claims = tuple(dict.fromkeys(stated))
    covered = {claim.path for claim in claims if claim.state != "malformed"}
    paths = sorted({file.path for file in files})
    listed: list[Json] = [claim.to_json() for claim in claims]
    without: list[Json] = [path for path in paths if path not in covered]
    detail: dict[str, Json] = {"digests": listed, "files_without_digest": without}
    coverage = (len(paths) - len(without)) / len(paths)
    measured = [Measurement(measure="digest_coverage", value=coverage, sample_size=len(paths), detail=detail)]
    for measure, states in _COUNTED.items():
        count = float(sum(claim.state in states for claim in claims))
        measured.append(
            Measurement(
                measure=measure,
                value=count,
                sample_size=len(paths),
                detail={"digests": [claim.to_json() for claim in claims if claim.state in states]},
            )
        )
    return Measured(measurements=tuple(measured))


_COUNTED = {
    "digest_matches": ("match",),
    "digest_mismatches": ("mismatch", "file is absent"),
    "digest_malformed": ("malformed",),
}


def _claims(taken: Mapping[str, str], file: DeclaredFile, record: Record | None) -> Iterator[_Claim]:
    actual = taken.get(file.path)
    if file.declared_sha256 is not None:
        yield _Claim(path=file.path, declared_in="submission", declared=file.declared_sha256, actual=actual)
    if record is not None:
        for digest in record.digests_of(file.path):
            yield _Claim(path=file.path, declared_in=record.path, declared=digest, actual=actual)


def _of_stations(taken: Mapping[str, str], record: Record) -> Iterator[_Claim]:
    """Yield the digests of a lineage's stations that are files of the submission."""
    for node in record.lineage.nodes:
        if node.sha256 and node.path in taken:
            yield _Claim(path=node.path, declared_in=record.path, declared=node.sha256, actual=taken[node.path])
