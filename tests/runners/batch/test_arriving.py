"""A bundle that comes from another machine: only the one that was asked for is put in its place, and whole."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace

import pytest

from proofbox.policies.loader import load_policy
from proofbox.reports.bundle import read_bundle
from proofbox.reports.errors import BundleExistsError, IncompleteBundleError, TamperedBundleError
from proofbox.reports.folder import write_folder
from proofbox.reports.signing.keyfiles import KeySigner
from proofbox.runners.assessing.settings import Settings
from proofbox.runners.batch import arriving
from proofbox.runners.batch.arriving import put_in_place
from proofbox.runners.batch.kit import kit_of
from proofbox.runners.batch.listing import Queued
from proofbox.runners.batch.one import Wanted, kept_or
from proofbox.runners.batch.pool import Budget
from proofbox.runners.run.main_job import Publishing
from proofbox.sandbox.scratch import remove


@pytest.fixture(scope="module")
def arrived(versions):
    """The bytes of a bundle, the digest of its submission, and the policy that it is under."""
    folder = versions.bundles[0]
    files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    digest = json.loads(files["assessment.json"])["subject"]["digest"]
    return files, digest, load_policy(str(versions.policy))


@pytest.fixture
def wanted(arrived, tmp_path):
    return Wanted(policies=(arrived[2],), settings=Settings(seed=3), out=tmp_path)


def test_a_bundle_that_arrived_stands_where_it_was_asked_for(arrived, wanted, tmp_path):
    files, digest, _ = arrived
    assessment, bundle = put_in_place(tmp_path / "good", files, digest, wanted)
    assert bundle.path == tmp_path / "good"
    assert read_bundle(tmp_path / "good").assessment == assessment
    assert {path.name for path in tmp_path.iterdir()} == {"good"}
    with pytest.raises(BundleExistsError):
        put_in_place(tmp_path / "good", files, digest, wanted)


def test_another_that_is_quicker_is_not_overwritten(arrived, wanted, tmp_path, monkeypatch):
    files, digest, _ = arrived
    out = tmp_path / "good"
    monkeypatch.setattr(arriving, "_check_identity", lambda *_given: write_folder(out, files))
    with pytest.raises(BundleExistsError):
        put_in_place(out, files, digest, wanted)
    assert {path.name for path in tmp_path.iterdir()} == {"good"}

    def assessed():
        write_folder(out, files)
        raise BundleExistsError("another was quicker")

    remove(out)
    row = kept_or(assessed, Queued(name="one", source=tmp_path), "good", wanted)
    assert (row.how, row.bundle, row.digest) == ("kept", "good", read_bundle(out).bundle.digest)


def test_it_is_signed_here(arrived, wanted, tmp_path):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    signer = KeySigner(key=Ed25519PrivateKey.generate(), chain=())
    signing = replace(wanted, publishing=Publishing(signer=signer))
    _, bundle = put_in_place(tmp_path / "good", arrived[0], arrived[1], signing)
    assert bundle.keyid == signer.keyid


@pytest.mark.parametrize(
    ("path", "raw"),
    [
        ("../outside", b"x"),
        ("{absolute}/outside", b"x"),
        ("tables/../../outside", b"x"),
        ("Assessment.json", b"{}"),
        ("statement.sig", b"{}"),
        ("more.txt", b"not listed"),
        ("assessment.json", b"{}"),
    ],
)
def test_what_a_node_may_not_write_is_refused_and_leaves_nothing(arrived, wanted, tmp_path, path, raw):
    out, path = tmp_path / "below" / "good", path.format(absolute=tmp_path)
    with pytest.raises(TamperedBundleError):
        put_in_place(out, {**arrived[0], path: raw}, arrived[1], wanted)
    assert not out.exists()
    assert not [found for found in tmp_path.rglob("*") if found.is_file()]


def test_what_goes_to_a_node_holds_public_keys_and_nothing_that_signs(arrived, tmp_path):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    mine, theirs = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate().public_key()
    wanted = Wanted(
        policies=(arrived[2],),
        settings=Settings(seed=3, attestation_keys=(theirs,)),
        out=tmp_path,
        publishing=Publishing(signer=KeySigner(key=mine, chain=()), ledger=tmp_path / "ledger.jsonl"),
    )
    raw = pickle.dumps(kit_of(wanted, Budget()))
    assert mine.private_bytes_raw() not in raw
    assert str(tmp_path).encode() not in raw
    assert pickle.loads(raw).whole() == wanted.settings


def test_half_a_bundle_is_refused(arrived, wanted, tmp_path):
    files = {path: raw for path, raw in arrived[0].items() if path != "report.html"}
    with pytest.raises(IncompleteBundleError, match=r"report\.html"):
        put_in_place(tmp_path / "good", files, arrived[1], wanted)
    assert not list(tmp_path.iterdir())


def test_the_bundle_of_another_submission_policy_or_seed_is_refused(arrived, wanted, tmp_path, one_control):
    files, digest, _ = arrived
    with pytest.raises(TamperedBundleError, match="about another submission"):
        put_in_place(tmp_path / "good", files, "0" * 64, wanted)
    with pytest.raises(TamperedBundleError, match="another seed"):
        put_in_place(tmp_path / "good", files, digest, replace(wanted, settings=Settings(seed=4)))
    (tmp_path / "other.yaml").write_text(one_control.format(threshold=0.1), encoding="utf-8")
    other = replace(wanted, policies=(load_policy(str(tmp_path / "other.yaml")),))
    with pytest.raises(TamperedBundleError, match="other policies"):
        put_in_place(tmp_path / "good", files, digest, other)
    assert {path.name for path in tmp_path.iterdir()} == {"other.yaml"}
