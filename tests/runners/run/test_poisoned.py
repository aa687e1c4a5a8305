"""One real run in a poisoned environment, of a submission with hostile names: what the evidence holds of either."""

from __future__ import annotations

import html
import json
import os
import shutil
import socket
import subprocess
import sys
from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path

import pytest

SECRETS = {
    "AWS_SECRET_ACCESS_KEY": "canary-aws-9f3b",
    "GITHUB_TOKEN": "canary-token-1c77",
    "DATABASE_URL": "postgresql://canary-user-55:canary-password-55@127.0.0.1:9/x",
    "PROOFBOX_KEY_PASSPHRASE": "canary-passphrase-d0",
    "SSH_AUTH_SOCK": "/run/canary-agent-41",
    "USER": "canary-login-e8",
    "LOGNAME": "canary-login-e8",
    "HOSTNAME": "canary-host-77",
    "canary-key-of-a-variable": "1",
}
PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\ncanarykeymaterial\n-----END PRIVATE KEY-----\n"
HIDDEN = "\u202e\u2066\u200b\x1b[31m\x07"
PRODUCT = "<script>alert('product')</script> [a](javascript:1) {{7*7}} www.evil.example"
"""Hidden characters are refused in submission.yaml; they come with the data."""
COLUMN = "<img src=x onerror=alert(1)>|`x`"
CATEGORIES = ('<b onclick="alert(2)">men</b>', f"women{HIDDEN}")
ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def hostile(model_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small submission with a hostile product, sensitive column and groups, in a folder with a telling name."""
    import pandas as pd

    folder = Path(shutil.copytree(model_template, tmp_path_factory.mktemp("canary-folder-3a") / "submission"))
    for name in ("train", "eval"):
        path = folder / f"data/{name}.csv"
        frame = pd.read_csv(path)
        frame["sex"] = frame["sex"].map(dict(zip(("male", "female"), CATEGORIES, strict=True)))
        frame.rename(columns={"sex": COLUMN}).to_csv(path, index=False)
    text = (folder / "submission.yaml").read_text(encoding="utf-8")
    text = text.replace("name: Small loan model", f"name: {json.dumps(PRODUCT)}")
    (folder / "submission.yaml").write_text(text.replace("[sex]", f"[{json.dumps(COLUMN)}]"), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def made(hostile: Path, command: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one run: ``bundle``, the store, the exports, and what was printed."""
    folder = tmp_path_factory.mktemp("made")
    home = tmp_path_factory.mktemp("canary-home-6e")
    (home / ".ssh").mkdir()
    (home / ".ssh" / "id_ed25519").write_text(PRIVATE_KEY)
    exports = {
        "junit": "junit.xml",
        "sarif": "x.sarif",
        "oscal": "o.json",
        "cyclonedx": "c.json",
        "summary": "s.md",
    }
    argv = [str(command), "run", str(hostile), "-p", "baseline", "--out", "bundle", "--register"]
    argv += [word for flag, name in exports.items() for word in (f"--{flag}", name)]
    environment = {**os.environ, **SECRETS, "HOME": str(home), "CI": "true"}
    done = subprocess.run(argv, capture_output=True, cwd=folder, env=environment, timeout=300, check=False)
    assert done.returncode in (0, 1, 3), done.stderr.decode(errors="replace")
    (folder / "stdout").write_bytes(done.stdout)
    (folder / "stderr").write_bytes(done.stderr)
    assert (folder / "mlflow.db").exists(), done.stderr
    return folder


def files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def test_nothing_of_the_environment_is_in_the_evidence_or_in_mlflow(made: Path) -> None:
    canaries = [b"canary", socket.gethostname().encode()]
    found = [(path.relative_to(made), word) for path in files(made) for word in canaries if word in path.read_bytes()]
    assert not found
    paths = [str(ROOT).encode(), sys.prefix.encode()]
    told = {made / "stdout"}  # the command that opens the store names the mlflow beside this Python
    assert not [path for path in files(made) if path not in told for word in paths if word in path.read_bytes()]
    own = str(made).encode()
    assert not [path for path in files(made / "bundle") if own in path.read_bytes()]
    assert len(files(made / "bundle")) > 8
    assert len(files(made / "mlartifacts")) > 8


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("name", ["report.html", "report.vi.html"])
def test_hostile_names_are_text_in_the_report(made: Path, name: str) -> None:
    raw = (made / "bundle" / name).read_text(encoding="utf-8")
    page = Tags()
    page.feed(raw)
    pictures = [given["src"] or "" for tag, given in page.seen if tag == "img"]
    assert all(source.startswith("data:image/svg+xml;base64,") for source in pictures)
    assert not [tag for tag, _ in page.seen if tag in {"iframe", "object", "embed", "form"}]
    for source in pictures:
        picture = b64decode(source.partition(",")[2])
        assert b"<script" not in picture
        assert b"<img" not in picture
    assert not [given for _, given in page.seen if any(key.startswith("on") for key in given)]
    assert "alert('product')" not in "".join(raw.split("<script")[1:]).partition("</script>")[0]
    assert PRODUCT.partition(" [")[0] in page.text
    assert COLUMN in page.text
    _without_hidden(raw, name)


def test_hostile_names_are_text_in_mlflow(made: Path) -> None:
    import sqlite3

    with sqlite3.connect(made / "mlflow.db") as database:
        tags = database.execute("select key, value from tags").fetchall()
        others = database.execute("select name, name from runs union select name, name from experiments").fetchall()
        keys = database.execute("select key, key from latest_metrics").fetchall()
        models = database.execute("select name, name from registered_models").fetchall()
    database.close()
    assert len(tags) > 50
    assert len(models) == 1
    for key, value in [*tags, *others, *keys, *models]:
        _without_hidden(value, key)
    notes = [value for key, value in tags if key == "mlflow.note.content"]
    assert any(r"\<script\>alert('product')\</script\> \[a\](javascript\:1)" in note for note in notes)
    for note in notes:
        assert "<script" not in note.replace(r"\<script", "")
        assert "<img" not in note.replace(r"\<img", "")


def test_hostile_names_are_text_at_the_terminal_and_in_the_formats_of_others(made: Path) -> None:
    # CycloneDX is data for programs: there a name stays what it is, in JSON, as in assessment.json.
    assert COLUMN in json.dumps(json.loads((made / "c.json").read_bytes())) or PRODUCT in (made / "c.json").read_text()
    for name in ("stdout", "stderr", "x.sarif", "o.json", "junit.xml", "s.md"):
        text = (made / name).read_text(encoding="utf-8")
        _without_hidden(text, name)
        assert len(text) > 20 or name == "stderr"
    summary = (made / "s.md").read_text(encoding="utf-8")
    assert "<script" not in summary.replace(r"\<script", "").replace("&lt;script", "")
    assert "alert" in html.unescape(summary)
    messages = json.dumps(json.loads((made / "x.sarif").read_text(encoding="utf-8")))
    assert "\\u202e" not in messages.replace("\\\\u202e", "")


def _without_hidden(text: str, place: str) -> None:
    assert not [char for char in HIDDEN.replace("[31m", "") if char in text], place
