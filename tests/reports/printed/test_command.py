"""``proofbox report`` as a user calls it."""

from __future__ import annotations

import hashlib
import json

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from .test_pades import certificate, checked


def test_a_bundle_is_printed_and_not_changed(proofbox, bundle_a, tmp_path):
    before = {path.name: path.read_bytes() for path in bundle_a.iterdir() if path.is_file()}
    out = tmp_path / "report.vi.pdf"
    result = proofbox("report", bundle_a, "--pdf", out, "--lang", "vi", "--json")
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert (told["language"], told["signed"], told["size"]) == ("vi", False, out.stat().st_size)
    assert told["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert told["bundle"] == hashlib.sha256(before["manifest.json"]).hexdigest()
    assert {path.name: path.read_bytes() for path in bundle_a.iterdir() if path.is_file()} == before
    again = proofbox("report", bundle_a, "--pdf", out)
    assert again.returncode == 2
    assert "exists already" in again.stderr


def test_a_key_with_its_certificate_signs_the_pdf_itself(proofbox, bundle_a, tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    root = ec.generate_private_key(ec.SECP256R1())
    issuer = certificate("Test CA", root, "Test CA", root, authority=True)
    mine = certificate("Trần Thị B", key, "Test CA", root, authority=False)
    secret, chain, out = tmp_path / "office.key", tmp_path / "office.pem", tmp_path / "report.pdf"
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    secret.chmod(0o600)
    chain.write_bytes(mine.public_bytes(Encoding.PEM) + issuer.public_bytes(Encoding.PEM))
    bare = proofbox("report", bundle_a, "--pdf", out, "--key", secret)
    assert (bare.returncode, out.exists()) == (2, False)
    assert "--key-certificate" in bare.stderr
    result = proofbox("report", bundle_a, "--pdf", out, "--key", secret, "--key-certificate", chain)
    assert result.returncode == 0, result.stderr
    status = checked(out.read_bytes(), issuer)[1]
    assert (status.intact, status.valid, status.trusted) == (True, True, True)


def test_an_altered_bundle_is_not_printed(proofbox, bundle_a, tmp_path):
    record = bundle_a / "assessment.json"
    record.write_bytes(record.read_bytes().replace(b"0.69", b"0.99"))
    result = proofbox("report", bundle_a, "--pdf", tmp_path / "report.pdf")
    assert result.returncode == 1
    assert not (tmp_path / "report.pdf").exists()
