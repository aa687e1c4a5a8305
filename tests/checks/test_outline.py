"""Outlines say of each check what the check says itself, and never more."""

from __future__ import annotations

import subprocess
import sys
from itertools import product

import pytest
from pydantic import ValidationError

from proofbox.checks.outline import FILE, Outline, Outlines
from proofbox.checks.outlining import outlines
from proofbox.checks.registry import all_checks
from proofbox.checks.spec import CheckSpec

OURS = {name: spec for name, spec in all_checks().items() if spec.origin is None}
VALUES = (
    *("each-sensitive", "sex,race", "positive", "favourable", "evaluation", "submission", "", "7"),
    *(None, True, False, -1, 0, 1, 2, 7, 30, 99, 100_000, 10**12, 0.0, 0.05, 0.5, 0.95, 1.0, 7.5, 1e9),
    *([], ["a"], ["a", "b"], ["a"] * 9, ["a"] * 200, [1], [0.5], [None], ["a", "b", "c"], {}, {"a": 1}),
)


def accepted(spec: CheckSpec, given: dict[str, object]) -> bool:
    try:
        spec.params_type.model_validate(given)
    except ValidationError:
        return False
    return True


def test_the_outlines_are_those_of_the_checks() -> None:
    assert FILE.read_text(encoding="utf-8") == outlines(), "run: python -m proofbox.checks.outlining"


@pytest.mark.parametrize("name", OURS)
def test_an_outline_takes_nothing_that_the_check_refuses(name: str) -> None:
    spec, outline = OURS[name], Outlines()[name]
    assert isinstance(outline, Outline)
    assert (outline.static, set(outline.measures)) == (spec.static, set(spec.measures))
    assert outline.params_type is spec.params_type
    needed: dict[str, object] = {field: ["a"] for field in outline.required}
    for given in ({}, needed):
        assert accepted(spec, given) or not outline.surely_takes(given)
    taken = set()
    choices = [value for plain in (outline.plain or {}).values() for value in plain.get("one_of", ())]
    for field, value in product((*spec.params_type.model_fields, "unheard_of"), (*VALUES, *choices)):
        given = {**needed, field: value}
        if outline.surely_takes(given):
            taken.add(field)
            assert accepted(spec, given), given
    assert taken == set(outline.plain or {}), "a plain parameter that takes none of the values above is never tried"


def test_what_policies_mostly_say_is_told_without_the_check() -> None:
    outline = Outlines()["fairness.demographic_parity"]
    assert isinstance(outline, Outline)
    assert outline.surely_takes({"attribute": ["a"], "min_group_size": 30, "counted": "favourable"})
    assert not outline.surely_takes({})
    assert not outline.surely_takes({"attribute": ["a"], "counted": "negative"})


def test_an_unknown_check_is_in_no_outline() -> None:
    for name in ("fairness.nothing", "outline", "fairness", "fairness.__init__", "os.path", "evasion.search", ""):
        assert name not in Outlines()
    assert list(Outlines()) == list(all_checks())
    assert len(Outlines()) == len(all_checks())


def test_a_policy_is_held_against_outlines_without_a_check_being_imported() -> None:
    program = (
        "import sys; from proofbox.policies.loader import load_policy, shipped\n"
        "for name in shipped(): load_policy(name)\n"
        "print(*sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    modules = set(said.stdout.split())
    assert "proofbox.checks.outline" in modules
    assert not modules & ({spec.module for spec in OURS.values()} | {"proofbox.checks.registry", "numpy", "pyarrow"})
