"""Servers on loopback for tests: one that answers by a function, and a tracking server that is made of dictionaries.

The second speaks as much of MLflow's interface as a reader asks, and says whatever a hostile store might.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

Answer = tuple[int, dict[str, str], bytes]
BUNDLE_TAG = "proofbox.bundle"


class Request(BaseHTTPRequestHandler):
    """A request with its body, ``content``."""

    content: bytes


@contextmanager
def server(answer: Callable[[Request], Answer]) -> Iterator[str]:
    """A server on loopback that answers every request by a function; yields its address."""

    class Handler(Request):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            self.content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, headers, body = answer(self)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
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


def files_of(bundle: Path) -> dict[str, bytes]:
    """Return the files of a bundle, by path."""
    return {path.relative_to(bundle).as_posix(): path.read_bytes() for path in bundle.rglob("*") if path.is_file()}


@dataclass
class FakeStore:
    """A tracking server in which every run has the files and tags that a test gives it."""

    runs: dict[str, dict[str, object]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    """Paths of the artifacts that were fetched."""
    at_a_time: int = 2
    root: str = "mlflow-artifacts:/1"

    def add(self, files: dict[str, bytes], digest: str, **more: object) -> str:
        """Add a run; ``sizes`` (path -> bytes) is what the list says, where that is not the truth."""
        run_id = f"{len(self.runs):032x}"
        self.runs[run_id] = {"files": files, "tags": {BUNDLE_TAG: digest}, "sizes": {}, **more}
        return run_id

    def __call__(self, request: Request) -> Answer:
        parts = urlsplit(request.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        body = json.loads(request.content) if request.command == "POST" else {}
        kind = parts.path.removeprefix("/api/2.0/")
        answers = {
            "mlflow/experiments/search": lambda: _json({"experiments": [{"experiment_id": "1"}]}),
            "mlflow/experiments/get-by-name": lambda: self._named(query["experiment_name"]),
            "mlflow/runs/search": lambda: self._page(int(body.get("page_token", "0"))),
            "mlflow/runs/get": lambda: _json({"run": self._run(query["run_id"])}),
            "mlflow/artifacts/list": lambda: _json({"files": self._listed(query["run_id"], query.get("path", ""))}),
            "/get-artifact": lambda: self._file(query["run_uuid"], query["path"]),
        }
        if kind in answers:
            return answers[kind]()
        run_id, _, path = unquote(kind).removeprefix("mlflow-artifacts/artifacts/1/").partition("/artifacts/")
        return self._file(run_id, path)

    def _named(self, name: str) -> Answer:
        if name == "here":
            return _json({"experiment": {"experiment_id": "1"}})
        return _json({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no such experiment"}, 404)

    def _page(self, start: int) -> Answer:
        end = start + self.at_a_time
        found = {"runs": [self._run(run_id) for run_id in list(self.runs)[start:end]]}
        return _json({**found, **({"next_page_token": str(end)} if end < len(self.runs) else {})})

    def _run(self, run_id: str) -> dict[str, object]:
        tags = [{"key": key, "value": value} for key, value in self.runs[run_id]["tags"].items()]
        info = {"run_id": run_id, "status": "FINISHED", "artifact_uri": f"{self.root}/{run_id}/artifacts"}
        return {"info": info, "data": {"tags": tags}}

    def _listed(self, run_id: str, folder: str) -> list[dict[str, object]]:
        run, above = self.runs[run_id], f"{folder}/" if folder else ""
        found = {}
        for path, raw in run["files"].items():
            name, deeper, _ = path.removeprefix(above).partition("/")
            if path.startswith(above) and name != "..":
                size = {} if deeper else {"file_size": run["sizes"].get(path, len(raw))}
                found[above + name] = {"path": above + name, "is_dir": bool(deeper), **size}
            elif not folder:
                found[path] = {"path": path, "is_dir": False, "file_size": len(raw)}
        return list(found.values())

    def _file(self, run_id: str, path: str) -> Answer:
        self.asked.append(f"{run_id}/{path}")
        raw = self.runs[run_id]["files"].get(path)
        return (404, {}, b"") if raw is None else (200, {}, raw)


def _json(document: dict[str, object], status: int = 200) -> Answer:
    return status, {"Content-Type": "application/json"}, json.dumps(document).encode()
