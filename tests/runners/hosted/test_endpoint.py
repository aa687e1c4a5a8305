"""Models that answer over HTTP: an application runs behind the walls, an address is asked only where it was allowed."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from proofbox.checks.asked.broker import Broker
from proofbox.runners.hosted.deciding import DecidingModel
from proofbox.runners.submitted.submission import ModelBlock
from proofbox.sandbox.errors import ModelError
from proofbox.sandbox.limits import Limits
from proofbox.sandbox.remote import RemoteModel, address_of
from proofbox.sandbox.spec import ModelSpec
from proofbox.sandbox.webcontract import Contract, ContractError, read_contract

Command = Callable[..., "subprocess.CompletedProcess[str]"]

APP = """
import json

def app(environ, start_response):
    assert environ["PATH_INFO"] == "/predict" and environ["REQUEST_METHOD"] == "POST"
    asked = json.loads(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    income, debt = (asked["columns"].index(name) for name in ("income", "debt"))
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"probabilities": [0.9 if row[income] > row[debt] else 0.1 for row in asked["rows"]]}).encode()]
"""


def contract(folder: Path, **ours: object) -> None:
    """Put an endpoint in the model's place."""
    told = {"openapi": "3.1.0", "info": {"title": "m", "version": "1"}, "paths": {"/predict": {"post": {}}}}
    server = ours.pop("server", None)
    told |= {"servers": [{"url": server}]} if server else {}
    (folder / "model/model.joblib").unlink()
    (folder / "model/http.json").write_text(json.dumps({**told, "x-proofbox": ours}), encoding="utf-8")
    file = folder / "submission.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("path: model/model.joblib", "path: model\n  format: http"), encoding="utf-8")


def right(folder: Path) -> float:
    rows = pd.read_csv(folder / "data/eval.csv")
    return float(np.mean((rows["income"] > rows["debt"]) == rows["approved"]))


def accuracy(result: subprocess.CompletedProcess[str]) -> float:
    assert result.returncode == 0, result.stderr
    return {one["measure"]: one["value"] for one in json.loads(result.stdout)["measurements"]}["accuracy"]


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler, dict], None]) -> Iterator[str]:
    """Serve on a port of this machine's loopback address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def said(handler: BaseHTTPRequestHandler, told: object, status: int = 200, location: str = "") -> None:
    body = told if isinstance(told, bytes) else json.dumps(told).encode()
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    if location:
        handler.send_header("Location", location)
    handler.end_headers()
    handler.wfile.write(body)


def honest(handler: BaseHTTPRequestHandler, asked: dict) -> None:
    income, debt = (asked["columns"].index(name) for name in ("income", "debt"))
    said(handler, {"probabilities": [0.9 if row[income] > row[debt] else 0.1 for row in asked["rows"]]})


@pytest.mark.parametrize("executor", ["bubblewrap", "landlock"])
def test_an_application_runs_behind_the_walls(submission: Path, proofbox: Command, executor: str) -> None:
    (submission / "model/server.py").write_text(APP, encoding="utf-8")
    contract(submission, app="server:app")
    args = ("measure", submission, "--check", "performance.classification", "--json", "--executor", executor)
    assert accuracy(proofbox(*args)) == right(submission)


def test_an_address_is_asked_only_where_it_was_allowed_and_is_never_isolated(
    submission: Path, proofbox: Command, tmp_path: Path
) -> None:
    with serving(honest) as url:
        contract(submission, server=url)
        measuring = ("measure", submission, "--check", "performance.classification", "--json")
        refused = proofbox(*measuring)
        assert refused.returncode == 4
        assert f"allow it by name: --allow-url {url}" in refused.stderr
        other = proofbox(*measuring, "--allow-url", "http://127.0.0.1:1")
        assert other.returncode == 4
        out = tmp_path / "evidence"
        run = proofbox("run", submission, "-p", "baseline", "--no-mlflow", "--out", out, "--allow-url", url)
        assert run.returncode in (1, 3), run.stderr
        assert "The model was not isolated." in run.stdout
    assessment = json.loads((out / "assessment.json").read_bytes())
    assert assessment["run"]["executor"] == f"none: an endpoint at {url}"
    assert assessment["run"]["selfcheck"]["isolated"] is False
    found = {one["measure"]: one["value"] for one in assessment["measurements"] if not one["group"]}
    assert found["accuracy"] == right(submission)
    assert found["isolation_level"] == 0
    assert not [
        one for one in assessment["findings"] if one["check"] == "security.isolation" and one["verdict"] == "pass"
    ]


def remote(url: str, **limits: float) -> RemoteModel:
    spec = ModelSpec(
        path=Path(), format="http", features=("income", "debt"), output="probability", task="binary-classification"
    )
    told = Contract(path="/predict", server=url, app=None, classes=None, batch_rows=100)
    address = address_of(url)
    assert address is not None
    return RemoteModel(address, told, spec, Limits(**limits))


ROWS = pa.table({"income": [1.0, 2.0], "debt": [2.0, 1.0]})
HOSTILE = [
    ("a redirect", lambda h, a: said(h, {}, 302, "http://127.0.0.1:1/elsewhere"), "status 302"),
    ("an error", lambda h, a: said(h, {}, 500), "status 500"),
    ("too much", lambda h, a: said(h, b"[" + b" " * 200_000 + b"]"), "more than the"),
    ("no json", lambda h, a: said(h, b"<html>"), "no JSON"),
    ("too few", lambda h, a: said(h, {"probabilities": [0.5]}), "1 probabilities for 2 rows"),
    ("no probability", lambda h, a: said(h, {"probabilities": [0.5, 7]}), "outside 0 to 1"),
    ("no numbers", lambda h, a: said(h, {"probabilities": ["a", None]}), "no numbers"),
    ("no number of 64 bits", lambda h, a: said(h, {"probabilities": [10**400, 1]}), "no numbers"),
    ("not finite", lambda h, a: said(h, b'{"probabilities": [NaN, 0.5]}'), "not finite"),
    ("deep", lambda h, a: said(h, b'{"probabilities": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"), "no JSON"),
]


@pytest.mark.parametrize(("answer", "what"), [one[1:] for one in HOSTILE], ids=[one[0] for one in HOSTILE])
def test_an_answer_that_is_none_is_told(answer, what) -> None:
    with serving(answer) as url, pytest.raises(ModelError, match=what):
        remote(url).predict(ROWS)


def test_one_answer_that_is_none_takes_no_other_check_with_it() -> None:
    """Nobody here can start it again, and nobody tries to."""

    def not_for_debtors(handler, asked):
        said(handler, {"probabilities": [float("nan") if debt > 1e6 else 0.5 for _, debt in asked["rows"]]})

    def asking(table):
        answer = yield table
        return answer.score.tolist()

    strange = pa.table({"income": [1.0], "debt": [1e9]})
    block = ModelBlock(path="m", task="binary-classification", features=("income", "debt"), output="probability")
    with serving(not_for_debtors) as url:
        broker = Broker(DecidingModel(remote(url), block))
        ended = broker.run([("strange", lambda: asking(strange)), ("usual", lambda: asking(ROWS))])
        found = {one.key: one.result for one in ended}
    assert str(found["strange"]) == "the model answered with numbers that are not finite"
    assert found["usual"] == [0.5, 0.5]


def test_a_number_that_json_does_not_have_is_refused_unasked() -> None:
    with serving(honest) as url, pytest.raises(ModelError, match="an infinite number cannot be sent") as caught:
        remote(url).predict(pa.table({"income": [float("inf")], "debt": [1.0]}))
    assert caught.value.kind == "raised"


def test_a_drip_does_not_outlast_the_deadline() -> None:
    def drip(handler, asked):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        for _ in range(40):
            try:
                handler.wfile.write(b" ")
                handler.wfile.flush()
            except OSError:
                return
            time.sleep(0.05)

    started = time.monotonic()
    with serving(drip) as url, pytest.raises(ModelError, match="within its deadline"):
        remote(url, call_seconds=0.4).predict(ROWS)
    assert time.monotonic() - started < 1.9


def test_what_is_sent_are_the_features_and_nothing_else() -> None:
    seen = []

    def keep(handler, asked):
        seen.append(asked)
        honest(handler, asked)

    with serving(keep) as url:
        answer = remote(url).predict(pa.table({"income": [1.0, None], "debt": [2.0, 1.0]}).slice(0, 1))
    assert seen == [{"columns": ["income", "debt"], "rows": [[1.0, 2.0]]}]
    assert answer.values.tolist() == [[pytest.approx(0.9), pytest.approx(0.1)]]


@pytest.mark.parametrize(
    "url", ["ftp://a", "http://u:p@a", "http://a/path", "http://a?x", "file:///etc/passwd", "", "http://a:99999"]
)
def test_only_a_plain_address_is_one(url: str) -> None:
    assert address_of(url) is None
    assert str(address_of("http://LOCALHOST:80/")) == "http://localhost:80"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"paths": {"/a": {"post": {}}, "/b": {"post": {}}}}', '{"paths": {"/a b": {"post": {}}}}',
             '{"paths": {"/a": {"post": {}}}, "x-proofbox": {"app": "os"}}', "[" * 9_000]
)  # fmt: skip
def test_a_broken_contract_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "http.json").write_text(text, encoding="utf-8")
    with pytest.raises(ContractError, match=r"http\.json"):
        read_contract(tmp_path)


def test_both_ends_read_one_contract_and_one_rule_of_labels() -> None:
    from proofbox.checks import labels
    from proofbox.sandbox import remote as outside
    from proofbox.sandbox import webcontract

    mine = Path(webcontract.__file__)
    assert mine.read_bytes() == (mine.parent / "host/webcontract.py").read_bytes()
    for value in (True, False, 1, 1.0, 0.5, -2, "e\u0302", " a ", "1.0", None):
        assert outside.label_text(value) == labels.label_text(value)
