"""All bundles of a folder with the state that each is in, quickly: a thousand are listed in less than a second.

Of a bundle only three small files are read, and held against the manifest; of a history only what its last decision
says. So a list is for finding: what is decided upon is read whole, and `review show` verifies the history.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proofbox.reports.bom import FILE_NAME as BOM
from proofbox.reports.canonical import sha256_hex
from proofbox.reports.review.states import STATES


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One bundle in a list."""

    path: str
    bundle: str
    """Digest of the bundle, 64 hex digits; empty where it cannot be read."""
    product: str
    version: str
    provider: str
    conclusion: str
    state: str
    """The state that the last decision led to; ``broken`` where bundle or decision cannot be read."""
    wrong: str = ""
    """Why it is broken."""
    on: str = ""
    """The day of the last decision, ``YYYY-MM-DD``."""
    reviewer: str = ""
    until: str = ""
    """The last day of an approval."""


def list_bundles(folder: Path, reviews: Path) -> Iterator[Listed]:
    """Yield every bundle that is a folder right below ``folder``, by name."""
    for path in sorted(folder.iterdir()):
        if (path / "manifest.json").is_file():
            yield list_bundle(path, reviews, str(path))


def list_bundle(path: Path, reviews: Path, name: str) -> Listed:
    """Return the state of one bundle in the folder ``path``, which is shown by its name."""
    try:
        raw = _content(path / "manifest.json")
        bom = _content(path / BOM)
        bound = {str(item["path"]): str(item["sha256"]) for item in json.loads(raw)["files"]}
        if bound.get(BOM) != sha256_hex(bom):
            return broken(name, f"{BOM} is not the one that the manifest lists")
        digest = sha256_hex(raw)
        said = json.loads(_content(path / "statement.json"))["predicate"]
        if said["manifest"]["sha256"] != digest:
            return broken(name, "statement.json is not the statement of this bundle")
        component: dict[str, Any] = json.loads(bom)["metadata"]["component"]
        last = _last_predicate(reviews / digest)
        if last["state"] not in STATES:
            return broken(name, "the last decision leads to no state that there is")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as err:
        return broken(name, f"not a bundle that can be read ({type(err).__name__})")
    return Listed(
        path=name,
        bundle=digest,
        product=str(component.get("name")),
        version=str(component.get("version")),
        provider=str(component.get("supplier", {}).get("name", "")),
        conclusion=str(said["conclusion"]),
        state=str(last["state"]),
        on=str(last.get("on", "")),
        reviewer=str(last.get("reviewer", {}).get("name", "")),
        until=str((last.get("conditions") or {}).get("until", "")),
    )


def _content(path: Path) -> bytes:
    """Return what is in a regular file; a pipe in its place would never end."""
    if not path.is_file():
        raise FileNotFoundError(path.name)
    return path.read_bytes()


def _last_predicate(history: Path) -> dict[str, Any]:
    """Return what the last decision of a history says, unverified."""
    names = [path.name for path in history.iterdir() if not path.name.startswith(".")] if history.is_dir() else []
    if not names:
        return {"state": "submitted"}
    payload = json.loads(_content(history / max(names)))["payload"]
    predicate: dict[str, Any] = json.loads(base64.b64decode(payload))["predicate"]
    return predicate


def broken(name: str, wrong: str) -> Listed:
    """Return what is listed of a bundle that cannot be read."""
    return Listed(path=name, bundle="", product="", version="", provider="", conclusion="", state="broken", wrong=wrong)
