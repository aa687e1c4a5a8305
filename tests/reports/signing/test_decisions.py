"""A reviewer with a certificate: the chain is followed, and what it does not bear out is refused."""

from __future__ import annotations

import datetime

import pytest

from proofbox.reports.ledger.entries import ProductName
from proofbox.reports.review.decisions import Decision, Reviewer, Subject, Submitter
from proofbox.reports.review.errors import BrokenHistoryError
from proofbox.reports.review.history import add_decision, read_history
from proofbox.runners.office.asking import trusted_keys

BUNDLE = "b" * 64


def decide(reviews, signer):
    history = read_history(reviews, BUNDLE)
    decision = Decision(
        number=1,
        previous=history.head,
        state="under-review",
        reason="because",
        on="2026-11-25",
        reviewer=Reviewer(name="Trần Thị B", keyid=signer.keyid),
        submitter=Submitter(names=("Example Ltd",), keyid="", signature="unsigned"),
        subject=Subject(
            bundle=BUNDLE,
            submission="5" * 64,
            model="",
            product=ProductName(name="M", version="1", provider="Example Ltd", provider_id=""),
            conclusion="conforms",
            policies=(),
        ),
    )
    add_decision(reviews, history, decision, signer)


def file_of(folder, holder):
    path = folder / "certificate.der"
    path.write_bytes(holder.der)
    return path


def test_a_certificate_names_the_reviewer_by_its_own_or_its_issuers(person, issuer, root, tmp_path):
    decide(tmp_path / "reviews", person.signer(issuer, root))
    for trusted in (root, issuer):
        (found,) = read_history(tmp_path / "reviews", BUNDLE, trusted_keys([file_of(tmp_path, trusted)])).decided
        assert (found.by.how, found.by.name) == ("certificate", "CN=Trần Thị B")


def test_a_chain_to_nobody_who_is_trusted_or_a_certificate_that_ran_out_is_refused(authority, root, person, tmp_path):
    decide(tmp_path / "reviews", person.signer())
    other = authority.issue("Another root", ca=True)
    with pytest.raises(BrokenHistoryError, match="none of those given"):
        read_history(tmp_path / "reviews", BUNDLE, trusted_keys([file_of(tmp_path, other)]))
    old = authority.issue("Trần Thị B", root, begin=datetime.datetime(2025, 1, 1, tzinfo=datetime.UTC), days=30)
    decide(tmp_path / "old", old.signer(root))
    with pytest.raises(BrokenHistoryError, match="2025"):
        read_history(tmp_path / "old", BUNDLE, trusted_keys([file_of(tmp_path, root)]))
