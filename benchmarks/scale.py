"""What an assessment costs as the rows grow, what a second worker gives, and what Ray adds.

    python benchmarks/scale.py [--rows 1000000 10000000 100000000] [--boosted-rows 16000000]
                               [--only rows recorded workers]

Each measurement is a whole `proofbox measure` of group rates over one Parquet file that is read in blocks
(`--rows-in-memory 500000`): wall time, processor time of the command and of all that it started, and the most memory
that the harness's own process held (VmHWM, which is not that of sandboxes or of Ray).

- **rows**: a linear model decides about 1e6, 1e7 and 1e8 rows. The slope is that of the straight line through the
  logarithms of rows and of seconds beyond the same command on 1,000 rows: 1 means that twice the rows take twice the
  time.
- **recorded**: the same for decisions that stand in the file, without a model.
- **workers**: gradient boosting, which needs one core for each host. By one worker and by two on this machine; by one
  and by two on Ray, each on a node of its own. The nodes are started before, in a network namespace with nothing but
  loopback; connecting to them and starting the workers is part of the command. Two idle cores are needed.

The files are made once, in a folder that is removed.
"""

from __future__ import annotations

import argparse
import math
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/models"))

from loopbackray import Cluster

COMMAND = str(Path(sys.executable).with_name("proofbox"))
HOLD = 500_000
YAML = """\
schema: proofbox/submission/v1
product:
  name: Scale
  version: 1.0.0
  provider: {{name: Example Ltd, id: "0101234567", country: VN, contact: ai@example.vn}}
  sector: credit
  risk_tier: medium
  intended_purpose: Advice to a loan officer
{model}data:
  evaluation: {{path: e.parquet, target: y, {prediction}sensitive: [sex, region]}}
"""
MODEL = """\
model: {path: m.joblib, task: binary-classification, features: [a, b, c, d], output: probability, positive_label: 1}
"""


@dataclass(frozen=True)
class Cost:
    """Of one command."""

    wall: float
    processor: float
    peak_bytes: int


def write(folder: Path, rows: int, kind: str) -> Path:
    """Write a submission of so many rows: ``linear``, ``boosted`` or ``recorded``."""
    import joblib
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir(parents=True)
    rng = np.random.default_rng(3)
    schema = pa.schema(
        {
            **dict.fromkeys("abcd", pa.float64()),
            "sex": pa.string(),
            "region": pa.string(),
            "y": pa.int8(),
            "p": pa.int8(),
        }
    )
    part = 1_000_000
    with pq.ParquetWriter(folder / "e.parquet", schema, compression="none", use_dictionary=["sex", "region"]) as writer:
        for start in range(0, rows, part):
            size = min(part, rows - start)
            numbers = {name: rng.normal(size=size) for name in "abcd"}
            y = (sum(numbers.values()) + rng.normal(size=size) > 0).astype(np.int8)
            sex = np.array(["female", "male"])[rng.integers(0, 2, size)]
            region = np.array(["north", "centre", "south"])[rng.integers(0, 3, size)]
            p = np.where(rng.random(size) < 0.9, y, 1 - y).astype(np.int8)
            writer.write_table(pa.table({**numbers, "sex": sex, "region": region, "y": y, "p": p}, schema=schema))
    if kind != "recorded":
        from sklearn.ensemble import HistGradientBoostingClassifier
        from sklearn.linear_model import LogisticRegression

        x = rng.normal(size=(20_000, 4))
        made = LogisticRegression() if kind == "linear" else HistGradientBoostingClassifier(max_iter=100)
        joblib.dump(made.fit(x, (x.sum(axis=1) > 0).astype(int)), folder / "m.joblib")
    recorded = kind == "recorded"
    said = "prediction: p, positive_label: 1, " if recorded else ""
    text = YAML.format(model="" if recorded else MODEL, prediction=said)
    (folder / "submission.yaml").write_text(text, encoding="utf-8")
    return folder


def timed(folder: Path, *options: str, inside: Cluster | None = None) -> Cost:
    """Measure group rates and return what it cost."""
    argv = [COMMAND, "measure", str(folder), "--check", "fairness.group_rates", "--rows-in-memory", str(HOLD), *options]
    argv += ["--data-megabytes", "65536"]
    argv = inside.inside(*argv) if inside else argv
    environment = inside.environment if inside else {**os.environ, "CI": "true"}
    before, started, peak = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter(), 0
    with tempfile.TemporaryFile() as said:
        running = subprocess.Popen(argv, env=environment, stdout=said, stderr=subprocess.STDOUT)
        while running.poll() is None:
            peak = max(peak, held(running.pid))
            time.sleep(0.05)
        wall = time.perf_counter() - started
        if running.returncode:
            said.seek(0)
            raise SystemExit(said.read().decode())
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall=wall, processor=processor, peak_bytes=peak)


def held(pid: int) -> int:
    """The most that a process has held so far, in bytes (proc(5), VmHWM)."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) << 10 for line in lines if line.startswith("VmHWM")), 0)


def by_rows(folder: Path, sizes: list[int], kind: str) -> None:
    """Print what so many rows cost, and the slope."""
    start = timed(write(folder / f"{kind}-start", 1_000, kind))
    costs = []
    print(f"### {'A linear model decides' if kind == 'linear' else 'Recorded decisions'}\n")
    print("| rows | wall s | beyond the start | million rows a second | processor s | most held by the harness, MB |")
    print("|---|---|---|---|---|---|")
    print(f"| 1,000, held | {start.wall:.1f} | | | {start.processor:.1f} | {start.peak_bytes / 1e6:.0f} |")
    for rows in sizes:
        place = write(folder / f"{kind}-{rows}", rows, kind)
        cost = timed(place)
        (place / "e.parquet").unlink()
        beyond = cost.wall - start.wall
        costs.append((math.log(rows), math.log(beyond)))
        print(
            f"| {rows:,} | {cost.wall:.1f} | {beyond:.1f} | {rows / beyond / 1e6:.2f} | {cost.processor:.1f} |"
            f" {cost.peak_bytes / 1e6:.0f} |",
            flush=True,
        )
    if len(costs) > 1:
        x, y = np.array(costs).T
        print(f"\nSlope of log time over log rows: {np.polyfit(x, y, 1)[0]:.3f} (at most 1.05)\n")


def by_workers(folder: Path, rows: int) -> None:
    """Print what workers give, here and on Ray."""
    place = write(folder / "boosted", rows, "boosted")
    print(f"### Gradient boosting on {rows:,} rows\n")
    print("| runner | workers | wall s | processor s of the command | most held by the harness, MB |")
    print("|---|---|---|---|---|")
    found = {}
    for runner, workers in (("local", 0), ("local", 1), ("local", 2)):
        found[runner, workers] = timed(place, "--workers", str(workers))
        tell(runner, workers, found[runner, workers])
    with Cluster() as cluster:
        options = ("--runner", "ray", "--ray-address", cluster.address)
        found["ray", 1] = timed(place, *options, "--workers", "1", inside=cluster)
        tell("ray", 1, found["ray", 1])
        cluster.add_node()
        found["ray", 2] = timed(place, *options, "--workers", "2", inside=cluster)
        tell("ray", 2, found["ray", 2])
    print()
    print(f"two workers here / one: {found['local', 1].wall / found['local', 2].wall:.2f} times as fast")
    print(f"two workers on Ray / one: {found['ray', 1].wall / found['ray', 2].wall:.2f} times as fast (at least 1.6)")
    print(
        f"one worker on Ray / one here: {found['ray', 1].wall / found['local', 1].wall:.2f} of the time (at most 1.25)"
    )


def tell(runner: str, workers: int, cost: Cost) -> None:
    """Print one line of the table."""
    print(
        f"| {runner} | {workers or 'none: the first host alone'} | {cost.wall:.1f} | {cost.processor:.1f} |"
        f" {cost.peak_bytes / 1e6:.0f} |",
        flush=True,
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000, 100_000_000])
    parser.add_argument("--boosted-rows", type=int, default=16_000_000)
    parser.add_argument(
        "--only", nargs="+", choices=("rows", "recorded", "workers"), default=["rows", "recorded", "workers"]
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if "rows" in given.only:
            by_rows(folder, given.rows, "linear")
        if "recorded" in given.only:
            by_rows(folder, given.rows, "recorded")
        if "workers" in given.only:
            by_workers(folder, given.boosted_rows)


if __name__ == "__main__":
    main()
