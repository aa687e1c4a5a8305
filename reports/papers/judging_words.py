"""The result words of the forms, and what of the evidence may be proposed as one.

Decree 142/2026, form AI08, section III: *Đạt / Đạt một phần / Không đạt*. Circular 05/2026, Annex II: *Đạt / Chưa đạt /
Chưa áp dụng*. A word is proposed only where the evidence leaves no room: everything else is for a person to decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from proofbox.checks.text import Text, t

if TYPE_CHECKING:
    from proofbox.policies.record import Finding
    from proofbox.reports.papers.form import Scale
    from proofbox.reports.papers.paper import Tone

Outcome = Literal["met", "partly", "not-met", "not-applicable", "open"]

SCALES: Mapping[Scale, Mapping[Outcome, Text]] = {
    "trial": {"met": t("Met"), "partly": t("Partly met"), "not-met": t("Not met")},
    "ethics": {"met": t("Met"), "not-met": t("Not yet met"), "not-applicable": t("Not applicable")},
}

TONES: Mapping[Outcome, Tone] = {"met": "good", "partly": "open", "not-met": "bad"}


def outcome(findings: Iterable[Finding], *, lacking: bool) -> Outcome:
    """Return what may be proposed for a row.

    Parameters
    ----------
    findings
        Everything that the row's controls were judged on.
    lacking
        Whether the record lacks one of the row's controls; what was not judged is never met.
    """
    found = tuple(findings)
    applying = [item.verdict for item in found if item.verdict != "not-applicable"]
    if any(item.verdict == "fail" and item.level == "must" for item in found):
        return "not-met"
    if lacking or not found:
        return "open"
    if not applying:
        return "not-applicable"
    if all(verdict == "pass" for verdict in applying):
        return "met"
    return "partly" if "pass" in applying else "open"
