"""Time stamps by an authority on loopback: openssl answers, a small server carries it, and nothing else is asked."""

from __future__ import annotations

import datetime

import pytest

from proofbox.reports.canonical import canonical_bytes, strict_json
from proofbox.reports.signing.chains import CertificateVerifier
from proofbox.reports.signing.door import sign_statement, verify_envelope
from proofbox.reports.signing.errors import (
    ExpiredError,
    RevokedError,
    SignatureError,
    SigningFailedError,
    WrongTimeStampError,
)
from proofbox.reports.signing.keyfiles import KeySigner
from proofbox.reports.signing.keys import KeyVerifier
from proofbox.reports.signing.statement import Statement
from proofbox.reports.signing.timestamps import Authority

KIND = "urn:example:decision:v1"
SAID = Statement(predicate_type=KIND, subjects={"x": "ab" * 32}, predicate={})
DAY = datetime.timedelta(days=1)


@pytest.fixture(scope="session")
def holder(authority, root):
    """A person whose certificate runs out in a year."""
    return authority.issue("Nguyễn Văn A", root, begin=datetime.datetime.now(datetime.UTC) - DAY, days=366)


@pytest.fixture(scope="session")
def stamped(tsa, holder) -> bytes:
    return sign_statement(SAID, holder.signer(), Authority(url=f"{tsa}/stamp"))


def verified(raw, root, tsa_root, *, now, lists=()):
    authorities = () if tsa_root is None else (tsa_root.certificate,)
    verifier = CertificateVerifier(trusted=(root.certificate,), lists=lists, authorities=authorities)
    return verify_envelope(raw, verifier, predicate_type=KIND, now=now).by


def test_a_stamped_signature_outlives_its_certificate(stamped, holder, root, tsa_root, authority, tsa):
    now = datetime.datetime.now(datetime.UTC)
    by = verified(stamped, root, tsa_root, now=now + 3000 * DAY)
    assert abs(by.signed_before - now) < datetime.timedelta(minutes=10)
    later = authority.revoke(root, holder, on=now + DAY)
    assert verified(stamped, root, tsa_root, now=now + 30 * DAY, lists=(later,)).signed_before == by.signed_before
    before = authority.revoke(root, holder, on=now - DAY)
    with pytest.raises(RevokedError):
        verified(stamped, root, tsa_root, now=now, lists=(before,))
    bare = sign_statement(SAID, holder.signer())
    with pytest.raises(ExpiredError):
        verified(bare, root, tsa_root, now=now + 3000 * DAY)


def test_a_stamp_is_by_an_authority_that_was_given_or_refused(stamped, root, tsa_root, authority):
    now = datetime.datetime.now(datetime.UTC)
    with pytest.raises(WrongTimeStampError, match="--tsa-certificate"):
        verified(stamped, root, None, now=now)
    with pytest.raises(WrongTimeStampError, match="not over this signature by a given authority"):
        verified(stamped, root, authority.issue("Root of time", ca=True), now=now)


def test_a_stamp_of_another_signature_is_refused(stamped, holder, root, tsa_root):
    other = strict_json(sign_statement(SAID, holder.signer()))
    other["signatures"][0]["rfc3161"] = strict_json(stamped)["signatures"][0]["rfc3161"]
    with pytest.raises(WrongTimeStampError):
        verified(canonical_bytes(other), root, tsa_root, now=datetime.datetime.now(datetime.UTC))


def test_a_bare_key_is_stamped_as_well(tsa, holder, tsa_root):
    raw = sign_statement(SAID, KeySigner(key=holder.key), Authority(url=f"{tsa}/stamp"))
    now = datetime.datetime.now(datetime.UTC)
    key = holder.key.public_key()
    stamp = KeyVerifier(key=key, authorities=(tsa_root.certificate,))
    assert verify_envelope(raw, stamp, predicate_type=KIND, now=now).by.signed_before is not None
    with pytest.raises(WrongTimeStampError):
        verify_envelope(raw, KeyVerifier(key=key), predicate_type=KIND, now=now)


def test_every_byte_of_a_stamped_envelope_counts(stamped, root, tsa_root):
    now = datetime.datetime.now(datetime.UTC)
    missed = []
    for place in range(0, len(stamped), 3):
        changed = stamped[:place] + bytes([stamped[place] ^ 1]) + stamped[place + 1 :]
        try:
            verified(changed, root, tsa_root, now=now)
        except SignatureError:
            continue
        missed.append(place)
    assert not missed


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/nothing", "no time stamp"),
        ("/replayed", "stamped something else"),
        ("/endless", "more than"),
        ("/elsewhere", "cannot be reached"),
    ],
)
def test_an_authority_that_errs_ends_the_signing(tsa, stamped, path, words):
    with pytest.raises(SigningFailedError, match=words):
        Authority(url=tsa + path).stamp(b"x")


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "file:///etc/passwd", "ftp://127.0.0.1/", "nothing"])
def test_an_address_that_is_none_or_answers_not(url):
    with pytest.raises(SigningFailedError):
        Authority(url=url).stamp(b"x")
