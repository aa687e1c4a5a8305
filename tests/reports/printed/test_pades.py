"""A signature inside the PDF, verified by the library that PDF readers' makers test against."""

from __future__ import annotations

import datetime
import io

import pytest
from asn1crypto.x509 import Certificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko.sign.validation.status import SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext

from proofbox.reports.papers.as_pdf import pdf_bytes
from proofbox.reports.papers.filling import fill_form
from proofbox.reports.papers.form import find_form
from proofbox.reports.printed.pades import signed_pdf
from proofbox.reports.signing.errors import KeyFileError
from proofbox.reports.signing.keyfiles import KeySigner

from .test_report import content_of

DAY = datetime.timedelta(days=1)
KEYS = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
}


def certificate(name: str, key: object, issuer: str, issued_by: object, *, authority: bool) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    usage = x509.KeyUsage(
        digital_signature=True, content_commitment=not authority, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=authority, crl_sign=authority, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + DAY)
        .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
        .add_extension(usage, critical=True)
    )
    return builder.sign(issued_by, hashes.SHA256())


@pytest.fixture(scope="module")
def authority():
    """A certificate authority of our own, for this test alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    return key, certificate("Test CA", key, "Test CA", key, authority=True)


def signer(kind: str, authority) -> KeySigner:
    key = KEYS[kind]()
    mine = certificate("Trần Thị B", key, "Test CA", authority[0], authority=False)
    return KeySigner(key=key, chain=(mine.public_bytes(Encoding.DER),))


def checked(raw: bytes, root: x509.Certificate):
    trusted = ValidationContext(trust_roots=[Certificate.load(root.public_bytes(Encoding.DER))])
    (found,) = PdfFileReader(io.BytesIO(raw)).embedded_signatures
    return found, validate_pdf_signature(found, trusted)


@pytest.fixture
def unsigned(model_a, tmp_path) -> bytes:
    return pdf_bytes(fill_form(find_form("publication"), content_of(model_a, tmp_path), "vi"))


@pytest.mark.parametrize("kind", list(KEYS))
def test_a_signature_is_intact_trusted_and_over_the_whole_file(kind, authority, unsigned):
    raw = signed_pdf(unsigned, signer(kind, authority))
    assert raw.startswith(unsigned)
    found, status = checked(raw, authority[1])
    assert (status.intact, status.valid, status.trusted) == (True, True, True)
    assert status.coverage == SignatureCoverageLevel.ENTIRE_FILE
    assert status.signing_cert.subject.native["common_name"] == "Trần Thị B"
    assert found.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"


def test_a_changed_byte_is_noticed(authority, unsigned):
    raw = bytearray(signed_pdf(unsigned, signer("p256", authority)))
    place = raw.index(b"/Title") + 8
    raw[place] ^= 1
    assert not checked(bytes(raw), authority[1])[1].intact


def test_another_authority_is_not_trusted(authority, unsigned):
    other = ec.generate_private_key(ec.SECP256R1())
    root = certificate("Other CA", other, "Other CA", other, authority=True)
    assert not checked(signed_pdf(unsigned, signer("p256", authority)), root)[1].trusted


def test_a_bare_key_signs_no_pdf(unsigned):
    with pytest.raises(KeyFileError, match="--key-certificate"):
        signed_pdf(unsigned, KeySigner(key=KEYS["ed25519"]()))
