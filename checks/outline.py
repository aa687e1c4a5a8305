"""What a policy is held against of each check, without importing the check: its measures, and its plain parameters.

``outlines.json`` holds it for every check of ours; ``python -m proofbox.checks.outlining`` makes it from the checks
themselves. What it cannot tell beyond doubt, the check's own parameters decide, which imports the check.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from proofbox.checks.params import CheckParams
    from proofbox.checks.spec import Better, CheckSpec

FILE = Path(__file__).with_name("outlines.json")

Plain: TypeAlias = Mapping[str, Any]
"""What a plain parameter may be: ``{"one_of": [...]}``, ``{"whole": [least, most]}``, ``{"between": [low, high]}``,
``{"texts": [fewest, most]}`` or ``{"flag": true}``; an end that is null is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureOutline:
    """One measure of a check, as its docstring states it."""

    name: str
    range: str
    better: Better


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """One check of ours, as far as a policy is held against it."""

    id: str
    static: bool
    """As :attr:`CheckSpec.static`."""
    measures: Mapping[str, MeasureOutline]
    plain: Mapping[str, Plain] | None
    """Parameters of which right values can be told here; None where a rule bears on several of them at once."""
    required: frozenset[str]
    """Parameters that have no default."""

    @property
    def params_type(self) -> type[CheckParams]:
        """The check's own parameters; the check is imported."""
        from proofbox.checks.registry import get_check

        return get_check(self.id).params_type

    def surely_takes(self, given: Mapping[str, object]) -> bool:
        """Return whether these parameters are right beyond doubt; where not, :attr:`params_type` has to be asked."""
        plain = self.plain
        if plain is None or not self.required <= given.keys() <= plain.keys():
            return False
        return all(_surely(plain[name], value) for name, value in given.items())


class Outlines(Mapping[str, "Outline | CheckSpec"]):
    """Every check by id: an outline of ours, the check itself of those that plug-ins bring."""

    def __getitem__(self, check_id: str) -> Outline | CheckSpec:
        """Return one check."""
        stored = _stored().get(check_id)
        if stored is not None:
            return _outline(check_id, stored)
        from proofbox.checks.byname import ChecksByName

        return ChecksByName()[check_id]

    def __iter__(self) -> Iterator[str]:
        """Yield every id, sorted; all checks are imported."""
        from proofbox.checks.registry import all_checks

        return iter(all_checks())

    def __len__(self) -> int:
        """Return the number of all checks, which are imported."""
        return sum(1 for _ in self)


@cache
def _stored() -> Mapping[str, Mapping[str, Any]]:
    found: Mapping[str, Mapping[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def _outline(check_id: str, stored: Mapping[str, Any]) -> Outline:
    measures = {
        name: MeasureOutline(name=name, range=stated, better=better)
        for name, (stated, better) in stored["measures"].items()
    }
    return Outline(
        id=check_id,
        static=stored["static"],
        measures=measures,
        plain=stored["plain"],
        required=frozenset(stored["required"]),
    )


def _surely(plain: Plain, value: object) -> bool:
    ((kind, stated),) = plain.items()
    if kind == "one_of":
        return isinstance(value, str) and value in stated
    if kind == "flag":
        return isinstance(value, bool)
    if kind == "texts":
        return isinstance(value, list) and all(isinstance(one, str) for one in value) and _within(len(value), stated)
    if isinstance(value, bool) or not isinstance(value, int if kind == "whole" else int | float):
        return False
    # The ends of a range of numbers may be open: a number at one is left to the check.
    return _within(value, stated) and (kind == "whole" or value not in stated)


def _within(value: float, ends: tuple[float | None, float | None]) -> bool:
    least, most = ends
    return (least is None or value >= least) and (most is None or value <= most)
