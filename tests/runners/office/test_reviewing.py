"""Reviewing as a regulator does it, and the release as a pipeline asks for it: through the installed command."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import pytest

from proofbox.policies.record_json import from_json
from proofbox.reports import bundle as bundles
from proofbox.reports.bundle import read_bundle, write_bundle
from proofbox.reports.signing.keyfiles import KeySigner, generate, read_private_key
from proofbox.reports.tracking import door
from proofbox.reports.tracking.notes import notes
from proofbox.runners.assessing.attempting import Attempting
from proofbox.runners.errors import UsageError
from proofbox.runners.office.asking import asked_of
from proofbox.sandbox.intake import take_in

RECORD = Path(__file__).parents[2] / "reports" / "records" / "model-a.json"
SECRET = b"a passphrase of the tests"


@pytest.fixture(scope="module")
def made(tmp_path_factory, model_template):
    """Keys of a submitter and a reviewer, and a signed bundle whose subject is the small submission."""
    folder = tmp_path_factory.mktemp("made")
    for name in ("submitter", "reviewer"):
        generate(folder / "keys", name, "ed25519", SECRET)
    digest = take_in(model_template, folder / "taken").digest
    assessment = from_json(json.loads(RECORD.read_text("utf-8")))
    assessment = dataclasses.replace(assessment, subject=dataclasses.replace(assessment.subject, digest=digest))
    signer = KeySigner(key=read_private_key(folder / "keys" / "submitter.key", SECRET))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundles, "render_html", lambda *_given, **_more: "<p>page</p>")
        sources = {"policy_sources": [("p", b"x")], "submission_yaml": b"x: 1\n"}
        write_bundle(folder / "out" / "bundle", assessment, signer=signer, **sources)
    return folder


@pytest.fixture
def decide(made, quick, tmp_path):
    """Decide on the bundle as the reviewer."""

    def decided(state, *more, key="reviewer", reviewer="Nguyễn Văn A", bundle=made / "out" / "bundle", run=quick):
        argv = ["--state", state, "--reason", "because", "--reviewer", reviewer, "--reviews", tmp_path / "reviews"]
        argv += ["--key", made / "keys" / f"{key}.key", "--key-passphrase-env", "PHRASE"]
        return run("review", "decide", bundle, *argv, *more, env={"PHRASE": SECRET.decode()})

    return decided


@pytest.fixture
def approved(decide, tmp_path):
    """The folder of a history that ends in an approval until the end of 2099, for Ha Noi and 500 users."""
    assert decide("under-review").returncode == 0
    result = decide("approved", "--until", "2099-12-31", "--max-users", 500, "--region", "VN-HN")
    assert result.returncode == 0, result.stderr
    (folder,) = (tmp_path / "reviews").iterdir()
    return folder


def test_a_reviewer_decides_shows_lists_and_publishes(made, decide, approved, proofbox, quick, tmp_path):
    public, reviews = made / "keys" / "reviewer.pub.pem", ("--reviews", tmp_path / "reviews")
    listed = json.loads(proofbox("review", "list", made / "out", *reviews, "--json").stdout)
    assert [(one["state"], one["until"], one["bundle"]) for one in listed] == [
        ("approved", "2099-12-31", approved.name)
    ]
    shown = proofbox("review", "show", made / "out" / "bundle", *reviews, "--reviewer-key", public)
    assert shown.returncode == 0
    assert "until 31 December 2099, at most 500 users, in VN-HN alone), by Nguyễn Văn A: because [ver" in shown.stdout
    said = decide("revoked", "--json", "--submitter-key", made / "keys" / "submitter.pub.pem", run=proofbox)
    assert (json.loads(said.stdout)["submitter"]["signature"], said.stderr) == ("verified", "")
    out = tmp_path / "register"
    written = proofbox("register", "export", *reviews, "--key", public, "--out", out, "--json")
    assert (written.returncode, json.loads(written.stdout)["revoked"]) == (0, 1)
    assert "Đã bị thu hồi" in (out / "register.vi.html").read_text("utf-8")
    assert quick("register", "export", *reviews, "--key", public, "--out", out).returncode == 2


def test_a_decision_in_mlflow_leaves_the_note_of_a_signed_bundle_as_it_was(made, decide, monkeypatch):
    """The line above it is new; that the bundle is signed is said as before."""
    told = {}
    monkeypatch.setattr(door, "find_run", lambda *_given, **_more: "0" * 32)
    monkeypatch.setattr(door, "tag_run", lambda _run, tags, **_more: told.update(tags))
    result = decide("under-review", "--mlflow")
    assert result.returncode == 0, result.stderr
    content = read_bundle(made / "out" / "bundle")
    said, _, note = told["mlflow.note.content"].partition("\n\n")
    assert said.startswith("**Review**: 1. ")
    assert note == notes(content.assessment, content.bundle, logged_at=1).tags["mlflow.note.content"]
    assert "Signed: " in note


def test_what_may_not_be_decided_is_refused_by_name(made, decide, tmp_path):
    for result, said in (
        (decide("approved", "--until", "2099-12-31"), "got the decision 'approved' on what is 'submitted'"),
        (decide("approved"), "expected --until DATE"),
        (decide("certified"), "--state certified: expected one of under-review"),
        (decide("under-review", key="submitter"), "a submitter cannot review it"),
    ):
        assert result.returncode == 2, result.stderr
        assert said in result.stderr
    assert not (tmp_path / "reviews").exists()


def test_an_altered_or_anothers_bundle_is_not_decided_on(made, decide, tmp_path):
    altered = Path(shutil.copytree(made / "out" / "bundle", tmp_path / "altered"))
    assessment = (altered / "assessment.json").read_bytes()
    (altered / "assessment.json").write_bytes(assessment.replace(b'"fail"', b'"pass"', 1))
    assert decide("under-review", bundle=altered).returncode == 1
    wrong = decide("under-review", "--submitter-key", made / "keys" / "reviewer.pub.pem")
    assert (wrong.returncode, "signed with the key" in wrong.stderr) == (1, True)
    assert not (tmp_path / "reviews").exists()


def test_a_pipeline_releases_what_was_approved_and_nothing_else(
    made, approved, decide, model_template, proofbox, quick
):
    key = ("--key", made / "keys" / "reviewer.pub.pem")
    within = ("--users", 500, "--region", "VN-HN")
    approval = ("--decision", approved / "0002.dsse.json")
    allowed = proofbox("release", "check", model_template, *approval, *key, *within, "--json")
    assert (allowed.returncode, json.loads(allowed.stdout)["allowed"]) == (0, True), allowed.stderr
    for argv, state in (
        ((*within, "--on", "2100-01-01"), "expired"),
        (("--users", 501, "--region", "VN-HN"), "too-many-users"),
        ((), "users-not-told"),
    ):
        refused = quick("release", "check", model_template, *approval, *key, *argv)
        assert (refused.returncode, f"\n{state}: " in refused.stdout) == (1, True), refused.stdout
    other = quick("release", "check", approved / "0001.dsse.json", *approval, *key, *within, "--json")
    assert [one["state"] for one in json.loads(other.stdout)["refused"]] == ["other-subject"]
    stranger = ("--key", made / "keys" / "submitter.pub.pem")
    assert quick("release", "check", model_template, *approval, *stranger, *within).returncode == 1
    assert decide("revoked").returncode == 0
    revoked = quick("release", "check", model_template, "--decision", approved, *key, *within)
    assert (revoked.returncode, "revoked: revoked on" in revoked.stdout) == (1, True)


def test_a_regulator_countersigns_a_ledger_and_finds_it_written_anew(made, proofbox, quick, tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    assessment = from_json(json.loads(RECORD.read_text("utf-8")))
    for seed in range(3):
        with Attempting(ledger) as attempting:
            attempting.commit(assessment.subject, [], seed)
    sign = ("--key", made / "keys" / "reviewer.key", "--key-passphrase-env", "PHRASE")
    public, signed = made / "keys" / "reviewer.pub.pem", tmp_path / "head.dsse.json"
    phrase = {"PHRASE": SECRET.decode()}
    assert quick("ledger", "countersign", ledger, "--out", signed).returncode == 2
    assert proofbox("ledger", "countersign", ledger, "--out", signed, *sign, env=phrase).returncode == 0
    kept = proofbox("ledger", "verify", ledger, "--checkpoint", signed, "--key", public)
    assert (kept.returncode, "signature verified" in kept.stdout) == (0, True)
    stranger = made / "keys" / "submitter.pub.pem"
    assert quick("ledger", "verify", ledger, "--checkpoint", signed, "--key", stranger).returncode == 1
    committed = json.loads(ledger.read_bytes().splitlines()[0])["commitment"]
    ledger.unlink()
    with Attempting(ledger) as attempting:
        attempting.commit(assessment.subject, [], committed["seed"])
    anew = quick("ledger", "verify", ledger, "--checkpoint", signed, "--key", public, "--json")
    assert (anew.returncode, json.loads(anew.stdout)["checkpoint"]["state"]) == (1, "rewritten")
    again = quick("ledger", "countersign", ledger, "--after", signed, "--out", tmp_path / "b", *sign, env=phrase)
    assert (again.returncode, (tmp_path / "b").exists()) == (2, False)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"regions": ("VN",)}, "with no other"),
        ({"max_users": 3}, "with no other"),
        ({"day": "tomorrow"}, "--on tomorrow: expected a date"),
        ({"reason": "  "}, "--reason: got nothing"),
        ({"state": "approved", "until": "2026-11-24", "day": "2026-11-25"}, "on or after the decision's"),
    ],
)
def test_options_that_do_not_go_together_are_told(wrong, said):
    given = {"state": "under-review", "reason": "r", "reviewer": "n", "until": None, "max_users": None, "regions": ()}
    with pytest.raises(UsageError, match=said):
        asked_of({**given, "day": None, **wrong})
