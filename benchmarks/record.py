"""What the record costs: logging an assessment, by which way, and asking a store that holds a thousand.

    python benchmarks/record.py [--assessments 1000] [--rounds 7]

Prints the tables of docs/benchmarks.md. The yardstick for logging is MLflow's own ``log_batch`` of the same
measurements in one run: no child runs, no report, no data files, no tags.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from proofbox.policies.record import Assessment
from proofbox.policies.record_json import from_json
from proofbox.reports import bundle as bundles
from proofbox.reports.bundle import Bundle, write_bundle
from proofbox.reports.mlflow_content import metric_name
from proofbox.reports.mlflow_log import ClientStore
from proofbox.reports.tracking.door import log_assessment
from proofbox.reports.tracking.notes import notes
from proofbox.reports.tracking.uris import SETTINGS

ROOT = Path(__file__).parents[1]
RECORD = ROOT / "tests" / "reports" / "records" / "model-a.json"
MEASUREMENTS = 500
CONTROLS = 20
CONCLUSIONS = ("conforms", "does-not-conform", "undetermined")


def enlarged(number: int) -> Assessment:
    """The recorded assessment of model A with 500 measurements and 20 controls, each product's and time's its own."""
    base = from_json(json.loads(RECORD.read_bytes()))
    measured = tuple(
        dataclasses.replace(base.measurements[at % len(base.measurements)], id=f"m-{at:016x}", measure=f"measure_{at}")
        for at in range(MEASUREMENTS)
    )
    found = tuple(
        dataclasses.replace(
            base.findings[at % len(base.findings)],
            control=f"C-{at:02}",
            requirement=f"C-{at:02}.a",
            measurements=(measured[at].id,),
            counterexamples=(),
        )
        for at in range(CONTROLS)
    )
    day = f"2026-{1 + number // 28 % 12:02}-{1 + number % 28:02}"
    run = dataclasses.replace(base.run, started_at=f"{day}T08:00:00Z", finished_at=f"{day}T08:00:09Z", seed=number)
    product = {**base.subject.product, "version": f"1.0.{number}"}
    subject = dataclasses.replace(base.subject, product=product)
    return dataclasses.replace(
        base,
        conclusion=CONCLUSIONS[number % 3],
        measurements=measured,
        findings=found,
        counterexamples=(),
        subject=subject,
        run=run,
    )


def bundle_of(assessment: Assessment, folder: Path) -> Bundle:
    return write_bundle(folder, assessment, policy_sources=[("p", b"id: p\n")], submission_yaml=b"x: 1\n")


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds of processor and of wall time."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return 1e3 * (time.process_time() - cpu), 1e3 * (time.perf_counter() - wall)


def logging_table(folder: Path, rounds: int) -> None:
    from mlflow.entities import Metric

    uri = f"sqlite:///{folder / 'logging.db'}"
    client = ClientStore(uri)._client
    experiment = client.create_experiment("yardstick")
    ours, theirs = [], []
    for number in range(rounds + 1):
        assessment = enlarged(number)
        bundle = bundle_of(assessment, folder / f"bundle-{number}")
        metrics = [Metric(metric_name(item), item.value, 1, 0) for item in assessment.measurements]
        run = client.create_run(experiment)
        theirs.append(timed(lambda run=run, metrics=metrics: client.log_batch(run.info.run_id, metrics=metrics)))
        ours.append(timed(lambda a=assessment, b=bundle: log_assessment(a, b, tracking_uri=uri, experiment="ours")))
    print(f"| to sqlite, {MEASUREMENTS} measurements | processor ms | wall ms | times log_batch, processor | wall |")
    print("|---|---|---|---|---|")
    floor = [statistics.median(column) for column in zip(*theirs[1:], strict=True)]
    for name, rows in (
        ("MLflow's `log_batch`, in one run", theirs),
        (f"Proofbox: {CONTROLS} controls, report, table", ours),
    ):
        cpu, wall = (statistics.median(column) for column in zip(*rows[1:], strict=True))
        print(f"| {name} | {cpu:.0f} | {wall:.0f} | {cpu / floor[0]:.2f} | {wall / floor[1]:.2f} |")


def filled(uri: str, folder: Path, assessments: int) -> None:
    """Log that many assessments, one bundle on disk standing for all: what is asked below is in the database."""
    store = ClientStore(uri)
    experiment = store.experiment("proofbox/many")
    bundle = bundle_of(enlarged(0), folder / "one")
    for number in range(assessments):
        of_its_own = dataclasses.replace(bundle, digest=f"{number:064x}")
        noted = notes(enlarged(number), of_its_own, logged_at=1_760_000_000_000 + number)
        run = store.create_run(experiment, noted)
        store.log_batch(run, noted)
        store.log_datasets(run, noted.datasets)
        store.put_controls(experiment, run, noted)
        store.finish(run, "FINISHED", noted.finished)


def asking_table(folder: Path, assessments: int) -> None:
    uri = f"sqlite:///{folder / 'many.db'}"
    filled(uri, folder, assessments)
    client = ClientStore(uri)._client
    experiment = client.get_experiment_by_name("proofbox/many").experiment_id
    parents, newest = "tags.`proofbox.bundle` LIKE '%'", ["attributes.start_time DESC"]
    first = client.search_runs([experiment], parents, max_results=1)[0]

    def ask(wanted: str, most: int = 100) -> int:
        return len(client.search_runs([experiment], wanted, order_by=newest, max_results=most))

    model = first.data.tags["proofbox.model"]
    wrong = next(item.control for item in enlarged(0).findings if item.verdict == "fail")
    failed = f"tags.`proofbox.control` = '{wrong}' and tags.`proofbox.verdicts` LIKE '%fail%'"
    last = f"{assessments - 1:064x}"
    asked: dict[str, Callable[[], int]] = {
        "the newest 100 assessments": lambda: ask(parents),
        "the newest 100 that do not conform": lambda: ask("tags.`proofbox.conclusion` = 'does-not-conform'"),
        "those of one version of a policy, 100": lambda: ask("tags.`proofbox.policy` LIKE '%vn-trusted-ai 2026.1%'"),
        "the run of one bundle, by digest": lambda: ask(f"tags.`proofbox.bundle` = '{last}'"),
        "those of one model, by digest, 100": lambda: ask(f"tags.`proofbox.model` = '{model}'"),
        "the controls of one assessment": lambda: ask(f"tags.`mlflow.parentRunId` = '{first.info.run_id}'"),
        "where one control failed, 100": lambda: ask(failed),
        "one assessment, whole": lambda: int(client.get_run(first.info.run_id) is not None),
    }
    print(f"\n| asked of sqlite, {assessments} assessments of {CONTROLS} controls | found | processor ms | wall ms |")
    print("|---|---|---|---|")
    for name, question in asked.items():
        found = question()
        times = [timed(question) for _ in range(3)]
        cpu, wall = (statistics.median(column) for column in zip(*times, strict=True))
        print(f"| {name} | {found} | {cpu:.0f} | {wall:.0f} |")


def server_table(folder: Path, rounds: int) -> None:
    """A whole process that logs one bundle to a server: by plain HTTP, and by MLflow's client."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    argv = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", f"sqlite:///{folder / 'server.db'}"]
    argv += ["--artifacts-destination", str(folder / "artifacts"), "--workers", "1", "--port", str(port)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(argv, cwd=folder, env={**os.environ, **SETTINGS}, start_new_session=True, **quiet)
    try:
        uri = f"http://127.0.0.1:{port}"
        _wait_for(uri)
        bundle_of(enlarged(0), folder / "sent")
        print(f"\n| a process that sends one bundle of {CONTROLS} controls to a server | processor ms | wall ms |")
        print("|---|---|---|")
        for name, way in (("plain HTTP", "plain"), ("MLflow's client", "client")):
            rows = [_sent(folder, uri, f"{way}-{number}", way) for number in range(rounds)]
            cpu, wall = (statistics.median(column) for column in zip(*rows, strict=True))
            print(f"| {name} | {cpu:.0f} | {wall:.0f} |")
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=60)


SEND = """
import sys
from pathlib import Path
from proofbox.reports.bundle import read_bundle
from proofbox.reports.tracking import door
if sys.argv[4] == "client":
    from proofbox.reports.mlflow_log import ClientStore
    door._store = lambda uri, plain: ClientStore(uri)
content = read_bundle(Path(sys.argv[1]))
assert door.log_assessment(content.assessment, content.bundle, tracking_uri=sys.argv[2], experiment=sys.argv[3]).created
"""


def _sent(folder: Path, uri: str, experiment: str, way: str) -> tuple[float, float]:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, "-c", SEND, str(folder / "sent"), uri, experiment, way], check=True)
    after, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter() - started
    return 1e3 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime), 1e3 * wall


def _wait_for(uri: str) -> None:
    for _ in range(240):
        try:
            urllib.request.urlopen(f"{uri}/health", timeout=2).close()
        except OSError:
            time.sleep(0.5)
        else:
            return
    raise SystemExit("the tracking server did not answer")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--assessments", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    bundles.render_html = lambda *given: "<p>report</p>" * 40_000
    with tempfile.TemporaryDirectory(prefix="pbx-record-") as name:
        folder = Path(name)
        logging_table(folder, given.rounds)
        server_table(folder, min(given.rounds, 5))
        asking_table(folder, given.assessments)


if __name__ == "__main__":
    main()
