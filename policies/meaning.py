"""What the words of a policy mean: that checks, measures and parameters exist, and thresholds can be met and missed."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypeAlias

from pydantic import JsonValue, ValidationError

from proofbox.checks.outline import Outline
from proofbox.policies.errors import Problem
from proofbox.policies.model import EACH_ATTRIBUTE, EACH_DECLARED, Criterion, Requirement
from proofbox.policies.validation import nearest, problems_below, shown
from proofbox.policies.yamlfile import Data, Document, Path

if TYPE_CHECKING:
    from proofbox.checks.outline import MeasureOutline
    from proofbox.checks.spec import CheckSpec, MeasureSpec

Checks: TypeAlias = "Mapping[str, CheckSpec] | Mapping[str, Outline | CheckSpec]"

WRONG_SIDE: Mapping[str, str] = {"at_least": "lower", "at_most": "higher"}
"""Comparison -> the direction of better in which it asks for the wrong thing."""


def meaning_problems(document: Document, checks: Checks) -> list[Problem]:
    """Return what is wrong with the words of a policy file, whatever parts of its shape are broken."""
    problems = list(_duplicates(document))
    for path, raw in _requirements(document.data):
        try:
            requirement = Requirement.model_validate(raw)
        except ValidationError:
            continue  # its shape is broken, which is told already
        if requirement.check is not None and requirement.criterion is not None:
            problems += _requirement(document, path, requirement, checks)
    return problems


def range_bounds(text: str) -> tuple[float, float]:
    """Return the ends of a measure's stated range such as ``[0, 1]`` or ``[0, inf)``."""
    ends = [part.strip() for part in re.sub(r"[][()]", "", text).split(",")]
    try:
        low, high = (float(end) for end in ends)
    except ValueError:
        return -math.inf, math.inf
    return low, high


def can_be_missed(comparison: str, threshold: float | tuple[float, float], stated: str) -> bool:
    """Return whether some value of the stated range misses the threshold; one that none can miss asks nothing."""
    low, high = range_bounds(stated)
    if isinstance(threshold, tuple):
        return threshold[0] > low or threshold[1] < high
    return {"at_least": threshold > low, "at_most": threshold < high}.get(comparison, low < high)


def with_placeholder(given: Mapping[str, JsonValue], attribute: tuple[str, ...]) -> dict[str, JsonValue]:
    """Return parameters in which ``each-sensitive`` or ``each-pair`` is replaced by one attribute."""
    replaced: JsonValue = list(attribute)
    return {**given, "attribute": replaced} if given.get("attribute") in EACH_ATTRIBUTE else dict(given)


def items(data: Data, key: str) -> Iterator[tuple[int, dict[str, Data]]]:
    """Yield (index, mapping) of the list at ``key``, leaving out whatever is no mapping."""
    listed = data.get(key) if isinstance(data, dict) else None
    if isinstance(listed, list):
        yield from ((index, item) for index, item in enumerate(listed) if isinstance(item, dict))


def _requirements(data: Data) -> Iterator[tuple[Path, dict[str, Data]]]:
    for index, control in items(data, "controls"):
        for inner, requirement in items(control, "requirements"):
            yield ("controls", index, "requirements", inner), requirement


def _duplicates(document: Document) -> Iterator[Problem]:
    controls = [(("controls", index), control) for index, control in items(document.data, "controls")]
    for kind, found in (("control", controls), ("requirement", list(_requirements(document.data)))):
        first: dict[str, int] = {}
        for path, item in found:
            name, place = item.get("id"), (*path, "id")
            if not isinstance(name, str):
                continue
            if name in first:
                hint = f"the first stands in line {first[name]}"
                expected = f"every {kind} to have its own id"
                yield document.problem(place, got=f"the id '{name}' a second time", expected=expected, hint=hint)
            first.setdefault(name, document.position(place)[0])


def _requirement(document: Document, path: Path, requirement: Requirement, checks: Checks) -> Iterator[Problem]:
    assert requirement.check is not None
    assert requirement.criterion is not None
    spec = checks.get(requirement.check)
    if spec is None:
        hint = nearest(requirement.check, checks) or "'proofbox checks list' shows all"
        got, expected = f"the unknown check '{requirement.check}'", "the id of a check"
        yield document.problem((*path, "check"), got=got, expected=expected, hint=hint)
        return
    if requirement.gate and not spec.static:
        hint = f"{spec.id} needs the model's answers, so it cannot run before the model is loaded"
        yield document.problem((*path, "gate"), got="gate: true", expected="a gate on a static check only", hint=hint)
    yield from _params(document, (*path, "with"), requirement, spec)
    yield from _criterion(document, (*path, "criterion"), requirement.criterion, spec)


def _params(document: Document, path: Path, requirement: Requirement, spec: Outline | CheckSpec) -> Iterator[Problem]:
    given = requirement.with_
    if "confidence" in given:
        hint = "write it in the criterion"
        yield document.problem((*path, "confidence"), got="a confidence here", expected="none", hint=hint)
    attribute = given.get("attribute")
    if isinstance(attribute, str) and attribute.startswith("each-") and attribute not in EACH_ATTRIBUTE:
        expected = "a column, a list of columns, each-sensitive or each-pair"
        hint = nearest(attribute, EACH_ATTRIBUTE)
        yield document.problem((*path, "attribute"), got=shown(attribute), expected=expected, hint=hint)
    given = with_placeholder(given, ("a", "b") if attribute == "each-pair" else ("a",))
    if isinstance(spec, Outline) and spec.surely_takes(given):
        return
    try:
        spec.params_type.model_validate(given)
    except ValidationError as err:
        yield from problems_below(document, path, spec.params_type, err)


def _criterion(document: Document, path: Path, criterion: Criterion, spec: Outline | CheckSpec) -> Iterator[Problem]:
    if criterion.measure == EACH_DECLARED:
        return
    measure = spec.measures.get(criterion.measure)
    if measure is None:
        got, expected = f"'{criterion.measure}'", f"a measure of {spec.id}: {', '.join(spec.measures)}"
        hint = nearest(criterion.measure, spec.measures)
        yield document.problem((*path, "measure"), got=got, expected=expected, hint=hint)
        return
    place = (*path, criterion.comparison)
    for got, expected, hint in _threshold(criterion, measure):
        yield document.problem(place, got=got, expected=expected, hint=hint)


def _threshold(criterion: Criterion, measure: MeasureOutline | MeasureSpec) -> Iterator[tuple[str, str, str]]:
    low, high = range_bounds(measure.range)
    threshold = criterion.threshold
    numbers = threshold if isinstance(threshold, tuple) else (threshold,)
    for number in numbers:
        if number is not None and not low <= number <= high:
            hint = "a share is written 0.05, not 5" if high == 1 else ""
            yield f"{number:g}", f"a number in the range {measure.range} of {measure.name}", hint
            return
    if measure.better == WRONG_SIDE.get(criterion.comparison):
        other = "at_most" if criterion.comparison == "at_least" else "at_least"
        yield criterion.comparison, f"{other}, since {measure.better} is better", f"write '{other}:'"
    elif threshold is not None and not can_be_missed(criterion.comparison, threshold, measure.range):
        yield f"{criterion.comparison}: {shown(threshold)}", "a threshold that some subject can miss", "move it"
