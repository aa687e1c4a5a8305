"""Artifacts in a bucket: behind the server, or written by clients themselves; who only reads needs no key of it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from fakestore import files_of
from servers import BUCKET

from proofbox.policies.record import Assessment
from proofbox.reports.bundle import Bundle, write_bundle
from proofbox.reports.mlflow_log import ClientStore
from proofbox.reports.tracking.notes import TABLES
from proofbox.reports.tracking.restreading import API
from proofbox.reports.tracking.wire import RefusedError, Wire

Command = Callable[..., "subprocess.CompletedProcess[str]"]
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _no_key(monkeypatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "MLFLOW_S3_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")


@pytest.fixture
def bundle(assessment: Assessment, tmp_path: Path) -> Bundle:
    return write_bundle(
        tmp_path / "bundle", assessment, policy_sources=[("p", str(tmp_path).encode())], submission_yaml=b"x: 1\n",
        languages=(),
    )  # fmt: skip


def made_direct(office, name: str) -> None:
    """Make an experiment whose artifacts clients write to the bucket themselves."""
    wire = Wire(office.uri())
    wire.post(f"{API}/experiments/create", {"name": name, "artifact_location": f"s3://{BUCKET}/{name}"})
    wire.close()


def stored(office, below: str, run_id: str) -> dict[str, bytes]:
    """Return the artifacts of a run as they are in the bucket, less MLflow's own tables."""
    found = office.bucket.objects(below)
    return {
        key.partition(f"{run_id}/artifacts/")[2]: raw
        for key, raw in found.items()
        if run_id in key and not key.endswith(TABLES)
    }


def test_a_server_whose_artifacts_are_in_a_bucket_takes_and_gives_bundles(office, bundle, proofbox: Command) -> None:
    words = ("--tracking-uri", office.uri(), "--json")
    sent = json.loads(proofbox("publish", bundle.path, "--experiment", "behind", *words).stdout)
    assert stored(office, "served/", sent["run_id"]) == files_of(bundle.path)
    looked = proofbox("verify", f"mlflow:{sent['run_id']}", *words)
    assert json.loads(looked.stdout)["digest"] == bundle.digest, looked.stderr
    seen = proofbox("archive", "--experiment", "behind", *words)
    assert [one["digest"] for one in json.loads(seen.stdout)["assessments"]] == [bundle.digest], seen.stderr


def test_a_bucket_that_clients_write_to_needs_no_key_where_the_server_signs(office, bundle, quick, monkeypatch) -> None:
    from proofbox.reports import mlflow_log

    made_direct(office, "direct")
    monkeypatch.setattr(mlflow_log, "ClientStore", None)
    words = ("--tracking-uri", office.uri(), "--json")
    result = quick("publish", bundle.path, "--experiment", "direct", *words)
    assert result.returncode == 0, result.stderr
    run_id = json.loads(result.stdout)["run_id"]
    assert stored(office, "direct/", run_id) == files_of(bundle.path)
    assert json.loads(quick("verify", f"mlflow:{run_id}", *words).stdout)["digest"] == bundle.digest
    seen = json.loads(quick("archive", "--experiment", "direct", *words).stdout)
    assert [one["bundle"] for one in seen["assessments"]] == [f"mlflow:{run_id}"]


def test_where_the_server_signs_nothing_a_key_is_asked_for_and_used(office, bundle, quick, monkeypatch) -> None:
    original = Wire.post

    def unsigned(self, path, body, method="POST"):
        if path.endswith("presigned-upload-url"):
            raise RefusedError("HTTP 404 Not Found", "", 404)
        return original(self, path, body, method)

    monkeypatch.setattr(Wire, "post", unsigned)
    made_direct(office, "keyed")
    words = ("publish", bundle.path, "--experiment", "keyed", "--tracking-uri", office.uri(), "--json")
    refused = quick(*words)
    assert refused.returncode == 2
    assert "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY" in refused.stderr
    for name, value in office.bucket.environment.items():
        monkeypatch.setenv(name, value)
    result = quick(*words)
    assert result.returncode == 0, result.stderr
    assert stored(office, "keyed/", json.loads(result.stdout)["run_id"]) == files_of(bundle.path)


def test_a_database_with_a_bucket_and_no_server_between(office, bundle, quick, monkeypatch) -> None:
    for name, value in office.bucket.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("MLFLOW_DEFAULT_ARTIFACT_ROOT", f"s3://{BUCKET}/database")
    words = ("--tracking-uri", office.database, "--json")
    result = quick("publish", bundle.path, "--experiment", "no server", *words)
    assert result.returncode == 0, result.stderr
    run_id = json.loads(result.stdout)["run_id"]
    assert stored(office, "database/", run_id) == files_of(bundle.path)
    seen = json.loads(quick("archive", "--experiment", "no server", *words).stdout)
    assert [one["digest"] for one in seen["assessments"]] == [bundle.digest]


def test_a_run_that_names_another_kind_of_place_is_not_followed(office, bundle, quick) -> None:
    client = ClientStore(office.database)._client
    for number, place in enumerate(("ftp://127.0.0.1:9/x", "http://127.0.0.1:9/x", "hdfs://127.0.0.1:9/x")):
        experiment = client.create_experiment(f"elsewhere {number}", artifact_location=place)
        client.create_run(experiment, tags={"proofbox.bundle": bundle.digest})
        words = ("archive", "--experiment", f"elsewhere {number}", "--json", "--tracking-uri")
        result = quick(*words, office.database)
        assert result.returncode == 1, result.stderr
        assert "artifacts are kept at" in json.loads(result.stdout)["left_out"][0]["why"]
