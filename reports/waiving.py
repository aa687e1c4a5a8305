"""How a waiver is told: beside a failed finding, with what it is worth; the verdict stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from proofbox.checks.text import Text, t

if TYPE_CHECKING:
    from proofbox.checks.result import Json
    from proofbox.reports.i18n import Translator

_STATUS: Mapping[str, Text] = {
    "active": t("waived until {until}"),
    "expired": t("the waiver expired on {until}"),
    "not-yet": t("the waiver holds from {approved} only"),
    "other-subject": t("the waiver is dead: it is for another version of the product"),
    "other-policy": t("the waiver is dead: it is for another version of the policy"),
    "approved-by-submitter": t("the waiver is void: the submitter approved it"),
    "wrong-signature": t("the waiver is void: its signature is wrong"),
    "unsigned": t("the waiver is void: a key was given and nobody signed it"),
}
_DATES = {"until": "expires", "approved": "approved_on"}
_SIGNATURE: Mapping[str, Text] = {
    "verified": t("signature verified"),
    "unsigned": t("unsigned"),
    "not-checked": t("signed, not verified: no public key was given"),
    "wrong": t("wrong signature"),
    "missing": t("unsigned"),
}


def waiver_line(translator: Translator, waiver: Mapping[str, Json]) -> str:
    """Return ``waived until 31 January 2027 (unsigned)``; a status of a later version is shown as it is."""
    values = {key: translator.date(_text(waiver, name)) for key, name in _DATES.items()}
    status, signature = _text(waiver, "status"), _text(waiver, "signature")
    said = translator.gettext(_STATUS[status].template, **values) if status in _STATUS else status
    worth = translator.text(_SIGNATURE[signature]) if signature in _SIGNATURE else signature
    return f"{said} ({worth})"


def waiver_decision(translator: Translator, waiver: Mapping[str, Json]) -> str:
    """Return who decided, when, and why."""
    return translator.gettext(
        "{approver} ({role}), {approved}: {why}",
        approver=_text(waiver, "approver"),
        role=_text(waiver, "role"),
        approved=translator.date(_text(waiver, "approved_on")),
        why=_text(waiver, "reason"),
    )


def _text(waiver: Mapping[str, Json], key: str) -> str:
    return str(waiver.get(key, ""))
