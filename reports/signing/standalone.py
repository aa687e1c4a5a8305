"""Verify a Proofbox evidence bundle without Proofbox: Python's standard library and ``cryptography``, in one file.

    python verify_bundle.py BUNDLE --key signer.pub.pem
    python verify_bundle.py BUNDLE --certificate root.pem

BUNDLE is the folder (unpack a .zip first). The first word of the answer is the finding; the exit code is 0 for
``verified``, 1 for everything else, 2 where this is no bundle. Read it from the bottom: ``main`` asks four questions.

1. Is every file there, unchanged, and none beside?     manifest.json lists them with their SHA-256
2. Is that manifest the one of the statement?           statement.json holds its SHA-256 and the root over all files
3. Is the statement the one that was signed?            statement.sig and svr.sig are DSSE envelopes over statements
4. Did the holder of the key that you expect sign it?   and is nothing in it from the future

Time stamps and lists of revoked certificates are not looked at here: a time-stamped signature is refused with that
reason, and ``proofbox verify`` or ``openssl ts`` goes on.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from cryptography.x509.verification import Criticality, ExtensionPolicy, PolicyBuilder, Store, VerificationError

Object = dict[str, Any]
BINDERS = {"manifest.json", "statement.json", "statement.sig", "svr.sig"}
TYPES = {"statement.json": "urn:proofbox:assessment:v1", "svr.json": "https://in-toto.io/attestation/svr/v0.2"}
PAYLOAD_TYPE = "application/vnd.in-toto+json"
CERTIFICATE_ERRORS = (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)


class Refused(Exception):  # noqa: N818 - what it is called in the text
    """A finding other than verified: its name and why."""


def sha256(raw: bytes) -> str:
    """Return the digest in hex."""
    return hashlib.sha256(raw).hexdigest()


def strict(raw: bytes, name: str) -> Object:
    """Return a JSON object that can be read in one way only: no key twice, no NaN."""

    def once(pairs: list[tuple[str, object]]) -> Object:
        if len({key for key, _ in pairs}) < len(pairs):
            raise ValueError("a key stands twice")
        return dict(pairs)

    def refuse(number: str) -> None:
        raise ValueError(f"{number} is no JSON")

    try:
        document = json.loads(raw.decode("utf-8"), object_pairs_hook=once, parse_constant=refuse)
        if not isinstance(document, dict):
            raise ValueError("no object")
    except (ValueError, RecursionError) as err:
        raise Refused("tampered", f"{name}: {err}") from err
    return document


def root_of(leaves: list[bytes]) -> bytes:
    """Return the root of the hash tree of RFC 6962 over hashed leaves."""
    if len(leaves) < 2:
        return leaves[0] if leaves else hashlib.sha256(b"").digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\x01" + root_of(leaves[:split]) + root_of(leaves[split:])).digest()


def files_as_listed(bundle: Path) -> dict[str, bytes]:
    """Question 1. Return the files, by path: all that the manifest lists and those that bind it, and no other."""
    there = (path for path in bundle.rglob("*") if path.is_symlink() or not path.is_dir())
    found = {path.relative_to(bundle).as_posix(): path for path in there}
    if "manifest.json" not in found:
        raise Refused("incomplete" if "statement.json" in found else "no-bundle", "manifest.json is missing")
    if found["manifest.json"].is_symlink() or not found["manifest.json"].is_file():
        raise Refused("tampered", "manifest.json is not a regular file")
    files = {}
    manifest = strict(found["manifest.json"].read_bytes(), "manifest.json")
    try:
        listed = {entry["path"]: (entry["size"], entry["sha256"]) for entry in manifest["files"]}
        if len(listed) < len(manifest["files"]) or manifest["schema"] != "proofbox/manifest/v1":
            raise ValueError("a file twice, or another schema")
    except (ValueError, KeyError, TypeError) as err:
        raise Refused("tampered", f"manifest.json: {err!r}") from err
    if missing := sorted(({"assessment.json", "svr.json"} | listed.keys()) - found.keys()):
        raise Refused("incomplete", f"{', '.join(missing)} is missing")
    for name, path in sorted(found.items()):
        if path.is_symlink() or not path.is_file():
            raise Refused("tampered", f"{name} is not a regular file")
        if name not in BINDERS and name not in listed:
            raise Refused("tampered", f"{name} is not in the manifest")
        files[name] = path.read_bytes()
        if name not in BINDERS and (len(files[name]), sha256(files[name])) != listed[name]:
            state = "swapped-report" if name.startswith("report.") else "tampered"
            raise Refused(state, f"{name} differs from what the manifest lists")
    return files


def statement_of(files: dict[str, bytes]) -> Object:
    """Question 2. Return the statement, having seen that it is about this manifest, these files and this record."""
    if "statement.json" not in files:
        raise Refused("incomplete", "statement.json is missing")
    statement = strict(files["statement.json"], "statement.json")
    record = strict(files["assessment.json"], "assessment.json")
    if not {"subject", "conclusion", "policies", "run"} <= record.keys():
        raise Refused("tampered", "assessment.json is no record")
    pairs = sorted((entry["path"], entry["sha256"]) for entry in json.loads(files["manifest.json"])["files"])
    entries = [json.dumps(pair, ensure_ascii=False, separators=(",", ":")).encode() for pair in pairs]
    root = root_of([hashlib.sha256(b"\x00" + entry).digest() for entry in entries]).hex()
    digest = sha256(files["manifest.json"])
    expected = {
        "_type": "https://in-toto.io/Statement/v1",
        "predicateType": TYPES["statement.json"],
        "subject": [
            {"name": "manifest.json", "digest": {"sha256": digest}},
            {"name": "submission", "digest": {"sha256": record["subject"]["digest"]}},
        ],
        "predicate": {
            "conclusion": record["conclusion"],
            "manifest": {"sha256": digest},
            "merkleRoot": {"sha256": root},
            "policies": [
                {"id": one["id"], "version": one["version"], "digest": {"sha256": one["digest"]}}
                for one in record["policies"]
            ],
        },
    }
    if files["statement.json"] != canonical(expected):
        raise Refused("tampered", "statement.json is not the statement of this bundle")
    return statement


def canonical(document: Object) -> bytes:
    """Return canonical JSON (RFC 8785) of texts, lists and objects with ASCII keys: nothing else occurs here."""
    return json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def envelope_of(files: dict[str, bytes], name: str, signs: str) -> Object:
    """Question 3. Return the one signature of an envelope whose payload is the bytes of the file ``signs``."""
    envelope = strict(files[name], name)
    try:
        (signature,) = envelope["signatures"]
        payload = base64.b64decode(envelope["payload"], validate=True)
        allowed = {"payload", "payloadType", "signatures"}, {"keyid", "sig", "x5c", "rfc3161"}
        right = envelope.keys() == allowed[0] and envelope["payloadType"] == PAYLOAD_TYPE
        right = right and {"keyid", "sig"} <= signature.keys() <= allowed[1] and canonical(envelope) == files[name]
        if stamp := signature.get("rfc3161"):
            right = right and sha256(base64.b64decode(stamp["response"], validate=True)) == stamp["sha256"]
        signature["sig"], coded = base64.b64decode(signature["sig"], validate=True), signature["sig"]
        right = right and base64.b64encode(signature["sig"]).decode() == coded
        right = right and base64.b64encode(payload).decode() == envelope["payload"]
    except (ValueError, KeyError, TypeError, AttributeError) as err:
        raise Refused("tampered", f"{name} is no envelope: {err!r}") from err
    if not right or payload != files[signs]:
        raise Refused("tampered", f"{name} is another form of envelope, or signs another statement")
    if strict(payload, signs)["predicateType"] != TYPES[signs]:
        raise Refused("tampered", f"{signs} is a statement of another kind")
    return dict(signature)


def require_signed(key: PublicKeyTypes, signature: Object, payload: bytes) -> None:
    """Question 4. Raise where the key's holder did not sign DSSE's encoding of the payload."""
    keyid = sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    if signature["keyid"] != keyid:
        raise Refused("wrong-key", f"signed with the key {signature['keyid']}, expected {keyid}")
    data = b"DSSEv1 %d %b %d %b" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature["sig"], data)
        elif isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in {"secp256r1", "secp384r1"}:
            size = hashes.SHA256() if key.curve.name == "secp256r1" else hashes.SHA384()
            key.verify(signature["sig"], data, ec.ECDSA(size))
        elif isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048:
            key.verify(signature["sig"], data, padding.PKCS1v15(), hashes.SHA256())
        else:
            raise Refused("wrong-chain", "a key of another kind")
    except InvalidSignature as err:
        raise Refused("tampered", "the signature is not over these bytes") from err


def certificates_of(signature: Object) -> list[x509.Certificate]:
    """Return the certificates in a signature, the signer's own first."""
    if not signature.get("x5c"):
        raise Refused("wrong-chain", "signed with a bare key, which carries no certificate")
    try:
        found = [x509.load_der_x509_certificate(base64.b64decode(one, validate=True)) for one in signature["x5c"]]
        for one in found:
            _ = (one.subject, one.issuer, one.not_valid_before_utc, one.not_valid_after_utc, one.extensions)
        return found
    except CERTIFICATE_ERRORS as err:
        raise Refused("tampered", "a certificate in the signature cannot be read") from err


def require_chain(certificates: list[x509.Certificate], trusted: list[x509.Certificate], now: datetime) -> None:
    """Raise where the certificates do not lead up to a trusted one, or one of them is not valid now."""
    leaf, *others = certificates
    issuers = {one.issuer for one in certificates}
    for one in (*certificates, *(one for one in trusted if leaf not in trusted and one.subject in issuers)):
        if now > one.not_valid_after_utc:
            raise Refused("expired", f"the certificate of {one.subject.rfc4514_string()} has ended")
        if now < one.not_valid_before_utc:
            raise Refused("not-yet-valid", f"the certificate of {one.subject.rfc4514_string()} has not begun")
    chain = [leaf]
    if leaf not in trusted:
        signing = ExtensionPolicy.permit_all().require_present(x509.KeyUsage, Criticality.AGNOSTIC, may_sign)
        issuing = ExtensionPolicy.permit_all().require_present(x509.BasicConstraints, Criticality.AGNOSTIC, None)
        builder = PolicyBuilder().store(Store(trusted)).time(now)
        builder = builder.extension_policies(ca_policy=issuing, ee_policy=signing)
        try:
            chain = builder.build_client_verifier().verify(leaf, others).chain
        except (*CERTIFICATE_ERRORS, VerificationError) as err:
            raise Refused("wrong-chain", f"the certificates do not lead up to one that was given ({err})") from err
    if any(one not in chain and one not in trusted for one in others):
        raise Refused("wrong-chain", "the signature carries certificates that the given ones say nothing about")


def may_sign(_policy: object, _certificate: x509.Certificate, usage: x509.KeyUsage) -> None:
    """Raise where the signer's certificate is not for signing."""
    if not (usage.digital_signature or usage.content_commitment):
        raise ValueError("the signer's certificate is not for signing")


def require_signer(
    files: dict[str, bytes], key: PublicKeyTypes | None, trusted: list[x509.Certificate], now: datetime
) -> str:
    """Questions 3 and 4. Return who signed, having seen that both statements are signed by one and the same."""
    if "statement.sig" not in files:
        raise Refused("unsigned", "every file is as listed, and nothing proves who made it")
    if "svr.sig" not in files:
        raise Refused("incomplete", "svr.sig is missing")
    signatures = [(envelope_of(files, f"{name}.sig", f"{name}.json"), f"{name}.json") for name in ("statement", "svr")]
    if key is None and not trusted:
        raise Refused("not-checked", f"signed with the key {signatures[0][0]['keyid']}, and no key was given")
    who = set()
    for signature, signs in signatures:
        if key is not None and signature.get("x5c"):
            raise Refused("wrong-key", "signed with a certificate, and a key was given")
        certificates = [] if key is not None else certificates_of(signature)
        require_signed(key or certificates[0].public_key(), signature, files[signs])
        if "rfc3161" in signature:
            raise Refused("wrong-time-stamp", "time-stamped, which this program cannot check; 'proofbox verify' can")
        if certificates:
            require_chain(certificates, trusted, now)
        name = certificates[0].subject.rfc4514_string() if certificates else "the holder of the key"
        who.add(f"{name} ({signature['keyid']})")
    if len(who) > 1:
        raise Refused("wrong-key", "statement.sig and svr.sig are signed by different keys")
    finished = datetime.fromisoformat(strict(files["assessment.json"], "assessment.json")["run"]["finished_at"])
    if finished.replace(tzinfo=finished.tzinfo or UTC) > now + timedelta(minutes=5):
        raise Refused("future", f"the assessment ended at {finished}, which is still to come")
    return who.pop()


def main(argv: Sequence[str] | None = None, now: datetime | None = None) -> int:
    """Ask the four questions, print the finding, and return the exit code."""
    parser = argparse.ArgumentParser(description="Verify a Proofbox evidence bundle.")
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--key", type=Path, help="public key (PEM) that you have from the signer by another way")
    parser.add_argument("--certificate", type=Path, action="append", default=[], help="certificate to trust (PEM)")
    given = parser.parse_args(argv)
    if given.key and given.certificate:
        parser.error("give a key or certificates, not both")
    try:
        key = load_pem_public_key(given.key.read_bytes()) if given.key else None
        trusted = [one for path in given.certificate for one in x509.load_pem_x509_certificates(path.read_bytes())]
    except (OSError, ValueError, UnsupportedAlgorithm) as err:
        print(f"bad-input: the key or certificate cannot be read ({err})")
        return 2
    try:
        files = files_as_listed(given.bundle)
        statement = statement_of(files)
        who = require_signer(files, key, trusted, now or datetime.now(UTC))
    except Refused as refused:
        state, why = refused.args
        print(f"{state}: {why}".encode("ascii", "backslashreplace").decode())
        return 2 if state == "no-bundle" else 1
    print(f"verified: {len(files)} files; signed by {who}".encode("ascii", "backslashreplace").decode())
    print(f"manifest sha256 {sha256(files['manifest.json'])}; conclusion {statement['predicate']['conclusion']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
