"""An office's tracking store on this machine: a real PostgreSQL, a real `mlflow server` with passwords, and a bucket.

The server is started as docs/office.md says.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from servers import BUCKET, PASSWORD, Bucket, bucket, free_port, kill, postgres, start_mlflow

from proofbox.policies.record import Assessment
from proofbox.policies.record_json import from_json

RECORD = Path(__file__).parents[1] / "reports" / "records" / "model-a.json"


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
