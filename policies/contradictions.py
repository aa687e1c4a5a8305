"""Requirements that no subject can meet, that no product is asked for, or that point to a clause nobody knows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from proofbox.policies.canonical import task_key
from proofbox.policies.criteria_difference import accepted
from proofbox.policies.errors import Problem
from proofbox.policies.meaning import items
from proofbox.policies.meant import conditions
from proofbox.policies.model import Control, Requirement
from proofbox.policies.yamlfile import Document, Path

Placed = tuple[Control, Requirement]


def vacuous(document: Document, controls: Sequence[Control], base: Sequence[Control]) -> Iterator[Problem]:
    """Yield requirements that are meant for no product at all: such a control looks like a test and tests nothing.

    Parameters
    ----------
    controls, base
        All controls with everything inherited, and the inherited ones alone.
    """
    inherited = {(control.id, requirement.id) for control, requirement in _all(base)}
    for control, requirement in _all(controls):
        for key, values in conditions(control, requirement).items():
            place = _place(document, control, requirement)
            if not values and (place or (control.id, requirement.id) not in inherited):
                got = f"{requirement.id} for no {key} at all"
                expected = f"a {key} that both the control and the requirement are meant for"
                yield document.problem((*place, "applies_when", key), got=got, expected=expected)


def contradictions(document: Document, controls: Sequence[Control], base: Sequence[Control]) -> Iterator[Problem]:
    """Yield pairs of requirements of which no value satisfies both, where one product must meet both."""
    known = {requirement.id: requirement for _, requirement in _all(base)}
    musts = [(control, requirement) for control, requirement in _all(controls) if requirement.level == "must"]
    for one, other in itertools.combinations(musts, 2):
        if all(known.get(item.id) == item for _, item in (one, other)) or not _excluding(one, other):
            continue
        last, first = (other, one) if _place(document, *other) else (one, other)
        got = f"{last[1].id}, which no value satisfies together with {first[1].id}"
        expected = "two criteria on one measure that some value satisfies"
        yield document.problem((*_place(document, *last), "criterion"), got=got, expected=expected)


def _all(controls: Sequence[Control]) -> Iterator[Placed]:
    for control in controls:
        for requirement in control.requirements:
            yield control, requirement


def _excluding(one: Placed, other: Placed) -> bool:
    first, second = one[1].criterion, other[1].criterion
    if first is None or second is None or first.measure != second.measure or one[1].check != other[1].check:
        return False
    if task_key("", one[1].with_) != task_key("", other[1].with_):
        return False
    mine, theirs = accepted(first), accepted(second)
    if mine is None or theirs is None or (mine[0] <= theirs[1] and theirs[0] <= mine[1]):
        return False
    products, others = conditions(*one), conditions(*other)
    return all(set(products[key]) & set(others[key]) for key in products.keys() & others.keys())


def _place(document: Document, control: Control, requirement: Requirement) -> Path:
    """Return where a requirement stands in the file itself; nothing where it is inherited."""
    for index, item in items(document.data, "controls"):
        if item.get("id") == control.id:
            for inner, found in items(item, "requirements"):
                if found.get("id") == requirement.id:
                    return ("controls", index, "requirements", inner)
    return ()
