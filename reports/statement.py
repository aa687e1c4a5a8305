"""The in-toto Statement v1 over a bundle, unsigned: what a signature will later be put on.

The statement names the subject by digest and binds the manifest, and through it every file of the bundle. It stands
outside the manifest, since it holds the manifest's digest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofbox.reports.canonical import canonical_bytes

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "urn:proofbox:assessment:v1"


def statement_bytes(assessment: Assessment, manifest_sha256: str) -> bytes:
    """Return the canonical bytes of the statement.

    Parameters
    ----------
    assessment
        The record that the bundle holds.
    manifest_sha256
        Digest of the bytes of ``manifest.json``, 64 hex digits.
    """
    return canonical_bytes(
        {
            "_type": STATEMENT_TYPE,
            "subject": [{"name": "submission", "digest": {"sha256": assessment.subject.digest}}],
            "predicateType": PREDICATE_TYPE,
            "predicate": {
                "conclusion": assessment.conclusion,
                "manifest": {"sha256": manifest_sha256},
                "policies": [
                    {"id": policy.id, "version": policy.version, "digest": {"sha256": policy.digest}}
                    for policy in assessment.policies
                ],
            },
        }
    )
