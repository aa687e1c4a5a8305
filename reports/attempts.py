"""Which attempt an assessment is, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from proofbox.checks.text import Text, t

if TYPE_CHECKING:
    from proofbox.policies.record import RunRecord


def attempt_text(run: RunRecord) -> Text:
    """Return which attempt this is, by the ledger that it was committed to; or that there is no ledger."""
    if run.attempt is None:
        return t("not counted: no ledger was kept")
    return t(
        "attempt {number} of this product, number {on_data} of its provider on the same evaluation data",
        number=run.attempt.number,
        on_data=run.attempt.on_data,
    )


def attempt_tags(run: RunRecord) -> dict[str, str]:
    """Return the tags that say it in MLflow."""
    if run.attempt is None:
        return {"proofbox.attempt": "not counted"}
    shown = f"{run.attempt.number} ({run.attempt.on_data} on the same evaluation data)"
    return {"proofbox.attempt": shown, "proofbox.commitment": run.attempt.commitment}
