"""`keys`, `sign`, `run --key` and `verify`: no default key, every failure by its name, no secret in any output."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]
PASSPHRASE = "mật khẩu 4711"


@pytest.fixture(scope="module")
def made(model_template: Path, command: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key pair and a bundle that ``run --key`` signed with it, with all that was printed."""
    folder = tmp_path_factory.mktemp("signed")
    env = {**os.environ, "CI": "true", "THE_PASSPHRASE": PASSPHRASE}

    def call(*argv: str) -> str:
        done = subprocess.run(
            [str(command), *argv], capture_output=True, text=True, check=False, timeout=120, cwd=folder, env=env
        )
        assert done.returncode in (0, 1, 3), done.stderr
        return done.stdout + done.stderr

    told = call("keys", "generate", "--key-passphrase-env", "THE_PASSPHRASE")
    told += call(
        *("run", str(model_template), "-p", "baseline", "--tracking-uri", "sqlite:///mlflow.db", "--out", "bundle"),
        *("--key", "signing.key", "--key-passphrase-env", "THE_PASSPHRASE"),
    )
    (folder / "told.txt").write_text(told, encoding="utf-8")
    return folder


@pytest.fixture
def bundle(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made / "bundle", tmp_path / "bundle"))


@pytest.fixture
def unsigned(bundle: Path) -> Path:
    for name in ("statement.sig", "svr.sig"):
        (bundle / name).unlink()
    return bundle


def state(result: subprocess.CompletedProcess[str]) -> tuple[str, int]:
    return result.stdout.partition(":")[0], result.returncode


def test_a_signed_bundle_is_verified_and_every_view_says_signed(made: Path, bundle: Path, proofbox: Command) -> None:
    result = proofbox("verify", bundle, "--key", made / "signing.pub.pem", "--json")
    assert result.returncode == 0, result.stdout + result.stderr
    document = json.loads(result.stdout)
    assert (document["state"], document["signature"], document["whole"]) == ("verified", "verified", True)
    keyid = json.loads(proofbox("keys", "show", made / "signing.pub.pem", "--json").stdout)["keyid"]
    assert document["keyid"] == keyid
    assert f"Evidence bundle (signed, key {keyid[:16]}): bundle" in (made / "told.txt").read_text(encoding="utf-8")
    for page, words in (("report.html", "Signed, to be verified"), ("report.vi.html", "Đã ký số, cần xác minh")):
        text = (bundle / page).read_text(encoding="utf-8")
        assert words in text
        assert keyid in text
        assert "Unsigned" not in text
    from mlflow import MlflowClient

    (run,) = (
        one
        for one in MlflowClient(f"sqlite:///{made}/mlflow.db").search_runs(["1"])
        if "proofbox.signature" in one.data.tags
    )
    assert run.data.tags["proofbox.signature"] == "signed"
    assert "Unsigned" not in run.data.tags["mlflow.note.content"]


def test_what_mlflow_shows_otherwise_than_was_signed_is_told(made: Path, quick: Command, tmp_path: Path) -> None:
    """Whoever may write to the store can show a regulator other numbers beside a bundle that is whole."""
    shutil.copy(made / "mlflow.db", tmp_path / "mlflow.db")
    store = sqlite3.connect(tmp_path / "mlflow.db")
    ((run_id,),) = store.execute("SELECT run_uuid FROM tags WHERE key = 'proofbox.bundle'").fetchall()
    words = ("verify", f"mlflow:{run_id}", "--key", made / "signing.pub.pem", "--json")
    words = (*words, "--tracking-uri", f"sqlite:///{tmp_path}/mlflow.db")
    whole = quick(*words)
    document = json.loads(whole.stdout)
    assert (document["state"], document["mlflow"], whole.returncode) == ("verified", [], 0)
    (measured,) = store.execute(
        "SELECT value FROM latest_metrics WHERE key = 'balanced_accuracy' AND run_uuid = ?", [run_id]
    ).fetchone()
    store.execute("UPDATE latest_metrics SET value = 0.99 WHERE key = 'balanced_accuracy' AND run_uuid = ?", [run_id])
    store.execute("UPDATE runs SET name = 'conforms: it' WHERE run_uuid = ?", [run_id])
    store.commit()
    store.close()
    lied = quick(*words)
    document = json.loads(lied.stdout)
    assert (document["state"], document["signature"], lied.returncode) == ("differs-in-mlflow", "verified", 1)
    assert document["mlflow"][0].startswith("name of the run: got 'conforms: it', the record gives ")
    assert document["mlflow"][1] == f"figure 'balanced_accuracy': got 0.99, the record gives {measured!r}"
    assert len(document["mlflow"]) == 2


def test_the_failures_have_names(made: Path, bundle: Path, quick: Command, tmp_path: Path) -> None:
    key = made / "signing.pub.pem"
    assert state(quick("verify", bundle)) == ("not-checked", 1)
    quick("keys", "generate", "--name", "other", "--out", tmp_path, "--key-passphrase-env", "P", env={"P": "x"})
    assert state(quick("verify", bundle, "--key", tmp_path / "other.pub.pem")) == ("wrong-key", 1)
    assert quick("verify", bundle, "--key", made / "signing.key").returncode == 2
    (bundle / "report.vi.html").write_bytes((bundle / "report.html").read_bytes())
    assert state(quick("verify", bundle, "--key", key)) == ("swapped-report", 1)
    shutil.copy(made / "bundle/report.vi.html", bundle)
    assert state(quick("verify", bundle, "--key", key)) == ("verified", 0)
    for name in ("svr.sig", "manifest.json", "statement.json", "assessment.json"):
        (bundle / name).rename(tmp_path / name)
        assert state(quick("verify", bundle, "--key", key)) == ("incomplete", 1), name
        (tmp_path / name).rename(bundle / name)
    (bundle / "statement.sig").unlink()
    assert state(quick("verify", bundle, "--key", key)) == ("unsigned", 1)


def test_a_bundle_is_signed_later_and_never_twice(
    made: Path, unsigned: Path, quick: Command, proofbox: Command
) -> None:
    env = {"P": PASSPHRASE}
    key = ("--key", made / "signing.key", "--key-passphrase-env", "P")
    assert quick("sign", unsigned).returncode == 2
    assert state(quick("verify", unsigned)) == ("unsigned", 1)
    (unsigned / "svr.sig").write_bytes(b"what a signing that was interrupted left")
    done = proofbox("sign", unsigned, *key, env=env)
    assert done.returncode == 0, done.stderr
    assert state(quick("verify", unsigned, "--key", made / "signing.pub.pem")) == ("verified", 0)
    before = {path: path.read_bytes() for path in unsigned.rglob("*") if path.is_file()}
    again = quick("sign", unsigned, *key, env=env)
    assert (again.returncode, "signed already" in again.stderr) == (2, True)
    assert before == {path: path.read_bytes() for path in unsigned.rglob("*") if path.is_file()}


def test_what_was_altered_is_not_signed(made: Path, unsigned: Path, quick: Command) -> None:
    with (unsigned / "assessment.json").open("ab") as file:
        file.write(b" ")
    done = quick("sign", unsigned, "--key", made / "signing.key", "--key-passphrase-env", "P", env={"P": PASSPHRASE})
    assert (done.returncode, "tampered" in done.stderr) == (1, True)
    assert not (unsigned / "statement.sig").exists()


def test_keys_are_the_owners_alone_and_never_overwritten(made: Path, quick: Command, tmp_path: Path) -> None:
    assert stat.S_IMODE((made / "signing.key").stat().st_mode) == 0o600
    assert b"ENCRYPTED" in (made / "signing.key").read_bytes()
    env = {"P": "x"}
    before = (made / "signing.key").read_bytes()
    assert quick("keys", "generate", "--out", made, "--key-passphrase-env", "P", env=env).returncode == 2
    (tmp_path / "there.key").symlink_to(tmp_path / "nowhere")
    argv = ("keys", "generate", "--out", tmp_path, "--name", "there", "--key-passphrase-env", "P")
    assert quick(*argv, env=env).returncode == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cwd", "there.key"]
    assert (made / "signing.key").read_bytes() == before
    assert quick("keys", "generate", "--name", "../x", "--key-passphrase-env", "P", env=env).returncode == 2
    shutil.copy(made / "signing.key", tmp_path / "open.key")
    (tmp_path / "open.key").chmod(0o640)
    done = quick("keys", "show", tmp_path / "open.key", "--key-passphrase-env", "P", env={"P": PASSPHRASE})
    assert (done.returncode, "chmod 600" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("given", "env"),
    [
        ((), {}),
        (("--key-passphrase-env", "P"), {}),
        (("--key-passphrase-env", "P"), {"P": ""}),
        (("--key-passphrase-env", "P"), {"P": "falsch-0815"}),
        (("--key-passphrase-fd", "1000000"), {}),
        (("--key-passphrase-env", "P", "--key-passphrase-fd", "0"), {"P": PASSPHRASE}),
    ],
)
def test_a_passphrase_that_cannot_be_had_ends_before_anything_is_measured(
    made: Path, submission: Path, quick: Command, given: tuple[str, ...], env: dict[str, str]
) -> None:
    argv = ("run", submission, "-p", "baseline", "--no-mlflow", "--key", made / "signing.key", *given)
    done = quick(*argv, env=env)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert not {PASSPHRASE, "falsch-0815"} & set(done.stderr.split())
    assert not list((submission.parent / "cwd").rglob("*"))


def test_a_passphrase_without_a_key_is_a_mistake(submission: Path, quick: Command) -> None:
    done = quick("run", submission, "-p", "baseline", "--no-mlflow", "--key-passphrase-env", "P", env={"P": "x"})
    assert (done.returncode, "without a key" in done.stderr) == (2, True)


def test_a_passphrase_from_a_file_descriptor(made: Path, command: Path) -> None:
    read, write = os.pipe()
    os.write(write, PASSPHRASE.encode() + b"\n")
    os.close(write)
    argv = [command, "keys", "show", made / "signing.key", "--key-passphrase-fd", str(read)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60, pass_fds=[read])
    os.close(read)
    assert (done.returncode, done.stdout.startswith("Ed25519, fingerprint ")) == (0, True), done.stderr


def test_a_passphrase_is_asked_at_a_terminal_and_not_shown(command: Path, tmp_path: Path) -> None:
    answers = [b"ask me twice\n", b"ask me twice\n"]
    argv = [str(command), "keys", "generate", "--out", str(tmp_path)]
    shown, code = at_a_terminal(argv, answers)
    assert (code, b"New passphrase: " in shown, b"Again: " in shown) == (0, True, True)
    assert b"ask me twice" not in shown
    assert b"fingerprint: " in shown
    shown, code = at_a_terminal([*argv, "--name", "other"], [b"one\n", b"two\n"])
    assert (code, b"the two passphrases differ" in shown) == (2, True)
    assert not (tmp_path / "other.key").exists()


def at_a_terminal(argv: list[str], answers: list[bytes]) -> tuple[bytes, int]:
    """Run a command at a terminal of its own; each prompt ends in a colon and gets the next answer."""
    terminal, theirs = pty.openpty()
    with subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as child:
        os.close(theirs)
        shown, waiting = b"", list(answers)
        with contextlib.suppress(OSError):  # the terminal closes with the command
            while select.select([terminal], [], [], 60)[0]:
                got = os.read(terminal, 4096)
                if not got:
                    break
                shown += got
                if waiting and shown.rstrip(b" ").endswith(b":"):
                    os.write(terminal, waiting.pop(0))
        os.close(terminal)
    return shown, child.returncode


def test_no_secret_is_in_the_evidence_or_in_what_was_printed(made: Path) -> None:
    lines = (made / "signing.key").read_bytes().split(b"\n")
    secrets = [PASSPHRASE.encode(), b"THE_PASSPHRASE", b"PRIVATE KEY", *(line for line in lines[1:-2] if line)]
    assert len(secrets) > 4
    evidence = [path for path in made.rglob("*") if path.is_file() and not path.name.startswith("signing.")]
    assert len(evidence) > 20
    for path in evidence:
        raw = path.read_bytes()
        assert not [secret for secret in secrets if secret in raw], path
