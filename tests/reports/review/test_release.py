"""A release is held against the decisions that were taken."""

from __future__ import annotations

import dataclasses

import pytest

from proofbox.reports.review.errors import BadDecisionError
from proofbox.reports.review.history import read_history
from proofbox.reports.review.release import Release, latest, refusals

from .conftest import BUNDLE, OTHER, TRUSTED

RELEASE = Release(digests=frozenset({"5" * 64}), on="2027-01-31", users=500, region="VN-HN")


@pytest.mark.parametrize(
    ("change", "states"),
    [
        ({}, []),
        ({"digests": frozenset({"6" * 64})}, []),
        ({"region": "VN-HN-01"}, []),
        ({"digests": frozenset({"7" * 64})}, ["other-subject"]),
        ({"digests": frozenset({""})}, ["other-subject"]),
        ({"on": "2026-11-24"}, ["not-yet"]),
        ({"on": "2027-02-01"}, ["expired"]),
        ({"users": 501}, ["too-many-users"]),
        ({"users": None}, ["users-not-told"]),
        ({"region": None}, ["region-not-told"]),
        ({"region": "VN-SG"}, ["other-region"]),
        ({"region": "VN-HNX"}, ["other-region"]),
        ({"region": "VN"}, ["other-region"]),
        ({"on": "2027-02-01", "users": 9999, "region": "LA"}, ["expired", "too-many-users", "other-region"]),
    ],
)
def test_a_release_is_held_against_every_condition(reviews, change, states):
    decision = latest(read_history(reviews, OTHER, TRUSTED).decided)
    assert [one.state for one in refusals(decision, dataclasses.replace(RELEASE, **change))] == states


def test_a_later_decision_ends_an_approval(reviews):
    decided = read_history(reviews, BUNDLE, TRUSTED).decided
    assert not list(refusals(latest(decided[:2]), RELEASE))
    for given in (decided, (decided[2], decided[1]), decided[2:]):
        (refused,) = refusals(latest(given), RELEASE)
        assert (refused.state, "because" in refused.why) == ("revoked", True)
    (refused,) = refusals(latest(decided[:1]), RELEASE)
    assert refused.state == "not-approved"


def test_decisions_that_do_not_belong_together_are_refused(reviews):
    mine, others = read_history(reviews, BUNDLE).decided, read_history(reviews, OTHER).decided
    with pytest.raises(BadDecisionError, match="different bundles"):
        latest([mine[1], others[1]])
    with pytest.raises(BadDecisionError, match="does not follow"):
        latest([mine[0], dataclasses.replace(mine[1], decision=dataclasses.replace(mine[1].decision, previous=OTHER))])
    with pytest.raises(BadDecisionError, match="two different decisions of number 2"):
        latest([mine[1], dataclasses.replace(mine[1], digest=OTHER)])
    with pytest.raises(BadDecisionError, match="got no decision"):
        latest([])
