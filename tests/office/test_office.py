"""One record for many offices: a server on PostgreSQL, with passwords, many writers, and an end in the middle."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import urllib.request
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from proofbox.policies.record import Assessment
from proofbox.reports import bundle as bundles
from proofbox.reports.bundle import Bundle, read_bundle, write_bundle
from proofbox.reports.errors import PublishError
from proofbox.reports.mlflow_log import ClientStore
from proofbox.reports.tracking import door
from proofbox.reports.tracking.door import log_assessment
from proofbox.reports.tracking.rest import RestStore

Command = Callable[..., "subprocess.CompletedProcess[str]"]
PASSWORD = "correct-horse-battery"
READER = "only-to-look"
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _quick_pages(monkeypatch):
    monkeypatch.setattr(bundles, "render_html", lambda assessment, language, keyid: f"<p>{language} {keyid}</p>")


@pytest.fixture(scope="module")
def client(office):
    return ClientStore(office.uri())._client


def bundle_of(assessment: Assessment, path: Path, note: str = "") -> Bundle:
    return write_bundle(path, assessment, policy_sources=[("p", note.encode())], submission_yaml=b"x: 1\n")


def families(client, experiment: str) -> dict[str, list[str]]:
    """Return run id -> controls of its child runs, for every parent run of an experiment."""
    found = client.search_runs([client.get_experiment_by_name(experiment).experiment_id])
    assert {run.info.status for run in found} == {"FINISHED"}
    parents = {run.info.run_id: [] for run in found if "mlflow.parentRunId" not in run.data.tags}
    for run in found:
        if "mlflow.parentRunId" in run.data.tags:
            parents[run.data.tags["mlflow.parentRunId"]].append(run.data.tags["proofbox.control"])
    return parents


def made_in(folder: Path, name: str) -> Path:
    (folder / name).mkdir()
    return folder / name


def seen(client, run_id: str, folder: Path) -> dict[str, object]:
    """Return all that MLflow's own client says of a run and its children, less what differs between any two runs."""
    run = client.get_run(run_id)
    own = {"proofbox.logged_at", "mlflow.parentRunId"}
    nested = client.search_runs([run.info.experiment_id], f"tags.`mlflow.parentRunId` = '{run_id}'")
    copy = Path(client.download_artifacts(run_id, "", str(folder)))
    return {
        "info": (run.info.run_name, run.info.status, run.info.start_time, run.info.end_time, run.info.user_id),
        "tags": {key: value for key, value in run.data.tags.items() if key not in own},
        "metrics": [client.get_metric_history(run_id, key) for key in sorted(run.data.metrics)],
        "params": run.data.params,
        "inputs": [one.to_dictionary() for one in run.inputs.dataset_inputs],
        "artifacts": {path.relative_to(copy).as_posix(): path.read_bytes() for path in copy.rglob("*.*")},
        "children": sorted(
            (
                child.info.run_name,
                child.info.status,
                child.info.start_time,
                child.info.end_time,
                sorted((key, value) for key, value in child.data.tags.items() if key not in own),
            )
            for child in nested
        ),
    }


def test_what_is_logged_by_plain_http_is_what_mlflow_logs(office, client, assessment, tmp_path, monkeypatch):
    bundle = bundle_of(assessment, tmp_path / "bundle")
    plain = log_assessment(assessment, bundle, tracking_uri=office.uri(), experiment="plain", register=True)
    monkeypatch.setattr(door, "_store", lambda uri, plain: ClientStore(uri))
    by_client = log_assessment(assessment, bundle, tracking_uri=office.uri(), experiment="client", register=True)
    # The third way: rows in the database itself, where no server stands in between; it keeps no files.
    with pytest.raises(PublishError, match="a database keeps no files") as caught:
        log_assessment(assessment, bundle, tracking_uri=office.database, experiment="database")
    assert PASSWORD not in str(caught.value)
    monkeypatch.setenv("MLFLOW_DEFAULT_ARTIFACT_ROOT", (tmp_path / "root").as_uri())
    by_database = log_assessment(assessment, bundle, tracking_uri=office.database, experiment="database")
    first = seen(client, plain.run_id, made_in(tmp_path, "plain"))
    second = seen(client, by_client.run_id, made_in(tmp_path, "client"))
    assert first == second
    assert len(first["children"]) == 6
    assert first["artifacts"]["report.html"] == b"<p>en None</p>"
    direct = ClientStore(office.database)._client
    assert seen(direct, by_database.run_id, made_in(tmp_path, "database")) == first
    assert plain.model_version == by_client.model_version == "Mortgage screening, model A version 1"
    with pytest.raises(PublishError, match="not found"):
        door.tag_run("0" * 32, {"a": "b"}, tracking_uri=office.uri())


def test_eight_writers_at_once_log_each_bundle_once(office, client, assessment, tmp_path):
    made = [bundle_of(assessment, tmp_path / str(number), str(number)) for number in range(4)]
    with ThreadPoolExecutor(8) as writers:
        runs = list(
            writers.map(
                lambda bundle: log_assessment(assessment, bundle, tracking_uri=office.uri(), experiment="eight"),
                made * 2,
            )
        )
    found = families(client, "eight")
    assert sorted(found) == sorted({run.run_id for run in runs})
    assert len(found) == 4
    for controls in found.values():
        assert sorted(controls) == ["VN-DAT-01", "VN-DAT-06", "VN-FAIR-01", "VN-FAIR-02", "VN-ROB-01", "VN-SEC-01"]


def test_a_regulator_reads_and_does_not_write(office, client, assessment, tmp_path, proofbox: Command):
    body = json.dumps({"username": "regulator", "password": READER}).encode()
    admin = "Basic " + b64encode(f"admin:{PASSWORD}".encode()).decode()
    headers = {"Authorization": admin, "Content-Type": "application/json"}
    address = f"http://127.0.0.1:{office.port}"
    urllib.request.urlopen(urllib.request.Request(f"{address}/api/2.0/mlflow/users/create", body, headers)).close()
    bundle = bundle_of(assessment, tmp_path / "bundle")
    run = log_assessment(assessment, bundle, tracking_uri=office.uri(), experiment="looked at")
    environment = {"MLFLOW_TRACKING_USERNAME": "regulator", "MLFLOW_TRACKING_PASSWORD": READER}
    looked = proofbox("verify", f"mlflow:{run.run_id}", "--tracking-uri", address, "--json", env=environment)
    document = json.loads(looked.stdout)
    assert (document["digest"], document["mlflow"]) == (bundle.digest, []), looked.stderr
    other = bundle_of(assessment, tmp_path / "other", "other")
    words = ("publish", other.path, "--experiment", "looked at", "--tracking-uri")
    refused = proofbox(*words, f"http://regulator:{READER}@127.0.0.1:{office.port}")
    assert refused.returncode == 2
    assert READER not in refused.stdout + refused.stderr
    assert list(families(client, "looked at")) == [run.run_id]
    for wrong in (f"http://regulator:guessed@127.0.0.1:{office.port}", address):
        with pytest.raises(PublishError, match="HTTP 401"):
            door.download_bundle(run.run_id, tmp_path / wrong.partition("//")[2], tracking_uri=wrong)


def test_a_server_that_is_killed_in_mid_run_loses_nothing_and_doubles_nothing(
    office, client, assessment, tmp_path, proofbox: Command, monkeypatch
):
    bundle = bundle_of(assessment, tmp_path / "bundle")
    original = RestStore.put_controls

    def killed(self, experiment_id, run, notes):
        original(self, experiment_id, run, dataclasses.replace(notes, controls=notes.controls[:3]))
        office.kill()
        original(self, experiment_id, run, notes)

    with monkeypatch.context() as patch:
        patch.setattr(RestStore, "put_controls", killed)
        with pytest.raises(PublishError, match=r"MLflow at http://127\.0\.0\.1") as caught:
            log_assessment(assessment, bundle, tracking_uri=office.uri(), experiment="killed")
    assert PASSWORD not in str(caught.value)
    read_bundle(bundle.path)
    office.start()
    words = ("publish", bundle.path, "--tracking-uri", office.uri(), "--experiment", "killed", "--json")
    first = json.loads(proofbox(*words).stdout)
    again = log_assessment(assessment, bundle, tracking_uri=office.uri(), experiment="killed")
    assert (first["created"], again.created) == (True, False)
    assert first["run_id"] == again.run_id
    found = families(client, "killed")
    assert {run_id: len(set(controls)) for run_id, controls in found.items()} == {first["run_id"]: 6}
    assert PASSWORD not in json.dumps(first)


def test_the_compose_file_starts_what_is_tested_here(office):
    from ruamel.yaml import YAML

    example = Path(__file__).parents[2] / "examples" / "office"
    services = YAML(typ="safe").load(example / "compose.yaml")["services"]
    server = services["mlflow"]
    flags = {word.partition("=")[0] for word in server["command"] if word.startswith("--")}
    started = {word for word in office.process.args if word.startswith("--")}
    assert flags - started == {"--allowed-hosts"}
    assert started - flags == {"--workers"}
    assert "--backend-store-uri=postgresql+psycopg2://" in " ".join(server["command"])
    assert server["ports"] == ["127.0.0.1:5000:5000"]
    for service, name in (("mlflow", "MLFLOW_AUTH_ADMIN_PASSWORD"), ("database", "POSTGRES_PASSWORD")):
        assert ":?" in services[service]["environment"][name], "it starts without a password"
    written = (office.folder / "basic-auth.ini").read_text().splitlines()
    shipped = [line for line in (example / "basic-auth.ini").read_text().splitlines() if line[:1] != "#"]
    assert [line for line in shipped if "_uri" not in line] == sorted(
        (line for line in written if "_uri" not in line), key=shipped.index
    )
