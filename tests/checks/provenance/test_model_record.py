import hashlib
import importlib.util
import json
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from proofbox.checks.documents.bom import Bom, read_bom
from proofbox.checks.errors import BadDataError
from proofbox.checks.signatures.signed import read_signature
from proofbox.checks.signatures.signers import fingerprint
from proofbox.checks.subject import Signer, Subject
from proofbox.checks.text import Text
from proofbox.reports.canonical import canonical_bytes

CHECK = "provenance.model_record"
HERE = Path(__file__).parent
PUBLISHED = HERE / "openssf"
MODEL = {"model/MLmodel": b"flavors: {}", "model/data/model.bin": b"weights", "model/Trọng số.txt": b"x"}
KEYS = st.sampled_from(["dsseEnvelope", "payload", "payloadType", "signatures", "verificationMaterial", "bomFormat",
                        "specVersion", "metadata", "components", "hashes", "name", "type", "modelCard"])  # fmt: skip
SIGNED = {path.removeprefix("model/"): content for path, content in MODEL.items()}


def _load():
    # Tests are no package; the kit stands beside this file.
    spec = importlib.util.spec_from_file_location("signing", HERE / "signing.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


kit = _load()
KEY = kit.new_key()


@pytest.fixture
def record(measures, subject):
    """Return what is measured of a model folder beside which these signature bytes lie."""

    def found(sig=None, signers=(), files=MODEL, model="model", **others):
        given = files if sig is None else {**files, "model/model.sig": sig}
        return measures(CHECK, subject=subject(given, model=model, model_format="mlflow", signers=signers, **others))

    return found


def said(found):
    return [one["template"].format(**one["values"]) for one in found["signature_faults"].detail["faults"]]


def values(found):
    return {name: one.value for name, one in found.items()}


def test_perfect_a_signature_by_the_given_key_over_these_files(record):
    found = record(kit.signature(KEY, kit.statement(SIGNED)), [kit.signer(KEY)])
    assert values(found) == {"model_files": 4, "signatures_verified": 1, "signature_faults": 0}
    assert found["signatures_verified"].detail["signed_by"] == fingerprint(kit.signer(KEY))
    assert found["signatures_verified"].detail["signature"] == "model/model.sig"


def test_middle_a_model_without_a_signature_of_which_nobody_asked_one(record):
    found = record()
    assert values(found) == {"model_files": 3, "signatures_verified": 0, "signature_faults": 0}
    assert said(found) == []


def test_middle_a_signature_that_nobody_gave_a_key_for_is_no_proof_and_no_fault(record):
    found = record(kit.signature(KEY, kit.statement(SIGNED)))
    assert values(found) == {"model_files": 4, "signatures_verified": 0, "signature_faults": 0}


def test_worst_a_key_was_given_and_there_is_no_signature(record):
    found = record(signers=[kit.signer(KEY)])
    assert (found["signatures_verified"].value, found["signature_faults"].value) == (0, 1)
    assert said(found) == ["a key or certificate was given, and the model carries no signature"]


def test_a_signature_by_another_key(record):
    found = record(kit.signature(kit.new_key(), kit.statement(SIGNED)), [kit.signer(KEY)])
    assert (found["signatures_verified"].value, found["signature_faults"].value) == (0, 1)
    assert said(found)[0].startswith(f"the signature is not by the given key {fingerprint(kit.signer(KEY))[:16]}")


def test_one_of_several_keys_is_enough(record):
    found = record(kit.signature(KEY, kit.statement(SIGNED)), [kit.signer(kit.new_key()), kit.signer(KEY)])
    assert (found["signatures_verified"].value, found["signature_faults"].value) == (1, 0)


@pytest.mark.parametrize(
    ("signed", "fault"),
    [
        (SIGNED | {"data/model.bin": b"other weights"}, "the file model/data/model.bin is not the one that was signed"),
        (SIGNED | {"more.bin": b"x"}, "the file model/more.bin was signed and is not there"),
        (
            {name: content for name, content in SIGNED.items() if name != "MLmodel"},
            "the file model/MLmodel of the model is not signed",
        ),
        (SIGNED | {"../eval.csv": b"x"}, "the file model/../eval.csv was signed and is not there"),
    ],
)
def test_a_signature_over_other_files(record, signed, fault):
    found = record(kit.signature(KEY, kit.statement(signed)), [kit.signer(KEY)])
    assert said(found) == [fault]
    assert (found["signatures_verified"].value, found["signature_faults"].value) == (0, 1)


def test_two_files_that_changed_names_are_found_though_the_root_digest_is_the_same(record):
    swapped = {"MLmodel": b"weights", "data/model.bin": b"flavors: {}", "Trọng số.txt": b"x"}
    digests = sorted(hashlib.sha256(content).digest() for content in SIGNED.values())
    assert digests == sorted(hashlib.sha256(content).digest() for content in swapped.values())
    found = record(kit.signature(KEY, kit.statement(swapped)), [kit.signer(KEY)])
    assert found["signature_faults"].value == 2
    assert found["signatures_verified"].value == 0


def test_what_the_signature_says_to_ignore_is_not_ignored(record):
    statement = kit.statement({name: content for name, content in SIGNED.items() if name != "MLmodel"})
    statement["predicate"]["serialization"]["ignore_paths"] = ["MLmodel"]
    found = record(kit.signature(KEY, statement), [kit.signer(KEY)])
    assert said(found) == ["the file model/MLmodel of the model is not signed"]


def test_a_byte_of_the_signed_statement_changed(record):
    raw = json.loads(kit.signature(KEY, kit.statement(SIGNED)))
    payload = kit.base64.b64decode(raw["dsseEnvelope"]["payload"]).replace(
        b'"allow_symlinks": false', b'"allow_symlinks": true'
    )
    raw["dsseEnvelope"]["payload"] = kit.b64(payload)
    found = record(json.dumps(raw).encode(), [kit.signer(KEY)])
    assert found["signatures_verified"].value == 0
    assert "or what it signs was changed" in said(found)[0]


def spoilt(**changed):
    return kit.signature(KEY, kit.statement(SIGNED, **changed))


def resources(change):
    statement = kit.statement(SIGNED)
    change(statement["predicate"])
    return kit.signature(KEY, statement)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "model/model.sig:1:1: got the end of the file"),
        (b"\xff\xfe", "model/model.sig:1:1: got the byte 0xff, expected text in UTF-8"),
        (b"{" * 100, "expected a key in double quotes"),
        (b"[" * 100_000, "got more than 64 levels"),
        (b'{"dsseEnvelope": []}', "model/model.sig:1:2: dsseEnvelope: got an empty list"),
        (b'{"mediaType": 1}', "got no key 'dsseEnvelope'"),
        (kit.bundle(b"{}", b"", {})[:200], "model/model.sig:1:"),
        (kit.bundle(b"no statement", b"x", {}), "model/model.sig, signed statement:1:1: got 'no'"),
        (kit.bundle(b"{}", b"x", {}).replace(b'"payload": "', b'"payload": "?!'), "text that is not base64"),
        (spoilt(predicateType="https://example.org/other"), "predicateType: got 'https://example.org/other'"),
        (spoilt(subject=[{"name": "m", "digest": {"sha256": "0" * 64}}]), "root digest is not that of the digests"),
        (resources(lambda one: one["serialization"].update(method="shards")), "method: got 'shards', expected 'files'"),
        (resources(lambda one: one["resources"][0].update(algorithm="blake3")), "got 'blake3', expected 'sha256'"),
        (resources(lambda one: one["resources"][0].update(digest="abc")), "resources[0].digest: got 'abc'"),
        (resources(lambda one: one["resources"].append(one["resources"][0])), "names a file twice"),
        (b" " * 5_000_001, "has 5000001 bytes, more than the 5000000 that are read"),
    ],
)  # fmt: skip
def test_a_broken_signature_is_one_fault_with_its_place(record, raw, words):
    found = record(raw, [kit.signer(KEY)])
    assert (found["signatures_verified"].value, found["signature_faults"].value) == (0, 1)
    assert words in said(found)[0], said(found)


def chained(root_key, leaf_key, **leaf):
    root = kit.certificate(root_key, "Root", ca=True)
    middle_key = kit.new_key()
    middle = kit.certificate(middle_key, "Between", by=root, by_key=root_key, ca=True)
    return root, middle, kit.certificate(leaf_key, "Bank", by=middle, by_key=middle_key, **leaf)


def test_a_certificate_that_the_given_one_issued(record):
    key = kit.new_key(ec.SECP384R1())
    root, middle, leaf = chained(kit.new_key(), key)
    raw = kit.signature(key, kit.statement(SIGNED), chain=[leaf, middle, root])
    assert record(raw, [kit.trusted(root)])["signatures_verified"].value == 1
    assert record(raw, [kit.trusted(middle)])["signatures_verified"].value == 1
    assert record(raw, [kit.trusted(leaf)])["signatures_verified"].value == 1


def test_certificates_that_do_not_lead_up_to_the_given_one(record):
    key, root_key = kit.new_key(), kit.new_key()
    root, middle, leaf = chained(root_key, key)
    other = kit.certificate(kit.new_key(), "Root", ca=True)
    unfit_root, unfit_middle, unfit = chained(kit.new_key(), key, signing=False)
    no_issuer_key = kit.new_key()
    no_issuer = kit.certificate(no_issuer_key, "No issuer", by=root, by_key=root_key)
    cases = [
        (other, [leaf, middle, root]),
        (root, [leaf]),
        (unfit_root, [unfit, unfit_middle]),
        (root, [kit.certificate(key, "Bank", by=no_issuer, by_key=no_issuer_key), no_issuer]),
        (no_issuer, [kit.certificate(key, "Bank", by=no_issuer, by_key=no_issuer_key)]),
    ]
    for root_given, chain in cases:
        found = record(kit.signature(key, kit.statement(SIGNED), chain=chain), [kit.trusted(root_given)])
        assert found["signatures_verified"].value == 0
        assert "do not lead up to the one that was given" in said(found)[0], said(found)


def test_a_certificate_that_signs_for_another_key(record):
    root, middle, leaf = chained(kit.new_key(), kit.new_key())
    found = record(kit.signature(KEY, kit.statement(SIGNED), chain=[leaf, middle]), [kit.trusted(root)])
    assert said(found)[0].startswith("the signature is not by the certificates that it carries")


def test_a_bare_key_does_not_stand_for_a_certificate(record):
    root = kit.certificate(KEY, "Root", ca=True)
    found = record(kit.signature(KEY, kit.statement(SIGNED)), [kit.trusted(root)])
    assert said(found) == ["the signature was made with a bare key and carries no certificate"]


def test_broken_certificates_are_a_reason_and_no_crash(record):
    root = kit.certificate(KEY, "Root", ca=True)
    raw = json.loads(kit.signature(KEY, kit.statement(SIGNED), chain=[root]))
    raw["verificationMaterial"]["x509CertificateChain"]["certificates"][0]["rawBytes"] = kit.b64(kit.der(root)[:-9])
    found = record(json.dumps(raw).encode(), [kit.trusted(root)])
    assert "do not lead up to" in said(found)[0]


@pytest.mark.parametrize(
    ("sig", "signers"),
    [
        ("by-key.sig", [Signer(kind="key", pem=(PUBLISHED / "key.pub.pem").read_bytes())]),
        ("by-certificate.sig", [Signer(kind="certificate", pem=(PUBLISHED / "root.pem").read_bytes())]),
        ("by-certificate.sig", [Signer(kind="certificate", pem=(PUBLISHED / "signer.pem").read_bytes())]),
    ],
)
def test_signatures_of_the_library_itself(record, sig, signers):
    files = {f"model/{path}": (PUBLISHED / "model" / path).read_bytes() for path in ("a.bin", "sub/b.txt")}
    found = record((PUBLISHED / sig).read_bytes(), signers, files)
    assert (found["signatures_verified"].value, said(found)) == (1, [])
    changed = record((PUBLISHED / sig).read_bytes(), signers, files | {"model/sub/b.txt": b"c"})
    assert said(changed) == ["the file model/sub/b.txt is not the one that was signed"]


def test_a_single_file_and_a_signature_that_lies_elsewhere(record):
    files = {
        "m/a.bin": (PUBLISHED / "model/a.bin").read_bytes(),
        "keys/x.sig": (PUBLISHED / "one-file.sig").read_bytes(),
    }
    who = [Signer(kind="key", pem=(PUBLISHED / "key.pub.pem").read_bytes())]
    found = record(None, who, files, "m/a.bin", signature="keys/x.sig")
    assert (found["signatures_verified"].value, said(found)) == (1, [])
    whole = kit.signature(KEY, kit.statement({"a.bin": files["m/a.bin"]}))
    found = record(None, [kit.signer(KEY)], files | {"m/model.sig": whole}, "m/a.bin")
    assert (found["signatures_verified"].value, said(found)) == (1, [])


def test_the_digest_of_a_file_is_its_own(record):
    found = record(files={"m.onnx": b"weights"}, model="m.onnx")["model_files"]
    assert found.detail["digest"] == hashlib.sha256(b"weights").hexdigest()
    assert (found.value, found.detail["digest_of"]) == (1, "file")


def test_the_digest_of_a_folder_binds_names_and_is_canonical_json(record):
    pairs = sorted([path, hashlib.sha256(content).hexdigest()] for path, content in MODEL.items())
    found = record()["model_files"]
    assert found.detail["digest"] == hashlib.sha256(canonical_bytes(pairs)).hexdigest()
    assert found.detail["digest_of"] == "folder"
    renamed = {path.replace("MLmodel", "MLModel"): content for path, content in MODEL.items()}
    assert record(files=renamed)["model_files"].detail["digest"] != found.detail["digest"]


def test_a_stranger_recomputes_the_digest_as_the_documentation_says(record, tmp_path):
    page = (HERE.parents[2] / "docs/model-record.md").read_text(encoding="utf-8")
    commands = page.split("```bash\n")[1].split("```")[0]
    found = record()["model_files"].detail["digest"]  # writes the files
    done = subprocess.run(
        ["bash", "-c", commands], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=30
    )
    assert done.stdout.split()[0] == found


def test_a_model_of_many_files_is_listed_up_to_a_limit(record):
    files = {f"model/{number:03}": b"%d" % number for number in range(70)}
    found = record(files=files)["model_files"]
    assert (found.value, len(found.detail["files"]), found.detail["files_left_out"]) == (70, 50, 20)


def test_inapplicable_without_a_model(why, subject):
    assert "has no model" in why(CHECK, subject=subject({"eval.csv": b"x"}))


@pytest.mark.parametrize("kind", ["key", "certificate"])
@pytest.mark.parametrize("pem", [b"", b"x" * 50_000, b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"])
def test_what_is_no_key_is_refused(kind, pem):
    with pytest.raises(BadDataError, match="in PEM, expected"):
        fingerprint(Signer(kind=kind, pem=pem))


def test_a_key_of_another_kind_is_refused():
    raw = ed25519.Ed25519PrivateKey.generate().public_key()
    pem = raw.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(BadDataError, match="P-256, P-384 or P-521"):
        fingerprint(Signer(kind="key", pem=pem))


def test_no_byte_of_what_was_signed_can_change(record):
    """Each byte of statement and signature in turn: none of them is verified, and none of them is a crash."""
    raw = json.loads(kit.signature(KEY, kit.statement({"MLmodel": MODEL["model/MLmodel"]})))
    envelope = raw["dsseEnvelope"]
    parts = [(envelope, "payload"), (envelope["signatures"][0], "sig")]
    tried = 0
    for part, key in parts:
        whole = kit.base64.b64decode(part[key])
        for place in range(0, len(whole), 3):
            changed = bytearray(whole)
            changed[place] ^= 1
            found = record(
                json.dumps({**raw, "dsseEnvelope": _with(envelope, part, key, bytes(changed))}).encode(),
                [kit.signer(KEY)],
                {"model/MLmodel": MODEL["model/MLmodel"]},
            )
            assert found["signatures_verified"].value == 0, (key, place)
            assert found["signature_faults"].value >= 1, (key, place)
            tried += 1
    assert tried > 150


def _with(envelope, part, key, changed):
    if part is envelope:
        return {**envelope, key: kit.b64(changed)}
    return {**envelope, "signatures": [{key: kit.b64(changed)}]}


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
ANY_JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


@given(ANY_JSON)
@settings(max_examples=150, deadline=None)
def test_any_json_in_the_place_of_a_signature_or_a_list_is_a_reason(tmp_path_factory, value):
    root = tmp_path_factory.mktemp("any")
    (root / "x").write_text(json.dumps(value), encoding="utf-8")
    subject = Subject(
        root=root, files=(), declared_files=(), task="regression", model_path=None, model_format=None, provenance={},
        product={}, documents={"bom": "x"},
    )  # fmt: skip
    assert isinstance(read_signature(subject, "x"), Text)
    assert isinstance(read_bom(subject), Text | Bom)
