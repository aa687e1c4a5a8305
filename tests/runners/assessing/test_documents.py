"""Documents, signatures and lists of components through the command line, and its exit codes."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

Command = Callable[..., "subprocess.CompletedProcess[str]"]

CARD = "# Card\n\n| Measure | Value |\n|---|---|\n| Accuracy | {accuracy} |\n| Recall | 10 % |\n"
ASKS = """\
schema: proofbox/policy/v1
id: asks
version: "1"
checked_on: 2026-11-22
expires_on: 2027-11-22
title: {en: Documents, vi: Tài liệu}
controls:
  - id: ASK
    title: {en: Documents, vi: Tài liệu}
    objective: {en: They are in order., vi: Tài liệu hợp lệ.}
    references: [{framework: ours, clause: "1", relation: supports}]
    requirements:
"""
REQUIREMENT = """\
      - id: ASK.{letter}
        level: must
        check: {check}
        criterion: {{measure: {measure}, at_most: 0, decision_rule: simple, origin: default}}
        remediation: {{en: Correct it., vi: Sửa lại.}}
"""
CLAIMS = ("transparency.claims", "claim_excess")
SIGNED = ("provenance.model_record", "signature_faults")


def _kit():
    # Tests are no package; the kit stands beside the check's own tests.
    path = Path(__file__).parents[2] / "checks/provenance/signing.py"
    spec = importlib.util.spec_from_file_location("signing", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


kit = _kit()


@pytest.fixture
def asks(tmp_path: Path) -> Callable[..., Path]:
    """Write a policy that asks for these (check, measure), each at most 0."""

    def written(*asked: tuple[str, str]) -> Path:
        path = tmp_path / "asks.yaml"
        listed = (REQUIREMENT.format(letter=letter, check=check, measure=measure)
                  for letter, (check, measure) in zip("abc", asked, strict=False))  # fmt: skip
        path.write_text(ASKS + "".join(listed), encoding="utf-8")
        return path

    return written


@pytest.fixture
def documents(submission: Path) -> Callable[..., Path]:
    """Give the submission documents: key -> content."""

    def given(**content: str | bytes) -> Path:
        (submission / "docs").mkdir(exist_ok=True)
        lines = "\ndocuments:\n"
        for key, text in content.items():
            (submission / f"docs/{key}").write_bytes(text.encode() if isinstance(text, str) else text)
            lines += f"  {key}: docs/{key}\n"
        with (submission / "submission.yaml").open("a", encoding="utf-8") as file:
            file.write(lines)
        return submission

    return given


def run(proofbox: Command, submission: Path, policy: Path, *more: object) -> tuple[int, dict, str]:
    done = proofbox("run", submission, "--policy", policy, "--no-mlflow", "--json", *more)
    return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr


def verdicts(document: dict) -> dict[str, str]:
    return {finding["requirement"]: finding["verdict"] for finding in document["findings"]}


def test_a_boast_in_the_card_fails(proofbox: Command, documents, asks) -> None:
    code, document, _ = run(proofbox, documents(model_card=CARD.format(accuracy="99,9 %")), asks(CLAIMS))
    assert (code, verdicts(document)) == (1, {"ASK.a": "fail"})


def test_a_card_whose_figures_were_not_read_leaves_it_undetermined(quick: Command, documents, asks) -> None:
    code, document, _ = run(quick, documents(model_card="Our accuracy is 99 %."), asks(CLAIMS))
    assert (code, verdicts(document)) == (3, {"ASK.a": "inconclusive"})


def test_measure_tells_a_person_what_was_read_and_what_was_not(quick: Command, documents) -> None:
    text = CARD.format(accuracy="99,9 %") + "\nOur F1 is 0.97 on all customers.\n"
    done = quick("measure", documents(model_card=text), "--check", "transparency.claims")
    assert done.returncode == 0, done.stderr
    assert "docs/model_card:5: Accuracy 99,9 %: above what was measured" in done.stdout
    assert "docs/model_card:8: Our F1 is 0.97 on all customers." in done.stdout


def test_cards_are_measured_before_the_sandbox_opens(quick: Command, documents) -> None:
    done = quick("measure", documents(model_card="x"), "--check", "transparency.model_card", "--executor", "gvisor",
                    env={"PATH": "/nowhere"})  # fmt: skip
    assert "model card, missing: properties, purpose, scope" in done.stdout, done.stderr


def sign(submission: Path, key, **changed: bytes) -> None:
    files = {"model.joblib": (submission / "model/model.joblib").read_bytes()} | changed
    (submission / "model/model.sig").write_bytes(kit.signature(key, kit.statement(files)))


def record(proofbox: Command, submission: Path, *more: object) -> tuple[dict[str, float], list[dict]]:
    done = proofbox("measure", submission, "--check", "provenance.model_record", "--json", *more)
    assert done.returncode == 0, done.stderr
    found = {one["measure"]: one for one in json.loads(done.stdout)["measurements"]}
    return {name: one["value"] for name, one in found.items()}, found["signature_faults"]["detail"]["faults"]


def test_a_signature_is_verified_with_the_key_that_the_operator_gives(
    quick: Command, submission: Path, asks, tmp_path: Path
) -> None:
    key = kit.new_key()
    given = ("--model-key", tmp_path / "key.pem")
    (tmp_path / "key.pem").write_bytes(kit.signer(key).pem)
    sign(submission, key)
    assert record(quick, submission, *given) == (
        {"model_files": 1, "signatures_verified": 1, "signature_faults": 0},
        [],
    )
    sign(submission, key, other=b"1")
    assert [one["values"] for one in record(quick, submission, *given)[1]] == [{"path": "model/other"}]
    sign(submission, kit.new_key())
    code, document, _ = run(quick, submission, asks(SIGNED), *given)
    assert (code, verdicts(document)) == (1, {"ASK.a": "fail"})


def test_a_certificate_and_a_signature_under_another_name(quick: Command, submission: Path, tmp_path: Path) -> None:
    root_key, key = kit.new_key(), kit.new_key()
    root = kit.certificate(root_key, "Root", ca=True)
    leaf = kit.certificate(key, "Bank", by=root, by_key=root_key)
    (tmp_path / "root.pem").write_bytes(root.public_bytes(Encoding.PEM))
    files = {"model.joblib": (submission / "model/model.joblib").read_bytes()}
    (submission / "by-bank.sig").write_bytes(kit.signature(key, kit.statement(files), chain=[leaf]))
    yaml = submission / "submission.yaml"
    yaml.write_text(yaml.read_text("utf-8").replace("  task:", "  signature: by-bank.sig\n  task:", 1), "utf-8")
    found, faults = record(quick, submission, "--model-certificate", tmp_path / "root.pem")
    assert (found, faults) == ({"model_files": 1, "signatures_verified": 1, "signature_faults": 0}, [])


@pytest.mark.parametrize(
    ("given", "words"),
    [("--model-key no.pem", "in PEM, expected"), ("--model-certificate absent", "no such file or directory")],
)
def test_what_is_no_key_or_certificate_ends_the_run_before_it_begins(
    quick: Command, submission: Path, asks, tmp_path: Path, given: str, words: str
) -> None:
    (tmp_path / "cwd").mkdir()
    (tmp_path / "cwd/no.pem").write_text("no key", encoding="utf-8")
    code, document, err = run(quick, submission, asks(SIGNED), *given.split())
    assert (code, document) == (2, {})
    assert words in err
    assert f"{given}: " in err
    assert "Traceback" not in err


def test_a_broken_signature_or_list_is_a_finding_and_the_rest_goes_on(quick: Command, documents, asks) -> None:
    broken = b"[" * 9_000_000
    submission = documents(bom=broken, model_card=CARD.format(accuracy="1 %"))
    (submission / "model/model.sig").write_bytes(broken)
    code, document, err = run(quick, submission, asks(SIGNED, ("provenance.bom", "bom_components_missing"), CLAIMS))
    assert (code, verdicts(document)) == (1, {"ASK.a": "fail", "ASK.b": "fail", "ASK.c": "pass"}), err
    assert document["errors"] == []
    said = json.dumps([one["detail"] for one in document["measurements"]])
    assert "model/model.sig" in said
    assert "docs/bom" in said


def test_documents_that_leave_the_submission_or_are_not_there_are_refused_with_their_places(
    quick: Command, submission: Path
) -> None:
    with (submission / "submission.yaml").open("a", encoding="utf-8") as file:
        file.write("\ndocuments:\n  model_card: ../secret.md\n  bom: docs/absent.json\n")
    done = quick("measure", submission, "--check", "transparency.model_card")
    assert done.returncode == 2
    assert "submission.yaml:25:3: documents.model_card: got '../secret.md', expected a path inside" in done.stderr
    assert "submission.yaml:26:3: documents.bom: got 'docs/absent.json', which is not there" in done.stderr


def test_a_link_in_the_place_of_a_document_is_refused_at_intake(quick: Command, documents) -> None:
    submission = documents(model_card="x")
    (submission / "docs/model_card").unlink()
    (submission / "docs/model_card").symlink_to("/etc/hostname")
    done = quick("measure", submission, "--check", "transparency.model_card")
    assert done.returncode == 2
    assert "a symbolic link" in done.stderr


def test_the_list_that_is_written_is_covered_by_the_manifest_and_understood_as_a_providers_own(
    quick: Command, documents, asks, tmp_path: Path
) -> None:
    submission, out = documents(bom="{}"), tmp_path / "out"
    policy = asks(("performance.classification", "brier_score_loss"))
    quick("run", submission, "--policy", policy, "--no-mlflow", "--out", out)
    raw = (out / "bom.cdx.json").read_bytes()
    listed = {one["path"]: one["sha256"] for one in json.loads((out / "manifest.json").read_bytes())["files"]}
    assert listed["bom.cdx.json"] == hashlib.sha256(raw).hexdigest()
    (out / "bom.cdx.json").write_bytes(raw.replace(b"1.6", b"1.7"))
    assert quick("verify", out).returncode == 1
    (submission / "docs/bom").write_bytes(raw)
    for check, expected in (
        ("provenance.bom", {"bom_coverage": 1, "bom_components_missing": 0, "bom_digest_mismatches": 0}),
        ("transparency.claims", {"claims_above_measured": 0, "figures_unread": 0}),
    ):
        done = quick("measure", submission, "--check", check, "--json")
        found = {one["measure"]: one["value"] for one in json.loads(done.stdout)["measurements"]}
        assert expected.items() <= found.items()
    assert found["claims_compared"] >= 2
