"""Decisions: which may follow which, that nobody decides on their own, and that a history only grows."""

from __future__ import annotations

import dataclasses
import itertools
import random

import jsonschema
import pytest

from proofbox.reports.review.decisions import (
    Reviewer,
    Submitter,
    decision_of,
    decision_schema,
    statement_of,
)
from proofbox.reports.review.errors import BadDecisionError, BrokenHistoryError, IllegalTransitionError, OwnReviewError
from proofbox.reports.review.history import add_decision, read_history
from proofbox.reports.review.states import NEXT, STATES, require_transition
from proofbox.reports.signing.keys import KeyVerifier
from proofbox.reports.signing.statement import Statement

from .conftest import BUNDLE, OTHER, REVIEWER, STRANGER, TRUSTED, add


def test_only_decisions_that_may_follow_do():
    allowed = {(before, after) for before, after in itertools.product(STATES, STATES) if after in NEXT[before]}
    assert len(allowed) == 9
    for before, after in itertools.product(STATES, STATES):
        if (before, after) in allowed:
            require_transition(before, after)
        else:
            with pytest.raises(IllegalTransitionError, match=f"'{after}' on what is '{before}', expected one of: "):
                require_transition(before, after)


def test_an_illegal_decision_is_not_written(reviews):
    with pytest.raises(IllegalTransitionError, match="'approved' on what is 'revoked'"):
        add(reviews, "approved")
    with pytest.raises(IllegalTransitionError, match="on or after the last, 2026-11-25"):
        add(reviews, "under-review", on="2026-11-24")
    assert [one.name for one in sorted((reviews / BUNDLE).iterdir())] == [f"000{n}.dsse.json" for n in (1, 2, 3)]
    assert add(reviews, "under-review").decision.number == 4


@pytest.mark.parametrize("name", ["Example Ltd", "  example   LTD ", "AI@example.vn"])
def test_nobody_reviews_what_they_submitted(reviews, name):
    with pytest.raises(OwnReviewError, match="name of the submitter"):
        add(reviews, "under-review", reviewer=name)
    own = Submitter(names=(), keyid=REVIEWER.keyid, signature="verified")
    with pytest.raises(OwnReviewError, match="a submitter cannot review"):
        add(reviews, "under-review", submitter=own)


def test_a_history_is_read_with_its_signatures(reviews):
    history = read_history(reviews, BUNDLE, TRUSTED)
    assert (history.state, history.verified) == ("revoked", True)
    assert [one.by.keyid for one in history.decided] == [REVIEWER.keyid] * 3
    assert not read_history(reviews, BUNDLE).verified
    assert read_history(reviews, "a" * 64, TRUSTED).state == "submitted"


def test_every_changed_byte_of_a_decision_is_refused(reviews):
    rng = random.Random(5)
    for path in sorted((reviews / BUNDLE).iterdir()):
        raw = path.read_bytes()
        for place in rng.sample(range(len(raw)), 40):
            changed = bytearray(raw)
            changed[place] ^= 1 << rng.randrange(8)
            path.write_bytes(changed)
            with pytest.raises(BrokenHistoryError):
                read_history(reviews, BUNDLE, TRUSTED)
        path.write_bytes(raw)
    assert read_history(reviews, BUNDLE, TRUSTED).verified


def test_a_decision_that_is_missing_moved_or_anothers_is_refused(reviews):
    first, second, third = sorted((reviews / BUNDLE).iterdir())
    raw = {path: path.read_bytes() for path in (first, second, third)}

    def put(contents):
        for path in raw:
            path.unlink(missing_ok=True)
        for path, content in contents.items():
            path.write_bytes(content)

    for wrong in (
        {second: raw[second], third: raw[third]},
        {first: raw[first], third: raw[third]},
        {first: raw[first], second: raw[third], third: raw[second]},
        {first: raw[second], second: raw[first]},
        {first: raw[first], second: (reviews / OTHER / "0002.dsse.json").read_bytes()},
    ):
        put(wrong)
        with pytest.raises(BrokenHistoryError):
            read_history(reviews, BUNDLE, TRUSTED)
    put(raw)
    (reviews / BUNDLE / "note.txt").write_text("x")
    with pytest.raises(BrokenHistoryError, match="missing or added"):
        read_history(reviews, BUNDLE, TRUSTED)


def test_a_history_that_was_cut_at_its_beginning_is_refused(tmp_path):
    """What is left follows the order of states, so that nothing but the links tells."""
    for state in ("under-review", "changes-requested", "under-review", "approved"):
        add(tmp_path, state)
    for gone, kept in (("0001", "0003"), ("0002", "0004")):
        (tmp_path / BUNDLE / f"{kept}.dsse.json").replace(tmp_path / BUNDLE / f"{gone}.dsse.json")
    with pytest.raises(BrokenHistoryError, match="is not linked to the decision before"):
        read_history(tmp_path, BUNDLE, TRUSTED)


def test_a_stranger_cannot_add_to_a_history(reviews):
    add(reviews, "under-review", signer=STRANGER)
    with pytest.raises(BrokenHistoryError, match="a key that is none of those given"):
        read_history(reviews, BUNDLE, TRUSTED)
    assert read_history(reviews, BUNDLE, (*TRUSTED, KeyVerifier(key=STRANGER.key.public_key()))).verified


def test_a_key_cannot_sign_in_anothers_name(reviews):
    history = read_history(reviews, BUNDLE)
    decision = dataclasses.replace(
        history.decided[0].decision, number=4, previous=history.head, reviewer=Reviewer(name="A", keyid=STRANGER.keyid)
    )
    add_decision(reviews, history, decision, REVIEWER)
    with pytest.raises(BrokenHistoryError, match="another key than the reviewer's"):
        read_history(reviews, BUNDLE, TRUSTED)


def test_of_two_who_decide_at_once_one_is_told(reviews):
    history = read_history(reviews, OTHER)
    decision = dataclasses.replace(
        history.decided[-1].decision, number=3, previous=history.head, state="revoked", conditions=None
    )
    add_decision(reviews, history, decision, REVIEWER)
    with pytest.raises(BadDecisionError, match="somebody else has decided in between"):
        add_decision(reviews, history, decision, REVIEWER)
    assert len(list((reviews / OTHER).iterdir())) == 3


def test_a_statement_of_another_kind_or_form_is_no_decision(reviews):
    decision = read_history(reviews, BUNDLE).decided[1].decision
    statement = statement_of(decision)
    assert decision_of(statement) == decision
    predicate = dict(statement.predicate)
    for kind, wrong in (
        ("urn:other", predicate),
        (statement.predicate_type, {**predicate, "state": "certified"}),
        (statement.predicate_type, {**predicate, "more": 1}),
        (statement.predicate_type, {**predicate, "conditions": None}),
        (statement.predicate_type, {**predicate, "number": 0}),
        (statement.predicate_type, {**predicate, "number": True}),
        (statement.predicate_type, {**predicate, "on": "soon"}),
        (statement.predicate_type, {}),
    ):
        with pytest.raises(BadDecisionError):
            decision_of(Statement(predicate_type=kind, subjects=statement.subjects, predicate=wrong))


def test_a_decision_meets_the_published_schema(reviews):
    predicate = statement_of(read_history(reviews, BUNDLE).decided[1].decision).predicate
    validator = jsonschema.Draft202012Validator(decision_schema())
    validator.validate(predicate)
    assert not validator.is_valid({**predicate, "state": "certified"})
