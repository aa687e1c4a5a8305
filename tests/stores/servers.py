"""Real servers on loopback for tests and benchmarks: `mlflow server`, and moto's, which speaks as S3 does."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

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
