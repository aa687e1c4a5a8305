from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from proofbox.runners.remote.errors import FetchError, NotAllowedError
from proofbox.runners.remote.fetching import FetchLimits, fetch
from proofbox.sandbox import processes

BODY = b"income,approved\n" + b"1200,1\n900,0\n" * 400
SHA256 = hashlib.sha256(BODY).hexdigest()
CANARIES = {
    "AWS_ACCESS_KEY_ID": "canary0id",
    "AWS_SECRET_ACCESS_KEY": "canary1secret",
    "AWS_SESSION_TOKEN": "canary2token",
    "AZURE_STORAGE_KEY": "Y2FuYXJ5M2tleQ==",
}


def within(seconds, true):
    """Wait until something is true, at most so long."""
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.05)


@pytest.fixture
def s3(store, plain):
    for name, value in {**CANARIES, "AWS_ENDPOINT_URL": store.url}.items():
        plain.setenv(name, value)
    return store


def test_an_object_comes_whole_with_its_digest_and_version(s3, tmp_path):
    one = fetch("s3://data/v1/ok.csv", ["s3://data/v1/"], tmp_path)
    assert one.path == tmp_path / "fetched/s3/data/v1/ok.csv"
    assert (one.path.read_bytes(), one.size, one.sha256) == (BODY, len(BODY), SHA256)
    assert dict(one.told) == {"etag": "tag-1", "modified": "2026-11-01T00:00:00Z", "version": "v1"}
    assert one.path.stat().st_mode & 0o777 == 0o444
    signed = [headers["authorization"] for _, _, headers in s3.asked]
    assert signed
    assert all("canary0id" in line and "canary1secret" not in line for line in signed)


def test_nothing_is_asked_that_nobody_allowed(s3, tmp_path):
    with pytest.raises(NotAllowedError):
        fetch("s3://data/v2/ok.csv", ["s3://data/v1/"], tmp_path)
    assert not s3.asked
    assert not list(tmp_path.rglob("*.csv"))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("none.csv", "no object at s3://data/none.csv"),
        ("refused.csv", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ("changed.csv", "do not write to it while it is fetched"),
    ],
)
def test_what_cannot_be_had_is_told_with_what_to_do_and_leaves_nothing(s3, tmp_path, name, told):
    with pytest.raises(FetchError, match=told) as caught:
        fetch(f"s3://data/{name}", ["s3://data"], tmp_path)
    assert caught.value.exit_code == 2
    assert not any(canary in str(caught.value) for canary in CANARIES.values())
    assert not list(tmp_path.rglob("*.csv"))


def test_a_store_that_is_busy_once_is_asked_again(s3, tmp_path):
    assert fetch("s3://data/busy.csv", ["s3://data"], tmp_path).sha256 == SHA256
    assert s3.paths.count("/data/busy.csv") >= 4  # twice each for what it is and for its bytes


def test_a_store_that_falls_silent_is_given_up_and_its_reader_ended(s3, tmp_path):
    children, before = set(processes.usage(os.getpid())), time.monotonic()
    with pytest.raises(FetchError, match="within the time"):
        fetch("s3://data/silent.csv", ["s3://data"], tmp_path, FetchLimits(stall_seconds=60, wall_seconds=3))
    assert time.monotonic() - before < 30
    assert not set(processes.usage(os.getpid())) - children


def test_a_harness_that_is_killed_leaves_no_reader_behind(s3, tmp_path):
    code = (
        "from pathlib import Path; from proofbox.runners.remote.fetching import fetch;"
        f"fetch('s3://data/silent.csv', ['s3://data'], Path({str(tmp_path)!r}))"
    )
    with subprocess.Popen([sys.executable, "-c", code]) as harness:
        within(60, lambda: ("GET", "/data/silent.csv") in [one[:2] for one in s3.asked])
        (reader,) = Path(f"/proc/{harness.pid}/task/{harness.pid}/children").read_text().split()
        harness.kill()
    within(10, lambda: not Path(f"/proc/{reader}").exists() or " Z " in Path(f"/proc/{reader}/stat").read_text())


def test_what_is_too_large_is_not_read(s3, tmp_path):
    with pytest.raises(FetchError, match="--data-megabytes"):
        fetch("s3://data/ok.csv", ["s3://data"], tmp_path, FetchLimits(file_bytes=len(BODY) - 1))
    assert {method for method, _, _ in s3.asked} == {"HEAD"}


def test_a_store_that_is_not_there_is_told(plain, tmp_path):
    plain.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(FetchError, match="named by AWS_ENDPOINT_URL"):
        fetch("s3://data/ok.csv", ["s3://data"], tmp_path)


def test_a_store_is_reached_by_tls_and_must_be_known(by_tls, plain, tmp_path):
    store, certificate = by_tls
    plain.setenv("AWS_ENDPOINT_URL", store.url)
    plain.setenv("AWS_CA_BUNDLE", str(certificate))
    assert fetch("s3://data/ok.csv", ["s3://data"], tmp_path).sha256 == SHA256
    before = len(store.asked)
    plain.delenv("AWS_CA_BUNDLE")
    with pytest.raises(FetchError, match="no answer of the store"):
        fetch("s3://data/other.csv", ["s3://data"], tmp_path)
    assert len(store.asked) == before


def test_google_answers_anybody(store, plain, tmp_path):
    plain.setenv("CLOUD_STORAGE_EMULATOR_ENDPOINT", store.url)
    one = fetch("gs://data/v1/ok.csv", ["gs://data"], tmp_path)
    assert (one.sha256, dict(one.told)["version"]) == (SHA256, "77")
    assert not any("authorization" in headers for _, _, headers in store.asked)
    with pytest.raises(FetchError, match="GOOGLE_APPLICATION_CREDENTIALS"):
        fetch("gs://data/refused.csv", ["gs://data"], tmp_path)


@pytest.mark.parametrize("key", ["", CANARIES["AZURE_STORAGE_KEY"]], ids=["anybody", "with a key"])
def test_azure_answers_anybody_or_by_the_key_of_the_environment(store, plain, tmp_path, key):
    plain.setenv("AZURE_STORAGE_SERVICE_ENDPOINT", store.url)
    plain.setenv("AZURE_STORAGE_KEY", key)
    one = fetch(
        "abfs://box@account1.dfs.core.windows.net/v1/ok.csv", ["abfs://box@account1.dfs.core.windows.net"], tmp_path
    )
    assert (one.sha256, dict(one.told)["etag"]) == (SHA256, "tag-1")
    signed = ["authorization" in headers for _, _, headers in store.asked]
    assert signed == [bool(key)] * len(signed)


@pytest.mark.parametrize(
    ("uri", "variable", "region"),
    [
        ("s3://data/moved.csv", "AWS_ENDPOINT_URL", ""),
        ("s3://data/moved.csv", "AWS_ENDPOINT_URL", "fr-par"),
        ("gs://data/moved.csv", "CLOUD_STORAGE_EMULATOR_ENDPOINT", ""),
        ("abfs://box@account1.dfs.core.windows.net/moved.csv", "AZURE_STORAGE_SERVICE_ENDPOINT", ""),
    ],
)
def test_no_store_sends_the_reader_to_another_address(store, plain, tmp_path, uri, variable, region):
    plain.setenv(variable, store.url)
    plain.setenv("AWS_REGION", region)
    with pytest.raises(FetchError, match="somewhere else"):
        fetch(uri, [uri], tmp_path)
    assert store.asked  # that nobody else was is asserted where the other server ends


def test_a_file_of_this_machine_wants_the_operators_word_too(tmp_path):
    place, into = tmp_path / "data", tmp_path / "into"
    (place / "inner").mkdir(parents=True)
    (place / "inner/e.csv").write_bytes(BODY)
    (tmp_path / "secret.csv").write_bytes(b"secret")
    (place / "link.csv").symlink_to(tmp_path / "secret.csv")
    (place / "inside.csv").symlink_to(place / "inner/e.csv")
    os.mkfifo(place / "pipe.csv")
    allowed = [f"file://{place}/"]
    held = len(list(Path("/proc/self/fd").iterdir()))
    assert fetch(f"file://{place}/inner/e.csv", allowed, into).sha256 == SHA256
    assert fetch(f"file://{place}/inside.csv", allowed, into).sha256 == SHA256
    with pytest.raises(NotAllowedError):
        fetch(f"file://{tmp_path}/secret.csv", allowed, into)
    for name, told in (
        ("link.csv", "leads out"),
        ("pipe.csv", "special file"),
        ("inner", "a folder"),
        ("no.csv", "No such"),
    ):
        with pytest.raises(FetchError, match=told):
            fetch(f"file://{place}/{name}", allowed, into)
    with pytest.raises(FetchError, match="more or fewer bytes"):
        fetch("file:///proc/self/status", ["file:///proc/self/status"], into)
    with pytest.raises(FetchError, match="at most 5"):
        fetch(f"file://{place}/inner/e.csv", allowed, tmp_path / "other", FetchLimits(file_bytes=5))
    assert len(list(Path("/proc/self/fd").iterdir())) == held


def test_a_disk_that_is_full_is_told_and_nothing_is_left(tmp_path):
    (tmp_path / "e.csv").write_bytes(BODY)
    code = f"""
import resource, signal
from pathlib import Path
from proofbox.runners.remote.errors import FetchError
from proofbox.runners.remote.fetching import fetch
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
try:
    fetch("file://{tmp_path}/e.csv", ["file://{tmp_path}/e.csv"], Path("{tmp_path}/into"))
except FetchError as err:
    print(err)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert f"(File too large), expected {len(BODY)} bytes of room" in done.stdout
    assert not list((tmp_path / "into").rglob("*.csv"))


def test_a_file_that_stands_in_the_way_is_never_written_over(tmp_path):
    (tmp_path / "e.csv").write_bytes(BODY)
    for into, text in ((tmp_path / "one", f"fetched/file{tmp_path}/e.csv"), (tmp_path / "two", "fetched")):
        there = into / text
        there.parent.mkdir(parents=True)
        there.write_bytes(b"mine")
        with pytest.raises(FetchError, match="already"):
            fetch(f"file://{tmp_path}/e.csv", [f"file://{tmp_path}"], into)
        assert there.read_bytes() == b"mine"
