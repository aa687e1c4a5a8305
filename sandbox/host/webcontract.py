"""The contract of a model that answers over HTTP: where it is asked, what it is sent, what it must answer.

``http.json`` is a piece of OpenAPI 3.1 with one path that has ``post``. Both ends read it: the host program, where the
endpoint is an application that runs inside, and the harness, where it is an address. Nothing of the host program is
imported by the harness, so that there are two copies of this file, and a test that they are the same.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAME = "http.json"
MAX_BYTES = 64 * 1024
KEYS = {"label": "labels", "probability": "probabilities", "score": "scores"}
VALUES = "values"
"""Key of the answers of a regression."""
MOST_BATCH_ROWS = 100_000


class ContractError(ValueError):
    """``http.json`` cannot be read, or a question or an answer does not keep to it; the message says what and why."""


@dataclass(frozen=True)
class Contract:
    """What ``http.json`` says."""

    path: str
    """Where rows are posted, for example ``/predict``."""
    server: str | None
    """``http://127.0.0.1:8000``; None where it names none."""
    app: str | None
    """``module:name`` of a WSGI application in the folder; None where it is asked at an address."""
    classes: tuple[object, ...] | None
    batch_rows: int


def read_contract(place: Path) -> Contract:
    """Return the contract in a folder, or in that file.

    Raises
    ------
    ContractError
        It is missing, too long, or not as docs/formats.md has it.
    """
    file = place / NAME if place.is_dir() else place
    try:
        with file.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
        told = json.loads(raw) if len(raw) <= MAX_BYTES else None
    except (OSError, ValueError, RecursionError) as error:
        raise ContractError(f"{NAME} cannot be read ({type(error).__name__})") from error
    if not isinstance(told, dict):
        raise ContractError(f"{NAME} is no JSON object of at most {MAX_BYTES} bytes")
    posts = [path for path, what in _mapping(told.get("paths")).items() if "post" in _mapping(what)]
    if len(posts) != 1 or not posts[0].startswith("/") or any(ord(sign) <= 32 or ord(sign) > 126 for sign in posts[0]):
        raise ContractError(f"{NAME} has {len(posts)} paths with 'post', expected one such as /predict")
    servers = told.get("servers")
    first = _mapping(servers[0]).get("url") if isinstance(servers, list) and servers else None
    ours = _mapping(told.get("x-proofbox"))
    app, classes, rows = ours.get("app"), ours.get("classes"), ours.get("batch_rows", 1_000)
    if app is not None and (not isinstance(app, str) or app.count(":") != 1):
        raise ContractError(f"{NAME}: x-proofbox.app is {str(app)[:60]!r}, expected 'module:name'")
    if not isinstance(rows, int) or not 1 <= rows <= MOST_BATCH_ROWS:
        raise ContractError(f"{NAME}: x-proofbox.batch_rows is {str(rows)[:60]}, expected 1 to {MOST_BATCH_ROWS}")
    return Contract(
        path=posts[0],
        server=first if isinstance(first, str) else None,
        app=app,
        classes=tuple(classes) if isinstance(classes, list) else None,
        batch_rows=rows,
    )


def _mapping(value: Any) -> dict[str, Any]:  # noqa: ANN401 whatever JSON holds
    return value if isinstance(value, dict) else {}


def request_body(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> bytes:
    """Return what is posted: ``{"columns": [...], "rows": [[...], ...]}``; a missing value is null.

    Raises
    ------
    ContractError
        A number is infinite: JSON (RFC 8259, section 6) has none such.
    """
    clean = [[None if value != value else value for value in row] for row in rows]  # noqa: PLR0124 NaN alone differs
    try:
        return json.dumps({"columns": list(columns), "rows": clean}, allow_nan=False, default=_plain).encode()
    except ValueError as error:
        raise ContractError("an infinite number cannot be sent as JSON, so the endpoint was not asked") from error


def _plain(value: Any) -> object:  # noqa: ANN401 a number of numpy
    return value.item() if hasattr(value, "item") else str(value)


def answers_of(body: bytes, rows: int, output: str, *, regression: bool) -> list[Any]:
    """Return the list of ``rows`` answers that a response holds.

    Raises
    ------
    ContractError
        It is no JSON object with that list.
    """
    key = VALUES if regression else KEYS[output]
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise ContractError("the endpoint answered what is no JSON") from error
    found = told.get(key) if isinstance(told, dict) else None
    if not isinstance(found, list) or len(found) != rows:
        got = f"{len(found)} {key}" if isinstance(found, list) else f"no list '{key}'"
        raise ContractError(f"the endpoint answered {got} for {rows} rows")
    return found
