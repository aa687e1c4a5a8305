"""A small authority of its own for these tests: root, issuer, signers of several kinds, and lists of revoked ones."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from proofbox.reports.bundle import write_bundle
from proofbox.reports.signing.certificates import chain_for
from proofbox.reports.signing.keyfiles import KeySigner

BEGIN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
NOW = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)


@dataclass(frozen=True, kw_only=True)
class Holder:
    """A key and its certificate."""

    key: object
    certificate: x509.Certificate

    def signer(self, *others: Holder) -> KeySigner:
        mine = (self.certificate, *(one.certificate for one in others))
        return KeySigner(key=self.key, chain=chain_for(self.key.public_key(), mine))

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


class Authority:
    """Issues certificates with a chosen key, usage and time."""

    def issue(self, name, by=None, *, key=None, ca=False, begin=BEGIN, days=3650, stamps=False, **usage) -> Holder:
        key = key or ec.generate_private_key(ec.SECP256R1())
        own = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        wanted = {"digital_signature": not ca, "key_cert_sign": ca, "crl_sign": ca, **usage}
        every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
                 "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
        builder = (
            x509.CertificateBuilder()
            .subject_name(own)
            .issuer_name(own if by is None else by.certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + datetime.timedelta(days=days))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**{one: wanted.get(one, False) for one in every}), critical=True)
        )
        if stamps:
            only = x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.TIME_STAMPING])
            builder = builder.add_extension(only, critical=True)
        signing = key if by is None else by.key
        return Holder(key=key, certificate=builder.sign(signing, hashes.SHA256()))

    def revoke(self, by, *revoked, on=NOW, begin=BEGIN, days=3650) -> x509.CertificateRevocationList:
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(by.certificate.subject)
            .last_update(begin)
            .next_update(begin + datetime.timedelta(days=days))
        )
        for one in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(one.certificate.serial_number).revocation_date(on)
            builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(by.key, hashes.SHA256())


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture(scope="session")
def root(authority) -> Holder:
    return authority.issue("Root of the Republic", ca=True)


@pytest.fixture(scope="session")
def issuer(authority, root) -> Holder:
    return authority.issue("An accredited authority", root, ca=True)


@pytest.fixture(scope="session")
def person(authority, issuer) -> Holder:
    return authority.issue("Trần Thị B", issuer)


@pytest.fixture
def signed_later(tmp_path, model_a):
    """A whole bundle that nobody has signed yet."""
    made = write_bundle(tmp_path / "bundle", model_a, policy_sources=[("p", b"id: p\n")], submission_yaml=b"x: 1\n")
    return made.path
