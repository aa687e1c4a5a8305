"""Keys that never leave their token, tried on SoftHSM2 in a folder of its own."""

from __future__ import annotations

import datetime
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from proofbox.reports.signing.chains import CertificateVerifier
from proofbox.reports.signing.door import sign_statement, verify_envelope
from proofbox.reports.signing.errors import KeyFileError, SigningFailedError
from proofbox.reports.signing.keys import KeyVerifier, kind_of
from proofbox.reports.signing.statement import Statement
from proofbox.reports.signing.token import Token, token_signer

LIBRARY = Path("/usr/lib/softhsm/libsofthsm2.so")
PIN = "8642-97"
KINDS = {"EC:prime256v1": "ECDSA P-256", "EC:secp384r1": "ECDSA P-384", "rsa:2048": "RSA 2048", "ed": "Ed25519"}
NOW = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)
KIND = "urn:example:decision:v1"
SAID = Statement(predicate_type=KIND, subjects={"x": "ab" * 32}, predicate={})


@pytest.fixture(scope="session")
def token(tmp_path_factory, person):
    """A token with one key of each kind, and the key and certificate of a person."""
    import pkcs11
    from pkcs11.util.ec import encode_named_curve_parameters

    folder = tmp_path_factory.mktemp("token")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    patch = pytest.MonkeyPatch()
    patch.setenv("SOFTHSM2_CONF", str(folder / "softhsm2.conf"))
    argv = ["softhsm2-util", "--init-token", "--free", "--label", "office", "--pin", PIN, "--so-pin", "0000"]
    subprocess.run(argv, check=True, capture_output=True, timeout=60)
    pem = folder / "person.key"
    pem.write_bytes(person.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    argv = ["softhsm2-util", "--import", str(pem), "--token", "office", "--label", "person", "--id", "0a", "--pin", PIN]
    subprocess.run(argv, check=True, capture_output=True, timeout=60)
    lib = pkcs11.lib(str(LIBRARY))
    lib.reinitialize()
    with lib.get_token(token_label="office").open(user_pin=PIN, rw=True) as session:
        session.generate_keypair(pkcs11.KeyType.RSA, 2048, label="rsa:2048", store=True)
        for curve in ("prime256v1", "secp384r1"):
            name = "secp256r1" if curve == "prime256v1" else curve
            wanted = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(name)}
            parameters = session.create_domain_parameters(pkcs11.KeyType.EC, wanted, local=True)
            parameters.generate_keypair(label=f"EC:{curve}", store=True)
        # RFC 8410, 9: a curve by name, as PKCS #11 3.0 writes it for Edwards curves.
        wanted = {pkcs11.Attribute.EC_PARAMS: b"\x13\x0cedwards25519"}
        parameters = session.create_domain_parameters(pkcs11.KeyType.EC_EDWARDS, wanted, local=True)
        parameters.generate_keypair(mechanism=pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN, label="ed", store=True)
        session.create_object({
            pkcs11.Attribute.CLASS: pkcs11.ObjectClass.CERTIFICATE,
            pkcs11.Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
            pkcs11.Attribute.SUBJECT: person.certificate.subject.public_bytes(),
            pkcs11.Attribute.LABEL: "person",
            pkcs11.Attribute.VALUE: person.der,
            pkcs11.Attribute.TOKEN: True,
        })  # fmt: skip
    yield folder
    patch.undo()


def on(key, token="office", pin=PIN, module=LIBRARY) -> Token:
    return Token(module=module, token=token, key=key, pin=pin)


@pytest.mark.parametrize("key", KINDS)
def test_a_key_on_a_token_signs(token, key):
    signer = token_signer(on(key))
    assert kind_of(signer.public) == KINDS[key]
    raw = sign_statement(SAID, signer)
    verifier = KeyVerifier(key=signer.public)
    assert verify_envelope(raw, verifier, predicate_type=KIND, now=NOW).by.keyid == signer.keyid


def test_the_certificate_on_the_token_goes_into_the_signature(token, issuer, root):
    issued = CertificateVerifier(trusted=(issuer.certificate,))
    raw = sign_statement(SAID, token_signer(on("person")))
    assert verify_envelope(raw, issued, predicate_type=KIND, now=NOW).by.name == "CN=Trần Thị B"


def test_a_chain_in_a_file_goes_before_the_one_on_the_token(token, person, issuer, root):
    raw = sign_statement(SAID, token_signer(on("person"), (person.certificate, issuer.certificate)))
    trusted = CertificateVerifier(trusted=(root.certificate,))
    assert verify_envelope(raw, trusted, predicate_type=KIND, now=NOW).by.name == "CN=Trần Thị B"
    with pytest.raises(KeyFileError, match=r"got 1 certificate\(s\), none for this key"):
        token_signer(on("rsa:2048"), (person.certificate,))


@pytest.mark.parametrize(
    ("what", "error", "words"),
    [
        ({"pin": "0815-4711"}, SigningFailedError, "PinIncorrect"),
        ({"token": "another"}, KeyFileError, "no token of the label 'another'"),
        ({"key": "another"}, KeyFileError, "label 'another'"),
        ({"module": Path("/nowhere/lib.so")}, KeyFileError, "no PKCS #11 library"),
    ],
)
def test_what_a_token_refuses_is_told_without_the_pin(token, what, error, words):
    with pytest.raises(error, match=words) as caught:
        token_signer(on(**{"key": "ed", **what}))
    assert "0815-4711" not in str(caught.value)
    assert "0815-4711" not in repr(on("ed", pin="0815-4711"))


def test_the_command_signs_with_a_token(token, signed_later, proofbox):
    argv = ("sign", signed_later, "--token", "office", "--token-module", LIBRARY, "--token-key", "person")
    done = proofbox(*argv, "--key-passphrase-env", "PIN", env={"PIN": PIN})
    assert done.returncode == 0, done.stderr
    assert PIN not in done.stdout + done.stderr
    done = proofbox(*argv[:4], "--key-passphrase-env", "PIN", env={"PIN": PIN})
    assert (done.returncode, "--token-module" in done.stderr) == (2, True)
