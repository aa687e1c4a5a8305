"""`policy diff`: each change is called what it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from proofbox.policies.difference import differences
from proofbox.policies.loader import LoadedPolicy, load_policy, shipped

STRICTER = [
    ("at_least: 0.8", "at_least: 0.9", "T-FAIR.a", "the criterion was at_least 0.8 and is at_least 0.9"),
    (", declarable: true", "", "T-FAIR.a", "the provider may no longer declare a threshold of its own"),
    ("decision_rule: guarded", "confidence: 0.99", "T-FAIR.a", "the confidence was 0.95 and is 0.99"),
    ("at_most: 0, decision_rule: simple", "at_most: 0", "T-PROV.a", "the whole interval decides now"),
]
OTHER = [
    ("vi: Làm tốt hơn", "vi: Tốt hơn nữa", "T-FAIR.a", "what to do on a failure was worded anew"),
    ("vi: Ngang bằng", "vi: Bằng nhau", "T-FAIR", "title or objective were worded anew"),
    ("version: 1.10", "version: 1.11", "", "version was 1.10 and is 1.11"),
    ('clause: "2"', 'clause: "3"', "T-PROV", "no longer points to own 2"),
    ("measure: mismatches, at_most: 0", "measure: coverage, at_least: 1", "T-PROV.a", "the measure was mismatches and"),
    ("{attribute: each-sensitive}", "{attribute: sex}", "T-FAIR.a", "the check's parameters were"),
    ("decision_rule: guarded", "origin: practice", "T-FAIR.a", "the threshold's origin was default and is practice"),
]


def found(load: Callable[..., LoadedPolicy], before: str, after: str) -> list[tuple[str, str, str]]:
    old, new = load(before, "old.yaml").policy, load(after, "new.yaml").policy
    return [(item.direction, item.where, str(item.what)) for item in differences(old, new)]


def is_there(changes: list[tuple[str, str, str]], direction: str, where: str, words: str) -> bool:
    return any(one == direction and place == where and words in what for one, place, what in changes)


@pytest.mark.parametrize(("old", "new", "where", "words"), STRICTER)
def test_stricter_one_way_is_looser_the_other(valid: str, load, old: str, new: str, where: str, words: str):
    assert old in valid
    assert is_there(found(load, valid, valid.replace(old, new, 1)), "stricter", where, words)
    back = found(load, valid.replace(old, new, 1), valid)
    assert {(direction, place) for direction, place, _ in back} == {("looser", where)}


@pytest.mark.parametrize(("old", "new", "where", "words"), OTHER)
def test_what_asks_neither_more_nor_less_is_called_neither(valid: str, load, old, new, where, words):
    assert old in valid
    changes = found(load, valid, valid.replace(old, new, 1))
    assert is_there(changes, "other", where, words)
    assert {direction for direction, *_ in changes} == {"other"}


def test_levels_and_gates(valid: str, load):
    advice = valid.replace("level: must\n        gate: true", "level: should")
    assert found(load, valid, advice) == [
        ("looser", "T-PROV.a", "the level was must and is should"),
        ("looser", "T-PROV.a", "its failure no longer ends the run before the model is loaded"),
    ]
    assert {direction for direction, *_ in found(load, advice, valid)} == {"stricter"}


def test_more_and_fewer_products(valid: str, load):
    high = valid.replace("        check: fair", "        applies_when: {risk_tier: [high]}\n        check: fair")
    both = high.replace("[high]", "[medium, high]")
    swapped = high.replace("[high]", "[medium]")
    assert found(load, valid, high) == [
        ("looser", "T-FAIR.a", "is no longer asked of products with risk_tier low, medium")
    ]
    assert found(load, high, both) == [("stricter", "T-FAIR.a", "is asked of more products: risk_tier medium")]
    assert [direction for direction, *_ in found(load, high, swapped)] == ["stricter", "looser"]


def test_controls_and_requirements_that_come_and_go(valid: str, load):
    shorter = valid.partition("  - id: T-PROV\n")[0]
    renamed = valid.replace("T-PROV.a", "T-PROV.b")
    assert found(load, valid, shorter) == [("looser", "T-PROV", "the control is gone, with all its requirements")]
    assert found(load, shorter, valid) == [("stricter", "T-PROV", "the control is new, requirements in it: 1")]
    assert found(load, valid, renamed) == [
        ("looser", "T-PROV.a", "the requirement is gone"),
        ("stricter", "T-PROV.b", "the requirement is new, at level must"),
    ]


def test_families_are_named(valid: str, load):
    family = valid + "families:\n  - {id: f, requirements: [T-FAIR.a]}\n"
    assert [(direction, where) for direction, where, _ in found(load, valid, family)] == [("other", "f")]


def test_ranges_that_cross_are_neither(valid: str, load):
    one = valid.replace("at_least: 0.8, decision_rule: guarded, declarable: true", "between: [0.1, 0.5]")
    other = one.replace("[0.1, 0.5]", "[0.2, 0.6]")
    inner = one.replace("[0.1, 0.5]", "[0.2, 0.4]")
    assert [direction for direction, *_ in found(load, one, other)] == ["other"]
    assert [direction for direction, *_ in found(load, one, inner)] == ["stricter"]


@pytest.mark.parametrize("pack", shipped())
def test_a_policy_does_not_differ_from_itself(pack: str):
    policy = load_policy(pack).policy
    assert differences(policy, policy) == ()
