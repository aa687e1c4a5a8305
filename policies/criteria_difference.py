"""Whether one criterion asks more than another, key by key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from proofbox.checks.text import Text, t
from proofbox.policies.model import Criterion

Found = tuple[Literal["stricter", "looser", "other"], Text]


def criterion_changes(old: Criterion, new: Criterion) -> Iterator[Found]:
    """Yield what differs from ``old`` to ``new``."""
    if old.measure != new.measure:
        yield "other", t("the measure was {old} and is {new}", old=old.measure, new=new.measure)
    yield from _threshold(old, new)
    if old.decision_rule != new.decision_rule:
        guarded = t("the whole interval decides now, and not the value alone")
        simple = t("the value alone decides now, and not the whole interval")
        yield ("stricter", guarded) if new.decision_rule == "guarded" else ("looser", simple)
    if old.confidence != new.confidence:
        what = t("the confidence was {old} and is {new}", old=f"{old.confidence:g}", new=f"{new.confidence:g}")
        yield "stricter" if new.confidence > old.confidence else "looser", what
    if old.declarable != new.declarable:
        may = t("the provider may declare a threshold of its own now")
        not_any_more = t("the provider may no longer declare a threshold of its own")
        yield ("looser", may) if new.declarable else ("stricter", not_any_more)
    if old.origin != new.origin:
        yield "other", t("the threshold's origin was {old} and is {new}", old=old.origin, new=new.origin)


def _threshold(old: Criterion, new: Criterion) -> Iterator[Found]:
    if (old.comparison, old.threshold) == (new.comparison, new.threshold):
        return
    what = t("the criterion was {old} and is {new}", old=_said(old), new=_said(new))
    mine, theirs = accepted(new), accepted(old)
    if old.measure != new.measure or mine is None or theirs is None:
        yield "other", what
    elif theirs[0] <= mine[0] and mine[1] <= theirs[1]:
        yield "stricter", what
    elif mine[0] <= theirs[0] and theirs[1] <= mine[1]:
        yield "looser", what
    else:
        yield "other", what


def accepted(criterion: Criterion) -> tuple[float, float] | None:
    """Return the lowest and the highest value that satisfies a criterion; None where the provider says which."""
    threshold = criterion.threshold
    if threshold is None:
        return None
    if isinstance(threshold, tuple):
        return threshold
    low = float("-inf") if criterion.comparison == "at_most" else threshold
    high = float("inf") if criterion.comparison == "at_least" else threshold
    return low, high


def _said(criterion: Criterion) -> str:
    threshold = criterion.threshold
    if isinstance(threshold, tuple):
        return f"{criterion.comparison} {threshold[0]:g}..{threshold[1]:g}"
    return f"{criterion.comparison} {'declared' if threshold is None else f'{threshold:g}'}"
