"""Host an HTTP endpoint that is a WSGI application (Flask, Bottle, Django or plain), asked in this process.

No socket is opened, since there is none inside the walls: the application is called as its web server would call it.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping
from importlib import util
from pathlib import Path
from typing import Any

from .models import RefusedError
from .webcontract import ContractError, answers_of, read_contract, request_body

MAX_ANSWER_BYTES = 64 * 1024 * 1024


class WebApp:
    """An application as an object with the methods of an estimator."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        import numpy as np

        self._config = config
        folder = Path(config["path"])
        try:
            self._contract = read_contract(folder)
        except ContractError as error:
            raise RefusedError(str(error)) from error
        if self._contract.app is None:
            raise RefusedError("http.json names no x-proofbox.app, so there is nothing to start inside")
        self._app = _loaded(folder, self._contract.app)
        self.feature_names_in_ = config["features"]
        if config["task"] != "regression":
            two = config["task"] == "binary-classification"
            classes = self._contract.classes or ((0, 1) if two else None)
            if classes is None:
                raise RefusedError("http.json names no x-proofbox.classes, which several classes need")
            self.classes_ = np.asarray(list(classes), dtype=object)

    def predict(self, rows: Any) -> Any:  # noqa: ANN401 a frame
        """Return labels, or the values of a regression."""
        return self._asked(rows, "label")

    def predict_proba(self, rows: Any) -> Any:  # noqa: ANN401 a frame
        """Return shape (n, k); of two classes the endpoint may tell the second one's probability alone."""
        import numpy as np

        found = np.asarray(self._asked(rows, "probability"), dtype=np.float64)
        return np.column_stack([1.0 - found, found]) if found.ndim == 1 else found

    def decision_function(self, rows: Any) -> Any:  # noqa: ANN401 a frame
        """Return scores."""
        return self._asked(rows, "score")

    def _asked(self, rows: Any, output: str) -> list[Any]:  # noqa: ANN401 a frame
        found: list[Any] = []
        regression = self._config["task"] == "regression"
        for start in range(0, len(rows), self._contract.batch_rows):
            part = rows.iloc[start : start + self._contract.batch_rows]
            body = request_body(list(part.columns), part.astype(object).to_numpy().tolist())
            found += answers_of(self._posted(body), len(part), output, regression=regression)
        return found

    def _posted(self, body: bytes) -> bytes:
        said: list[str] = []
        environ = {
            "REQUEST_METHOD": "POST",
            "SCRIPT_NAME": "",
            "PATH_INFO": self._contract.path,
            "QUERY_STRING": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "HTTP_HOST": "localhost",
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": False,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
        }

        def start_response(status: str, headers: Any, exc_info: Any = None) -> Any:  # noqa: ANN401 PEP 3333
            said.append(status)
            return lambda data: None

        parts = self._app(environ, start_response)
        answer = b"".join(parts)
        if not said or not said[-1].startswith("200"):
            raise ContractError(f"the endpoint answered {(said or ['nothing'])[-1][:60]}")
        if len(answer) > MAX_ANSWER_BYTES:
            raise ContractError(f"the endpoint answered {len(answer)} bytes")
        return answer


def _loaded(folder: Path, app: str) -> Any:  # noqa: ANN401 a stranger's application
    module_name, _, name = app.partition(":")
    sys.path.append(str(folder))  # after all libraries
    file = folder.joinpath(*module_name.split(".")).with_suffix(".py")
    spec = util.spec_from_file_location("submitted_app", file)
    if spec is None or spec.loader is None or not file.is_file():
        raise RefusedError(f"http.json names the application {app[:60]}, and there is no such module in its folder")
    module = util.module_from_spec(spec)
    sys.modules["submitted_app"] = module
    spec.loader.exec_module(module)
    found = getattr(module, name, None)
    if not callable(found):
        raise RefusedError(f"http.json names the application {app[:60]}, and the module has no such callable")
    return found
