"""Signed replays beside a bundle: only one of this bundle, by somebody else whose key is given, raises the level."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from proofbox.policies.agreement import Agreement, Tolerance, agreement
from proofbox.reports.bundle import BundleContent, read_bundle, write_bundle
from proofbox.reports.replays import keep_replay, level, read_replays, replay_statement, replays_folder
from proofbox.reports.signing.keyfiles import KeySigner
from proofbox.reports.signing.keys import KeyVerifier, keyid_of

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PROVIDER, OTHER, STRANGER = (Ed25519PrivateKey.generate() for _ in range(3))


@pytest.fixture
def content(model_a, tmp_path: Path) -> BundleContent:
    write_bundle(tmp_path / "bundle", model_a, policy_sources=[], submission_yaml=b"x", signer=KeySigner(key=PROVIDER))
    return read_bundle(tmp_path / "bundle")


def kept(content: BundleContent, key: Ed25519PrivateKey, agreed: Agreement | None = None) -> Path:
    record = content.assessment
    statement = replay_statement(content, agreed or agreement(record, record), record.run)
    return keep_replay(content.bundle.path, statement, KeySigner(key=key))


def states(content: BundleContent, *keys: Ed25519PrivateKey, digest: str = "") -> list[str]:
    verifiers = [KeyVerifier(key=key.public_key()) for key in keys]
    signed_by = keyid_of(PROVIDER.public_key())
    found = read_replays(content.bundle.path, digest or content.bundle.digest, signed_by, verifiers, NOW)
    return [one.state for one in found]


def test_a_replay_by_somebody_else_raises_the_level_and_the_bundle_stays_as_it_is(content: BundleContent) -> None:
    path = kept(content, OTHER)
    assert path.parent == replays_folder(content.bundle.path) == content.bundle.path.with_name("bundle.replays")
    assert read_bundle(content.bundle.path).bundle.digest == content.bundle.digest
    found = read_replays(
        content.bundle.path,
        content.bundle.digest,
        keyid_of(PROVIDER.public_key()),
        [KeyVerifier(key=key.public_key()) for key in (STRANGER, OTHER)],
        NOW,
    )
    assert [one.state for one in found] == ["reproduced"]
    assert found[0].by is not None
    assert found[0].by.keyid == keyid_of(OTHER.public_key())
    assert level(found, regulator=False) == "reproduced"
    assert level((), regulator=True) == "regulator-run"
    assert level((), regulator=False) == "self-attested"


def test_what_proves_nothing_is_named(content: BundleContent) -> None:
    kept(content, OTHER)
    assert states(content) == ["not-checked"]
    assert states(content, STRANGER) == ["wrong-key"]
    assert states(content, OTHER, digest="0" * 64) == ["other-bundle"]


def test_who_made_the_bundle_cannot_reproduce_it(content: BundleContent) -> None:
    kept(content, PROVIDER)
    assert states(content, PROVIDER) == ["same-signer"]


def test_a_wider_tolerance_counts_only_where_it_was_not_needed(content: BundleContent) -> None:
    wide = Tolerance(relative=0.1, origin="given")
    record = content.assessment
    same = agreement(record, record, wide)
    kept(content, OTHER, same)
    assert states(content, OTHER) == ["reproduced"]
    one = same.measurements[0]
    near = replace(same, measurements=(replace(one, state="within-tolerance"), *same.measurements[1:]))
    kept(content, OTHER, near)
    assert sorted(states(content, OTHER)) == ["reproduced", "wider-tolerance"]


def test_every_changed_byte_of_a_statement_is_refused(content: BundleContent) -> None:
    path = kept(content, OTHER)
    raw = path.read_bytes()
    for place in range(0, len(raw), 37):
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :])
        assert states(content, OTHER) != ["reproduced"], place
    path.write_bytes(raw)
    assert states(content, OTHER) == ["reproduced"]
