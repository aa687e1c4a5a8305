"""A way for the AWS client to one host and to no other, whatever redirect that host answers with.

The client follows redirects and has no switch against it; a store could send it, with what signs its requests, to any
address that this machine reaches. As a proxy on loopback the relay speaks with the named host alone. It carries bytes:
TLS goes from end to end. Each connection is for one request (or one tunnel), so that no later one goes unseen.
"""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress

MISDIRECTED = 421
"""Status of a request for another host (RFC 9110, 15.5.20); ``reader.py`` knows it."""

_MOST_HEAD = 1 << 16
_PIECE = 1 << 18
_FIRST = re.compile(rb"([A-Z]+) (\S+) HTTP/1\.1\r\n")
_HOP = re.compile(rb"(?im)^(?:proxy-)?connection:[^\r\n]*\r\n")


class Relay:
    """A proxy on a free port of 127.0.0.1, until this process ends.

    Parameters
    ----------
    scheme, host
        Of the one endpoint, as ``https`` and ``store.example:9000``.
    seconds
        How long connecting to it may take.
    """

    def __init__(self, scheme: str, host: str, seconds: float) -> None:
        self._seconds = seconds
        self._prefix = f"http://{host}/".encode()
        usual = 443 if scheme == "https" else 80
        name, colon, port = host.rpartition(":")
        whole = not colon or host.endswith("]")
        self._place = (host if whole else name).strip("[]"), usual if whole else int(port)
        self._tunnel = {f"{host}:{usual}".encode() if whole else host.encode()} if scheme == "https" else set()
        self._listening = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listening.getsockname()[1])

    def _serve(self) -> None:
        while True:
            client, _ = self._listening.accept()
            threading.Thread(target=self._one, args=(client,), daemon=True).start()

    def _one(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            head = _head(client)
            found = _FIRST.match(head)
            if found is None:
                return
            tunnel = found[1] == b"CONNECT"
            if not (found[2] in self._tunnel if tunnel else found[2].startswith(self._prefix) and not self._tunnel):
                client.sendall(f"HTTP/1.1 {MISDIRECTED} Misdirected Request\r\nContent-Length: 0\r\n\r\n".encode())
                return
            try:
                host = socket.create_connection(self._place, self._seconds)
            except OSError:
                client.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
                return
            with host:
                host.settimeout(None)
                if tunnel:
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    threading.Thread(target=_carry, args=(client, host), daemon=True).start()
                else:
                    path = b"/" + found[2].removeprefix(self._prefix)
                    rest = _HOP.sub(b"", head[found.end() :])
                    host.sendall(b"%s %s HTTP/1.1\r\nConnection: close\r\n%s" % (found[1], path, rest))
                _carry(host, client)


def _head(client: socket.socket) -> bytes:
    """Return a request's head; what reads a store sends no body."""
    head = b""
    while b"\r\n\r\n" not in head and len(head) < _MOST_HEAD:
        piece = client.recv(4096)
        if not piece:
            return b""
        head += piece
    return head


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            target.sendall(piece)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)
