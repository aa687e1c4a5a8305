"""Wrong policies: each is refused with its place and with what would be right."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from proofbox.policies.errors import BadPolicyError
from proofbox.policies.loader import lint, load_policy

WRONG = [
    (
        "schema: proofbox/policy/v1",
        "schema: proofbox/policy/v2",
        "1:1: schema: got 'proofbox/policy/v2', expected 'proofbox/policy/v1'; did you mean",
    ),
    (
        "id: tiny\n",
        "",
        "1:1: got no key 'id', expected 'id'; add 'id:'",
    ),
    (
        "id: tiny",
        "id: Tiny Policy",
        "2:1: id: got 'Tiny Policy', expected lower-case letters",
    ),
    (
        "version: 1.10",
        "version: ''",
        "3:1: version: got '', expected text that is not empty",
    ),
    (
        "checked_on: 2026-11-22",
        "checked_on: 22/11/2026",
        "4:1: checked_on: got '22/11/2026', expected a date as YYYY-MM-DD; for example",
    ),
    (
        "checked_on: 2026-11-22",
        "checked_on: 2026-02-30",
        "4:1: checked_on: got '2026-02-30', expected a date",
    ),
    (
        "expires_on: 2027-11-22",
        "expires_on: 2026-11-22",
        "1:1: got 2026-11-22 after 2026-11-22, expected 'expires_on' later",
    ),
    (
        "title: {en: Tiny, vi: Nhỏ}",
        "title: {en: Tiny}",
        "6:1: title: got no key 'vi', expected 'vi' (Vietnamese); add 'vi:'",
    ),
    (
        "title: {en: Tiny, vi: Nhỏ}",
        "title: Tiny",
        "6:1: title: got 'Tiny', expected keys with values",
    ),
    (
        "controls:\n",
        "controls: []\nmore:\n",
        "more: got the unknown key 'more'",
    ),
    (
        "controls:",
        "contrlos:",
        "7:1: contrlos: got the unknown key 'contrlos', expected one of schema, id, version",
    ),
    (
        "id: T-PROV\n",
        "id: T-FAIR\n",
        "19:5: controls[1].id: got the id 'T-FAIR' a second time, expected every control to have "
        "its own id; the first stands in line 8",
    ),
    (
        "id: T-PROV.a",
        "id: T-FAIR.a",
        "24:9: controls[1].requirements[0].id: got the id 'T-FAIR.a' a second time",
    ),
    (
        "id: T-PROV.a",
        "id: 'a b'",
        "24:9: controls[1].requirements[0].id: got 'a b', expected letters, digits",
    ),
    (
        "level: must\n        check: fair",
        "level: mst\n        check: fair",
        "14:9: controls[0].requirements[0].level: got 'mst', expected 'must' or 'should'; did you mean 'must'?",
    ),
    (
        "check: fair.parity",
        "check: fair.partiy",
        "15:9: controls[0].requirements[0].check: got the unknown check 'fair.partiy', expected "
        "the id of a check; did you mean 'fair.parity'?",
    ),
    (
        "measure: parity_ratio",
        "measure: party_ratio",
        "17:21: controls[0].requirements[0].criterion.measure: got 'party_ratio', expected a "
        "measure of fair.parity: parity_ratio, parity_gap; did you mean 'parity_ratio'?",
    ),
    (
        "with: {attribute: each-sensitive}",
        "with: {atribute: each-sensitive}",
        "16:16: controls[0].requirements[0].with.atribute: got the unknown key 'atribute', "
        "expected one of confidence, attribute, min_group_size; did you mean 'attribute'?",
    ),
    (
        "with: {attribute: each-sensitive}",
        "with: {attribute: each-sensitve}",
        "16:16: controls[0].requirements[0].with.attribute: got 'each-sensitve', expected a column",
    ),
    (
        "with: {attribute: each-sensitive}",
        "with: {attribute: each-sensitive, min_group_size: few}",
        "16:43: controls[0].requirements[0].with.min_group_size: got 'few', expected a valid integer",
    ),
    (
        "with: {attribute: each-sensitive}",
        "with: {attribute: sex, confidence: 0.9}",
        "16:32: controls[0].requirements[0].with.confidence: got a confidence here, expected "
        "none; write it in the criterion",
    ),
    (
        "        with: {attribute: each-sensitive}\n",
        "",
        "13:9: controls[0].requirements[0].with: got no key 'attribute', expected 'attribute'",
    ),
    (
        "at_least: 0.8,",
        "at_least: 80,",
        "17:44: controls[0].requirements[0].criterion.at_least: got 80, expected a number in the "
        "range [0, 1] of parity_ratio; a share is written 0.05, not 5",
    ),
    (
        "at_least: 0.8,",
        "at_least: '0.8',",
        "17:44: controls[0].requirements[0].criterion.at_least: got '0.8', expected a number or 'declared'",
    ),
    (
        "at_least: 0.8,",
        "at_least: true,",
        "17:44: controls[0].requirements[0].criterion.at_least: got true, expected a number or 'declared'",
    ),
    (
        "at_least: 0.8,",
        "at_most: 0.8,",
        "17:44: controls[0].requirements[0].criterion.at_most: got at_most, expected at_least, since higher is better",
    ),
    (
        "at_least: 0.8,",
        "at_least: 0,",
        "17:44: controls[0].requirements[0].criterion.at_least: got at_least: 0.0, expected a "
        "threshold that some subject can miss",
    ),
    (
        "at_least: 0.8,",
        "at_least: 0.8, at_most: 0.9,",
        "17:9: controls[0].requirements[0].criterion: got at_least and at_most, expected exactly one of",
    ),
    (
        "at_least: 0.8,",
        "",
        "17:9: controls[0].requirements[0].criterion: got no comparison, expected exactly one of",
    ),
    (
        "at_least: 0.8,",
        "between: [0.9, 0.8],",
        "17:9: controls[0].requirements[0].criterion: got between [0.9, 0.8], expected between: [low, high]",
    ),
    (
        "at_least: 0.8,",
        "between: [0.9],",
        "17:44: controls[0].requirements[0].criterion.between: got a list of 1, expected a longer list",
    ),
    (
        "at_least: 0.8, decision_rule: guarded, declarable: true",
        "equals: 0.8, declarable: true",
        "17:9: controls[0].requirements[0].criterion: got declarable: true, expected declarable "
        "only beside at_least or at_most",
    ),
    (
        "measure: parity_ratio, at_least: 0.8, decision_rule: guarded, declarable: true",
        "measure: each-declared, at_least: 0.8",
        "17:9: controls[0].requirements[0].criterion: got a number, expected 'at_least: declared' together with",
    ),
    (
        "at_least: 0.8, decision_rule: guarded, declarable: true",
        "at_least: declared, declarable: true",
        "17:9: controls[0].requirements[0].criterion: got declarable: true, expected declarable",
    ),
    (
        "decision_rule: guarded",
        "decision_rule: gaurded",
        "criterion.decision_rule: got 'gaurded', expected 'guarded' or 'simple'; did you mean 'guarded'?",
    ),
    (
        "decision_rule: guarded",
        "confidence: 95",
        "criterion.confidence: got 95, expected less than 1",
    ),
    (
        "declarable: true}",
        "declarable: yes}",
        "criterion.declarable: got 'yes', expected true or false",
    ),
    (
        "declarable: true}",
        "origin: tradition}",
        "criterion.origin: got 'tradition', expected 'law', 'practice', 'default' or 'provider'",
    ),
    (
        "        criterion: {measure: mismatches, at_most: 0, decision_rule: simple}\n",
        "",
        "24:9: controls[1].requirements[0]: got no key 'criterion', expected 'criterion' beside "
        "'check'; add 'criterion:'",
    ),
    (
        "        check: prov.digests\n",
        "",
        "24:9: controls[1].requirements[0]: got neither, expected either 'check' or 'attestation'",
    ),
    (
        "gate: true",
        "gate: maybe",
        "26:9: controls[1].requirements[0].gate: got 'maybe', expected true or false",
    ),
    (
        "level: must\n        gate",
        "level: should\n        gate",
        "24:9: controls[1].requirements[0]: got should, expected 'gate: true' with 'level: must' only",
    ),
    (
        "level: must\n        check: fair.parity",
        "level: must\n        gate: true\n        check: fair.parity",
        "15:9: controls[0].requirements[0].gate: got gate: true, expected a gate on a static "
        "check only; fair.parity needs the model's answers",
    ),
    (
        'clause: "1", ',
        "",
        "11:18: controls[0].references[0]: got no key 'clause', expected 'clause' (the clause as "
        "its own text numbers it)",
    ),
    (
        'references: [{framework: own, clause: "1", relation: supports}]',
        "references: {}",
        "11:5: controls[0].references: got ",
    ),
    (
        "relation: supports",
        "relation: proves",
        "11:48: controls[0].references[0].relation: got 'proves', expected 'supports', 'equal-to'",
    ),
    (
        "relation: supports}]\n    requirements:\n      - id: T-FAIR",
        "relation: supports, confidence: U}]\n    requirements:\n      - id: T-FAIR",
        "references[0].confidence: got 'U', expected 'V' or 'V2'",
    ),
    (
        "    requirements:\n      - id: T-FAIR",
        "    applies_when: {risk_tier: high}\n    requirements:\n      - id: T-FAIR",
        "12:20: controls[0].applies_when.risk_tier: got 'high', expected a list",
    ),
    (
        "    requirements:\n      - id: T-FAIR",
        "    applies_when: {risk_tier: [hihg]}\n    requirements:\n      - id: T-FAIR",
        "12:32: controls[0].applies_when.risk_tier[0]: got 'hihg', expected 'low', 'medium' or "
        "'high'; did you mean 'high'?",
    ),
    (
        "    requirements:\n      - id: T-FAIR",
        "    applies_when: {}\n    requirements:\n      - id: T-FAIR",
        "12:5: controls[0].applies_when: got an empty mapping, expected at least one of risk_tier, task, sector",
    ),
    (
        "remediation: {en: Do better, vi: Làm tốt hơn}",
        "remediation: {en: Do better, vi: ' '}",
        "18:38: controls[0].requirements[0].remediation.vi: got ' ', expected text that is not empty",
    ),
    (
        "id: tiny",
        "id: tiny\nextends: [nowhere]",
        "3:11: extends[0]: got 'nowhere', expected a shipped policy or a path relative to this file",
    ),
    (
        "id: tiny",
        "id: tiny\nextends: [policy.yaml]",
        "3:11: extends[0]: got 'policy.yaml', which extends this policy, expected no circle",
    ),
    (
        "id: tiny",
        "id: &a tiny",
        "2:5: id: got an anchor 'a', expected no anchors or aliases; write the value out",
    ),
    (
        "id: tiny",
        "id: tiny\nid: other",
        "3:1: got the key 'id' a second time, expected each key once; the first stands in line 2",
    ),
    (
        "id: tiny",
        "id: !!str tiny",
        "2:5: id: got the tag",
    ),
    (
        "id: tiny",
        "id: {tiny",
        "broken YAML",
    ),
    (
        "at_least: 0.8,",
        "at_least: .nan,",
        "17:54: controls[0].requirements[0].criterion.at_least: got .nan, expected a finite number",
    ),
    (
        "title: {en: Tiny, vi: Nhỏ}",
        "title: {en: Tiny, no: Lite}",
        "6:19: title.no: got the unknown key 'no', expected one of en, vi",
    ),
    (
        'clause: "1"',
        "clause: n/a",
        "11:35: controls[0].references[0].clause: got 'n/a', expected the clause as its own text numbers it",
    ),
    (
        "        check: prov.digests",
        "        applies_when: {sector: [helth]}\n        check: prov.digests",
        "applies_when.sector[0]: got 'helth', expected 'credit', 'health'",
    ),
    (
        "        check: prov.digests",
        "        aplies_when: {sector: [health]}\n        check: prov.digests",
        "aplies_when: got the unknown key 'aplies_when'",
    ),
]


@pytest.mark.parametrize(("old", "new", "told"), WRONG, ids=range(len(WRONG)))
def test_is_refused_with_place_and_advice(valid: str, checks, write: Callable[..., str], old: str, new: str, told: str):
    assert old in valid
    path = write(valid.replace(old, new, 1))
    with pytest.raises(BadPolicyError) as caught:
        load_policy(path, checks=checks)
    lines = str(caught.value).splitlines()
    assert any(line.removeprefix("policy.yaml:").startswith(told) or told in line for line in lines), lines
    assert all(line.startswith("policy.yaml:") and "expected" in line for line in lines)
    assert lint(path, checks=checks) == caught.value.problems


def test_an_empty_policy_is_refused(valid: str, checks, write: Callable[..., str]):
    path = write(valid.partition("controls:")[0])
    (problem,) = lint(path, checks=checks)
    assert str(problem) == (
        "policy.yaml:1:1: got no controls, expected at least one control; an empty policy would let everything pass"
    )


def test_mistakes_of_shape_and_of_meaning_are_told_together(valid: str, checks, write: Callable[..., str]):
    text = valid.replace("level: must\n        gate", "level: musst\n        gate", 1).replace(
        "measure: parity_ratio", "measure: party_ratio", 1
    )
    problems = lint(write(text), checks=checks)
    assert [problem.where for problem in problems] == [
        "controls[0].requirements[0].criterion.measure",
        "controls[1].requirements[0].level",
    ]


def test_the_valid_one_is_valid(valid: str, checks, write: Callable[..., str]):
    assert lint(write(valid), checks=checks) == ()
