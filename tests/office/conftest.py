"""An office's tracking store on this machine: a real PostgreSQL, a real `mlflow server` with passwords, and a bucket.

PostgreSQL refuses to run as root, so as root it is run as ``nobody``, in a folder of its own below /tmp: the path of a
socket may not be long. The server is started as docs/office.md says.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from servers import BUCKET, WAIT_SECONDS, Bucket, bucket, free_port, kill, start_mlflow

from proofbox.policies.record import Assessment
from proofbox.policies.record_json import from_json

RECORD = Path(__file__).parents[1] / "reports" / "records" / "model-a.json"
BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PASSWORD = "correct-horse-battery"


def ordinary() -> dict[str, object]:
    """Return the arguments by which a child process runs as an ordinary user."""
    return {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """Give the uri of a new, empty database, which asks for a password and listens on a socket alone."""
    assert BINARIES, "install Debian's package postgresql (.ci/run does)"
    folder = Path(tempfile.mkdtemp(prefix="pbx-pg-", dir="/tmp"))
    try:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        if os.geteuid() == 0:
            for path in (folder, secret):
                shutil.chown(path, "nobody", "nogroup")
        calls = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, **ordinary()}
        initdb = [BINARIES[-1] / "initdb", "-D", folder / "data", "-U", "proofbox", "-A", "scram-sha-256"]
        subprocess.run([*initdb, f"--pwfile={secret}", "--no-sync"], check=True, timeout=WAIT_SECONDS, **calls)
        server = [BINARIES[-1] / "postgres", "-D", folder / "data", "-k", folder, "-c", "listen_addresses="]
        process = subprocess.Popen([*server, "-c", "fsync=off"], **calls)
        try:
            yield f"postgresql+psycopg2://proofbox:{PASSWORD}@/postgres?host={_ready(folder, process)}"
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=WAIT_SECONDS)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _ready(folder: Path, process: subprocess.Popen[bytes]) -> Path:
    import psycopg2

    for _ in range(WAIT_SECONDS * 10):
        assert process.poll() is None, "postgres ended at once"
        with contextlib.suppress(psycopg2.OperationalError):
            psycopg2.connect(host=str(folder), user="proofbox", password=PASSWORD, dbname="postgres").close()
            return folder
        time.sleep(0.1)
    raise AssertionError("postgres did not answer")


@dataclass
class Office:
    """A tracking server that can be killed and started again on the same store."""

    folder: Path
    database: str
    port: int
    bucket: Bucket
    process: subprocess.Popen[bytes] | None = field(default=None)

    def uri(self, user: str = "admin", password: str = PASSWORD) -> str:
        return f"http://{user}:{password}@127.0.0.1:{self.port}"

    def start(self) -> None:
        settings = self.folder / "basic-auth.ini"
        settings.write_text(
            "[mlflow]\ndefault_permission = READ\n"
            f"database_uri = sqlite:///{self.folder / 'users.db'}\n"
            "admin_username = admin\nauthorization_function = mlflow.server.auth:authenticate_request_basic_auth\n"
            "auth_cache_ttl_seconds = 60\n"
        )
        words = ["--app-name", "basic-auth", "--backend-store-uri", self.database]
        words += ["--artifacts-destination", f"s3://{BUCKET}/served"]
        more = {
            "MLFLOW_AUTH_CONFIG_PATH": str(settings),
            "MLFLOW_AUTH_ADMIN_PASSWORD": PASSWORD,
            "MLFLOW_FLASK_SERVER_SECRET_KEY": "for-this-test-alone",
        }
        self.process = start_mlflow(words, self.port, self.folder, {**more, **self.bucket.environment})

    def kill(self) -> None:
        """End the server and its workers at once, as a power cut does."""
        assert self.process is not None
        kill(self.process)
        self.process = None


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """An office's store and server, whose artifacts are in a bucket; a test that kills the server starts it again."""
    with postgres() as database, bucket() as store:
        folder = tmp_path_factory.mktemp("office")
        made = Office(folder=folder, database=database, port=free_port(), bucket=store)
        made.start()
        try:
            yield made
        finally:
            made.kill()


@pytest.fixture(scope="session")
def assessment() -> Assessment:
    return from_json(json.loads(RECORD.read_bytes()))
