"""Real servers on loopback for tests and benchmarks: `mlflow server`, PostgreSQL, and moto's, which speaks as S3 does.

PostgreSQL refuses to run as root, so as root it is run as ``nobody``, in a folder of its own below /tmp: the path of a
socket may not be long.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
PASSWORD = "correct-horse-battery"
WAIT_SECONDS = 120
BUCKET = "evidence"
QUIET = {
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Bucket:
    """An object store with one bucket, and what a client must know to reach it."""

    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        return {
            "MLFLOW_S3_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "for-this-test-alone",
            "AWS_SECRET_ACCESS_KEY": "for-this-test-alone",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def client(self):
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id="for-this-test-alone",
            aws_secret_access_key="for-this-test-alone",
            region_name="us-east-1",
        )

    def objects(self, below: str) -> dict[str, bytes]:
        """Return the objects whose key begins so: the rest of the key -> bytes."""
        client = self.client()
        keys = [one["Key"] for one in client.list_objects_v2(Bucket=BUCKET, Prefix=below).get("Contents", [])]
        return {key.removeprefix(below): client.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}


@contextlib.contextmanager
def bucket() -> Iterator[Bucket]:
    """An object store on loopback with an empty bucket."""
    from moto.server import ThreadedMotoServer

    moto = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    moto.start()
    try:
        made = Bucket(endpoint="http://{}:{}".format(*moto.get_host_and_port()))
        made.client().create_bucket(Bucket=BUCKET)
        yield made
    finally:
        moto.stop()


def start_mlflow(
    words: Sequence[str], port: int, folder: Path, more: Mapping[str, str] | None = None
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own and return when it answers; its words go to ``server.log``."""
    argv = [sys.executable, "-m", "mlflow", "server", *words, "--workers", "1"]
    argv += ["--host", "127.0.0.1", "--port", str(port)]
    environment = {**os.environ, **QUIET, **(more or {})}
    log = folder / "server.log"
    with log.open("ab") as file:
        process = subprocess.Popen(argv, stdout=file, stderr=file, env=environment, cwd=folder, start_new_session=True)
    for _ in range(WAIT_SECONDS * 4):
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
        with (
            contextlib.suppress(OSError),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2),
        ):
            return process
        time.sleep(0.25)
    raise AssertionError(log.read_text(errors="replace")[-3000:])


def kill(process: subprocess.Popen[bytes]) -> None:
    """End a server and its workers at once, as a power cut does."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=WAIT_SECONDS)


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
