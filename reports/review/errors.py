"""Why a decision cannot be taken, or a history proves nothing."""

from __future__ import annotations

from proofbox.reports.errors import ReportsError


class ReviewError(ReportsError):
    """Base of every error of reviewing."""


class IllegalTransitionError(ReviewError):
    """No decision leads from the state that a submission is in to the one that was asked for."""


class OwnReviewError(ReviewError):
    """Whoever submitted something cannot decide on it."""


class BadDecisionError(ReviewError):
    """The decision asked for, or a file that should hold one, is not one that this version writes."""


class BrokenHistoryError(ReviewError):
    """A decision was changed, moved or taken out, or is signed by nobody who was named."""
