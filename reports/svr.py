"""The Simple Verification Result v0.2 of in-toto: the short statement for those who only ask what passed.

https://github.com/in-toto/attestation/blob/main/spec/predicates/svr.md. It cannot say fail, inconclusive or not run, so
what is not listed was not shown: the record says why. A requirement is listed where every finding of it passed.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from proofbox.reports.signing.statement import Statement

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.policies.record import Assessment

FILE_NAME = "svr.json"
PREDICATE_TYPE = "https://in-toto.io/attestation/svr/v0.2"
_PREFIX = "PROOFBOX"


def svr_statement(assessment: Assessment) -> Statement:
    """Return the statement; equal records give equal statements."""
    policies: list[Json] = [
        {
            "name": f"{policy.id} {policy.version}",
            "uri": f"urn:proofbox:policy:{policy.id}:{policy.version}",
            "digest": {"sha256": policy.digest},
        }
        for policy in assessment.policies
    ]
    return Statement(
        predicate_type=PREDICATE_TYPE,
        subjects={"submission": assessment.subject.digest},
        predicate={
            "verifier": {"id": f"urn:proofbox:{assessment.run.version}", "policies": policies},
            "timeCreated": _moment(assessment.run.finished_at),
            "properties": list(properties(assessment)),
        },
    )


def properties(assessment: Assessment) -> tuple[str, ...]:
    """Return what passed, ``PROOFBOX_<policy>_<requirement>`` sorted, and ``PROOFBOX_CONFORMS`` where all does."""
    verdicts: dict[str, set[str]] = {}
    for finding in assessment.findings:
        verdicts.setdefault(f"{_PREFIX}_{finding.policy}_{finding.requirement}", set()).add(finding.verdict)
    passed = sorted(name for name, found in verdicts.items() if found == {"pass"})
    return (*passed, f"{_PREFIX}_CONFORMS") if assessment.conclusion == "conforms" else tuple(passed)


def _moment(text: str) -> str:
    """Return a time as in-toto wants it: RFC 3339 in UTC, with a Z; text that is no time is kept."""
    try:
        return datetime.fromisoformat(text).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except ValueError:
        return text
