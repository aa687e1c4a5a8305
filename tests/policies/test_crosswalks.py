"""Crosswalks: data that point to clauses that exist, refused with their place where they do not, and told honestly."""

from __future__ import annotations

import pytest

from proofbox.policies.clause_lists import clause_lists
from proofbox.policies.crosswalks import carried, crosswalks, read_crosswalk
from proofbox.policies.errors import BadDocumentError
from proofbox.policies.loader import load_policy

VALID = """\
schema: proofbox/crosswalk/v1
id: vn-eu
checked_on: 2026-11-22
title: {en: From here to there, vi: Từ đây đến đó}
target: eu-ai-act
maps:
  - id: fairness
    relation: intersects-with
    confidence: medium
    sources:
      - {framework: vn-law-134-2025, clauses: ["4(3)"]}
    targets: ["10(2)(f)", "10(2)(g)"]
    rationale: {en: Alike, vi: Giống nhau}
    gap: {en: More, vi: Thêm}
"""

WRONG = [
    ("schema: proofbox/crosswalk/v1", "schema: proofbox/crosswalk/v2", "1:1: schema: got"),
    ("id: vn-eu", "id: VN EU", "2:1: id: got 'VN EU', expected lower-case letters"),
    ("checked_on: 2026-11-22", "checked_on: soon", "3:1: checked_on: got 'soon', expected a date"),
    ("vi: Từ đây đến đó", "fr: D'ici", "4:1: title: got no key 'vi'"),
    ("target: eu-ai-act", "target: eu-ai-akt", "5:1: target: got the framework 'eu-ai-akt'"),
    ("target: eu-ai-act", "target: vn-law-134-2025", "'vn-law-134-2025', expected another framework than the target"),
    ("maps:", "mops:", "6:1: mops: got the unknown key 'mops'"),
    ("relation: intersects-with", "relation: overlaps", "8:5: maps[0].relation: got 'overlaps'"),
    ("confidence: medium", "confidence: sure", "9:5: maps[0].confidence: got 'sure'"),
    (
        "framework: vn-law-134-2025",
        "framework: vn-law-134",
        "maps[0].sources[0].framework: got the framework 'vn-law-134'",
    ),
    (
        'clauses: ["4(3)"]',
        'clauses: ["4(33)"]',
        "maps[0].sources[0].clauses[0]: got '4(33)', expected a clause of the list",
    ),
    ('clauses: ["4(3)"]', 'clauses: ["4(3)", "4(3)"]', "maps[0].sources[0].clauses[1]: got '4(3)' a second time"),
    ('clauses: ["4(3)"]', "clauses: []", "expected a list of at least 1"),
    ('targets: ["10(2)(f)", "10(2)(g)"]', "targets: []", "12:5: maps[0].targets"),
    ('"10(2)(g)"]', '"10(2)(z)"]', "12:27: maps[0].targets[1]: got '10(2)(z)'"),
    ("    gap: {en: More, vi: Thêm}\n", "", "got no key 'gap'"),
    ("rationale: {en: Alike, vi: Giống nhau}", "rationale: Alike", "13:5: maps[0].rationale: got 'Alike'"),
]


def test_the_small_one_is_well():
    assert read_crosswalk(VALID.encode(), "x.yaml").maps[0].targets == ("10(2)(f)", "10(2)(g)")


@pytest.mark.parametrize(("right", "wrong", "said"), WRONG)
def test_a_mistake_is_refused_with_its_place(right: str, wrong: str, said: str):
    assert VALID.count(right) == 1
    with pytest.raises(BadDocumentError) as caught:
        read_crosswalk(VALID.replace(right, wrong).encode(), "x.yaml")
    assert any(said in str(problem) for problem in caught.value.problems), caught.value.problems
    assert all(str(problem).startswith("x.yaml:") for problem in caught.value.problems)


def test_a_theme_that_is_given_twice_is_refused():
    twice = VALID + VALID.partition("maps:\n")[2]
    with pytest.raises(BadDocumentError, match="a second time") as caught:
        read_crosswalk(twice.encode(), "x.yaml")
    assert "the first stands in line 7" in str(caught.value)


def test_those_that_are_shipped():
    assert [one.target for one in crosswalks()] == ["ai-verify", "asean-guide", "eu-ai-act", "iso-42001", "nist-ai-rmf"]
    for one in crosswalks():
        assert len(one.maps) >= 14
        assert {source.framework.partition("-")[0] for item in one.maps for source in item.sources} == {"vn"}
        for item in one.maps:
            assert item.relation == "intersects-with", "only a lawyer may say more"
            assert item.confidence != "high"
            assert item.gap.en != item.gap.vi
            assert item.rationale.en != item.rationale.vi


def test_a_policy_carries_the_maps_that_start_from_its_clauses():
    found = carried(load_policy("vn-trusted-ai").policy, "eu-ai-act")
    assert {one.crosswalk.target for one in found} == {"eu-ai-act"}
    fairness = next(one for one in found if one.item.id == "fairness")
    assert fairness.named["vn-law-134-2025"] == ("4(3)",)
    assert carried(load_policy("baseline").policy) == ()


def test_every_target_that_is_mapped_is_in_the_list_of_its_framework():
    for one in crosswalks():
        listed = clause_lists()[one.target]
        assert all(listed.find(clause) for item in one.maps for clause in item.targets)
