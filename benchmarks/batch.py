"""Many small submissions through `proofbox batch`: what each costs beyond starting its own model.

    python benchmarks/batch.py [--submissions 100] [--jobs 1] [--policy baseline]

Each submission is its own folder of 400 rows with a logistic regression, no two with the same digest. The whole command
is timed, its start and its table included, and divided by their number. From that is taken the time in which each model
was started behind the walls and loaded (``run.detail.model.seconds_start`` of its bundle): what is left is intake, the
proof of the walls, reading the data, measuring, judging, and writing the bundle with its two reports. Run again on the
same folder, the command shows what finding all of them finished costs. Processor time is that of the command and all
that it started; it says what the machine did, where the wall says what somebody waited.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import small_loan

COMMAND = str(Path(sys.executable).with_name("proofbox"))


def make(folder: Path, submissions: int) -> None:
    """Write the submissions: one model and one table, each under its own name and number."""
    first = folder / "00000"
    small_loan.write(first, 400, small_loan.words("Small loan model 0"))
    for number in range(1, submissions):
        place = Path(shutil.copytree(first, folder / f"{number:05}"))
        (place / "submission.yaml").write_text(small_loan.words(f"Small loan model {number}"), encoding="utf-8")


def timed(*argv: str) -> tuple[float, float]:
    """Seconds of wall and of processor time of one command and everything that it started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(argv, capture_output=True, text=True, check=False, env={**os.environ, "CI": "true"})
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode not in (0, 1, 3):
        raise SystemExit(done.stderr)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--submissions", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--policy", default="baseline")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        queue, out = Path(name, "queue"), Path(name, "out")
        make(queue, given.submissions)
        argv = (COMMAND, "batch", str(queue), "-p", given.policy, "--out", str(out), "--jobs", str(given.jobs))
        wall, cpu = timed(*argv)
        starts = [
            json.loads(path.read_bytes())["run"]["detail"]["model"]["seconds_start"]
            for path in out.glob("*/assessment.json")
        ]
        if len(starts) != given.submissions:
            raise SystemExit(f"{len(starts)} of {given.submissions} were assessed")
        again, _ = timed(*argv)
    # Side by side, so many of them start at once.
    load = sum(starts) / given.jobs
    print(f"{given.submissions} submissions, {given.jobs} at a time, policy {given.policy}")
    print()
    print("| a submission | seconds |")
    print("|---|---|")
    print(f"| wall | {wall / given.submissions:.3f} |")
    print(f"| of it, starting and loading its model behind the walls | {load / given.submissions:.3f} |")
    print(f"| beyond that (at most 0.5) | {(wall - load) / given.submissions:.3f} |")
    print(f"| processor time, all processes | {cpu / given.submissions:.3f} |")
    print(f"| found finished when run again | {again / given.submissions:.3f} |")


if __name__ == "__main__":
    main()
