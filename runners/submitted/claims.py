"""What the provider claims of its product's performance: measures that exist, on the side on which they are better."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from proofbox.checks.registry import all_checks
from proofbox.policies.meaning import WRONG_SIDE
from proofbox.policies.validation import nearest

if TYPE_CHECKING:
    from proofbox.runners.submitted.declared import DeclaredPerformance
    from proofbox.runners.submitted.problems import Problems


def check_performance(claims: Sequence[DeclaredPerformance], problems: Problems) -> None:
    """Note each claim of a measure that no check has, and each that claims what would be worse."""
    if not claims:
        return
    known = {name: measure for spec in all_checks().values() for name, measure in spec.measures.items()}
    for index, claim in enumerate(claims):
        place = ("declared", "performance", index)
        side, other = ("at_least", "at_most") if claim.at_least is not None else ("at_most", "at_least")
        if claim.measure not in known:
            problems.add(
                (*place, "measure"),
                got=f"'{claim.measure}'",
                expected="a measure that some check has",
                hint=nearest(claim.measure, known) or "'proofbox checks show performance.classification' lists its own",
            )
        elif known[claim.measure].better == WRONG_SIDE[side]:
            better = known[claim.measure].better
            problems.add(
                (*place, side),
                got=f"{side} for {claim.measure}",
                expected=f"{other}, since {better} is better",
                hint=f"write '{other}:'",
            )
