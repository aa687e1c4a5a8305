"""A small authority of its own for these tests: root, issuer, signers of several kinds, and lists of revoked ones."""

from __future__ import annotations

import datetime
import subprocess
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from proofbox.reports.bundle import write_bundle
from proofbox.reports.signing.certificates import chain_for
from proofbox.reports.signing.keyfiles import KeySigner

BEGIN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
NOW = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)

CONFIGURATION = """\
[tsa]
default_tsa = one
[one]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
"""


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


@pytest.fixture(scope="session")
def tsa_root(authority):
    return authority.issue("Root of time", ca=True)


@pytest.fixture(scope="session")
def tsa(tmp_path_factory, authority, tsa_root):
    """Address of an authority; what it answers beside /stamp is wrong in one way each."""
    folder = tmp_path_factory.mktemp("tsa")
    holder = authority.issue("Time", tsa_root, stamps=True)
    (folder / "tsa.pem").write_bytes(holder.certificate.public_bytes(Encoding.PEM))
    (folder / "root.pem").write_bytes(tsa_root.certificate.public_bytes(Encoding.PEM))
    (folder / "tsa.key").write_bytes(holder.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "serial").write_text("01\n")
    (folder / "tsa.cnf").write_text(CONFIGURATION.format(folder=folder))
    kept: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/elsewhere":
                self.send_response(302)
                self.send_header("Location", "/stamp")
                self.end_headers()
                return
            answer = b"no time stamp"
            if self.path == "/stamp":
                (folder / "asked.tsq").write_bytes(asked)
                argv = [
                    "openssl",
                    "ts",
                    "-reply",
                    "-config",
                    "tsa.cnf",
                    "-queryfile",
                    "asked.tsq",
                    "-out",
                    "answer.tsr",
                ]
                subprocess.run(argv, cwd=folder, check=True, capture_output=True, timeout=30)
                answer = (folder / "answer.tsr").read_bytes()
                kept.append(answer)
            if self.path == "/replayed":
                answer = kept[0]
            if self.path == "/endless":
                answer = b"x" * 300_000
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_given):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture
def signed_later(tmp_path, model_a):
    """A whole bundle that nobody has signed yet."""
    made = write_bundle(tmp_path / "bundle", model_a, policy_sources=[("p", b"id: p\n")], submission_yaml=b"x: 1\n")
    return made.path
