"""A tracking server that is slow, busy, wrong or hostile: a bounded wait, one line that says why, and nothing else."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from fakestore import Answer, Request, server

from proofbox.reports.errors import PublishError
from proofbox.reports.tracking import door, fetching
from proofbox.reports.tracking.fetching import fetch_all
from proofbox.reports.tracking.localfiles import fetch_local, list_local, local_root
from proofbox.reports.tracking.rest import RestStore
from proofbox.reports.tracking.store import (
    Artifact,
    AwayStoreError,
    BusyStoreError,
    FoundRun,
    NoPlainWayError,
    Page,
    StoreError,
)
from proofbox.reports.tracking.wire import RefusedError, Wire

RUN = FoundRun(run_id="0" * 32, status="FINISHED", artifact_uri="mlflow-artifacts:/1/0/artifacts", tags={})


@contextmanager
def asked(address: str, **given: float) -> Iterator[Wire]:
    wire = Wire(address, **given)
    try:
        yield wire
    finally:
        wire.close()


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    for name in ("USERNAME", "PASSWORD", "TOKEN", "SERVER_CERT_PATH"):
        monkeypatch.delenv(f"MLFLOW_TRACKING_{name}", raising=False)


def test_a_server_that_is_not_there_is_away(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with asked("http://127.0.0.1:9") as wire, pytest.raises(AwayStoreError):
        wire.get("/health", {})


@pytest.mark.parametrize("drip", [b"", b"H"])
def test_a_server_that_never_finishes_its_answer_is_left(drip):
    """Also one that sends a byte now and then, which begins a socket's own time anew."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        ended = threading.Event()

        def serve() -> None:
            taken, _ = listening.accept()
            with taken:
                try:
                    while not ended.wait(0.05):
                        taken.sendall(drip)
                except OSError:
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        started = time.monotonic()
        try:
            address = f"http://127.0.0.1:{listening.getsockname()[1]}"
            with asked(address, total_seconds=0.5) as wire, pytest.raises(StoreError) as caught:
                wire.get("/health", {})
            assert not isinstance(caught.value, AwayStoreError), "it may answer others"
        finally:
            ended.set()
            thread.join()
        assert time.monotonic() - started < 10


def test_a_busy_server_is_asked_again_and_a_refusal_is_final():
    seen: list[str] = []

    def answer(request: Request) -> Answer:
        seen.append(request.path)
        if request.path.startswith("/no"):
            return 400, {}, b'{"error_code": "INVALID", "message": "no\\nsecond line"}'
        return (503, {}, b"") if len(seen) < 3 else (200, {}, b'{"run": 1}')

    with server(answer) as address, asked(address) as wire:
        assert wire.post("/yes", {}) == {"run": 1}
        assert len(seen) == 3
        with pytest.raises(RefusedError, match="INVALID: no") as caught:
            wire.get("/no", {"a": "b c"})
        assert caught.value.code == "INVALID"
        assert seen[3:] == ["/no?a=b+c"]


def test_another_writer_was_quicker_is_worth_another_try():
    body = json.dumps({"error_code": "BAD_REQUEST", "message": "duplicate key value violates dataset_pk"}).encode()
    with server(lambda request: (400, {}, body)) as address, asked(address) as wire, pytest.raises(BusyStoreError):
        wire.post("/x", {})


def test_a_redirection_is_not_followed_with_the_password():
    reached: list[str] = []

    def elsewhere(request: Request) -> Answer:
        reached.append(str(request.headers["Authorization"]))
        return 200, {}, b"{}"

    with server(elsewhere) as other, server(lambda request: (302, {"Location": other}, b"")) as address:
        named = address.replace("http://", "http://me:secret@")
        with asked(named) as wire, pytest.raises(StoreError, match="HTTP 302"):
            wire.get("/x", {})
    assert reached == []


def test_who_asks_is_said_by_address_variables_or_token(monkeypatch):
    said: list[str | None] = []

    def answer(request: Request) -> Answer:
        said.append(request.headers["Authorization"])
        return 200, {}, b"{}"

    with server(answer) as address:

        def ask(uri: str) -> str | None:
            with asked(uri) as wire:
                wire.get("/x", {})
            return said[-1]

        assert ask(address) is None
        monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "t0k3n")
        assert ask(address) == "Bearer t0k3n"
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ci")
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "đủ:dài")
        assert ask(address) == "Basic " + b64encode("ci:đủ:dài".encode()).decode()
        named = ask(address.replace("http://", "http://m%40e:p%3Aw@"))
        assert named == "Basic " + b64encode(b"m@e:p:w").decode()


@pytest.mark.parametrize("body", [b"<html>sign in</html>", b"[]"])
def test_what_is_no_tracking_server_is_told(body):
    with server(lambda request: (200, {}, body)) as address, pytest.raises(PublishError) as caught:
        door.find_run("0" * 64, experiment="e", tracking_uri=address.replace("http://", "http://me:secret@"))
    assert "is this an MLflow tracking server?" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("address", ["http://", "http://127.0.0.1:port", "http://me:secret@"])
def test_what_is_no_address_is_told(address):
    with pytest.raises(PublishError, match="no address of a server") as caught:
        door.find_run("0" * 64, experiment="e", tracking_uri=address)
    assert "secret" not in str(caught.value)


def test_a_setting_that_is_no_number_is_told(monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "soon")
    with pytest.raises(StoreError, match="MLFLOW_HTTP_REQUEST_TIMEOUT: got 'soon'"):
        Wire("http://127.0.0.1:9")


@pytest.mark.parametrize("name", ["../outside", "a/../../outside", "/outside"])
def test_a_server_cannot_write_outside_the_folder(tmp_path, name):
    def answer(request: Request) -> Answer:
        if "artifacts/list" in request.path:
            return 200, {}, json.dumps({"files": [{"path": name, "is_dir": False}]}).encode()
        return 200, {}, b"taken"

    (tmp_path / "into").mkdir()
    with server(answer) as address:
        store = RestStore(address)
        with pytest.raises(StoreError, match="outside"):
            fetch_all(store, RUN, tmp_path / "into")
        store.close()
    assert [path.name for path in tmp_path.iterdir()] == ["into"]


def test_a_folder_within_itself_is_not_followed_for_ever(tmp_path):
    files = {"files": [{"path": "a", "is_dir": True}, {"path": "", "is_dir": True}]}
    with server(lambda request: (200, {}, json.dumps(files).encode())) as address:
        store = RestStore(address)
        fetch_all(store, RUN, tmp_path)
        store.close()
    assert list(tmp_path.iterdir()) == []


def test_two_artifacts_that_are_each_others_file_and_folder_are_refused(tmp_path):
    named = [{"path": "a", "is_dir": False}, {"path": "a/b", "is_dir": False}]
    with server(lambda request: (200, {}, json.dumps({"files": named}).encode())) as address:
        store = RestStore(address)
        with pytest.raises(StoreError, match="cannot be written"):
            fetch_all(store, RUN, tmp_path)
        store.close()


def test_an_artifact_that_is_longer_than_was_said_is_not_read_to_its_end(tmp_path, monkeypatch):
    monkeypatch.setattr(fetching, "MOST_BYTES", 100)
    listed = {"files": [{"path": "a", "is_dir": False, "file_size": "50"}]}

    def answer(request: Request) -> Answer:
        if "artifacts/list" in request.path:
            return 200, {}, json.dumps(listed).encode()
        return 200, {}, b"x" * 101

    with server(answer) as address:
        store = RestStore(address)
        with pytest.raises(StoreError, match="more than 100 bytes"):
            fetch_all(store, RUN, tmp_path)
        store.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["link", "pipe", "long"])
def test_of_a_shared_folder_only_regular_files_are_copied(tmp_path, kind, monkeypatch):
    monkeypatch.setattr(fetching, "MOST_FILE_BYTES", 100)
    root, into = tmp_path / "artifacts", tmp_path / "into"
    for folder in (root / "tables", into):
        folder.mkdir(parents=True)
    (root / "tables/a.txt").write_bytes(b"whole")
    assert local_root(root.as_uri()) == local_root(str(root)) == root
    assert local_root("s3://bucket/x") is local_root("file://elsewhere/x") is None

    class Shared:
        def listed(self, run: FoundRun, folder: str) -> Sequence[Artifact]:
            return list_local(root, folder)

        def fetch(self, run: FoundRun, path: str, target: Path, most_bytes: int) -> None:
            fetch_local(root, path, target, most_bytes)

    fetch_all(Shared(), RUN, into)
    assert (into / "tables/a.txt").read_bytes() == b"whole"
    if kind == "link":
        (tmp_path / "secret").write_bytes(b"short")
        (root / "b").symlink_to(tmp_path / "secret")
    elif kind == "pipe":
        os.mkfifo(root / "b")
    else:
        (root / "b").write_bytes(b"x" * 101)
    with pytest.raises(StoreError, match="artifact 'b'"):
        fetch_all(Shared(), RUN, into)
    if kind != "long":
        with pytest.raises(StoreError, match="a link or no regular file"):
            list_local(root, "")
    with pytest.raises((StoreError, OSError)):  # put in its place after it was listed
        fetch_local(root, "b", into / "b", 100)
    assert not (into / "b").exists()


def test_where_the_server_keeps_no_artifacts_mlflows_client_sends_them(monkeypatch):
    ways: list[bool] = []

    class Store:
        def __init__(self, plain: bool) -> None:
            self.plain = plain

        def experiments(self, name: str, token: str) -> Page[str]:
            ways.append(self.plain)
            if self.plain:
                raise NoPlainWayError("artifacts are kept at s3:, not by the server")
            return Page(items=(name,), following="")

        def runs_of(self, experiment_id: str, digest: str) -> list[FoundRun]:
            return [RUN]

        def close(self) -> None:
            pass

    monkeypatch.setattr(door, "_store", lambda uri, plain: Store(plain))
    assert door.find_run("0" * 64, experiment="e", tracking_uri="http://127.0.0.1:9") == RUN.run_id
    assert ways == [True, False]
