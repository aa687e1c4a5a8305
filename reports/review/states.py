"""The states of a submission under review, and which decision leads from which to which."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from proofbox.reports.review.errors import IllegalTransitionError

State = Literal["submitted", "under-review", "changes-requested", "approved", "rejected", "revoked"]
"""``submitted``: there is a bundle, and nobody has decided anything."""
STATES: tuple[State, ...] = get_args(State)

NEXT: Mapping[State, tuple[State, ...]] = {
    "submitted": ("under-review",),
    "under-review": ("changes-requested", "approved", "rejected"),
    "changes-requested": ("under-review", "rejected"),
    "approved": ("revoked",),
    "rejected": ("under-review",),
    "revoked": ("under-review",),
}
"""State -> what may follow. A new version of the product is another bundle, with a history of its own."""


def require_transition(before: State, after: State) -> None:
    """Raise where no decision leads from ``before`` to ``after``.

    Raises
    ------
    IllegalTransitionError
        There is none; the message names those that there are.
    """
    if after not in NEXT[before]:
        raise IllegalTransitionError(
            f"got the decision '{after}' on what is '{before}', expected one of: {', '.join(NEXT[before])}"
        )
