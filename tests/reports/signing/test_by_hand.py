"""docs/verify-by-hand.md: its commands, exactly as they stand there, on bundles that hold and on ones that do not."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from proofbox.reports.signing.bundles import sign_bundle
from proofbox.reports.signing.keyfiles import KeySigner
from proofbox.reports.signing.timestamps import Authority

PAGE = Path(__file__).parents[3] / "docs" / "verify-by-hand.md"
BLOCKS = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
FILES, ED25519, SHA256, SHA384, CHAIN, STAMP = BLOCKS[:5], BLOCKS[5], BLOCKS[6], BLOCKS[7], BLOCKS[8], BLOCKS[9]
KINDS = {
    "Ed25519": (Ed25519PrivateKey.generate(), ED25519),
    "P-256": (ec.generate_private_key(ec.SECP256R1()), SHA256),
    "RSA": (rsa.generate_private_key(65537, 2048), SHA256),
    "P-384": (ec.generate_private_key(ec.SECP384R1()), SHA384),
}


def by_hand(bundle, work, *blocks, key=None, **names):
    work.mkdir()
    if key is not None:
        names["K"] = work / "key.pem"
        names["K"].write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    env = {"PATH": "/usr/bin:/bin", "B": str(bundle), "W": str(work), **{name: str(at) for name, at in names.items()}}
    script = "set -e -o pipefail\n" + "\n".join(blocks)
    return subprocess.run(["bash", "-c", script], env=env, capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.parametrize("kind", KINDS)
def test_the_commands_accept_what_was_signed_and_no_other_key(signed_later, tmp_path, kind):
    key, verify = KINDS[kind]
    sign_bundle(signed_later, KeySigner(key=key))
    done = by_hand(signed_later, tmp_path / "work", *FILES, verify, key=key)
    assert done.returncode == 0, done.stdout + done.stderr
    for other, (another, _) in KINDS.items():
        if other != kind:
            assert by_hand(signed_later, tmp_path / other, *FILES, verify, key=another).returncode != 0


def test_the_commands_refuse_what_was_altered(signed_later, tmp_path):
    key, verify = KINDS["Ed25519"]
    sign_bundle(signed_later, KeySigner(key=key))
    changes = {
        "report.html": lambda path: path.write_bytes(path.read_bytes() + b" "),
        "assessment.json": lambda path: path.unlink(),
        "more": lambda path: path.write_bytes(b""),
        "link": lambda path: path.symlink_to("report.html"),
        "manifest.json": lambda path: path.write_bytes(path.read_bytes() + b"\n"),
        "statement.json": lambda path: path.write_bytes(path.read_bytes().replace(b"vn-trusted-ai", b"vn-trusted-al")),
        "statement.sig": lambda path: path.write_bytes(path.read_bytes().replace(b'"sig":"', b'"sig":"AAAA', 1)),
    }
    for name, change in changes.items():
        copy = tmp_path / f"copy-{name}"
        shutil.copytree(signed_later, copy)
        change(copy / name)
        done = by_hand(copy, tmp_path / f"work-{name}", *FILES, verify, key=key)
        assert done.returncode != 0, name


@pytest.fixture
def stamped(signed_later, person, issuer, tsa):
    sign_bundle(signed_later, person.signer(issuer), Authority(url=f"{tsa}/stamp"))
    return signed_later


def test_the_commands_follow_certificates_and_time_stamps(stamped, tmp_path, root, tsa_root):
    trusted = {}
    for name, holder in (("R", root), ("T", tsa_root)):
        trusted[name] = tmp_path / f"{name}.pem"
        trusted[name].write_bytes(holder.certificate.public_bytes(Encoding.PEM))
    blocks = [*FILES, CHAIN, SHA256.replace('"$K"', '"$W/key.pem"'), STAMP]
    done = by_hand(stamped, tmp_path / "work", *blocks, **trusted)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "CN = Tr" in done.stdout
    assert "Time stamp:" in done.stdout
    swapped = {"R": trusted["T"], "T": trusted["R"]}
    assert by_hand(stamped, tmp_path / "swapped", *FILES, CHAIN, **swapped).returncode != 0
    assert by_hand(stamped, tmp_path / "stamp", *FILES, STAMP, **swapped).returncode != 0
