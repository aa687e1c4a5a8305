"""What got stricter or looser between two versions of a policy, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from proofbox.checks.text import Text, t
from proofbox.policies.canonical import canonical
from proofbox.policies.criteria_difference import criterion_changes
from proofbox.policies.meant import CHOICES, conditions
from proofbox.policies.model import Control, Policy, Requirement

Direction = Literal["stricter", "looser", "other"]
"""``other``: what was changed asks neither more nor less, or cannot be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One thing that differs between two versions of a policy."""

    direction: Direction
    where: str
    """Id of the requirement, control or family; empty for the policy itself."""
    what: Text


def differences(old: Policy, new: Policy) -> tuple[Change, ...]:
    """Return every change from ``old`` to ``new``: the policy's own first, then control by control in order."""
    return (*_heads(old, new), *_controls(old, new), *_families(old, new), *_attempts(old, new))


def _heads(old: Policy, new: Policy) -> Iterator[Change]:
    for key in ("id", "version", "checked_on", "expires_on"):
        before, after = str(getattr(old, key)), str(getattr(new, key))
        if before != after:
            yield Change(
                direction="other", where="", what=t("{key} was {old} and is {new}", key=key, old=before, new=after)
            )
    if old.title != new.title:
        yield Change(direction="other", where="", what=t("the title was worded anew"))


def _controls(old: Policy, new: Policy) -> Iterator[Change]:
    theirs = {control.id: control for control in old.controls}
    mine = {control.id: control for control in new.controls}
    for control in old.controls:
        if control.id not in mine:
            yield Change(direction="looser", where=control.id, what=t("the control is gone, with all its requirements"))
    for control in new.controls:
        before = theirs.get(control.id)
        if before is None:
            count = len(control.requirements)
            what = t("the control is new, requirements in it: {count}", count=count)
            yield Change(direction="stricter", where=control.id, what=what)
        else:
            yield from _control(before, control)


def _control(old: Control, new: Control) -> Iterator[Change]:
    if (old.title, old.objective) != (new.title, new.objective):
        yield Change(direction="other", where=new.id, what=t("title or objective were worded anew"))
    yield from _references(old, new)
    before = {requirement.id: requirement for requirement in old.requirements}
    after = {requirement.id for requirement in new.requirements}
    for requirement in old.requirements:
        if requirement.id not in after:
            yield Change(direction="looser", where=requirement.id, what=t("the requirement is gone"))
    for requirement in new.requirements:
        known = before.get(requirement.id)
        if known is None:
            what = t("the requirement is new, at level {level}", level=requirement.level)
            yield Change(direction="stricter", where=requirement.id, what=what)
        else:
            yield from _requirement((old, known), (new, requirement))


def _references(old: Control, new: Control) -> Iterator[Change]:
    before = {(item.framework, item.clause) for item in old.references}
    after = {(item.framework, item.clause) for item in new.references}
    for framework, clause in sorted(after - before):
        what = t("points to {framework} {clause} as well", framework=framework, clause=clause)
        yield Change(direction="other", where=new.id, what=what)
    for framework, clause in sorted(before - after):
        what = t("no longer points to {framework} {clause}", framework=framework, clause=clause)
        yield Change(direction="other", where=new.id, what=what)


def _requirement(old: tuple[Control, Requirement], new: tuple[Control, Requirement]) -> Iterator[Change]:
    before, after = old[1], new[1]
    where = after.id
    if before.level != after.level:
        direction: Direction = "stricter" if after.level == "must" else "looser"
        what = t("the level was {old} and is {new}", old=before.level, new=after.level)
        yield Change(direction=direction, where=where, what=what)
    if before.gate != after.gate:
        gated = t("its failure now ends the run before the model is loaded")
        opened = t("its failure no longer ends the run before the model is loaded")
        yield Change(
            direction="stricter" if after.gate else "looser", where=where, what=gated if after.gate else opened
        )
    yield from _meant(where, conditions(*old), conditions(*new))
    if before.evidence != after.evidence:
        what = t("the check was {old} and is {new}", old=before.evidence, new=after.evidence)
        yield Change(direction="other", where=where, what=what)
    elif canonical(before.with_) != canonical(after.with_):
        what = t("the check's parameters were {old} and are {new}", old=_shown(before.with_), new=_shown(after.with_))
        yield Change(direction="other", where=where, what=what)
    if before.criterion is not None and after.criterion is not None:
        for direction, what in criterion_changes(before.criterion, after.criterion):
            yield Change(direction=direction, where=where, what=what)
    if before.attestation != after.attestation and None not in (before.attestation, after.attestation):
        yield Change(direction="other", where=where, what=t("what a person must attest was changed"))
    if before.remediation != after.remediation:
        yield Change(direction="other", where=where, what=t("what to do on a failure was worded anew"))


def _shown(given: Mapping[str, object]) -> str:
    return canonical(dict(given)) if given else "{}"


def _meant(where: str, old: Mapping[str, Sequence[str]], new: Mapping[str, Sequence[str]]) -> Iterator[Change]:
    for key, choices in CHOICES.items():
        before, after = set(old.get(key, choices)), set(new.get(key, choices))
        if added := sorted(after - before):
            what = t("is asked of more products: {key} {values}", key=key, values=", ".join(added))
            yield Change(direction="stricter", where=where, what=what)
        if removed := sorted(before - after):
            what = t("is no longer asked of products with {key} {values}", key=key, values=", ".join(removed))
            yield Change(direction="looser", where=where, what=what)


def _families(old: Policy, new: Policy) -> Iterator[Change]:
    before = {family.id: family for family in old.families}
    after = {family.id: family for family in new.families}
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield Change(
                direction="other",
                where=name,
                what=t("the family of requirements that share one chance of error was changed"),
            )


def _attempts(old: Policy, new: Policy) -> Iterator[Change]:
    if (old.attempts is None) != (new.attempts is None):
        counted = t("a pass grows harder with the number of attempts on the same evaluation data now")
        not_any_more = t("the number of attempts on the same evaluation data no longer changes anything")
        stricter = new.attempts is not None
        direction: Direction = "stricter" if stricter else "looser"
        yield Change(direction=direction, where="", what=counted if stricter else not_any_more)
