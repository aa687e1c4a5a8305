"""A submission whose data stand in a store: moto's server on loopback, through the installed command."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

CANARIES = {
    "AWS_ACCESS_KEY_ID": "CANARY0KEYID",
    "AWS_SECRET_ACCESS_KEY": "canary1secret",
    "AWS_SESSION_TOKEN": "canary2token",
}


@dataclass
class Assessed:
    """The store, the submission, and its bundle."""

    client: Any
    submission: Path
    folder: Path
    env: dict[str, str]
    command: Path
    printed: list[str] = field(default_factory=list)

    def run(self, *args: object, code: int = 0) -> str:
        done = subprocess.run([str(self.command), *map(str, args)], cwd=self.folder, env=self.env, capture_output=True,
                              text=True, timeout=120, check=False)  # fmt: skip
        self.printed += [done.stdout, done.stderr]
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr


@pytest.fixture(scope="module")
def assessed(model_template, command, one_control, tmp_path_factory):
    """One run with evaluation and training data in a bucket that keeps versions, logged, with a ledger."""
    boto3 = pytest.importorskip("boto3")
    from moto.server import ThreadedMotoServer

    folder = tmp_path_factory.mktemp("remote")
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    url = "http://{}:{}".format(*server.get_host_and_port())
    client = boto3.client("s3", endpoint_url=url, region_name="us-east-1", aws_access_key_id="any",
                          aws_secret_access_key="any")  # fmt: skip
    client.create_bucket(Bucket="data")
    client.put_bucket_versioning(Bucket="data", VersioningConfiguration={"Status": "Enabled"})
    submission = Path(shutil.copytree(model_template, folder / "submission"))
    for name in ("eval", "train"):
        client.upload_file(str(submission / f"data/{name}.csv"), "data", f"v1/{name}.csv")
    shutil.rmtree(submission / "data")
    text = (submission / "submission.yaml").read_text(encoding="utf-8")
    (submission / "submission.yaml").write_text(text.replace("path: data/", "path: s3://data/v1/"), encoding="utf-8")
    (folder / "policy.yaml").write_text(one_control.format(threshold=0.8), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    env = {**kept, "CI": "true", "NO_COLOR": "1", "AWS_ENDPOINT_URL": url, **CANARIES}
    found = Assessed(client=client, submission=submission, folder=folder, env=env, command=command)
    found.run("run", submission, "-p", "./policy.yaml", "--out", "bundle", "--allow-data", "s3://data/v1/",
              "--no-mlflow", "--ledger", "ledger.jsonl")  # fmt: skip
    yield found
    server.stop()


def record(assessed: Assessed) -> dict[str, Any]:
    return json.loads((assessed.folder / "bundle/assessment.json").read_bytes())


def test_the_record_says_what_was_fetched_and_its_digest_covers_it(assessed):
    found, head = record(assessed), assessed.client.head_object(Bucket="data", Key="v1/eval.csv")
    body = assessed.client.get_object(Bucket="data", Key="v1/eval.csv")["Body"].read()
    digest = hashlib.sha256(body).hexdigest()
    place = "fetched/s3/data/v1/eval.csv"
    files = {file["path"]: file for file in found["subject"]["files"]}
    assert files[place] == {"path": place, "uri": "s3://data/v1/eval.csv", "size": len(body), "sha256": digest}
    assert found["subject"]["data"]["evaluation"]["uri"] == "s3://data/v1/eval.csv"
    assert found["subject"]["data"]["training"]["uri"] == "s3://data/v1/train.csv"
    told = found["run"]["detail"]["fetched"][place]
    assert (told["version"], told["etag"]) == (head["VersionId"], head["ETag"].strip('"'))
    pairs = sorted([path, file["sha256"]] for path, file in files.items())
    said = json.dumps(pairs, ensure_ascii=False, separators=(",", ":")).encode()
    assert hashlib.sha256(said).hexdigest() == found["subject"]["digest"]


def test_the_page_names_the_address(assessed):
    for name in ("report.html", "report.vi.html"):
        assert "s3://data/v1/eval.csv" in (assessed.folder / "bundle" / name).read_text(encoding="utf-8")


def test_what_nobody_allowed_is_told_with_its_place_and_not_asked(assessed, store):
    argv = [str(assessed.command), "measure", str(assessed.submission), "--check", "performance.classification"]
    env = {**assessed.env, "AWS_ENDPOINT_URL": store.url}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=120, check=False)
    said = done.stdout + done.stderr
    assert done.returncode == 2
    assert not store.asked
    assert "submission.yaml:17:5: data.evaluation.path: got data at s3://data/v1/eval.csv" in said
    assert "--allow-data s3://data/v1/train.csv" in said
    said = assessed.run("replay", "bundle", assessed.submission, "--allow-data", "s3://data/v1/eval.csv", code=2)
    assert "data.training.path" in said
    assert "data.evaluation.path" not in said


def test_what_is_no_address_is_told_before_anything_is_read(assessed):
    said = assessed.run("run", "nowhere", "-p", "nothing", "--allow-data", "s3://key:canary1secret@data/", code=2)
    assert "no user, password or port" in said


def test_verify_wants_no_store(assessed):
    argv = [str(assessed.command), "verify", str(assessed.folder / "bundle")]
    env = {**assessed.env, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert "every file has the digest that the manifest lists" in done.stdout


def test_a_replay_fetches_again_and_says_when_the_object_has_changed(assessed):
    allowed = ("--allow-data", "s3://data")
    assert "reproduced" in assessed.run("replay", "bundle", assessed.submission, *allowed)
    old = record(assessed)["run"]["detail"]["fetched"]["fetched/s3/data/v1/eval.csv"]
    body = assessed.client.get_object(Bucket="data", Key="v1/eval.csv")["Body"].read()
    assessed.client.put_object(Bucket="data", Key="v1/eval.csv", Body=body + body.splitlines(keepends=True)[1])
    try:
        said = assessed.run("replay", "bundle", assessed.submission, *allowed, code=2)
    finally:
        assessed.client.delete_object(
            Bucket="data",
            Key="v1/eval.csv",
            VersionId=assessed.client.head_object(Bucket="data", Key="v1/eval.csv")["VersionId"],
        )
    assert "what stands at s3://data/v1/eval.csv has changed since it was assessed" in said
    assert f"version {old['version']}" in said


def test_a_declared_digest_is_held_against_what_was_fetched(assessed, tmp_path):
    submission = Path(shutil.copytree(assessed.submission, tmp_path / "submission"))
    file = submission / "submission.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("target: approved\n    sens", f"target: approved\n    sha256: {'0' * 64}\n    sens"))
    argv = ("run", submission, "-p", "./policy.yaml", "--no-mlflow", "--out", tmp_path / "out")
    said = assessed.run(*argv, "--allow-data", "s3://data", code=2)
    assert "data.evaluation.sha256" in said
    assert not (tmp_path / "out").exists()


def test_in_a_batch_what_is_missing_is_told_and_stops_nothing(assessed, tmp_path):
    submission = Path(shutil.copytree(assessed.submission, tmp_path / "submission"))
    file = submission / "submission.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("v1/train.csv", "v1/none.csv"), encoding="utf-8")
    (tmp_path / "list").write_text("submission\n")
    argv = ("batch", tmp_path / "list", "-p", "./policy.yaml", "--out", tmp_path / "out", "--jobs", "1", "--json")
    said = assessed.run(*argv, "--allow-data", "s3://data", code=2)
    assert "submission.yaml:20:14: data.training.path: got no object at s3://data/v1/none.csv" in said
    assert '"how": "refused"' in said


def test_no_credential_stands_in_evidence_store_ledger_or_messages(assessed):
    texts = [path.read_bytes() for path in assessed.folder.rglob("*") if path.is_file()]
    texts += [said.encode() for said in assessed.printed]
    assert any(b"s3://data/v1/eval.csv" in text for text in texts)
    for canary in CANARIES.values():
        assert not any(canary.encode() in text for text in texts)


def test_parts_in_a_bucket_are_one_data_set_with_each_part_in_the_record(assessed, tmp_path):
    from io import BytesIO

    import pandas as pd

    frame = pd.read_csv(BytesIO(assessed.client.get_object(Bucket="data", Key="v1/eval.csv")["Body"].read()))
    digests = []
    for number, rows in enumerate((frame[:150], frame[150:])):
        raw = rows.to_parquet(index=False)
        digests.append(hashlib.sha256(raw).hexdigest())
        assessed.client.put_object(Bucket="data", Key=f"v1/parts/{number}.parquet", Body=raw)
    assessed.client.put_object(Bucket="data", Key="v1/parts/_SUCCESS", Body=b"")
    submission = Path(shutil.copytree(assessed.submission, tmp_path / "submission"))
    text = (submission / "submission.yaml").read_text(encoding="utf-8")
    (submission / "submission.yaml").write_text(text.replace("v1/eval.csv", "v1/parts/"), encoding="utf-8")
    assessed.run("run", submission, "-p", "./policy.yaml", "--out", tmp_path / "bundle", "--allow-data", "s3://data/v1",
                 "--no-mlflow")  # fmt: skip
    found = json.loads((tmp_path / "bundle/assessment.json").read_bytes())
    place = "fetched/s3/data/v1/parts"
    data, whole = (
        found["subject"]["data"]["evaluation"],
        json.dumps([["0.parquet", digests[0]], ["1.parquet", digests[1]]]),
    )
    assert (data["path"], data["uri"], data["rows"]) == (place, "s3://data/v1/parts/", 400)
    assert data["sha256"] == hashlib.sha256(whole.replace(" ", "").encode()).hexdigest()
    uris = {file["path"]: file.get("uri") for file in found["subject"]["files"]}
    assert [path for path in uris if path.startswith(place)] == [f"{place}/0.parquet", f"{place}/1.parquet"]
    assert uris[f"{place}/1.parquet"] == "s3://data/v1/parts/1.parquet"
    assert set(found["run"]["detail"]["fetched"]) >= {f"{place}/0.parquet", f"{place}/1.parquet"}
    as_one = {one["measure"]: one["value"] for one in record(assessed)["measurements"]}
    assert {one["measure"]: one["value"] for one in found["measurements"]} == as_one
