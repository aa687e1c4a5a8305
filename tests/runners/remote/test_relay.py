from __future__ import annotations

import socket
import threading

import pytest

from proofbox.runners.remote.relay import Relay


@pytest.fixture
def host():
    """A server that answers each connection with what it was sent, once; and how often it was reached."""
    listening = socket.create_server(("127.0.0.1", 0))
    reached = []

    def serve():
        while True:
            try:
                one, _ = listening.accept()
            except OSError:
                return
            with one:
                said = one.recv(65536)
                reached.append(said)
                one.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + said)

    threading.Thread(target=serve, daemon=True).start()
    yield f"127.0.0.1:{listening.getsockname()[1]}", reached
    listening.close()


def asked(relay, *pieces):
    with socket.create_connection(("127.0.0.1", relay.port), 10) as one:
        for piece in pieces:
            one.sendall(piece)
        said = b""
        while part := one.recv(65536):
            said += part
        return said


def test_a_request_for_the_host_goes_there_as_it_was_and_alone(host):
    name, reached = host
    first = f"GET http://{name}/data/e.csv?x=1 HTTP/1.1\r\nHost: {name}\r\nConnection: Keep-Alive\r\n\r\n".encode()
    said = asked(Relay("http", name, 5), first)
    assert said.startswith(b"HTTP/1.1 200 OK\r\n\r\nGET /data/e.csv?x=1 HTTP/1.1\r\nConnection: close\r\n")
    assert b"Keep-Alive" not in said
    assert len(reached) == 1


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "line",
    [
        "GET http://169.254.169.254/latest/meta-data HTTP/1.1",
        "GET http://{name}@169.254.169.254/ HTTP/1.1",
        "GET http://{name}1/ HTTP/1.1",
        "GET http://{name}.example.org/ HTTP/1.1",
        "GET https://169.254.169.254/ HTTP/1.1",
        "CONNECT 169.254.169.254:80 HTTP/1.1",
        "CONNECT {name}1 HTTP/1.1",
        "GET /data HTTP/1.1",
    ],
)
def test_another_host_is_refused_and_nobody_is_reached(host, scheme, line):
    name, reached = host
    said = asked(Relay(scheme, name, 5), line.format(name=name).encode() + b"\r\n\r\n")
    assert said.startswith(b"HTTP/1.1 421 ")
    assert not reached


def test_a_tunnel_is_for_tls_and_carries_bytes(host):
    name, reached = host
    line = f"CONNECT {name} HTTP/1.1\r\n\r\n".encode()
    assert asked(Relay("http", name, 5), line).startswith(b"HTTP/1.1 421 ")
    assert not reached
    with socket.create_connection(("127.0.0.1", Relay("https", name, 5).port), 10) as one:
        one.sendall(line)
        assert one.recv(100) == b"HTTP/1.1 200 Connection established\r\n\r\n"
        one.sendall(b"anything")
        assert one.recv(100).endswith(b"anything")


def test_a_host_that_is_not_there_and_what_is_no_request_are_answered():
    gone = Relay("http", "127.0.0.1:1", 5)
    assert asked(gone, b"GET http://127.0.0.1:1/x HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 503 ")
    assert asked(gone, b"nonsense\r\n\r\n") == b""


@pytest.mark.parametrize(
    ("scheme", "host", "place"),
    [
        ("https", "store.example", ("store.example", 443)),
        ("http", "store.example", ("store.example", 80)),
        ("http", "store.example:9000", ("store.example", 9000)),
        ("https", "[::1]:9000", ("::1", 9000)),
        ("https", "[::1]", ("::1", 443)),
    ],
)
def test_the_host_of_an_endpoint_is_read(scheme, host, place):
    assert Relay(scheme, host, 5)._place == place
