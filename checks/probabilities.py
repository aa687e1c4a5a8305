"""Whether the answers are probabilities that can be compared with what happened."""

from __future__ import annotations

from proofbox.checks.late import np
from proofbox.checks.result import Inapplicable
from proofbox.checks.subject import Dataset, Decisions
from proofbox.checks.text import t


def unfit_probabilities(data: Dataset, decisions: Decisions) -> Inapplicable | None:
    """Say why there is nothing to compare: no scores, scores beyond 0 and 1, or no true labels."""
    score = decisions.score
    if not decisions.classes or score is None:
        return Inapplicable(t("the model gives no probabilities that could be compared with what happened"))
    if not (np.isfinite(score).all() and ((score >= 0) & (score <= 1)).all()):
        return Inapplicable(t("the scores do not all lie between 0 and 1, so they are no probabilities"))
    if data.target is None:
        return Inapplicable(t("there are no true labels to compare the decisions with"))
    return None
