"""A batch over two real nodes of Ray that see nothing of it: ended in the middle, gone on with, a node killed."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from largework import evidence
from loopbackray import RAY, Cluster, descendants

from proofbox.reports.bundle import read_bundle
from proofbox.reports.ledger.matching import match
from proofbox.reports.ledger.reading import read_ledger

EXAMPLE = Path(__file__).resolve().parents[3] / "examples/ray/node.sh"
SLOW = """\
import time

def predict(rows):
    time.sleep(0.7)
    return [1 if v > 0 else 0 for v in rows["income"]]
"""


class Farm(Cluster):
    """A head and a node as the example starts them; the folders of the submissions and of the driver are hidden."""

    def __init__(self, hidden: Path) -> None:
        super().__init__()
        token = self.folder / "driver-token"
        token.write_text(secrets.token_hex(32), encoding="ascii")
        token.chmod(0o600)
        del self.environment["RAY_AUTH_TOKEN"]
        self.environment |= {"RAY_AUTH_TOKEN_PATH": str(token), "RAY": " ".join(RAY)}
        self._hide = f"mount -t tmpfs none {self.folder}/driver && mount -t tmpfs none {hidden}"
        self.address = "127.0.0.1:6379"

    def __enter__(self):
        start = f"exec sh {EXAMPLE} head 127.0.0.1 --num-cpus 1 --temp-dir {self.folder}"
        script = f"ip link set lo up && {self._hide} && {start}"
        self._start(["unshare", "--net", "--mount", "sh", "-c", script], "head")
        return self

    def add_node(self) -> subprocess.Popen[bytes]:
        """Start the second node, beside the first and so with other ports."""
        script = f"{self._hide} && PROOFBOX_RAY_PORTS=7400 exec sh {EXAMPLE} join {self.address} --num-cpus 1"
        return self._start(self.inside("unshare", "--mount", "sh", "-c", script), "node1")


@pytest.fixture(scope="module")
def queue(model_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One good submission, one as an archive, one that is none, one whose model crashes, and three that take time."""
    folder = tmp_path_factory.mktemp("queue") / "submissions"
    for name in ("crash", "good", "slow"):
        shutil.copytree(model_template, folder / name)
    (folder / "crash/model/model.joblib").write_bytes(b"cos\n_exit\n(I7\ntR.")
    (folder / "bad").mkdir()
    (folder / "bad/submission.yaml").write_text("schema: nonsense\n", encoding="utf-8")
    (folder / "slow/model/model.py").write_text(SLOW, encoding="utf-8")
    said = (folder / "slow/submission.yaml").read_text("utf-8")
    said = said.replace("model.joblib", "model.py").replace("output: probability", "output: label")
    (folder / "slow/submission.yaml").write_text(said, encoding="utf-8")
    for name in ("slow2", "slow3"):
        shutil.copytree(folder / "slow", folder / name)
        (folder / name / "model/name.txt").write_text(name, encoding="utf-8")
    shutil.copytree(folder / "good", folder / "packed")
    (folder / "packed/model/name.txt").write_text("packed", encoding="utf-8")
    shutil.make_archive(str(folder / "packed"), "zip", folder / "packed")
    shutil.rmtree(folder / "packed")
    return folder


@pytest.fixture(scope="module")
def farm(queue: Path):
    with Farm(queue) as made:
        made.add_node()
        yield made


@pytest.fixture(scope="module")
def place(one_control: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A policy, a key, and the folders for two batches."""
    place = tmp_path_factory.mktemp("batch")
    (place / "policy.yaml").write_text(one_control.format(threshold=0.5), encoding="utf-8")
    key = Ed25519PrivateKey.generate()
    (place / "key.pem").touch(mode=0o600)
    (place / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return place


@pytest.fixture(scope="module")
def local(queue: Path, place: Path, command: Path) -> dict[str, dict]:
    """What a batch on one machine says of the same submissions."""
    argv = [command, "batch", queue, "-p", place / "policy.yaml", "--out", place / "local", "--json", "--jobs", "2"]
    done = subprocess.run(list(map(str, argv)), capture_output=True, text=True, timeout=120, check=False)
    return {row["name"]: row for row in json.loads(done.stdout)["submissions"]}


def begin(farm: Farm, command: Path, queue: Path, place: Path, *more: object) -> subprocess.Popen[str]:
    """Begin a batch on the cluster; nothing of it but the bundles is where a node could see it."""
    argv = [command, "batch", queue, "-p", place / "policy.yaml", "--out", place / "out", "--json"]
    argv += ["--runner", "ray", "--key", place / "key.pem", *more]
    environment = {**farm.environment, "TMPDIR": f"{farm.folder}/driver"}
    return subprocess.Popen(
        farm.inside(*argv), env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=farm.folder
    )


def assessing(node: subprocess.Popen[bytes]) -> bool:
    """Whether a node holds the model of a submission behind its walls."""
    for pid in descendants(node.pid):
        try:
            said = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            continue
        if b"bwrap" in said and b"scratch-batch" in said:
            return True
    return False


def until(seen, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < deadline, "it was never seen"
        time.sleep(0.05)


def test_a_batch_that_is_ended_ends_its_workers_and_keeps_what_is_finished(farm, command, queue, place):
    begun = begin(farm, command, queue, place, "--jobs", "1")
    until(lambda: begun.poll() is not None or list((place / "out").glob("good-*")))
    begun.send_signal(signal.SIGTERM)
    out, err = begun.communicate(timeout=60)
    assert begun.returncode == 130, err
    assert not out
    until(lambda: not any(map(assessing, farm.nodes)), 30)
    until(lambda: not list((farm.folder / "node").glob("proofbox-scratch-*")), 30)
    assert not list((place / "out").glob(".*"))
    for folder in (place / "out").iterdir():
        assert read_bundle(folder).bundle.keyid
    assert not list((farm.folder / "driver").glob("proofbox-*"))


def test_it_goes_on_though_a_node_is_killed_and_its_bundles_are_those_of_one_machine(
    farm, command, queue, place, local
):
    """Last in this file: the second node is gone afterwards."""
    before = {folder.name for folder in (place / "out").iterdir()}
    assert before
    begun = begin(farm, command, queue, place, "--jobs", "2", "--ledger", place / "ledger.jsonl")

    def kill() -> None:
        until(lambda: begun.poll() is not None or assessing(farm.nodes[-1]))
        farm.kill(farm.nodes[-1])

    killer = threading.Thread(target=kill)
    killer.start()
    out, err = begun.communicate(timeout=180)
    killer.join()
    rows = {row["name"]: row for row in json.loads(out)["submissions"]}
    assert "lost:" in err
    assert begun.returncode == 2, err
    assert {row["bundle"] for row in rows.values() if row["how"] == "kept"} == before
    told = ("exit_code", "conclusion", "bundle", "product", "sector", "failed", "left_open", "why")
    for name, row in rows.items():
        assert {key: row[key] for key in told} == {key: local[name][key] for key in told}, err
    for row in filter(lambda row: row["bundle"], rows.values()):
        assert evidence(place / "out" / row["bundle"]) == evidence(place / "local" / row["bundle"])
        assert read_bundle(place / "out" / row["bundle"]).bundle.keyid
    assert len([row for row in rows.values() if row["bundle"]]) == 6
    assert {path.name for path in (place / "out").glob(".*")} == set()
    # An attempt for each submission that was measured now, and one more where a killed worker had begun to measure.
    ledger = read_ledger(place / "ledger.jsonl")
    assert not ledger.faults
    results = [one.result for one in ledger.attempts()]
    assert results.count("finished") == len([row for row in rows.values() if row["how"] == "assessed"]) > 0
    assert {one.outcome.why for one in ledger.attempts() if one.result == "aborted"} <= {"LostError"}
    for row in filter(lambda row: row["how"] == "assessed", rows.values()):
        content = read_bundle(place / "out" / row["bundle"])
        assert match(ledger, content.assessment, content.bundle.digest).state == "found"


def test_an_address_without_the_runner_is_refused(quick, queue, place, tmp_path):
    argv = ("batch", queue, "-p", place / "policy.yaml", "--out", tmp_path / "out")
    done = quick(*argv, "--ray-address", "127.0.0.1:6379")
    assert done.returncode == 2
    assert "expected --runner ray beside it" in done.stderr
    assert not (tmp_path / "out").exists()


def test_the_example_starts_nothing_without_a_token(tmp_path):
    environment = {**os.environ, "HOME": str(tmp_path), "RAY": f"{sys.executable} -c raise SystemExit(9) --"}
    argv = ["sh", str(EXAMPLE), "head", "127.0.0.1"]
    done = subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert "no token; 'ray get-auth-token --generate' makes one" in done.stderr
