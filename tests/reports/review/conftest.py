"""A history of decisions: who takes them, on what, and how one more is added."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from proofbox.reports.ledger.entries import PolicyName, ProductName
from proofbox.reports.review.decisions import (
    Conditions,
    Decision,
    Reviewer,
    Subject,
    Submitter,
)
from proofbox.reports.review.history import add_decision, read_history
from proofbox.reports.signing.keyfiles import KeySigner
from proofbox.reports.signing.keys import KeyVerifier

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
