"""Sign as OpenSSF model signing does, with every part open to be spoilt by a test."""

from __future__ import annotations

import base64
import datetime
import hashlib
import json

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from proofbox.checks.subject import Signer

TYPE = "application/vnd.in-toto+json"
NOW = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
HASHES = {256: hashes.SHA256(), 384: hashes.SHA384(), 521: hashes.SHA512()}


def new_key(curve=None):
    return ec.generate_private_key(curve or ec.SECP256R1())


def signer(key) -> Signer:
    return Signer(kind="key", pem=key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def statement(files, **changed):
    resources = [
        {"name": name, "algorithm": "sha256", "digest": hashlib.sha256(content).hexdigest()}
        for name, content in sorted(files.items())
    ]
    root = hashlib.sha256(b"".join(bytes.fromhex(one["digest"]) for one in resources)).hexdigest()
    return {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "model", "digest": {"sha256": root}}],
        "predicateType": "https://model_signing/signature/v1.0",
        "predicate": {
            "serialization": {"method": "files", "hash_type": "sha256", "allow_symlinks": False},
            "resources": resources,
        },
    } | changed


def signature(key, said, chain=()) -> bytes:
    payload = json.dumps(said).encode()
    signed = b"DSSEv1 %d %b %d %b" % (len(TYPE), TYPE.encode(), len(payload), payload)
    value = key.sign(signed, ec.ECDSA(HASHES[key.curve.key_size]))
    material = {"publicKey": {"hint": "x"}, "tlogEntries": []}
    if chain:
        material = {"x509CertificateChain": {"certificates": [{"rawBytes": b64(der(one))} for one in chain]}}
    return bundle(payload, value, material)


def bundle(payload: bytes, value: bytes, material) -> bytes:
    envelope = {"payload": b64(payload), "payloadType": TYPE, "signatures": [{"sig": b64(value), "keyid": ""}]}
    kind = "application/vnd.dev.sigstore.bundle.v0.3+json"
    return json.dumps({"mediaType": kind, "verificationMaterial": material, "dsseEnvelope": envelope}).encode()


def certificate(key, name, *, by=None, by_key=None, ca=False, signing=True, days=300):
    """Return a certificate for a key, issued by another or by itself."""
    own = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    usage = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign", "encipher_only",
         "decipher_only"), False,
    )  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(own)
        .issuer_name(own if by is None else by.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW)
        .not_valid_after(NOW + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=signing, key_cert_sign=ca, **usage), critical=True)
        .sign(by_key or key, hashes.SHA256())
    )


def trusted(one) -> Signer:
    return Signer(kind="certificate", pem=one.public_bytes(Encoding.PEM))


def der(one) -> bytes:
    return one.public_bytes(Encoding.DER)


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
