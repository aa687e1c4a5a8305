"""MLflow logging, really executed against a sqlite store: what a reviewer finds there, and what cannot go wrong."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from proofbox.reports import bundle as bundles
from proofbox.reports import mlflow_content
from proofbox.reports.bundle import read_bundle, write_bundle
from proofbox.reports.errors import PublishError
from proofbox.reports.mlflow_log import ClientStore
from proofbox.reports.tracking.door import download_bundle, find_run, log_assessment, prepare, tag_run
from proofbox.reports.tracking.notes import notes
from proofbox.reports.tracking.store import BusyStoreError, StoreError
from proofbox.reports.tracking.uris import SETTINGS, absolute_uri, ui_command


@pytest.fixture(autouse=True)
def _quick_pages(monkeypatch):
    """Rendering has tests of its own; here a page is a page."""
    monkeypatch.setattr(bundles, "render_html", lambda assessment, language, keyid: f"<p>{language} {keyid}</p>")


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> str:
    """One store for the module: making a new one takes seconds."""
    uri = f"sqlite:///{tmp_path_factory.mktemp('store') / 'folder' / 'mlflow.db'}"
    prepare(uri).join()
    return uri


@pytest.fixture
def client(store):
    return ClientStore(store)._client


def bundle_of(assessment, path: Path, note: bytes = b""):
    return write_bundle(path, assessment, policy_sources=[("vn-trusted-ai", note)], submission_yaml=b"x: 1\n")


@pytest.fixture
def bundle(tmp_path, model_a):
    return bundle_of(model_a, tmp_path / "bundle", str(tmp_path).encode())


def children(client, run):
    found = client.search_runs([run.experiment_id], filter_string=f"tags.`mlflow.parentRunId` = '{run.run_id}'")
    return {child.data.tags["proofbox.control"]: child for child in found}


def test_a_reviewer_finds_the_conclusion_the_figures_and_the_report(store, client, model_a, bundle):
    run = log_assessment(model_a, bundle, tracking_uri=store, experiment="look")
    assert run.created
    assert run.url_hint == f"#/experiments/{run.experiment_id}/runs/{run.run_id}?workflowType=machine_learning"
    found = client.get_run(run.run_id)
    tags = found.data.tags
    assert found.info.status == "FINISHED"
    assert found.info.run_name == "does-not-conform: Mortgage screening, model A 1.0.0"
    assert tags["proofbox.conclusion"] == "does-not-conform"
    assert tags["proofbox.policy"] == "vn-trusted-ai 2026.1"
    assert tags["proofbox.subject"] == model_a.subject.digest
    assert tags["proofbox.bundle"] == bundle.digest
    assert tags["proofbox.signature"] == "unsigned"
    assert tags["proofbox.risk_tier"] == "high"
    assert tags["proofbox.model"] == model_a.subject.model["sha256"]
    assert tags["proofbox.policy.sha256"] == model_a.policies[0].digest
    assert tags["proofbox.isolation"] == "isolated"
    assert tags["proofbox.attempt"] == "not counted"
    assert tags["mlflow.note.content"].startswith("**Does not conform**: Mortgage screening, model A 1.0.0")
    told = [line.partition(":")[0] for line in tags["mlflow.note.content"].splitlines() if line.startswith("- ")]
    assert told[0] == "- Fail", "MLflow folds all but the first lines away"
    assert "- Fail" not in told[told.count("- Fail") :]
    assert found.data.metrics["demographic_parity_ratio/white"] == pytest.approx(0.691702)
    assert found.data.metrics["verdicts/fail"] == 2
    assert found.data.params == {
        "seed": "2026",
        "executor": "bubblewrap",
        "runner": "local",
        "proofbox_version": "0.1.0",
    }
    names = {item.path for item in client.list_artifacts(run.run_id)}
    assert {"report.html", "report.vi.html", "assessment.json", "manifest.json", "measurements.json"} <= names


def test_there_is_one_child_run_for_each_control(store, client, model_a, bundle):
    run = log_assessment(model_a, bundle, tracking_uri=store, experiment="children")
    found = children(client, run)
    assert sorted(found) == ["VN-DAT-01", "VN-DAT-06", "VN-FAIR-01", "VN-FAIR-02", "VN-ROB-01", "VN-SEC-01"]
    assert found["VN-FAIR-01"].data.tags["proofbox.verdicts"] == "fail 2"
    assert found["VN-ROB-01"].data.tags["proofbox.verdicts"] == "error 1, pass 1"
    assert found["VN-FAIR-01"].info.run_name == "VN-FAIR-01 Selection rates between groups"


def test_the_table_of_measurements_is_one_that_mlflow_reads(store, client, model_a, bundle):
    import mlflow

    run = log_assessment(model_a, bundle, tracking_uri=store, experiment="table")
    mlflow.set_tracking_uri(store)  # load_table looks for runs in the global store, whatever the client's is
    try:
        table = client.load_table(run.experiment_id, "measurements.json", run_ids=[run.run_id])
    finally:
        mlflow.set_tracking_uri(None)
    assert len(table) == len(model_a.measurements)
    ratio = table[table["measure"] == "demographic_parity_ratio"].iloc[0]
    assert (ratio["value"], ratio["low"], ratio["sample_size"]) == pytest.approx((0.691702, 0.599, 796))


def test_datasets_carry_our_own_digest(store, client, model_a, bundle):
    run = log_assessment(model_a, bundle, tracking_uri=store, experiment="datasets")
    (given,) = client.get_run(run.run_id).inputs.dataset_inputs
    digest = model_a.subject.data["evaluation"]["sha256"]
    assert given.dataset.name == "data/eval.csv"
    assert json.loads(given.dataset.source) == {"path": "data/eval.csv", "sha256": digest}
    assert {tag.key: tag.value for tag in given.tags}["proofbox.sha256"] == digest


def test_a_bundle_is_logged_once(store, client, model_a, bundle):
    first = log_assessment(model_a, bundle, tracking_uri=store, experiment="once")
    second = log_assessment(model_a, bundle, tracking_uri=store, experiment="once")
    assert dataclasses.replace(first, created=False) == second
    assert len(client.search_runs([first.experiment_id])) == 1 + len(children(client, first))


def test_a_run_that_broke_off_is_completed_wherever_it_broke(store, client, model_a, bundle, monkeypatch):
    def broken(*given):
        raise StoreError("disk full")

    for step in ("put_artifacts", "log_batch", "log_datasets", "put_controls", "finish"):
        with monkeypatch.context() as patch:
            patch.setattr(ClientStore, step, broken)
            with pytest.raises(PublishError, match="disk full"):
                log_assessment(model_a, bundle, tracking_uri=store, experiment=step)
        experiment = client.get_experiment_by_name(step).experiment_id
        (half,) = [run for run in client.search_runs([experiment]) if "proofbox.bundle" in run.data.tags]
        assert half.info.status == ("RUNNING" if step == "finish" else "FAILED")
        run = log_assessment(model_a, bundle, tracking_uri=store, experiment=step)
        assert (run.created, run.run_id) == (True, half.info.run_id)
        whole = client.get_run(run.run_id)
        assert whole.info.status == "FINISHED"
        assert whole.data.metrics == mlflow_content.headline(model_a)
        assert len(whole.inputs.dataset_inputs) == 1
        assert len(client.search_runs([experiment])) == 1 + len(children(client, run)) == 7
    read_bundle(bundle.path)


def test_of_two_runs_of_one_bundle_the_older_stays_and_takes_its_place(store, client, model_a, bundle):
    """What two writers leave behind who both looked before either had begun, one of whom was killed."""
    run = log_assessment(model_a, bundle, tracking_uri=store, experiment="double")
    tags = client.get_run(run.run_id).data.tags
    older = client.create_run(run.experiment_id, tags={**tags, "proofbox.logged_at": "1"})
    again = log_assessment(model_a, bundle, tracking_uri=store, experiment="double")
    assert (again.run_id, again.created) == (older.info.run_id, True)
    assert {found.info.run_id for found in client.search_runs([run.experiment_id])} == {
        again.run_id,
        *(child.info.run_id for child in children(client, again).values()),
    }
    assert len(children(client, again)) == 6
    assert not children(client, run)


def test_a_run_that_is_taken_away_meanwhile_is_no_failure(store, client, model_a, bundle, monkeypatch):
    """The one with the older run removed ours while we were logging: we go on with what there is."""
    original = ClientStore.log_datasets

    def removed(self, run, datasets):
        monkeypatch.setattr(ClientStore, "log_datasets", original)
        client.delete_run(run.run_id)
        original(self, run, datasets)

    monkeypatch.setattr(ClientStore, "log_datasets", removed)
    run = log_assessment(model_a, bundle, tracking_uri=store, experiment="removed")
    assert client.get_run(run.run_id).info.lifecycle_stage == "active"
    assert len(client.search_runs([run.experiment_id])) == 7


def test_a_store_that_others_hold_is_asked_again(store, client, model_a, bundle, monkeypatch):
    tries = []
    original = ClientStore.create_run

    def busy(self, experiment_id, notes):
        tries.append(experiment_id)
        if len(tries) == 1:
            raise BusyStoreError("database is locked")
        return original(self, experiment_id, notes)

    monkeypatch.setattr(ClientStore, "create_run", busy)
    assert log_assessment(model_a, bundle, tracking_uri=store, experiment="busy").created
    assert len(tries) == 2


def test_a_bundle_that_was_signed_meanwhile_brings_its_signature(store, client, model_a, bundle):
    first = log_assessment(model_a, bundle, tracking_uri=store, experiment="signed")
    (bundle.path / "statement.sig").write_bytes(b"{}")
    bundle = dataclasses.replace(bundle, keyid="ab" * 32)
    second = log_assessment(model_a, bundle, tracking_uri=store, experiment="signed")
    assert (second.run_id, second.created) == (first.run_id, True)
    tags = client.get_run(first.run_id).data.tags
    assert (tags["proofbox.signature"], tags["proofbox.keyid"]) == ("signed", "ab" * 32)
    assert "Signed" in tags["mlflow.note.content"]
    assert "statement.sig" in {item.path for item in client.list_artifacts(first.run_id)}
    assert not log_assessment(model_a, bundle, tracking_uri=store, experiment="signed").created
    # A copy from before takes nothing away.
    copy = dataclasses.replace(bundle, keyid=None)
    assert not log_assessment(model_a, copy, tracking_uri=store, experiment="signed").created
    assert client.get_run(first.run_id).data.tags["proofbox.signature"] == "signed"


def test_a_model_is_registered_once_by_its_digest(store, client, model_a, bundle, tmp_path):
    run = log_assessment(model_a, bundle, tracking_uri=store, experiment="register", register=True)
    other = bundle_of(model_a, tmp_path / "other", b"another")
    again = log_assessment(model_a, other, tracking_uri=store, experiment="register", register=True)
    assert run.model_version == again.model_version == "Mortgage screening, model A version 1"
    (version,) = client.search_model_versions("name = 'Mortgage screening, model A'")
    assert version.tags["proofbox.model"] == model_a.subject.model["sha256"]
    assert version.run_id == run.run_id
    audited = dataclasses.replace(model_a, subject=dataclasses.replace(model_a.subject, model=None))
    alone = log_assessment(
        audited, bundle_of(audited, tmp_path / "audited"), tracking_uri=store, experiment="register", register=True
    )
    assert alone.model_version is None


def test_a_reviewers_word_is_put_on_the_run_of_a_bundle(store, client, model_a, bundle):
    run = log_assessment(model_a, bundle, tracking_uri=store, experiment="review")
    assert find_run(bundle.digest, experiment="review", tracking_uri=store) == run.run_id
    assert find_run("0" * 64, experiment="review", tracking_uri=store) is None
    assert find_run(bundle.digest, experiment="never made", tracking_uri=store) is None
    assert client.get_experiment_by_name("never made") is None
    told = {"proofbox.review": "approved\u202e", "mlflow.note.content": "**Review**: x\n\n**Does not conform**"}
    tag_run(run.run_id, told, tracking_uri=store)
    tags = client.get_run(run.run_id).data.tags
    assert tags["proofbox.review"] == "approved\\u202e"
    assert tags["mlflow.note.content"].splitlines()[2] == "**Does not conform**"


def test_the_bundle_in_the_artifacts_is_the_bundle(store, model_a, bundle, tmp_path):
    run = log_assessment(model_a, bundle, tracking_uri=store, experiment="copy")
    download_bundle(run.run_id, tmp_path / "copy", tracking_uri=store)
    assert read_bundle(tmp_path / "copy").bundle.digest == read_bundle(bundle.path).bundle.digest == bundle.digest
    with pytest.raises(PublishError, match="not found"):
        download_bundle("0" * 32, tmp_path / "nobody", tracking_uri=store)


def test_artifacts_stand_beside_the_database_whatever_the_working_folder(store, client, model_a, bundle):
    run = log_assessment(model_a, bundle, tracking_uri=store, experiment="place")
    database = Path(store.removeprefix("sqlite:///"))
    assert client.get_experiment(run.experiment_id).artifact_location == (database.parent / "mlartifacts").as_uri()
    assert (database.parent / "mlartifacts" / run.run_id / "artifacts" / "report.html").is_file()


def test_hostile_names_stay_text(store, client, hostile, tmp_path):
    run = log_assessment(hostile, bundle_of(hostile, tmp_path / "b"), tracking_uri=store)
    found = client.get_run(run.run_id)
    for said in (found.info.run_name, *found.data.tags.values(), *found.data.params.values(), *found.data.metrics):
        assert "\u202e" not in said
        assert "\x1b" not in said
    note = found.data.tags["mlflow.note.content"]
    assert r"\<img src=x onerror=alert(1)\>" in note
    assert r"\[a\](javascript\:1)" in note
    assert "\n<" not in note
    assert children(client, run)


def test_a_store_that_cannot_be_reached_is_a_publish_error_without_the_password(model_a, bundle, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(PublishError, match=r"MLflow at http://127\.0\.0\.1:9") as caught:
        log_assessment(model_a, bundle, tracking_uri="http://user:hunter2@127.0.0.1:9")
    assert "hunter2" not in str(caught.value)
    read_bundle(bundle.path)


def test_a_file_that_is_no_database_is_a_publish_error(model_a, bundle, tmp_path):
    (tmp_path / "x.db").write_text("this is no database, and it is long enough to be seen as none" * 9)
    with pytest.raises(PublishError, match=r"x\.db"):
        log_assessment(model_a, bundle, tracking_uri=f"sqlite:///{tmp_path / 'x.db'}")


def test_telemetry_is_off_before_mlflow_is_imported(store):
    program = (
        "import os, sys\n"
        "from proofbox.reports.tracking import door\n"
        "assert 'mlflow' not in sys.modules\n"
        "assert door.prepare('http://127.0.0.1:9') is None\n"
        "door.prepare(f'sqlite:///{sys.argv[1]}').join()\n"
        "assert 'mlflow' in sys.modules\n"
        "print(os.environ['MLFLOW_DISABLE_TELEMETRY'])\n"
        "from mlflow.telemetry.client import get_telemetry_client\n"
        "assert get_telemetry_client() is None\n"
    )
    environment = {**os.environ, "MLFLOW_DISABLE_TELEMETRY": "false"}
    argv = [sys.executable, "-c", program, store.removeprefix("sqlite:///")]
    done = subprocess.run(argv, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "true"), done.stderr


def test_a_store_with_many_assessments_answers_a_reviewer_at_once(store, client, model_a, bundle):
    """The newest, those that failed, one by its bundle and its controls; a thousand: benchmarks/record.py."""
    stored = ClientStore(store)
    experiment = stored.experiment("many")
    many = 50
    for number in range(many):
        of_its_own = dataclasses.replace(bundle, digest=f"{number:064x}")
        noted = notes(model_a, of_its_own, logged_at=number)
        run = stored.create_run(experiment, noted)
        stored.log_batch(run, noted)
        stored.put_controls(experiment, run, noted)
        stored.finish(run, "FINISHED", noted.finished)
    newest = ["attributes.start_time DESC"]
    questions = {
        "tags.`proofbox.bundle` LIKE '%'": many,
        "tags.`proofbox.conclusion` = 'does-not-conform'": many,
        f"tags.`proofbox.bundle` = '{7:064x}'": 1,
        f"tags.`mlflow.parentRunId` = '{run.run_id}'": 6,
        "tags.`proofbox.control` = 'VN-FAIR-01' and tags.`proofbox.verdicts` LIKE '%fail%'": many,
    }
    for wanted, expected in questions.items():
        started = time.process_time()
        assert len(client.search_runs([experiment], wanted, order_by=newest, max_results=many)) == expected
        assert time.process_time() - started < 1


def test_names_of_metrics_are_stable_and_few(model_a, hostile):
    names = mlflow_content.headline(model_a)
    assert {"accuracy", "demographic_parity_ratio/white", "flip_rate/white", "exact_duplicates"} <= names.keys()
    many = dataclasses.replace(
        model_a,
        measurements=tuple(
            dataclasses.replace(model_a.measurements[0], id=f"m-{i:016x}", measure=f"x{i}") for i in range(500)
        ),
        findings=tuple(
            dataclasses.replace(model_a.findings[0], measurements=(f"m-{i:016x}",), counterexamples=())
            for i in range(500)
        ),
    )
    assert len(mlflow_content.headline(many)) < 50
    weird = dataclasses.replace(hostile.measurements[0], params={"attribute": ["a[0]=\u202e", "b"]})
    assert mlflow_content.metric_name(weird) == "selection_rate/a_0_/b"


def test_addresses(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert absolute_uri("sqlite:///x.db") == f"sqlite:///{tmp_path}/x.db"
    assert absolute_uri("http://127.0.0.1:5000") == "http://127.0.0.1:5000"
    assert f"--backend-store-uri sqlite:///{tmp_path}/x.db --host 127.0.0.1" in ui_command("sqlite:///x.db")
    assert ui_command("https://me:secret@mlflow.example/office") == (
        "https://mlflow.example/office/?workflowType=machine_learning"
    )
    assert "secret" not in ui_command("postgresql://me:secret@/proofbox")
    assert SETTINGS["MLFLOW_TRUNCATE_LONG_VALUES"] == "false"


def test_data_that_were_fetched_are_noted_with_their_address(model_a):
    evaluation = {**model_a.subject.data["evaluation"], "uri": "s3://data/eval.csv"}
    subject = dataclasses.replace(model_a.subject, data={**model_a.subject.data, "evaluation": evaluation})
    fetched = dataclasses.replace(model_a, subject=subject)
    (one,) = [note for note in mlflow_content.datasets(fetched) if note.role == "evaluation"]
    assert json.loads(one.source)["uri"] == "s3://data/eval.csv"
