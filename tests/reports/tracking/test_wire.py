"""A tracking server that is slow, busy, wrong or hostile: a bounded wait, one line that says why, and nothing else."""

from __future__ import annotations

import json
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from proofbox.reports.errors import PublishError
from proofbox.reports.tracking import door
from proofbox.reports.tracking.fetching import fetch_all
from proofbox.reports.tracking.rest import RestStore
from proofbox.reports.tracking.store import BusyStoreError, FoundRun, NoPlainWayError, StoreError
from proofbox.reports.tracking.wire import RefusedError, Wire

RUN = FoundRun(run_id="0" * 32, status="FINISHED", artifact_uri="mlflow-artifacts:/1/0/artifacts", tags={})
Answer = tuple[int, dict[str, str], bytes]


@contextmanager
def server(answer: Callable[[BaseHTTPRequestHandler], Answer]) -> Iterator[str]:
    """A server on loopback that answers every request by a function; yields its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, body = answer(self)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = handle_any  # noqa: N815

        def log_message(self, *given: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{http.server_port}"
    finally:
        http.shutdown()
        http.server_close()
        thread.join()


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
            with asked(address, total_seconds=0.5) as wire, pytest.raises(StoreError):
                wire.get("/health", {})
        finally:
            ended.set()
            thread.join()
        assert time.monotonic() - started < 10


def test_a_busy_server_is_asked_again_and_a_refusal_is_final():
    seen: list[str] = []

    def answer(request: BaseHTTPRequestHandler) -> Answer:
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

    def elsewhere(request: BaseHTTPRequestHandler) -> Answer:
        reached.append(str(request.headers["Authorization"]))
        return 200, {}, b"{}"

    with server(elsewhere) as other, server(lambda request: (302, {"Location": other}, b"")) as address:
        named = address.replace("http://", "http://me:secret@")
        with asked(named) as wire, pytest.raises(StoreError, match="HTTP 302"):
            wire.get("/x", {})
    assert reached == []


def test_who_asks_is_said_by_address_variables_or_token(monkeypatch):
    said: list[str | None] = []

    def answer(request: BaseHTTPRequestHandler) -> Answer:
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
    def answer(request: BaseHTTPRequestHandler) -> Answer:
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


def test_where_the_server_keeps_no_artifacts_mlflows_client_sends_them(monkeypatch):
    ways: list[bool] = []

    class Store:
        def __init__(self, plain: bool) -> None:
            self.plain = plain

        def experiment(self, name: str) -> str:
            ways.append(self.plain)
            if self.plain:
                raise NoPlainWayError("artifacts are kept at s3:, not by the server")
            return name

        def runs_of(self, experiment_id: str, digest: str) -> list[FoundRun]:
            return [RUN]

        def close(self) -> None:
            pass

    monkeypatch.setattr(door, "_store", lambda uri, plain: Store(plain))
    assert door.find_run("0" * 64, experiment="e", tracking_uri="http://127.0.0.1:9") == RUN.run_id
    assert ways == [True, False]
    for uri in ("s3://bucket/1", "mlflow-artifacts://elsewhere/1"):
        run = FoundRun(run_id="0" * 32, status="RUNNING", artifact_uri=uri, tags={})
        with pytest.raises(NoPlainWayError):
            RestStore("http://127.0.0.1:9").put_artifacts(run, Path(), {})
