"""Put one policy over another: an overlay may add and tighten, and is refused where it would loosen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from proofbox.policies.model import AppliesWhen, Control, Criterion, Requirement

Looser = tuple[tuple[str, ...], str, str, str]
"""Keys below the requirement or control, what was got, what was expected, a hint."""


def merged(base: Sequence[Control], over: Sequence[Control]) -> tuple[Control, ...]:
    """Return the controls of ``base``, each replaced by its namesake in ``over``, then what ``over`` adds.

    Requirements and references of a replaced control stay unless the overlay has them under the same id.
    """
    overlays = {control.id: control for control in over}
    kept = [_over(control, overlays.pop(control.id, control)) for control in base]
    return (*kept, *overlays.values())


def loosened(base: Control, over: Control) -> Iterator[Looser]:
    """Yield every way in which ``over`` asks less than the control of the same id in ``base``."""
    if _narrower(over.applies_when, base.applies_when):
        yield ("applies_when",), "fewer products", f"at least the products that '{base.id}' is meant for", ""
    requirements = {requirement.id: requirement for requirement in base.requirements}
    for index, requirement in enumerate(over.requirements):
        inherited = requirements.get(requirement.id)
        if inherited is not None:
            for keys, got, expected, hint in _requirement(inherited, requirement):
                yield ("requirements", str(index), *keys), got, expected, hint


def _over(base: Control, over: Control) -> Control:
    if over is base:
        return base
    overlays = {requirement.id: requirement for requirement in over.requirements}
    requirements = [overlays.pop(inherited.id, inherited) for inherited in base.requirements]
    references = [*over.references, *(found for found in base.references if found not in over.references)]
    return over.model_copy(
        update={"requirements": (*requirements, *overlays.values()), "references": tuple(references)}
    )


def _narrower(over: AppliesWhen | None, base: AppliesWhen | None) -> bool:
    if over is None:
        return False
    pairs = (
        (over.risk_tier, base and base.risk_tier),
        (over.task, base and base.task),
        (over.sector, base and base.sector),
        (over.trial, base and base.trial),
    )
    return any(mine is not None and (theirs is None or not set(theirs) <= set(mine)) for mine, theirs in pairs)


def _requirement(base: Requirement, over: Requirement) -> Iterator[Looser]:
    new_id = "give it an id of its own beside the inherited one"
    if base.level == "must" and over.level == "should":
        yield ("level",), "should", "must, as inherited", "an overlay may tighten, not loosen"
    if base.gate and not over.gate:
        yield ("gate",), "gate: false", "gate: true, as inherited", "an overlay may tighten, not loosen"
    if _narrower(over.applies_when, base.applies_when):
        yield ("applies_when",), "fewer products", f"at least the products that '{base.id}' is meant for", ""
    if over.evidence != base.evidence:
        yield ("check",), f"'{over.evidence}'", f"'{base.evidence}', as inherited", new_id
    elif over.with_ != base.with_:
        yield ("with",), "other parameters", "the inherited ones", new_id
    elif base.criterion is not None and over.criterion is not None:
        for key, got, expected in _criterion(base.criterion, over.criterion):
            yield ("criterion", key), got, expected, "an overlay may tighten, not loosen"


def _criterion(base: Criterion, over: Criterion) -> Iterator[tuple[str, str, str]]:
    if over.measure != base.measure:
        yield "measure", f"'{over.measure}'", f"'{base.measure}', as inherited"
    elif over.comparison != base.comparison:
        yield over.comparison, over.comparison, f"{base.comparison}, as inherited"
    elif not _as_tight(base, over):
        expected = {"at_least": "at least", "at_most": "at most"}.get(base.comparison, "within")
        yield over.comparison, f"{over.threshold}", f"{expected} the inherited {base.threshold}"
    if base.decision_rule == "guarded" and over.decision_rule == "simple":
        yield "decision_rule", "simple", "guarded, as inherited"
    if over.confidence < base.confidence:
        yield "confidence", f"{over.confidence}", f"at least the inherited {base.confidence}"
    if over.declarable and not base.declarable:
        yield "declarable", "declarable: true", "declarable: false, as inherited"


def _as_tight(base: Criterion, over: Criterion) -> bool:
    mine, theirs = over.threshold, base.threshold
    if isinstance(mine, tuple) and isinstance(theirs, tuple):
        return theirs[0] <= mine[0] and mine[1] <= theirs[1]
    if isinstance(mine, float | int) and isinstance(theirs, float | int):
        return {"at_least": mine >= theirs, "at_most": mine <= theirs}.get(base.comparison, mine == theirs)
    return mine == theirs
