"""Kill the harness at random moments, go on each time, and compare the evidence with that of an undisturbed run.

    python benchmarks/resume.py [--kills 20] [--seed 1]

Prints, for each assessment, after how many SIGKILLs it ended, how many tasks it had not to do again, and whether
everything outside ``run`` is the same, byte for byte.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import small_loan

COMMAND = str(Path(sys.executable).with_name("proofbox"))


def main() -> None:
    """Kill, go on, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        small_loan.write(folder / "submission", 2_000, small_loan.words(tier="high"))
        started = time.monotonic()
        _run(folder, "plain", folder / "plain-state").wait()
        seconds = time.monotonic() - started
        plain, killed, round_ = _evidence(folder / "plain"), 0, 0
        print(f"an undisturbed run: {len(plain)} files to compare")
        while killed < asked.kills:
            round_ += 1
            out, state, kills = f"out-{round_}", folder / f"state-{round_}", 0
            while killed < asked.kills and kills < 5 and not (folder / out).exists():
                process = _run(folder, out, state)
                try:
                    process.wait(timeout=rng.uniform(0.05, 1.1) * seconds)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                    kills, killed = kills + 1, killed + 1
            if not (folder / out).exists():
                _run(folder, out, state).wait()
            record = json.loads((folder / out / "assessment.json").read_bytes())
            taken = record["run"]["detail"]["tasks_taken_from_an_earlier_run"]
            same = _evidence(folder / out) == plain
            said = "the same" if same else "DIFFERENT"
            print(f"assessment {round_}: {kills} kills, {taken} tasks not done again, {said}", flush=True)
            if not same:
                raise SystemExit(1)


def _run(folder: Path, out: str, state: Path) -> subprocess.Popen[bytes]:
    argv = [COMMAND, "run", "submission", "-p", "baseline", "--no-mlflow", "--as-of", "2026-11-25"]
    argv += ["--resume", str(state), "--out", out]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(argv, cwd=folder, stdout=quiet, stderr=quiet, start_new_session=True)


def _evidence(bundle: Path) -> dict[str, bytes]:
    """Return what two runs with one seed must share: the record without ``run``, tables and counterexamples."""
    record = json.loads((bundle / "assessment.json").read_bytes())
    found = {"assessment.json": json.dumps({**record, "run": None}, sort_keys=True).encode()}
    for name in ("tables", "counterexamples", "policy"):
        found |= {str(path.relative_to(bundle)): path.read_bytes() for path in sorted((bundle / name).glob("*"))}
    return found


if __name__ == "__main__":
    main()
