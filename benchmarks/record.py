"""What the record costs: logging an assessment, by which way, and asking a store that holds a thousand.

    python benchmarks/record.py [--assessments 1000] [--rounds 7]

Prints the tables of docs/benchmarks.md. The yardstick for logging is MLflow's own ``log_batch`` of the same measurements
in one run: no child runs, no report, no data files, no tags.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from proofbox.policies.record import Assessment
from proofbox.policies.record_json import from_json
from proofbox.reports import bundle as bundles
from proofbox.reports.bundle import Bundle, write_bundle
from proofbox.reports.mlflow_content import metric_name
from proofbox.reports.mlflow_log import ClientStore
from proofbox.reports.tracking.door import log_assessment

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


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--assessments", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    given = parser.parse_args()
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    bundles.render_html = lambda *given: "<p>report</p>" * 40_000
    with tempfile.TemporaryDirectory(prefix="pbx-record-") as name:
        logging_table(Path(name), given.rounds)


if __name__ == "__main__":
    main()
