"""A policy is read from the law on a day, and must be read again by another: say so loudly once that day has come."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from proofbox.policies.record import Assessment, PolicyRecord
    from proofbox.reports.i18n import Translator

EXPIRES_SOON = timedelta(days=90)


def expiry_warning(policy: PolicyRecord, assessment: Assessment, translator: Translator) -> str:
    """Return a warning where the policy had expired, or soon would, when the assessment ran; else nothing.

    The day is that of the run and not today's, so that the page stays the same.
    """
    try:
        expires = date.fromisoformat(policy.expires_on)
        ran = date.fromisoformat(assessment.run.finished_at[:10])
    except ValueError:
        return ""
    if expires < ran:
        return translator.gettext(
            "Policy {policy} expired on {day}, before this assessment. The law may have changed since it was read.",
            policy=policy.id, day=translator.date(policy.expires_on),
        )  # fmt: skip
    if expires - ran <= EXPIRES_SOON:
        return translator.gettext(
            "Policy {policy} expires on {day}. Read the law's text again after that day.",
            policy=policy.id, day=translator.date(policy.expires_on),
        )  # fmt: skip
    return ""
