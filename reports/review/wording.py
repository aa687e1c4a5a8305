"""Decisions in words: for a terminal, a page and MLflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofbox.checks.text import t
from proofbox.reports.i18n import Translator
from proofbox.reports.visible import markdown

if TYPE_CHECKING:
    from proofbox.reports.review.decisions import Conditions, Decision

STATES = {
    "submitted": t("submitted"),
    "under-review": t("under review"),
    "changes-requested": t("changes requested"),
    "approved": t("approved with conditions"),
    "rejected": t("rejected"),
    "revoked": t("revoked"),
    "expired": t("expired"),
}


def conditions_texts(say: Translator, conditions: Conditions) -> list[str]:
    """Return each condition of an approval in one language."""
    texts = [say.gettext("until {until}", until=say.date(conditions.until))]
    if conditions.maximum_users is not None:
        texts.append(say.gettext("at most {users} users", users=conditions.maximum_users))
    if conditions.regions:
        texts.append(say.gettext("in {regions} alone", regions=", ".join(conditions.regions)))
    return texts


def decision_line(decision: Decision) -> str:
    """Return one decision as a line in English, not yet made safe for a terminal."""
    say = Translator("en")
    within = ""
    if decision.conditions is not None:
        within = f" ({', '.join(conditions_texts(say, decision.conditions))})"
    state = say.text(STATES[decision.state])
    return f"{decision.number}. {decision.on} {state}{within}, by {decision.reviewer.name}: {decision.reason}"


def review_tags(decision: Decision, digest: str, note: str) -> dict[str, str]:
    """Return the tags of a run in MLflow that say what was decided.

    Parameters
    ----------
    digest
        sha256 of the decision's file.
    note
        The run's own note in Markdown, which the decision is put above.
    """
    line = markdown(decision_line(decision))
    return {
        "proofbox.review": decision.state,
        "proofbox.review.by": decision.reviewer.name,
        "proofbox.review.on": decision.on,
        # Said of every decision, since a tag that is left out would keep what an earlier one said.
        "proofbox.review.until": decision.conditions.until if decision.conditions else "none",
        "proofbox.review.decision": digest,
        "mlflow.note.content": f"**Review**: {line}\n\n{note}",
    }
