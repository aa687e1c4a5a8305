"""A store on loopback that speaks as much of S3, Google Cloud Storage and Azure Blob as reading and listing takes."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote

import pytest

BODY = b"income,approved\n" + b"1200,1\n900,0\n" * 400
VARIABLES = ("AWS_", "GOOGLE_", "CLOUD_STORAGE_", "AZURE_")
PROXIES = ("http", "https", "all", "no")


@dataclass
class Store:
    """The server, what it was asked, and how it answers for the object of a name."""

    url: str
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    """Method, path and headers (names in lower case) of each request."""
    elsewhere: str = ""
    """Where a request for ``moved.csv`` is sent."""
    listed: list[str] = field(default_factory=list)
    """Keys that are told wherever a folder is listed."""
    released: threading.Event = field(default_factory=threading.Event)
    """Ends every answer that is silent."""

    @property
    def paths(self) -> list[str]:
        return [path for _, path, _ in self.asked]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_given):
        pass

    def do_HEAD(self):
        self._answered()

    def do_GET(self):
        self._answered()

    def _answered(self):
        store, counts = self.server.store, self.server.counts
        store.asked.append(
            (self.command, unquote(self.path), {name.lower(): value for name, value in self.headers.items()})
        )
        name = unquote(self.path).partition("?")[0].rpartition("/")[2]
        counts[name, self.command] += 1
        if "delimiter=" in self.path and "moved" not in self.path:
            self._send(200, {}, _listing(self.path, store.listed).encode())
        elif "action=getAccessControl" in self.path:
            self._send(400, {"x-ms-error-code": "FilesystemNotFound"})
        elif "delimiter=" in self.path or name == "moved.csv":
            self._send(307, {"Location": store.elsewhere + self.path})
        elif name == "refused.csv":
            self._send(403)
        elif name == "busy.csv" and counts[name, self.command] == 1:
            self._send(503)
        elif name in ("none.csv", "gone.parquet"):
            self._send(404)
        elif name == "silent.csv" and self.command == "GET":
            store.released.wait(20)
            self.close_connection = True
        elif self.path.startswith("/storage/v1/") and "alt=media" not in self.path:
            told = {"bucket": "data", "name": name, "size": str(len(BODY)), "generation": "77", "etag": "gs-tag",
                    "kind": "storage#object", "updated": "2026-11-01T00:00:00Z"}  # fmt: skip
            self._send(200, {"Content-Type": "application/json"}, json.dumps(told).encode())
        else:
            self._object(counts[name, "GET"] if name == "changed.csv" else 1)

    def _object(self, version):
        headers = {"ETag": f'"tag-{version}"', "x-amz-version-id": f"v{version}", "Accept-Ranges": "bytes",
                   "Last-Modified": "Sun, 01 Nov 2026 00:00:00 GMT", "x-ms-blob-type": "BlockBlob",
                   "x-ms-creation-time": "Sun, 01 Nov 2026 00:00:00 GMT", "x-ms-lease-state": "available",
                   "x-ms-lease-status": "unlocked", "x-ms-server-encrypted": "true"}  # fmt: skip
        wanted = self.headers.get("x-ms-range") or self.headers.get("Range")
        if wanted is None:
            self._send(200, headers, BODY)
            return
        first, _, last = wanted.removeprefix("bytes=").partition("-")
        body = BODY[int(first) : int(last) + 1 if last else None]
        end = int(first) + len(body) - 1
        self._send(206, {**headers, "Content-Range": f"bytes {first}-{end}/{len(BODY)}"}, body)

    def _send(self, status, headers=None, body=b""):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _listing(path, keys):
    """What each of the three stores says of a folder, as far as its client looks at it."""
    if path.startswith("/storage/v1/"):
        told = [{"kind": "storage#object", "name": key, "size": str(len(BODY)), "generation": "77"} for key in keys]
        return json.dumps({"kind": "storage#objects", "items": told})
    if "comp=list" in path:
        about = (
            f"<Properties><Content-Length>{len(BODY)}</Content-Length><Etag>t</Etag><BlobType>BlockBlob</BlobType>"
            "<Last-Modified>Sun, 01 Nov 2026 00:00:00 GMT</Last-Modified></Properties>"
        )
        told = "".join(f"<Blob><Name>{key}</Name>{about}</Blob>" for key in keys)
        return f'<?xml version="1.0"?><EnumerationResults><Blobs>{told}</Blobs><NextMarker /></EnumerationResults>'
    told = "".join(f"<Contents><Key>{key}</Key><Size>{len(BODY)}</Size></Contents>" for key in keys)
    return f"<ListBucketResult><IsTruncated>false</IsTruncated>{told}</ListBucketResult>"


def _serving(context=None):
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    server.counts = Counter()
    server.store = Store(url=f"http://127.0.0.1:{server.server_address[1]}")
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


@pytest.fixture
def store():
    servers = (_serving(), _serving())
    servers[0].store.elsewhere = servers[1].store.url
    servers[0].other = servers[1].store
    yield servers[0].store
    for server in servers:
        server.store.released.set()
        server.shutdown()
        server.server_close()
    assert not servers[1].store.asked, "a store sent the reader to an address that nobody named"


@pytest.fixture
def by_tls(tmp_path):
    """A store that is reached by TLS alone, and the certificate that it is known by."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    new = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([*new, "-keyout", key, "-out", certificate, *named], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server = _serving(context)
    server.store.url = f"https://localhost:{server.server_address[1]}"
    yield server.store, certificate
    server.shutdown()
    server.server_close()


@pytest.fixture
def plain(monkeypatch, tmp_path):
    """No credentials and no endpoints, whatever this machine has."""
    for name in os.environ:
        if name.startswith(VARIABLES) or name.lower().removesuffix("_proxy") in PROXIES:
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    return monkeypatch
