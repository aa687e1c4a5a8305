"""Many small submissions through `proofbox batch`: what each costs beyond starting its own model.

    python benchmarks/batch.py [--submissions 60] [--jobs 1 2] [--policy baseline]

Each submission is its own folder of 400 rows with a logistic regression, no two with the same digest. The whole command
is timed for each number of jobs, its start and its table included, and divided by the submissions. From that is taken
the time in which each model was started behind the walls and loaded (``run.detail.model.seconds_start`` of its bundle,
all its starts): what is left is intake, the proof of the walls, reading the data, measuring, judging, and writing the
bundle with its two reports. Nothing else of a submission happens while its model is started: nothing is hidden in it.

Side by side, starts slow each other and all else down, and a slow start that is taken off flatters what is left. So the
last line takes off what the starts took with nothing beside them: the first number of jobs should be 1.

The parts are the bundles' own record of the run. Processor time is that of the command and of all that it waited for;
sandboxes that are ended are not all in it. Run again on the same folder, the command shows what finding all of them
finished costs.
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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Took:
    """What one submission took, the mean over all, in seconds."""

    jobs: int
    wall: float
    """Of the whole command, divided by the submissions."""
    processor: float
    again: float
    intake: float
    static: float
    starts: float
    """All starts of its model."""
    measuring: float
    number: float
    """Starts of its model."""

    @property
    def rest(self) -> float:
        """Seconds of its process in which it was neither taken in nor measured."""
        return self.wall * self.jobs - self.intake - self.static - self.starts - self.measuring


def took(queue: Path, out: Path, policy: str, jobs: int) -> Took:
    """Run the batch twice: once to assess everything, once to find all of it finished."""
    argv = (COMMAND, "batch", str(queue), "-p", policy, "--out", str(out), "--jobs", str(jobs))
    wall, processor = timed(*argv)
    details = [json.loads(path.read_bytes())["run"]["detail"] for path in out.glob("*/assessment.json")]
    number = sum(1 for _ in queue.iterdir())
    if len(details) != number:
        raise SystemExit(f"{len(details)} of {number} were assessed")
    again, _ = timed(*argv)

    def mean(of: Callable[[dict[str, Any]], float]) -> float:
        return sum(map(of, details)) / number

    starts = mean(lambda detail: detail["model"]["seconds_start"])
    return Took(
        jobs=jobs,
        wall=wall / number,
        processor=processor / number,
        again=again / number,
        intake=mean(lambda detail: detail["seconds"]["intake"]),
        static=mean(lambda detail: detail["seconds"]["static_checks"]),
        starts=starts,
        measuring=mean(lambda detail: detail["seconds"]["dynamic_checks"]) - starts,
        number=mean(lambda detail: 1 + detail["model"]["restarts"] + len(detail["model"]["revivals"])),
    )


ROWS: dict[str, Callable[[Took, Took], float]] = {
    "taking it in: a copy, the proof of the walls, reading its data": lambda one, _: one.intake,
    "checks of its files and data": lambda one, _: one.static,
    "starting and loading its model behind the walls": lambda one, _: one.starts,
    "asking the model, measuring, ending its sandboxes": lambda one, _: one.measuring,
    "judging, bundle, two reports, its process": lambda one, _: one.rest,
    "wall of the command, divided by the submissions": lambda one, _: one.wall,
    "of it beyond the starts of its model (at most 0.5)": lambda one, _: one.wall - one.starts / one.jobs,
    "beyond what those starts took with nothing beside them": lambda one, alone: one.wall - alone.starts / one.jobs,
    "processor time, without sandboxes that were ended": lambda one, _: one.processor,
    "found finished when run again": lambda one, _: one.again,
}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--submissions", type=int, default=60)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--policy", default="baseline")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        queue = Path(name, "queue")
        make(queue, given.submissions)
        found = [took(queue, Path(name, f"out-{jobs}"), given.policy, jobs) for jobs in given.jobs]
    print(f"{given.submissions} submissions, policy {given.policy}, {found[0].number:.0f} starts of each model")
    print()
    print(f"| a submission, seconds | {' | '.join(f'--jobs {one.jobs}' for one in found)} |")
    print(f"|---|{'---|' * len(found)}")
    for words, of in ROWS.items():
        print(f"| {words} | {' | '.join(f'{of(one, found[0]):.3f}' for one in found)} |")


if __name__ == "__main__":
    main()
