"""One product of the list: what was approved, within what, by whom, and whether that still holds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from proofbox.reports.review.decisions import Decision

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.reports.review.history import Decided, History

Standing = Literal["approved", "expired", "revoked"]
SCHEMA = "proofbox/register/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One approval, and what became of it."""

    standing: Standing
    approval: Decision
    decision: str
    """sha256 of the approval's file."""
    ended: Decision | None = None
    """The decision that revoked it."""

    def to_json(self) -> dict[str, Json]:
        """Return the entry of register.json."""
        about, conditions = self.approval.subject, self.approval.conditions
        assert conditions is not None
        ended: Json = None if self.ended is None else {"on": self.ended.on, "reason": self.ended.reason}
        return {
            "standing": self.standing,
            "product": asdict(about.product),
            "submission": about.submission,
            "model": about.model,
            "bundle": about.bundle,
            "conclusion": about.conclusion,
            "policies": [asdict(policy) for policy in about.policies],
            "approved_on": self.approval.on,
            "reason": self.approval.reason,
            "conditions": asdict(conditions),
            "reviewer": asdict(self.approval.reviewer),
            "decision": self.decision,
            "revoked": ended,
        }


def entry_of(history: History, on: str) -> Entry | None:
    """Return how a history stands on a day; None where nothing had been approved by then.

    Parameters
    ----------
    on
        ``YYYY-MM-DD``; later decisions are not looked at.
    """
    approved: Decided | None = None
    ended: Decision | None = None
    for one in history.decided:
        if one.decision.on > on:
            break
        if one.decision.state == "approved":
            approved, ended = one, None
        elif one.decision.state == "revoked":
            ended = one.decision
    if approved is None or approved.decision.conditions is None:
        return None
    standing: Standing = "approved" if on <= approved.decision.conditions.until else "expired"
    if ended is not None:
        standing = "revoked"
    return Entry(standing=standing, approval=approved.decision, decision=approved.digest, ended=ended)


def listing_order(entry: Entry) -> tuple[str, ...]:
    """Return by what the list is sorted: product, version, provider."""
    about = entry.approval.subject
    return about.product.name.casefold(), about.product.version, about.product.provider.casefold(), about.bundle
