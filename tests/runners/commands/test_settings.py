"""How to run is read from the options of every command in one way."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from proofbox.runners.assessing.settings import Settings
from proofbox.runners.batch.listing import Queued
from proofbox.runners.batch.one import Wanted, bundle_name
from proofbox.runners.commands import batch, diff, measure, plan, replay, run
from proofbox.runners.commands.settings import settings_of

SHARED = ["--executor", "landlock", "--environment", "/opt/models"]
DRAWN = [*SHARED, "--seed", "7"]
DATED = [*DRAWN, "--rows-in-memory", "10", "--as-of", "2026-01-02", "--allow-url", "http://127.0.0.1:9"]
USUAL = Settings()
QUEUED = Queued(source=Path("loan"), name="loan")


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "key.pem"
    public = ec.derive_private_key(7, ec.SECP256R1()).public_key()
    path.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return path


def read(command, *argv: str) -> Settings:
    """What the options of a command line mean; its arguments are of no account here."""
    return settings_of(command.make_context(command.name, [*argv]).params)


@pytest.mark.parametrize(
    ("module", "argv", "signed"),
    [
        (run, ["s", "-p", "p", *DATED], ("--model-key", "--attestation-key")),
        (batch, ["s", "-p", "p", "--out", "o", *DATED], ("--model-key", "--attestation-key")),
        (measure, ["s", "--check", "c", *DATED], ("--model-key",)),
        (plan, ["s", "-p", "p", *DATED], ()),
        (diff, ["a", "b", *DRAWN], ()),
        (replay, ["a", "s", *SHARED], ("--model-key",)),
    ],
    ids=["run", "batch", "measure", "plan", "diff", "replay"],
)
def test_every_command_means_the_same_by_an_option(module, argv: list[str], signed: tuple[str, ...], key: Path) -> None:
    found = read(module.command, *argv, *(part for option in signed for part in (option, str(key))))
    assert (found.executor, found.environment) == ("landlock", Path("/opt/models"))
    assert found.seed == (7 if "--seed" in argv else 0)
    dated = "--as-of" in argv
    assert (found.most_rows, found.allowed_urls) == ((10, ("http://127.0.0.1:9",)) if dated else (USUAL.most_rows, ()))
    assert (found.as_of == "2026-01-02") is dated
    assert [signer.pem for signer in found.signers] == [key.read_bytes()] * ("--model-key" in signed)
    assert len(found.attestation_keys) == ("--attestation-key" in signed)


def test_a_bundle_that_was_judged_by_other_keys_is_another_one(key: Path) -> None:
    usual = read(batch.command, "s", "-p", "p", "--out", "o")
    trusting = [read(batch.command, "s", "-p", "p", "--out", "o", option, str(key)) for option in
                ("--attestation-key", "--model-key")]  # fmt: skip
    policy = SimpleNamespace(digest="d" * 64)
    wanted = [Wanted(policies=(policy,), settings=settings, out=Path("o")) for settings in (usual, *trusting)]
    assert len({bundle_name(QUEUED, "s" * 64, each) for each in wanted}) == 3
    # Without keys it is the name that batches have always given.
    said = f'["{"s" * 64}",["{"d" * 64}"],0,null]'
    assert bundle_name(QUEUED, "s" * 64, wanted[0]) == "loan-" + hashlib.sha256(said.encode()).hexdigest()[:16]
