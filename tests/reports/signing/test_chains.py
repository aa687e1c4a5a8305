"""Certificates as national authorities issue them: which chain holds, and the name of each that does not."""

from __future__ import annotations

import datetime
import json
import shutil

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from proofbox.reports.canonical import canonical_bytes, strict_json
from proofbox.reports.signing.certificates import chain_for, read_certificates, read_lists
from proofbox.reports.signing.chains import CertificateVerifier
from proofbox.reports.signing.door import sign_statement, verify_envelope
from proofbox.reports.signing.errors import (
    BadEnvelopeError,
    ExpiredError,
    KeyFileError,
    NotYetValidError,
    RevokedError,
    SignatureError,
    WrongChainError,
    WrongKeyError,
)
from proofbox.reports.signing.keyfiles import KeySigner
from proofbox.reports.signing.keys import KeyVerifier
from proofbox.reports.signing.statement import Statement

NOW = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)
LONG_AGO = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
KIND = "urn:example:decision:v1"
SAID = Statement(predicate_type=KIND, subjects={"x": "ab" * 32}, predicate={})


def verified(raw, *trusted, lists=(), now=NOW):
    verifier = CertificateVerifier(trusted=tuple(one.certificate for one in trusted), lists=lists)
    return verify_envelope(raw, verifier, predicate_type=KIND, now=now).by


@pytest.fixture(scope="session")
def signed(person, issuer, root) -> bytes:
    return sign_statement(SAID, person.signer(root, issuer))


def test_a_chain_up_to_the_root_or_the_issuer_holds_and_names_the_signer(signed, root, issuer, person):
    for trusted in ((root,), (root, issuer), (issuer, person)):
        by = verified(signed, *trusted)
        assert (by.how, by.name, by.signed_before) == ("certificate", "CN=Trần Thị B", None)


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 2048),
        ec.generate_private_key(ec.SECP384R1()),
    ],
    ids=["RSA", "P-384"],
)
def test_keys_of_the_kinds_that_authorities_issue(authority, issuer, root, key):
    # Authorities for electronic signatures set nonRepudiation and not digitalSignature.
    holder = authority.issue("Ký số", issuer, key=key, digital_signature=False, content_commitment=True)
    assert verified(sign_statement(SAID, holder.signer(issuer)), root).name == "CN=Ký số"


def test_ones_own_certificate_may_be_given(authority):
    alone = authority.issue("Alone")
    raw = sign_statement(SAID, alone.signer())
    assert verified(raw, alone).name == "CN=Alone"
    with pytest.raises(WrongChainError):
        verified(raw, authority.issue("Alone"))


def test_certificates_that_nothing_given_bears_out_are_refused(signed, person, issuer):
    with pytest.raises(WrongChainError, match="says nothing about"):
        verified(signed, person)
    assert verified(signed, person, issuer).how == "certificate"


def test_a_wrong_chain_is_named(authority, signed, person, root):
    with pytest.raises(WrongChainError, match="do not lead up"):
        verified(signed, authority.issue("Root of the Republic", ca=True))
    with pytest.raises(WrongChainError, match="do not lead up"):
        verified(sign_statement(SAID, person.signer()), root)
    no_issuer = authority.issue("No authority", root)
    below = authority.issue("Below", no_issuer)
    with pytest.raises(WrongChainError):
        verified(sign_statement(SAID, KeySigner(key=below.key, chain=(below.der, no_issuer.der))), root)
    not_for_signing = authority.issue("Key exchange", root, digital_signature=False, key_agreement=True)
    with pytest.raises(WrongChainError, match="not for signing"):
        verified(sign_statement(SAID, not_for_signing.signer()), root)
    stranger = authority.issue("Another kind", root, key=ec.generate_private_key(ec.SECP521R1()))
    with pytest.raises(WrongChainError, match="another kind"):
        verified(sign_statement(SAID, KeySigner(key=person.key, chain=(stranger.der,))), root)


def test_dates_are_those_of_the_day_of_asking(signed, root, authority):
    with pytest.raises(ExpiredError, match="ended on 2035-12-30"):
        verified(signed, root, now=datetime.datetime(2036, 1, 1, tzinfo=datetime.UTC))
    with pytest.raises(NotYetValidError, match="begins on 2026-01-01"):
        verified(signed, root, now=datetime.datetime(2025, 12, 31, tzinfo=datetime.UTC))
    old = authority.issue("Old root", ca=True, days=30)
    with pytest.raises(ExpiredError, match="Old root"):
        verified(sign_statement(SAID, authority.issue("Young", old).signer()), old)


def test_revoked_ones_are_named(authority, signed, person, issuer, root):
    empty = authority.revoke(issuer)
    assert verified(signed, root, lists=(empty,)).how == "certificate"
    revoked = authority.revoke(issuer, person, on=NOW - datetime.timedelta(days=1))
    with pytest.raises(RevokedError, match="was revoked on 2026-11-24"):
        verified(signed, root, lists=(empty, revoked))
    with pytest.raises(RevokedError, match="An accredited authority"):
        verified(signed, root, lists=(empty, authority.revoke(root, issuer)))
    with pytest.raises(ExpiredError, match="ran out before 2026-11-25"):
        verified(signed, root, lists=(authority.revoke(issuer, days=3),))
    forged = authority.revoke(authority.issue("An accredited authority", ca=True))
    with pytest.raises(WrongChainError, match="not signed by it"):
        verified(signed, root, lists=(forged,))
    with pytest.raises(WrongChainError, match="no revocation list"):
        verified(signed, root, lists=(authority.revoke(root),))


def test_a_key_and_a_certificate_are_not_mixed_up(signed, person, root):
    with pytest.raises(WrongKeyError, match="with a certificate"):
        verify_envelope(signed, KeyVerifier(key=person.key.public_key()), predicate_type=KIND, now=NOW)
    with pytest.raises(WrongChainError, match="bare key"):
        verified(sign_statement(SAID, KeySigner(key=person.key)), root)


def test_anothers_certificate_on_ones_own_signature(person, issuer, root):
    envelope = strict_json(sign_statement(SAID, KeySigner(key=ed25519.Ed25519PrivateKey.generate())))
    named = strict_json(sign_statement(SAID, person.signer(issuer)))
    envelope["signatures"][0]["x5c"] = named["signatures"][0]["x5c"]
    with pytest.raises(WrongKeyError):
        verified(canonical_bytes(envelope), root)
    envelope["signatures"][0]["keyid"] = named["signatures"][0]["keyid"]
    with pytest.raises(BadEnvelopeError, match="not over these bytes"):
        verified(canonical_bytes(envelope), root)


def test_every_byte_of_the_certificates_counts(signed, root):
    """Each byte of the envelope in turn, those of both certificates among them."""
    for place in range(len(signed)):
        with pytest.raises(SignatureError):
            verified(signed[:place] + bytes([signed[place] ^ 1]) + signed[place + 1 :], root)


def test_the_commands_know_chains_and_trust_stores(signed_later, people, authority, proofbox, tmp_path):
    person, issuer, _root = people
    secret = person.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "person.key").touch(0o600)
    (tmp_path / "person.key").write_bytes(secret)
    pems = [one.certificate.public_bytes(Encoding.PEM) for one in people]
    (tmp_path / "chain.pem").write_bytes(b"".join(pems))
    store = tmp_path / "store"
    store.mkdir()
    (store / "root.crt").write_bytes(pems[2])
    (store / "issuer.crl").write_bytes(authority.revoke(issuer).public_bytes(Encoding.DER))
    argv = ("sign", signed_later, "--key", tmp_path / "person.key", "--key-certificate", tmp_path / "chain.pem")
    done = proofbox(*argv)
    assert done.returncode == 0, done.stderr
    packed = shutil.make_archive(str(tmp_path / "packed"), "zip", signed_later)
    for bundle in (signed_later, packed):
        done = proofbox("verify", bundle, "--trust-store", store, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        signer = json.loads(done.stdout)["signer"]
        assert signer == {"how": "certificate", "name": "CN=Trần Thị B", "signed_before": None}
    (tmp_path / "now.crl").write_bytes(authority.revoke(issuer, person, on=LONG_AGO).public_bytes(Encoding.PEM))
    later = proofbox("verify", packed, "--trust-store", store, "--crl", tmp_path / "now.crl")
    assert (later.stdout.partition(":")[0], later.returncode) == ("revoked", 1)
    both = proofbox("verify", packed, "--trust-store", store, "--key", tmp_path / "chain.pem")
    assert (both.returncode, "one of the two" in both.stderr) == (2, True)
    assert proofbox("verify", packed, "--trust-store", tmp_path / "cwd").returncode == 2


@pytest.fixture(scope="session")
def people(person, issuer, root):
    return person, issuer, root


def test_files_that_hold_no_certificate_or_list():
    for read in (read_certificates, read_lists):
        for raw in (b"", b"\x30\x03\x02\x01\x00", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"):
            with pytest.raises(KeyFileError):
                read(raw)


def test_a_chain_is_for_the_key_or_refused(person, issuer, root, authority):
    assert chain_for(person.key.public_key(), [root.certificate, issuer.certificate, person.certificate]) == (
        person.der,
        issuer.der,
    )
    with pytest.raises(KeyFileError, match=r"got 1 certificate\(s\), none for this key"):
        chain_for(authority.issue("x").key.public_key(), [root.certificate])
