"""Decisions: which may follow which, that nobody decides on their own, and that a history only grows."""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import itertools
import json
import os
import random
import threading
import time

import jsonschema
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from proofbox.reports.canonical import canonical_bytes, sha256_hex
from proofbox.reports.errors import BundleExistsError
from proofbox.reports.ledger.entries import PolicyName, ProductName
from proofbox.reports.register.export import register_json, register_of, register_page, write_register
from proofbox.reports.review.decisions import (
    Conditions,
    Decision,
    Reviewer,
    Subject,
    Submitter,
    decision_of,
    decision_schema,
    statement_of,
)
from proofbox.reports.review.errors import BadDecisionError, BrokenHistoryError, IllegalTransitionError, OwnReviewError
from proofbox.reports.review.history import add_decision, read_decision, read_history
from proofbox.reports.review.listing import list_bundles
from proofbox.reports.review.release import Release, latest, refusals
from proofbox.reports.review.states import NEXT, STATES, require_transition
from proofbox.reports.review.wording import decision_line, review_tags
from proofbox.reports.signing.keyfiles import KeySigner
from proofbox.reports.signing.keys import KeyVerifier
from proofbox.reports.signing.statement import Statement

BUNDLE, OTHER = "b" * 64, "c" * 64
CONDITIONS = Conditions(until="2027-01-31", maximum_users=500, regions=("VN-HN",))
SUBMITTER = Submitter(names=("Example Ltd", "ai@example.vn"), keyid="", signature="unsigned")
REVIEWER, STRANGER = KeySigner(key=Ed25519PrivateKey.generate()), KeySigner(key=Ed25519PrivateKey.generate())
TRUSTED = (KeyVerifier(key=REVIEWER.key.public_key()),)


def subject(name="Loan model", bundle=BUNDLE):
    return Subject(
        bundle=bundle,
        submission="5" * 64,
        model="6" * 64,
        product=ProductName(name=name, version="1.0.0", provider="Example Ltd", provider_id="0101234567"),
        conclusion="undetermined",
        policies=(PolicyName(id="baseline", version="1", digest="d" * 64),),
    )


def add(reviews, state, *, bundle=BUNDLE, name="Loan model", signer=REVIEWER, **given):
    history = read_history(reviews, bundle)
    decision = Decision(
        number=len(history.decided) + 1,
        previous=history.head,
        state=state,
        reason=given.pop("reason", "because"),
        on=given.pop("on", "2026-11-25"),
        reviewer=Reviewer(name=given.pop("reviewer", "Nguyễn Văn A"), keyid=signer.keyid),
        submitter=given.pop(
            "submitter", Submitter(names=("Example Ltd", "ai@example.vn"), keyid="", signature="unsigned")
        ),
        subject=subject(name, bundle),
        conditions=given.pop("conditions", CONDITIONS if state == "approved" else None),
    )
    assert not given
    return add_decision(reviews, history, decision, signer)


@pytest.fixture
def reviews(tmp_path):
    """A history of an approval that was revoked, and one of an approval that holds."""
    for state in ("under-review", "approved", "revoked"):
        add(tmp_path / "reviews", state)
    for state in ("under-review", "approved"):
        add(tmp_path / "reviews", state, bundle=OTHER, name="Other model")
    return tmp_path / "reviews"


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


def test_the_register_lists_what_stands_and_what_no_longer_does(reviews):
    register = register_of(reviews, TRUSTED, "2026-12-01")
    assert [(one.standing, one.approval.subject.product.name) for one in register.entries] == [
        ("revoked", "Loan model"),
        ("approved", "Other model"),
    ]
    assert register.counts() == {"approved": 1, "expired": 0, "revoked": 1}
    assert register_of(reviews, TRUSTED, "2027-02-01").counts() == {"approved": 0, "expired": 1, "revoked": 1}
    assert register_of(reviews, TRUSTED, "2026-11-24").entries == ()
    document = json.loads(register_json(register))
    assert document["entries"][1]["conditions"] == {"until": "2027-01-31", "maximum_users": 500, "regions": ["VN-HN"]}
    assert document["entries"][0]["revoked"] == {"on": "2026-11-25", "reason": "because"}
    assert register_json(register) == register_json(register_of(reviews, TRUSTED, "2026-12-01"))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["Register of approved products", "As of 1 December 2026", "until 31 January 2027; at most 500 users"]),
        ("vi", ["Danh sách sản phẩm được chấp thuận", "Không còn được chấp thuận", "chỉ tại VN-HN"]),
    ],
)
def test_the_page_is_in_both_languages_and_asks_for_nothing(reviews, language, said):
    page = register_page(register_of(reviews, TRUSTED, "2026-12-01"), language)
    for words in said:
        assert words in page
    assert "default-src 'none'" in page
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")


def test_names_in_the_page_and_the_tags_stay_names(tmp_path, hostile_text):
    for state in ("under-review", "approved"):
        add(tmp_path, state, name=hostile_text, reviewer=hostile_text, reason=hostile_text)
    register = register_of(tmp_path, TRUSTED, "2026-12-01")
    page = register_page(register, "vi")
    assert "<img" not in page
    assert "\u202e" not in page
    assert "&lt;img src=x" in page
    approval = register.entries[0].approval
    note = review_tags(approval, "d" * 64, "**Undetermined**")["mlflow.note.content"]
    assert note.startswith("**Review**: 2. 2026-11-25 approved with conditions")
    assert "<img" not in note.replace("\\<img", "")
    assert "\u202e" not in note
    assert hostile_text in decision_line(approval)


def test_tags_of_a_revocation_leave_nothing_of_the_approval(reviews):
    approved, revoked = (one.decision for one in read_history(reviews, BUNDLE).decided[1:])
    before, after = review_tags(approved, "d" * 64, "n"), review_tags(revoked, "e" * 64, "n")
    assert (before["proofbox.review.until"], after["proofbox.review.until"]) == ("2027-01-31", "none")
    assert before.keys() == after.keys()


def test_a_history_that_is_not_whole_is_left_out_by_name(reviews, tmp_path):
    (reviews / OTHER / "0001.dsse.json").unlink()
    written = write_register(tmp_path / "out", reviews, TRUSTED, "2026-12-01")
    assert written.counts() == {"approved": 0, "expired": 0, "revoked": 1}
    assert OTHER in written.left_out[0]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "register.html",
        "register.json",
        "register.vi.html",
    ]
    with pytest.raises(BundleExistsError):
        write_register(tmp_path / "out", reviews, TRUSTED, "2026-12-01")


def test_a_decision_that_is_no_file_of_ours_is_told(tmp_path):
    for raw in (b"", b"{}", b"[]", base64.b64encode(b"x")):
        (tmp_path / "d").write_bytes(raw)
        with pytest.raises(BrokenHistoryError, match="no DSSE envelope"):
            read_decision(tmp_path / "d")
    with pytest.raises(BrokenHistoryError, match="cannot be read"):
        read_decision(tmp_path / "none")


def _small_bundle(folder, number):
    """What a list reads of a bundle, and no more."""
    folder.mkdir(parents=True)
    supplier = {"name": "Example Ltd"}
    bom = canonical_bytes({"metadata": {"component": {"name": "M", "version": str(number), "supplier": supplier}}})
    manifest = canonical_bytes({"files": [{"path": "bom.cdx.json", "sha256": sha256_hex(bom), "size": len(bom)}]})
    said = {"conclusion": "conforms", "manifest": {"sha256": sha256_hex(manifest)}}
    for name, raw in (
        ("bom.cdx.json", bom),
        ("manifest.json", manifest),
        ("statement.json", canonical_bytes({"predicate": said})),
    ):
        (folder / name).write_bytes(raw)
    return sha256_hex(manifest)


def test_a_thousand_are_listed_in_less_than_a_second(reviews, tmp_path):
    decided = (reviews / OTHER / "0002.dsse.json").read_bytes()
    for number in range(1000):
        digest = _small_bundle(tmp_path / "out" / f"b{number:04d}", number)
        if number % 2:
            (tmp_path / "lots" / digest).mkdir(parents=True)
            (tmp_path / "lots" / digest / "0002.dsse.json").write_bytes(decided)
    started = time.process_time()
    found = list(list_bundles(tmp_path / "out", tmp_path / "lots"))
    assert time.process_time() - started < 1.0
    assert [one.state for one in found[:2]] == ["submitted", "approved"]
    assert (found[1].until, found[1].reviewer, found[1].version) == ("2027-01-31", "Nguyễn Văn A", "1")
    assert len(found) == 1000


def test_what_cannot_be_read_is_listed_as_broken(tmp_path, reviews):
    digest = _small_bundle(tmp_path / "out" / "a", 1)
    (tmp_path / "out" / "b").mkdir()
    (tmp_path / "out" / "b" / "manifest.json").write_text("[]")
    (reviews / digest).mkdir()
    (reviews / digest / "0001.dsse.json").write_text("{}")
    (tmp_path / "out" / "nothing").mkdir()
    assert [one.state for one in list_bundles(tmp_path / "out", reviews)] == ["broken", "broken"]
    _small_bundle(tmp_path / "out" / "c", 2)
    (tmp_path / "out" / "c" / "bom.cdx.json").write_text("{}")
    assert "not the one that the manifest lists" in list(list_bundles(tmp_path / "out", reviews))[2].wrong


@pytest.mark.parametrize("name", ["bom.cdx.json", "statement.json"])
def test_a_pipe_in_a_bundle_is_listed_as_broken_and_not_waited_for(tmp_path, reviews, name):
    _small_bundle(tmp_path / "out" / "a", 1)
    pipe = tmp_path / "out" / "a" / name
    pipe.unlink()
    os.mkfifo(pipe)
    done = threading.Event()

    def release():
        """End the wait of whoever opened the pipe, so that this test fails and does not hang."""
        while not done.wait(0.05):
            with contextlib.suppress(OSError):
                os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))

    thread = threading.Thread(target=release)
    thread.start()
    try:
        (listed,) = list_bundles(tmp_path / "out", reviews)
    finally:
        done.set()
        thread.join()
    assert (listed.state, listed.wrong) == ("broken", "not a bundle that can be read (FileNotFoundError)")
