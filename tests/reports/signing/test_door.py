"""One door to signing: what was signed comes back byte for byte, and nothing else passes."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from proofbox.reports.canonical import canonical_bytes
from proofbox.reports.signing.door import sign_bytes, sign_statement, verify_envelope
from proofbox.reports.signing.dsse import pae, read_envelope
from proofbox.reports.signing.errors import BadEnvelopeError, KeyFileError, SignatureError, WrongKeyError
from proofbox.reports.signing.keyfiles import KeySigner
from proofbox.reports.signing.keys import KeyVerifier, keyid_of, kind_of, understood
from proofbox.reports.signing.statement import Statement, read_statement

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
KIND = "urn:example:decision:v1"
SAID = Statement(
    predicate_type=KIND, subjects={"manifest.json": "ab" * 32}, predicate={"decision": "Đạt", "until": 2027}
)
KEYS = {
    "Ed25519": Ed25519PrivateKey.generate(),
    "ECDSA P-256": ec.generate_private_key(ec.SECP256R1()),
    "ECDSA P-384": ec.generate_private_key(ec.SECP384R1()),
    "RSA 2048": rsa.generate_private_key(65537, 2048),
}
KEY = KEYS["Ed25519"]


def verified(raw, key=KEY, kind=KIND):
    return verify_envelope(raw, KeyVerifier(key=key.public_key()), predicate_type=kind, now=NOW)


@pytest.mark.parametrize("kind", KEYS)
def test_what_was_signed_comes_back(kind):
    key = KEYS[kind]
    raw = sign_statement(SAID, KeySigner(key=key))
    signed = verified(raw, key)
    assert (signed.statement, signed.payload) == (SAID, SAID.to_bytes())
    assert (signed.by.keyid, signed.by.how) == (keyid_of(key.public_key()), "key")
    assert kind_of(key.public_key()) == kind


def test_the_encoding_is_that_of_the_specification():
    # The vector of protocol.md, DSSE 1.0.2.
    assert pae("http://example.com/HelloWorld", b"hello world") == (
        b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    )
    assert pae("đ", b"") == b"DSSEv1 2 \xc4\x91 0 "


def test_another_kind_of_statement_by_the_same_key_is_refused():
    with pytest.raises(BadEnvelopeError, match="expected 'urn:example:other:v1'"):
        verified(sign_statement(SAID, KeySigner(key=KEY)), kind="urn:example:other:v1")


def test_another_key_is_named_as_such():
    raw = sign_statement(SAID, KeySigner(key=KEY))
    with pytest.raises(WrongKeyError, match=keyid_of(KEY.public_key())[:16]):
        verified(raw, KEYS["ECDSA P-256"])


def test_a_strangers_signature_under_the_right_name_is_tampering():
    envelope = json.loads(sign_statement(SAID, KeySigner(key=Ed25519PrivateKey.generate())))
    envelope["signatures"][0]["keyid"] = keyid_of(KEY.public_key())
    with pytest.raises(BadEnvelopeError, match="not over these bytes"):
        verified(canonical_bytes(envelope))


@pytest.mark.parametrize("kind", KEYS)
def test_every_byte_of_an_envelope_counts(kind):
    key = KEYS[kind]
    raw = sign_statement(SAID, KeySigner(key=key))
    for place in range(len(raw)):
        for bit in (1, 0x20):
            changed = raw[:place] + bytes([raw[place] ^ bit]) + raw[place + 1 :]
            with pytest.raises(SignatureError):
                verified(changed, key)
        with pytest.raises(SignatureError):
            verified(raw[:place] + raw[place + 1 :], key)
    for added in (raw + b"\n", b" " + raw, raw + raw):
        with pytest.raises(SignatureError):
            verified(added, key)


def changed(change):
    envelope = json.loads(sign_statement(SAID, KeySigner(key=KEY)))
    change(envelope)
    return canonical_bytes(envelope)


@pytest.mark.parametrize(
    "change",
    [
        lambda e: e["signatures"].append(dict(e["signatures"][0])),
        lambda e: e["signatures"].clear(),
        lambda e: e["signatures"][0].update(extra="x"),
        lambda e: e.update(extra="x"),
        lambda e: e.update(payloadType="application/json"),
        lambda e: e["signatures"][0].update(sig=e["signatures"][0]["sig"].rstrip("=")),
        lambda e: e["signatures"][0].update(sig=e["signatures"][0]["sig"] + "\n"),
        lambda e: e["signatures"][0].update(sig=1),
        lambda e: e["signatures"][0].update(x5c=["AAAA"] * 9),
        lambda e: e["signatures"][0].update(x5c="AAAA"),
        lambda e: e["signatures"][0].update(rfc3161="AAAA"),
        lambda e: e["signatures"][0].pop("keyid"),
        lambda e: e.update(signatures={"0": e["signatures"][0]}),
    ],
)
def test_an_envelope_of_another_form_is_refused(change):
    with pytest.raises(SignatureError):
        verified(changed(change))


def test_a_key_that_stands_twice_and_base64_with_spare_bits_are_refused():
    raw = sign_statement(SAID, KeySigner(key=KEY))
    verified(raw)
    for twice in (b'{"payload":"AAAA",' + raw[1:], raw[:-1] + b',"payloadType":"application/vnd.in-toto+json"}'):
        with pytest.raises(BadEnvelopeError, match="twice"):
            read_envelope(twice)
    # 64 bytes of signature end in "==" after a character of which four bits are spare.
    sig = json.loads(raw)["signatures"][0]["sig"]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    spare = sig[:-3] + alphabet[alphabet.index(sig[-3]) ^ 1] + "=="
    assert base64.b64decode(spare) == base64.b64decode(sig)
    with pytest.raises(BadEnvelopeError):
        read_envelope(raw.replace(sig.encode(), spare.encode()))


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        SAID.to_bytes() + b" ",
        SAID.to_bytes().replace(b"ab", b"AB"),
        SAID.to_bytes().replace(b'"_type"', b'"_typo"'),
        SAID.to_bytes().replace(b'"subject":[', b'"subject":[],"x":['),
        SAID.to_bytes().replace(b"2027", b"NaN"),
        SAID.to_bytes().replace(b"2027", b"2027.0"),
    ],
)
def test_only_statements_are_signed_and_read(payload):
    with pytest.raises(BadEnvelopeError):
        read_statement(payload)
    with pytest.raises(BadEnvelopeError):
        sign_bytes(payload, KeySigner(key=KEY))


@given(st.dictionaries(st.text(max_size=5), st.none() | st.booleans() | st.integers(-9, 9) | st.text(), max_size=4))
def test_any_predicate_comes_back(predicate):
    said = Statement(predicate_type=KIND, subjects={"x": "cd" * 32}, predicate=predicate)
    assert verified(sign_statement(said, KeySigner(key=KEY))).statement.predicate == predicate


@given(st.binary(max_size=200))
def test_no_bytes_are_a_crash(raw):
    with pytest.raises(BadEnvelopeError):
        read_envelope(raw)


def test_other_keys_are_refused():
    for key in (ec.generate_private_key(ec.SECP256K1()), rsa.generate_private_key(65537, 1024)):
        with pytest.raises(KeyFileError, match="another kind"):
            understood(key.public_key())


def test_a_signer_never_shows_its_key():
    assert "key" not in repr(KeySigner(key=KEY)).lower().replace("keysigner", "")
