"""Attestations and waivers through the installed command: real runs, and a stored bundle judged with waivers."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

Command = Callable[..., "subprocess.CompletedProcess[str]"]

ASKED = """\
  - id: ONE-02
    title: {en: Stop button, vi: Nút dừng}
    objective: {en: A person can stop it., vi: Con người có thể dừng hệ thống.}
    references: []
    requirements:
      - id: ONE-02.a
        level: must
        attestation:
          question: {en: Can a person stop it?, vi: Con người có dừng được không?}
          needs: [document, signer, date]
"""
ATTESTED = """\
schema: proofbox/attestations/v1
attestations:
  - requirement: ONE-02.a
    answer: yes
    signer: {name: Trần Thị B, role: Safety officer}
    date: 2026-11-01
    expires: 2099-12-31
    document: {path: docs/stop.md, sha256: DIGEST}
"""
WAIVER = """\
schema: proofbox/waivers/v1
waivers:
  - id: W-1
    control: ONE-01
    subject: {subject}
    policy: {{id: one-control, version: "1", digest: {policy}}}
    reason: More data are being collected
    approver: {{name: Nguyễn Văn A, role: Head of risk}}
    approved_on: 2026-11-01
    expires: 2027-01-31
"""


@pytest.fixture(scope="module")
def attested(
    model_template: Path, command: Path, one_control: str, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], dict]:
    """Run the small submission with an attestation of a document, and return its assessment."""

    def run(document: str, *more: object, sign: Callable[[Path], str] = lambda file: "") -> tuple[Path, dict]:
        folder = tmp_path_factory.mktemp("attested")
        submission = Path(shutil.copytree(model_template, folder / "submission"))
        (submission / "docs").mkdir()
        (submission / "docs/stop.md").write_text(document, encoding="utf-8")
        text = ATTESTED.replace("DIGEST", hashlib.sha256(b"as signed").hexdigest())
        (submission / "attestations.yaml").write_text(text, encoding="utf-8")
        line = sign(submission / "attestations.yaml")
        (submission / "attestations.yaml").write_text(text.rstrip() + line, encoding="utf-8")
        with (submission / "submission.yaml").open("a", encoding="utf-8") as file:
            file.write("attestations: attestations.yaml\n")
        (folder / "policy.yaml").write_text(one_control.format(threshold=0.5) + ASKED, encoding="utf-8")
        argv = [
            command,
            "run",
            submission,
            "-p",
            "./policy.yaml",
            "--no-mlflow",
            "--out",
            folder / "bundle",
            "--json",
            *more,
        ]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120, cwd=folder)
        assert done.returncode in (0, 1), done.stderr
        return folder / "bundle", json.loads(done.stdout)

    return run


@pytest.fixture(scope="module")
def signed(attested) -> tuple[Path, dict]:
    return attested("as signed")


def finding(document: dict, requirement: str) -> dict:
    return next(item for item in document["findings"] if item["requirement"] == requirement)


def test_an_attested_requirement_passes_with_the_very_document(signed: tuple[Path, dict]):
    bundle, document = signed
    assert document["conclusion"] == "conforms"
    assert finding(document, "ONE-02.a")["verdict"] == "pass"
    assert "Trần Thị B (Safety officer)" in (bundle / "report.html").read_text(encoding="utf-8")
    assert "xác nhận nội dung này ngày" in (bundle / "report.vi.html").read_text(encoding="utf-8")


def test_another_document_than_the_signed_one_fails(attested):
    _, document = attested("changed afterwards")
    assert document["conclusion"] == "does-not-conform"
    assert "not the one that was attested" in finding(document, "ONE-02.a")["reason"]


def test_an_attestation_is_signed_and_verified_and_anothers_signature_fails(
    attested, signed, proofbox: Command, tmp_path: Path
):
    assert signed[1]["attestations"][0]["signature"] == "unsigned"
    env = {"P": "x"}
    argv = ("keys", "generate", "--out", tmp_path, "--algorithm", "p256", "--key-passphrase-env", "P")
    for name in ("officer", "other"):
        assert proofbox(*argv, "--name", name, env=env).returncode == 0

    def sign(file: Path) -> str:
        key = ("--key", tmp_path / "officer.key", "--key-passphrase-env", "P")
        done = proofbox("attestations", "sign", file, "ONE-02.a", *key, env=env)
        assert done.stdout.startswith("signature: "), done.stderr
        assert proofbox("attestations", "sign", file, "ONE-02.b", *key, env=env).returncode == 2
        return f"\n    {done.stdout}"

    _, document = attested("as signed", "--attestation-key", tmp_path / "officer.pub.pem", sign=sign)
    assert document["attestations"][0]["signature"] == "verified"
    assert finding(document, "ONE-02.a")["verdict"] == "pass"
    _, document = attested("as signed", "--attestation-key", tmp_path / "other.pub.pem", sign=sign)
    assert finding(document, "ONE-02.a")["verdict"] == "fail"
    assert "the attestation's signature is wrong" in finding(document, "ONE-02.a")["reason"]


def test_a_stored_attestation_expires_when_it_is_judged_later(signed, quick: Command, tmp_path, one_control: str):
    policy = tmp_path / "policy.yaml"
    policy.write_text(one_control.format(threshold=0.5) + ASKED, encoding="utf-8")
    result = quick("judge", signed[0], "-p", policy, "--on", "2099-12-31", "--json")
    assert result.returncode == 0, result.stdout + result.stderr
    result = quick("judge", signed[0], "-p", policy, "--on", "2100-01-01", "--json")
    assert result.returncode == 3
    assert finding(json.loads(result.stdout), "ONE-02.a")["reason"] == "the attestation expired on 2099-12-31"
    assert quick("judge", signed[0], "-p", policy, "--on", "tomorrow").returncode == 2


def test_a_wrong_file_of_attestations_is_bad_input(submission: Path, quick: Command):
    (submission / "attestations.yaml").write_text("schema: proofbox/attestations/v1\nattestations: {}\n", "utf-8")
    with (submission / "submission.yaml").open("a", encoding="utf-8") as file:
        file.write("attestations: attestations.yaml\n")
    result = quick("run", submission, "-p", "baseline", "--no-mlflow")
    assert result.returncode == 2
    assert "attestations.yaml:2:1: attestations: got" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.fixture
def failing(signed, tmp_path: Path, one_control: str, quick: Command) -> tuple[Path, Path, Path]:
    """A bundle, a policy that it fails, and a waiver for that."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(one_control.format(threshold=0.9999), encoding="utf-8")
    digest = json.loads(quick("policy", "show", policy, "--json").stdout)["digest"]
    waiver = tmp_path / "waivers.yaml"
    waiver.write_text(WAIVER.format(subject=signed[1]["subject"]["digest"], policy=digest), encoding="utf-8")
    return signed[0], policy, waiver


def judged(quick: Command, failing: tuple[Path, Path, Path], *more: object, day: str = "2026-11-25") -> dict:
    bundle, policy, waiver = failing
    result = quick("judge", bundle, "-p", policy, "--waivers", waiver, "--on", day, "--json", *more)
    assert result.returncode == 1, result.stderr
    document = json.loads(result.stdout)
    assert document["conclusion"] == "does-not-conform"
    assert finding(document, "ONE-01.a")["verdict"] == "fail"
    return finding(document, "ONE-01.a")["waiver"]


def test_an_unsigned_waiver_is_shown_as_unsigned_and_changes_nothing(quick: Command, failing):
    waiver = judged(quick, failing)
    assert (waiver["status"], waiver["signature"], waiver["expires"]) == ("active", "unsigned", "2027-01-31")
    assert judged(quick, failing, day="2027-02-01")["status"] == "expired"
    bundle, policy, file = failing
    told = quick("judge", bundle, "-p", policy, "--waivers", file, "--on", "2026-11-25").stdout
    assert "waived until 31 January 2027 (unsigned)]" in told
    told = quick("judge", bundle, "-p", policy, "--waivers", file, "--on", "2026-11-25", "--lang", "vi").stdout
    assert "được chấp nhận tạm thời đến" in told


def test_a_signature_is_verified_and_one_changed_letter_makes_it_void(
    quick: Command, proofbox: Command, failing, tmp_path: Path
):
    file, key = failing[2], Ed25519PrivateKey.generate()
    public = tmp_path / "key.pem"
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    payload = proofbox("waivers", "payload", file, "W-1").stdout
    signature = base64.b64encode(key.sign(payload.encode())).decode()
    file.write_text(file.read_text("utf-8") + f"    signature: {signature}\n", "utf-8")
    assert quick("waivers", "payload", file, "W-1").stdout == payload
    assert judged(quick, failing)["signature"] == "not-checked"
    waiver = judged(quick, failing, "--waiver-key", public)
    assert (waiver["status"], waiver["signature"]) == ("active", "verified")
    file.write_text(file.read_text("utf-8").replace("2027-01-31", "2027-01-30"), "utf-8")
    waiver = judged(quick, failing, "--waiver-key", public)
    assert (waiver["status"], waiver["signature"]) == ("wrong-signature", "wrong")


def test_a_waiver_is_signed_by_the_command_and_an_unsigned_one_is_void_where_a_key_is_given(
    quick: Command, proofbox: Command, failing, tmp_path: Path
):
    argv = ("keys", "generate", "--out", tmp_path, "--algorithm", "p384", "--key-passphrase-env", "P")
    assert quick(*argv, env={"P": "x"}).returncode == 0
    key = ("--waiver-key", tmp_path / "signing.pub.pem")
    assert judged(quick, failing, *key)["status"] == "unsigned"
    sign = ("waivers", "sign", failing[2], "W-1", "--key", tmp_path / "signing.key", "--key-passphrase-env", "P")
    line = proofbox(*sign, env={"P": "x"}).stdout
    assert quick(*sign, "--tsa-url", "http://127.0.0.1:9/", env={"P": "x"}).returncode == 2
    failing[2].write_text(failing[2].read_text("utf-8") + f"    {line}", "utf-8")
    waiver = judged(quick, failing, *key)
    assert (waiver["status"], waiver["signature"]) == ("active", "verified")


def test_wrong_keys_and_files_are_bad_input(quick: Command, failing, tmp_path: Path):
    bundle, policy, file = failing
    (tmp_path / "no.pem").write_text("no key", "utf-8")
    for more in (
        ("--waivers", tmp_path / "none.yaml"),
        ("--waivers", policy),
        ("--waivers", file, "--waiver-key", tmp_path / "no.pem"),
        ("--waiver-key", tmp_path / "no.pem"),
    ):
        result = quick("judge", bundle, "-p", policy, *more)
        assert (result.returncode, "Traceback" in result.stderr) == (2, False), more


def test_a_waiver_for_nothing_that_failed_is_said(quick: Command, failing):
    bundle, policy, file = failing
    file.write_text(file.read_text("utf-8").replace("ONE-01", "ONE-07"), "utf-8")
    result = quick("judge", bundle, "-p", policy, "--waivers", file)
    assert "waiver W-1: no failed requirement that it is for" in result.stderr


def test_a_run_shows_the_waiver_in_both_reports(model_template: Path, quick: Command, failing, tmp_path: Path):
    _, policy, file = failing
    subject = json.loads((failing[0] / "assessment.json").read_text("utf-8"))["subject"]["digest"]
    out = tmp_path / "waived"
    result = quick("run", model_template, "-p", policy, "--waivers", file, "--no-mlflow", "--out", out, "--json")
    assert result.returncode == 1, result.stderr
    document = json.loads(result.stdout)
    # It was given for the submission that carries attestations, and this is another one.
    assert document["subject"]["digest"] != subject
    assert finding(document, "ONE-01.a")["waiver"]["status"] == "other-subject"
    assert "the waiver is dead: it is for another version of the product" in (out / "report.html").read_text("utf-8")
    assert "More data are being collected" in (out / "report.vi.html").read_text("utf-8")


def test_a_sheet_goes_out_and_comes_back_as_attestations(proofbox: Command, tmp_path: Path):
    sheet, folder = tmp_path / "sheet.csv", tmp_path / "submission"
    folder.mkdir()
    (folder / "a.md").write_text("as signed", encoding="utf-8")
    assert proofbox("attestations", "export", "-p", "eu-ai-act-high-risk", "--out", sheet).returncode == 0
    assert proofbox("attestations", "export", "-p", "eu-ai-act-high-risk", "--out", sheet).returncode == 2
    lines = sheet.read_text("utf-8-sig").splitlines()
    filled = lines[1].replace(",,,,,,,", ",") + ",".join(
        ("yes", "", "B", "Officer", "2026-11-01", "2027-11-01", "a.md")
    )
    sheet.write_text("\n".join((lines[0], filled)), encoding="utf-8")
    out = folder / "attestations.yaml"
    result = proofbox("attestations", "import", sheet, "--submission", folder, "--out", out)
    assert result.returncode == 0, result.stderr
    assert hashlib.sha256(b"as signed").hexdigest() in out.read_text("utf-8")
    (folder / "b.md").symlink_to("/etc/hostname")
    sheet.write_text(sheet.read_text("utf-8").replace("a.md", "b.md"), encoding="utf-8")
    refused = proofbox("attestations", "import", sheet, "--submission", folder, "--out", folder / "other.yaml")
    assert (refused.returncode, "'b.md', which is not there" in refused.stderr) == (2, True)
    assert not (folder / "other.yaml").exists()
