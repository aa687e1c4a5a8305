"""The demo's wall time against the sum of its parts, and the command's start-up against `import click`.

    python benchmarks/demo.py [--runs 3]

Every figure comes from one run on one machine; quote the ratios, never a bare time. The parts are measured on their
own, one after the other, so the sum is what the demo would cost if nothing overlapped and nothing were wasted.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PYTHON = sys.executable
COMMAND = str(Path(sys.executable).with_name("proofbox"))
ENVIRONMENT = {**os.environ, "CI": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}

HARNESS = (
    "import numpy, pyarrow.csv, proofbox.runners.assessing.assess, proofbox.reports.html, proofbox.policies.record_json"
)
RENDER = """
import json, sys, time
from pathlib import Path
from proofbox.policies.record_json import from_json
from proofbox.reports.html import render_html
records = [from_json(json.loads(Path(path).read_bytes())) for path in sys.argv[1:]]
started = time.perf_counter()
for record in records:
    for language in ("en", "vi"):
        render_html(record, language)
print(time.perf_counter() - started)
"""
LOG = """
import json, sys, time
from pathlib import Path
from proofbox.reports.bundle import read_bundle
from proofbox.reports.tracking import door
started = time.perf_counter()
door.prepare(sys.argv[1]).join()
for path in sys.argv[2:]:
    content = read_bundle(Path(path))
    door.log_assessment(content.assessment, content.bundle, tracking_uri=sys.argv[1], experiment="bench")
print(time.perf_counter() - started)
"""


def wall(*argv: str) -> float:
    """Seconds of wall time of one whole process."""
    started = time.perf_counter()
    subprocess.run(argv, check=True, capture_output=True, env=ENVIRONMENT)
    return time.perf_counter() - started


def inner(code: str, *argv: str) -> float:
    """Seconds that a program prints of itself."""
    done = subprocess.run([PYTHON, "-c", code, *argv], check=True, capture_output=True, text=True, env=ENVIRONMENT)
    return float(done.stdout.strip().splitlines()[-1])


def one_run(folder: Path) -> dict[str, float]:
    """Measure the demo once, then each of its parts on what it left."""
    demo = wall(COMMAND, "demo", "--out", str(folder / "demo"))
    evidence = sorted(folder.glob("demo/evidence/*/assessment.json"))
    records = [json.loads(path.read_bytes())["run"]["detail"]["model"] for path in evidence]
    seconds = {
        "python and harness imports": wall(PYTHON, "-c", HARNESS),
        "training two models (own process)": wall(
            PYTHON, "-m", "proofbox.runners.demo.models", str(folder / "submissions")
        ),
        "model starts behind walls": sum(float(record["seconds_start"]) for record in records),
        "model queries / measured throughput": sum(float(record["seconds_predict"]) for record in records),
        "MLflow: import, new store, two runs": inner(
            LOG, f"sqlite:///{folder / 'bench.db'}", *[str(path.parent) for path in evidence]
        ),
        "reports: two in two languages": inner(RENDER, *map(str, evidence)),
    }
    return {"demo": demo, **seconds}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    rows = []
    for _ in range(runs):
        folder = Path(tempfile.mkdtemp(prefix="proofbox-bench-"))
        try:
            rows.append(one_run(folder))
        finally:
            shutil.rmtree(folder)
    print(f"| part of the demo (median of {runs} runs) | seconds of wall |")
    print("|---|---|")
    parts = [name for name in rows[0] if name != "demo"]
    for name in parts:
        print(f"| {name} | {statistics.median(row[name] for row in rows):.2f} |")
    sums = [sum(row[name] for name in parts) for row in rows]
    print(f"| sum of the parts | {statistics.median(sums):.2f} |")
    print(f"| the demo, whole | {statistics.median(row['demo'] for row in rows):.2f} |")
    ratio = statistics.median(row["demo"] / total for row, total in zip(rows, sums, strict=True))
    print(f"\ndemo / sum of its parts: {ratio:.2f} (at most 1.5)")
    pairs = [(wall(COMMAND, "--help"), wall(PYTHON, "-c", "import click")) for _ in range(max(runs, 7))]
    ratio = statistics.median(ours / click for ours, click in pairs)
    print(f"proofbox --help / python -c 'import click': {ratio:.2f} (at most 4)")


if __name__ == "__main__":
    main()
