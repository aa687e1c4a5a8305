"""One kept-alive HTTP connection to a tracking server, with bounded patience; the standard library alone.

MLflow's own variables are honoured: ``MLFLOW_TRACKING_USERNAME`` and ``_PASSWORD``, ``MLFLOW_TRACKING_TOKEN``,
``MLFLOW_TRACKING_SERVER_CERT_PATH``, ``MLFLOW_HTTP_REQUEST_TIMEOUT`` (seconds) and ``MLFLOW_HTTP_REQUEST_MAX_RETRIES``.
A redirection is not followed, so that a password goes to the named server alone.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import os
import socket
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlencode, urlsplit

from proofbox.reports.tracking.store import AwayStoreError, BusyStoreError, StoreError, says_busy
from proofbox.reports.tracking.uris import PATIENCE, without_password

if TYPE_CHECKING:
    from proofbox.checks.result import Json

TOTAL_SECONDS = 180.0
"""For all that is asked over one connection, waiting included."""
MOST_BYTES = 1024 * 1024 * 1024
"""Of one answer."""
_BUSY = frozenset({429, 500, 502, 503, 504})
"""Statuses after which the same request is worth another try."""


class Wire:
    """A connection to one server."""

    def __init__(
        self, tracking_uri: str, *, total_seconds: float = TOTAL_SECONDS, headers: Mapping[str, str] | None = None
    ) -> None:
        """Prepare a connection; ``headers`` go with every request in place of who asks, None: name and password do."""
        parts = urlsplit(tracking_uri)
        try:
            self._host, self._port = parts.hostname or "", parts.port
        except ValueError as err:
            raise StoreError(f"{without_password(tracking_uri)}: no address of a server ({err})") from err
        if not self._host:
            raise StoreError(f"{without_password(tracking_uri)}: no address of a server, as http://127.0.0.1:5000")
        self.scheme = parts.scheme
        """``http`` or ``https``."""
        self._prefix = parts.path.rstrip("/")
        self._headers = _authorization(parts.username, parts.password) if headers is None else dict(headers)
        self._timeout = _setting("MLFLOW_HTTP_REQUEST_TIMEOUT")
        self._retries = int(_setting("MLFLOW_HTTP_REQUEST_MAX_RETRIES"))
        self._total_seconds = total_seconds
        self._until = time.monotonic() + total_seconds
        self._open: http.client.HTTPConnection | None = None

    def get(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """Return the JSON that a GET is answered with."""
        return _document(self.send("GET", f"{path}?{urlencode(query)}", None, "application/json"))

    def post(self, path: str, body: Mapping[str, Json], method: str = "POST") -> dict[str, Any]:
        """Return the JSON that a POST of JSON is answered with."""
        return _document(self.send(method, path, json.dumps(body).encode(), "application/json"))

    def put_file(self, path: str, raw: bytes, kind: str) -> None:
        """Send bytes to a path, which is quoted here."""
        self.send("PUT", quote(path), raw, kind)

    def get_file(self, target: str, most_bytes: int) -> bytes:
        """Return the bytes at a path, which is quoted already; more than ``most_bytes`` are refused."""
        return self.send("GET", target, None, "application/octet-stream", most_bytes=most_bytes)

    def send(self, method: str, target: str, body: bytes | None, kind: str, *, most_bytes: int = MOST_BYTES) -> bytes:
        """Return the bytes of a good answer; tried again where the server was not there or busy.

        Raises
        ------
        AwayStoreError
            The server did not answer.
        RefusedError
            It said no; ``code`` is MLflow's word for why, empty where the server said none.
        StoreError
            The answer is too long, or the time for this connection is over.
        """
        for attempt in range(self._retries + 1):
            said: StoreError
            try:
                status, raw = self._once(method, target, body, kind, most_bytes)
            except (OSError, http.client.HTTPException) as err:
                self.close()
                # Out of time, it may answer others: a run of two thousand files is no reason to read no other.
                error = AwayStoreError if time.monotonic() < self._until else StoreError
                said = error(f"{type(err).__name__}: {err}" if str(err) else type(err).__name__)
                said.__cause__ = err
            else:
                if status < 300:
                    return raw
                said = _refusal(status, raw)
                if says_busy(str(said)):
                    raise BusyStoreError(str(said))
                if status not in _BUSY:
                    raise said
            pause = 0.2 * 2**attempt
            if attempt == self._retries or time.monotonic() + pause > self._until:
                raise said
            time.sleep(pause)
        raise StoreError("MLFLOW_HTTP_REQUEST_MAX_RETRIES: expected zero or more")

    def _once(self, method: str, target: str, body: bytes | None, kind: str, most_bytes: int) -> tuple[int, bytes]:
        left = self._until - time.monotonic()
        if left <= 0:
            raise StoreError(f"the server was too slow: more than {self._total_seconds:.0f} seconds in all")
        if self._open is None:
            self._open = self._connected(min(self._timeout, left))
        elif self._open.sock is not None:
            self._open.sock.settimeout(min(self._timeout, left))
        headers = {"Content-Type": kind, **self._headers}
        # The socket's own limit begins anew with every byte: a server that sends one now and then would hold us.
        watch = threading.Timer(left, _shut, (self._open,))
        watch.start()
        try:
            self._open.request(method, self._prefix + target, body, headers)
            answer = self._open.getresponse()
            raw = answer.read(most_bytes + 1)
        finally:
            watch.cancel()
        if len(raw) > most_bytes:
            self.close()
            raise StoreError(f"got an answer of more than {most_bytes} bytes")
        return answer.status, raw

    def _connected(self, timeout: float) -> http.client.HTTPConnection:
        if self.scheme != "https":
            return http.client.HTTPConnection(self._host, self._port, timeout=timeout)
        import ssl

        context = ssl.create_default_context(cafile=os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or None)
        return http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=context)

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        if self._open is not None:
            self._open.close()
            self._open = None


class RefusedError(StoreError):
    """The server answered, and the answer was no."""

    def __init__(self, message: str, code: str, status: int) -> None:
        super().__init__(message)
        self.status = status
        """HTTP's word for it, as 404."""
        self.code = code
        """MLflow's word for why, as ``RESOURCE_ALREADY_EXISTS``; empty where the answer was none of MLflow's."""


def _shut(connection: http.client.HTTPConnection) -> None:
    with contextlib.suppress(OSError):
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)


def _authorization(user: str | None, password: str | None) -> dict[str, str]:
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    if user is None and os.environ.get("MLFLOW_TRACKING_USERNAME"):
        user, password = os.environ["MLFLOW_TRACKING_USERNAME"], os.environ.get("MLFLOW_TRACKING_PASSWORD", "")
    elif user is not None:
        user, password = unquote(user), unquote(password or "")
    if user is not None:
        return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
    return {"Authorization": f"Bearer {token}"} if token else {}


def _setting(name: str) -> float:
    given = os.environ.get(name) or PATIENCE[name]
    try:
        return float(given)
    except ValueError as err:
        raise StoreError(f"{name}: got {given!r}, expected a number") from err


def _document(raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw or b"{}")
    except ValueError as err:
        raise StoreError("the server's answer is no JSON: is this an MLflow tracking server?") from err
    if not isinstance(found, dict):
        raise StoreError("the server's answer is no JSON object: is this an MLflow tracking server?")
    return found


def _refusal(status: int, raw: bytes) -> RefusedError:
    try:
        said = json.loads(raw)
        return RefusedError(f"{said['error_code']}: {said['message']}", str(said["error_code"]), status)
    except (ValueError, KeyError, TypeError):
        reason = http.client.responses.get(status, "")
        return RefusedError(f"HTTP {status} {reason}".strip(), "", status)
