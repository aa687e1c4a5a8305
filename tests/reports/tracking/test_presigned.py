"""An address that a server signs for one file: what goes there, where nobody goes, and what then takes its place."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fakestore import Answer, Request, server

from proofbox.reports.tracking.presigned import put_presigned
from proofbox.reports.tracking.rest import RestStore
from proofbox.reports.tracking.store import FoundRun, NoPlainWayError

RUN = FoundRun(run_id="0" * 32, status="RUNNING", artifact_uri="s3://bucket/1", tags={})


def sent(answer: Callable[[Request], Answer], uri: str = RUN.artifact_uri) -> None:
    """Send one file to a server that answers so."""
    with server(answer) as address:
        store = RestStore(address.replace("http://", "http://me:secret@"))
        try:
            run = FoundRun(run_id=RUN.run_id, status="RUNNING", artifact_uri=uri, tags={})
            store.put_artifacts(run, Path("/nowhere"), {"findings.json": b"{}"})
        finally:
            store.close()


def test_the_bucket_gets_the_file_and_what_was_signed_and_no_password(monkeypatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "t0k3n")
    got: list[tuple[str, bytes, dict[str, str]]] = []

    def take(request: Request) -> Answer:
        got.append((f"{request.command} {request.path}", request.content, dict(request.headers)))
        return 200, {}, b""

    with server(take) as bucket:
        signed = {"presigned_url": f"{bucket}/b/a%20b?X-Sig=1&y=2", "headers": {"Content-Type": "signed/kind"}}
        sent(lambda request: (200, {}, json.dumps(signed).encode()))
    ((line, body, headers),) = got
    assert (line, body) == ("PUT /b/a%20b?X-Sig=1&y=2", b"{}")
    assert headers["Content-Type"] == "signed/kind"
    assert "Authorization" not in headers


@pytest.mark.parametrize("uri", ["s3://bucket/1", "mlflow-artifacts://elsewhere/1"])
def test_a_server_that_signs_nothing_leaves_it_to_mlflows_client(uri: str) -> None:
    with pytest.raises(NoPlainWayError, match="artifacts are kept at"):
        sent(lambda request: (404, {}, b""), uri)


def test_a_bucket_that_refuses_or_sends_elsewhere_leaves_it_to_mlflows_client() -> None:
    for status in (403, 302):
        with (
            server(lambda request, status=status: (status, {"Location": "http://127.0.0.1:9"}, b"")) as bucket,
            pytest.raises(NoPlainWayError, match=rf"the bucket at 127\.0\.0\.1 refused: HTTP {status}"),
        ):
            put_presigned({"presigned_url": f"{bucket}/b"}, b"x", "http")


@pytest.mark.parametrize(
    "answer",
    [
        {"presigned_url": "http://127.0.0.1:9/x"},
        {"presigned_url": "file:///etc/passwd"},
        {"presigned_url": "https://[/x"},
        {"presigned_url": "https://127.0.0.1:9/x", "headers": {"a": "b\r\nc: d"}},
        {"presigned_url": "https://127.0.0.1:9/x", "headers": ["a"]},
        {},
    ],
)
def test_an_address_that_is_none_is_not_gone_to(answer: dict[str, object]) -> None:
    with pytest.raises(NoPlainWayError):
        put_presigned(answer, b"x", "https")
