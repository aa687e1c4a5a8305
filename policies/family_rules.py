"""What a family of requirements may hold: told with its place when the policy loads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from proofbox.policies.errors import Problem
from proofbox.policies.model import Control, Family, Requirement
from proofbox.policies.validation import nearest
from proofbox.policies.yamlfile import Document, Path


def family_problems(
    document: Document,
    families: Sequence[Family],
    inherited: Sequence[Family],
    controls: Sequence[Control],
    base: Sequence[Control],
) -> Iterator[Problem]:
    """Yield what is wrong with the families of a policy file.

    Parameters
    ----------
    families, inherited
        Those of the file itself, and those of what it extends.
    controls, base
        All controls with everything inherited, and the inherited ones alone.
    """
    known = _requirements(controls)
    theirs = _requirements(base)
    names = {family.id for family in inherited}
    taken = {name: family.id for family in inherited for name in family.requirements}
    for index, family in enumerate(families):
        if family.id in names:
            got, expected = f"the id '{family.id}' a second time", "every family to have its own id"
            yield document.problem(("families", index, "id"), got=got, expected=expected)
        names.add(family.id)
        for place, name in enumerate(family.requirements):
            path: Path = ("families", index, "requirements", place)
            for got, expected, hint in _member(name, known.get(name), known, taken):
                yield document.problem(path, got=got, expected=expected, hint=hint)
            if name in theirs and family.controls != "pass":
                got = f"'{name}', which is inherited, in a family that controls '{family.controls}'"
                hint = "an overlay may tighten, not loosen: such a family turns some of its fails into inconclusive"
                yield document.problem(path, got=got, expected="'controls: pass' for inherited requirements", hint=hint)
            taken[name] = family.id


Wrong = tuple[str, str, str]


def _member(
    name: str, requirement: Requirement | None, known: dict[str, Requirement], taken: dict[str, str]
) -> Iterator[Wrong]:
    if requirement is None:
        yield f"the unknown requirement '{name}'", "the id of a requirement of this policy", nearest(name, known)
        return
    if name in taken:
        hint = f"it is in the family '{taken[name]}'"
        yield f"'{name}' a second time", "each requirement in one family, once", hint
    if requirement.criterion is None:
        yield f"'{name}', which a person attests", "requirements that a check measures", ""
    elif requirement.criterion.decision_rule != "guarded":
        hint = "a value that is compared alone has no confidence to adjust"
        yield f"'{name}', which is judged simple", "requirements with 'decision_rule: guarded'", hint


def _requirements(controls: Sequence[Control]) -> dict[str, Requirement]:
    return {requirement.id: requirement for control in controls for requirement in control.requirements}
