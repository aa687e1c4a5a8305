"""Hold waivers against findings: a waiver stands beside a failed finding and never changes its verdict.

The requirement was measured and failed; a person decided to live with that for a time. The conclusion stays what it is,
since only a pass satisfies a ``must``. A waiver of another subject or another version of the policy is dead, and shown
so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from proofbox.checks.result import Json
from proofbox.policies.record import Finding, PolicyRecord, SignatureState, SubjectRecord
from proofbox.policies.waiver_file import Waiver

Status = Literal[
    "active",
    "expired",
    "not-yet",
    "other-subject",
    "other-policy",
    "approved-by-submitter",
    "wrong-signature",
    "unsigned",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenWaiver:
    """A waiver, and what its signature is worth."""

    waiver: Waiver
    signature: SignatureState


def with_waivers(
    findings: Sequence[Finding],
    given: Iterable[GivenWaiver],
    subject: SubjectRecord,
    policies: Iterable[PolicyRecord],
    on: str,
) -> tuple[Finding, ...]:
    """Return the findings, each failed one with the waiver that was given for it.

    Parameters
    ----------
    on
        The day that waivers are held against, ``YYYY-MM-DD``.
    """
    known = {policy.id: policy for policy in policies}
    waivers = tuple(given)
    return tuple(_waived(finding, waivers, subject, known, on) for finding in findings)


def _waived(
    finding: Finding,
    given: Iterable[GivenWaiver],
    subject: SubjectRecord,
    policies: Mapping[str, PolicyRecord],
    on: str,
) -> Finding:
    if finding.verdict != "fail":
        return finding
    found = [(item, _status(item, subject, policies[finding.policy], on)) for item in given if _meant(item, finding)]
    if not found:
        return finding
    # One that holds is shown before one that is dead.
    item, status = min(found, key=lambda pair: (pair[1] != "active", pair[0].waiver.id))
    return replace(finding, waiver=_record(item, status))


def _meant(given: GivenWaiver, finding: Finding) -> bool:
    waiver = given.waiver
    return (waiver.policy.id, waiver.control) == (finding.policy, finding.control) and waiver.requirement in (
        None,
        finding.requirement,
    )


def _status(given: GivenWaiver, subject: SubjectRecord, policy: PolicyRecord, on: str) -> Status:
    waiver = given.waiver
    dead: tuple[tuple[bool, Status], ...] = (
        (given.signature == "wrong", "wrong-signature"),
        (given.signature == "missing", "unsigned"),
        (_is_submitter(waiver.approver.name, subject), "approved-by-submitter"),
        (waiver.subject != subject.digest, "other-subject"),
        ((waiver.policy.version, waiver.policy.digest) != (policy.version, policy.digest), "other-policy"),
        (on < waiver.approved_on, "not-yet"),
        (on > waiver.expires, "expired"),
    )
    return next((status for is_so, status in dead if is_so), "active")


def _is_submitter(name: str, subject: SubjectRecord) -> bool:
    provider = subject.product.get("provider")
    texts = provider.values() if isinstance(provider, dict) else ()
    return _plain(name) in {_plain(text) for text in texts if isinstance(text, str) and text.strip()}


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _record(given: GivenWaiver, status: Status) -> dict[str, Json]:
    waiver = given.waiver
    return {
        "id": waiver.id,
        "status": status,
        "signature": given.signature,
        "approver": waiver.approver.name,
        "role": waiver.approver.role,
        "approved_on": waiver.approved_on,
        "expires": waiver.expires,
        "reason": waiver.reason,
    }
