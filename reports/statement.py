"""The in-toto Statement v1 over a bundle: what is signed, or is left unsigned and says so.

It names the submission and the manifest by digest and binds, through the manifest and once more by one Merkle root,
every file of the bundle. It stands outside the manifest, since it holds the manifest's digest.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from proofbox.reports.signing.merkle import files_root
from proofbox.reports.signing.statement import Statement

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment

PREDICATE_TYPE = "urn:proofbox:assessment:v1"


def assessment_statement(assessment: Assessment, manifest_sha256: str, files: Iterable[tuple[str, str]]) -> Statement:
    """Return the statement.

    Parameters
    ----------
    assessment
        The record that the bundle holds.
    manifest_sha256
        Digest of the bytes of ``manifest.json``, 64 hex digits.
    files
        (path, sha256) of every file that the manifest lists.
    """
    return Statement(
        predicate_type=PREDICATE_TYPE,
        subjects={"manifest.json": manifest_sha256, "submission": assessment.subject.digest},
        predicate={
            "conclusion": assessment.conclusion,
            "manifest": {"sha256": manifest_sha256},
            "merkleRoot": {"sha256": files_root(files)},
            "policies": [
                {"id": policy.id, "version": policy.version, "digest": {"sha256": policy.digest}}
                for policy in assessment.policies
            ],
        },
    )
