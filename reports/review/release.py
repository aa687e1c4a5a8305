"""Whether what is to be released is what was approved, within the conditions: from signed decisions alone, offline."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from proofbox.reports.review.decisions import Decision
from proofbox.reports.review.errors import BadDecisionError
from proofbox.reports.review.history import Decided

Refusal = Literal[
    "not-approved",
    "revoked",
    "other-subject",
    "not-yet",
    "expired",
    "too-many-users",
    "users-not-told",
    "other-region",
    "region-not-told",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What is to be released, when, to how many and where."""

    digests: frozenset[str] = frozenset()
    """Digests that it answers to: of the submission, or of the model; 64 hex digits each."""
    on: str
    """``YYYY-MM-DD``."""
    users: int | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """One reason why it may not be released."""

    state: Refusal
    why: str


def latest(decided: Sequence[Decided]) -> Decision:
    """Return the last of several decisions on one bundle, given in any order.

    Raises
    ------
    BadDecisionError
        There is none, they are on different bundles, or one does not follow from the one before it.
    """
    ordered = sorted(decided, key=lambda one: one.decision.number)
    if not ordered:
        raise BadDecisionError("got no decision, expected at least one")
    for before, after in pairwise(ordered):
        if before.decision.subject != after.decision.subject:
            raise BadDecisionError("got decisions on different bundles, expected those on one")
        if before.decision.number == after.decision.number and before.digest != after.digest:
            raise BadDecisionError(f"got two different decisions of number {after.decision.number}")
        if after.decision.number == before.decision.number + 1 and after.decision.previous != before.digest:
            raise BadDecisionError(f"decision {after.decision.number} does not follow from the one before it")
    return ordered[-1].decision


def refusals(decision: Decision, release: Release) -> Iterator[Refused]:
    """Yield every reason why a decision does not allow a release; none where it does.

    A condition that nobody tells is not met: where users or regions are limited, they must be given.
    """
    if decision.state == "revoked":
        yield Refused(state="revoked", why=f"revoked on {decision.on}: {decision.reason}")
    elif decision.state != "approved":
        yield Refused(state="not-approved", why=f"the last decision, of {decision.on}, is '{decision.state}'")
    about = decision.subject
    if not release.digests & ({about.submission, about.model} - {""}):
        got = ", ".join(sorted(digest[:12] for digest in release.digests))
        approved = f"the submission {about.submission[:12]}" + (f", model {about.model[:12]}" if about.model else "")
        yield Refused(state="other-subject", why=f"got {got}, and what was decided upon is {approved}")
    if release.on < decision.on:
        yield Refused(state="not-yet", why=f"the decision holds from {decision.on}, and the day is {release.on}")
    if decision.conditions is not None:
        yield from _conditions(decision, release)


def _conditions(decision: Decision, release: Release) -> Iterator[Refused]:
    conditions = decision.conditions
    assert conditions is not None
    if release.on > conditions.until:
        yield Refused(state="expired", why=f"approved until {conditions.until}, and the day is {release.on}")
    most = conditions.maximum_users
    if most is not None and release.users is None:
        yield Refused(state="users-not-told", why=f"approved for at most {most} users; say how many with --users")
    elif most is not None and release.users is not None and release.users > most:
        yield Refused(state="too-many-users", why=f"approved for at most {most} users, got {release.users}")
    allowed = ", ".join(conditions.regions)
    if conditions.regions and release.region is None:
        yield Refused(state="region-not-told", why=f"approved for {allowed} alone; say where with --region")
    elif conditions.regions and not any(_within(release.region, one) for one in conditions.regions):
        yield Refused(state="other-region", why=f"approved for {allowed} alone, got {release.region}")


def _within(region: str | None, allowed: str) -> bool:
    """Return whether a region is the one that is allowed, or a part of it by its code: ``VN-HN`` lies in ``VN``."""
    return region is not None and (region == allowed or region.startswith(f"{allowed}-"))
